"""No test sees the runner, a token, the user's home or the network; what cannot run here is named at the end."""

import os
import socket
from pathlib import Path
from typing import Any

import pytest

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
ELSEWHERE = "needs packages from an index: `python3 dev.py rest` runs it"


@pytest.fixture(autouse=True)
def alone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(SCRUBBED) or name.endswith(("_API_KEY", "_TOKEN", "_SECRET")):
            monkeypatch.delenv(name)
    if "elsewhere" not in request.keywords:
        monkeypatch.setenv("HOME", str(tmp_path / "home-that-is-not-there"))
        monkeypatch.setattr(socket.socket, "connect", _loopback_only)


_connect = socket.socket.connect


def _loopback_only(self: socket.socket, address: Any) -> None:
    """A test may talk to a server of its own; a reach for anything else is a mistake."""
    if isinstance(address, tuple) and str(address[0]) not in ("127.0.0.1", "::1", "localhost"):
        raise AssertionError(f"a test reached for {address}")
    _connect(self, address)


def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    config.stash[_LEFT] = sorted(item.nodeid for item in items if "elsewhere" in item.keywords)


_LEFT = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """What was not run, and why, so that green is not read as more than it is."""
    left = config.stash.get(_LEFT, [])
    if left and config.getoption("markexpr", "") == "not elsewhere":
        terminalreporter.section("not run here")
        for name in left:
            terminalreporter.write_line(f"{name}: {ELSEWHERE}")
