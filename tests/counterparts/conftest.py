"""The servers of others, each started once; what they wrote is shown where a test fails, and which ran is said at the end."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.counterparts.emulated import BOT, Emulated, seed, token
from tests.counterparts.environments import EMULATE, LITELLM, LLAMACPP, LLMOCK
from tests.counterparts.front import Front
from tests.counterparts.llmock import Faults
from tests.counterparts.proxy import write
from tests.counterparts.servers import Served, free_port, serve
from tests.fakes import shops
from tests.fakes.server import Server

WEIGHTS = "ROUTE_AGENT_WEIGHTS"
CONTEXT = 8_192
"""Tokens that llmock and the llama.cpp server hold."""
_SERVED = pytest.StashKey[dict[str, Served]]()
_COUNTED = pytest.StashKey[dict[str, list[str]]]()


@pytest.fixture(scope="session")
def _upstream() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def upstream(_upstream: Server) -> Server:
    """Our own server behind the proxy, with an empty journal: what it was asked is the measure of what we booked."""
    for kept in (_upstream.scripts, _upstream.requests, _upstream.headers):
        kept.clear()
    _upstream.usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
    return _upstream


@pytest.fixture(scope="session")
def _litellm(_upstream: Server, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Served]:
    LITELLM.make()
    folder = tmp_path_factory.mktemp("litellm")
    served = Served("LiteLLM proxy", LITELLM.version, free_port(), folder / "output.txt")
    config = write(folder, _upstream.url)
    words = [LITELLM.command("litellm"), "--config", str(config), "--host", "127.0.0.1", "--port", str(served.port)]
    env = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
    with serve(served, [*words, "--telemetry", "False"], "/health/liveliness", env, 90):
        yield _note(pytestconfig, served)


@pytest.fixture
def litellm(_litellm: Served, request: pytest.FixtureRequest) -> Served:
    return _count(_litellm, request)


@pytest.fixture(scope="session")
def _llmock(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Served]:
    LLMOCK.make()
    served = Served("llmock", LLMOCK.version, free_port(), tmp_path_factory.mktemp("llmock") / "output.txt")
    words = [LLMOCK.command("llmock"), "serve", "--host", "127.0.0.1", "--port", str(served.port), "--log-level", "warning"]
    words += ["--context-window", str(CONTEXT)]
    with serve(served, words, "/health", {}, 60):
        yield _note(pytestconfig, served)


@pytest.fixture
def llmock(_llmock: Served, request: pytest.FixtureRequest) -> Faults:
    """With an empty journal and no behaviour waiting."""
    _llmock.get("/_llmock/reset", "POST")
    return Faults(_count(_llmock, request))


@pytest.fixture(scope="session")
def _llamacpp(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Served]:
    weights = Path(os.environ.get(WEIGHTS, "")).expanduser()
    assert weights.is_file(), f"{WEIGHTS} names no file: set it to a model's GGUF file"
    LLAMACPP.make()
    version = f"of xllamacpp {LLAMACPP.version} with {weights.name}"
    served = Served("llama.cpp server", version, free_port(), tmp_path_factory.mktemp("llama") / "output.txt")
    script = Path(__file__).with_name("llamacpp_server.py")
    words = [LLAMACPP.command("python"), str(script), str(weights.absolute()), str(served.port), "weights", str(CONTEXT)]
    with serve(served, words, "/health", {}, 120):
        yield _note(pytestconfig, served)


@pytest.fixture
def llamacpp(_llamacpp: Served, request: pytest.FixtureRequest) -> Served:
    return _count(_llamacpp, request)


@pytest.fixture(scope="session")
def _emulate(
    _upstream: Server, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[tuple[Served, Emulated]]:
    EMULATE.make()
    folder = tmp_path_factory.mktemp("emulate")
    (folder / "seed.yaml").write_text(seed("shop"))
    served = Served("emulate", EMULATE.version, free_port(), folder / "output.txt")
    with Front(folder / "git", token(BOT)) as front:
        front.behind = served.port
        words = [EMULATE.node, str(EMULATE.folder / "emulate" / "dist" / "index.js"), "--service", "github"]
        words += ["--port", str(served.port), "--seed", str(folder / "seed.yaml"), "--base-url", front.url]
        with serve(served, words, "/rate_limit", {}, 60):
            made = Emulated(served, front, "shop", folder / "work")
            made.begin(shops.files(_upstream.url))
            yield _note(pytestconfig, served), made


@pytest.fixture
def emulate(_emulate: tuple[Served, Emulated], upstream: Server, request: pytest.FixtureRequest) -> Emulated:
    """One repository for all tests, each with a thread of its own; nothing was asked of it yet."""
    served, made = _emulate
    made.front.journal.clear()
    _count(served, request)
    return made


# ---- what is said of them ----------------------------------------------------------------------------------------


def _note(config: pytest.Config, served: Served) -> Served:
    config.stash.setdefault(_SERVED, {})[served.name] = served
    return served


def _count(served: Served, request: pytest.FixtureRequest) -> Served:
    request.config.stash.setdefault(_COUNTED, {}).setdefault(served.name, []).append(request.node.nodeid)
    return served


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    if report.failed:
        counted = item.config.stash.get(_COUNTED, {})
        for name, served in item.config.stash.get(_SERVED, {}).items():
            if item.nodeid in counted.get(name, ()):
                report.sections.append((f"output of {name}", served.tail()))
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Which servers of others ran, in which version, and how many tests had to do with each."""
    counted = config.stash.get(_COUNTED, {})
    if not counted:
        return
    passed = {report.nodeid for report in terminalreporter.getreports("passed") if report.when == "call"}
    terminalreporter.section("real counterparts that ran")
    for name, served in config.stash.get(_SERVED, {}).items():
        tests = counted.get(name, [])
        terminalreporter.write_line(f"{name} {served.version}: {len(passed & set(tests))} of {len(tests)} tests passed")
