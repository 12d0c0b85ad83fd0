"""No test sees the runner, a token, the user's home or the network; what cannot run here is named at the end."""

import os
import socket
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.fakes import shops
from tests.fakes.server import Server
from tests.fakes.world import Repo, World

SCRUBBED = (
    "GITHUB_",
    "ACTIONS_",
    "RUNNER_",
    "INPUT_",
    "GIT_",
    "GH_",
    "OPENAI_",
    "OPENROUTER_",
    "ANTHROPIC_",
    "LITELLM_",
    "VLLM_",
    "PYTEST_ADDOPTS",
)
# Green and red are the code's doing: not those of a draw, nor of what else the machine does. `explore` draws anew each time.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=500)
settings.load_profile("same")

LEFT = {
    "elsewhere": "needs packages from an index: `python3 dev.py rest` runs it",
    "weights": "needs a real model's weights: `ROUTE_AGENT_WEIGHTS=FILE.gguf python3 dev.py weights` runs it",
    "engine": "needs a container engine or a browser: `python3 dev.py e2e` runs it",
}


@pytest.fixture(autouse=True)
def alone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(SCRUBBED) or name.endswith(("_API_KEY", "_TOKEN", "_SECRET")):
            monkeypatch.delenv(name)
    if "elsewhere" not in request.keywords:
        monkeypatch.setenv("HOME", str(tmp_path / "home-that-is-not-there"))
        monkeypatch.setattr(socket.socket, "connect", _loopback_only)


# ---- what stories on GitHub begin with; a folder or a file that wants more of one has its own ----------------------------


@pytest.fixture
def models() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path / "world") as made:
        yield made


@pytest.fixture
def shop(world: World, models: Server) -> Repo:
    return world.repo("octo/shop", shops.files(models.url), ann="write")


_connect = socket.socket.connect


def _loopback_only(self: socket.socket, address: Any) -> None:
    """A test may talk to a server of its own; a reach for anything else is a mistake."""
    if isinstance(address, tuple) and str(address[0]) not in ("127.0.0.1", "::1", "localhost"):
        raise AssertionError(f"a test reached for {address}")
    _connect(self, address)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: Any) -> None:
    """With several processes, this one collects nothing: each of the others says what it left."""
    node.config.stash[_LEFT] = node.workeroutput.get("left", [])


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left"] = session.config.stash.get(_LEFT, [])


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    for item in items:
        left = item.config.stash.setdefault(_LEFT, [])
        left += [f"{item.location[0]}: {why}" for mark, why in LEFT.items() if mark in item.keywords]


_LEFT = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """What was not run, and why, so that green is not read as more than it is."""
    left = config.stash.get(_LEFT, [])
    if left and config.getoption("markexpr", ""):
        terminalreporter.section("not run here")
        for what, number in sorted(Counter(left).items()):
            terminalreporter.write_line(f"{number} of {what}")
