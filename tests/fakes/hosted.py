"""The action as a runner starts it, phase by phase, against a GitHub that remembers; only time is made to fly."""

import io
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, TextIO

from bot.action import act
from bot.core.event import Event, Judged, Proposed
from bot.core.handover import pack
from bot.edge import actions
from bot.edge.telemetry import switch
from bot.ending import Ended
from bot.first import look
from bot.host import Ground
from bot.hosted import outputs
from bot.office import Office
from bot.opening import office
from bot.shop import Wall
from bot.voice import templates
from tests.fakes.canaries import KEY_ENV, KEYS, SURROUNDINGS, canary

ME = "github-actions[bot]"
GATE = "contents:write issues:write pull-requests:write checks:read statuses:read actions:read"
PROPOSE = "contents:read"
WORK = "contents:write issues:write pull-requests:write checks:read statuses:read actions:write"


class Hurried(Wall):
    """A clock on which waiting takes no time, and still counts."""

    def __init__(self) -> None:
        self.slept = 0.0

    def seconds(self) -> float:
        return time.monotonic() + self.slept

    def sleep(self, seconds: float) -> None:
        self.slept += seconds


_LOGS: list[Path] = []
_HEARD = threading.Lock()


class _Kept(io.TextIOBase):
    """What a job says, as the runner keeps it, beside where it is said to."""

    def __init__(self, said: TextIO) -> None:
        self.said = said

    def write(self, text: str) -> int:
        for path in tuple(_LOGS):
            with path.open("a", encoding="utf-8") as file:
                file.write(text)
        return self.said.write(text)

    def flush(self) -> None:
        self.said.flush()


@contextmanager
def logged(path: Path) -> Iterator[None]:
    """The job's log in a file; of several jobs at once each file has what all of them said."""
    with _HEARD:
        _LOGS.append(path)
        if not isinstance(sys.stderr, _Kept):
            sys.stderr = _Kept(sys.stderr)
    try:
        yield
    finally:
        with _HEARD:
            _LOGS.remove(path)
            if not _LOGS and isinstance(sys.stderr, _Kept):
                sys.stderr = sys.stderr.said


class Github(Protocol):
    """A server as a job finds it: our own, or that of others."""

    @property
    def url(self) -> str: ...
    @property
    def api(self) -> str: ...
    def token(self, name: str, login: str, scopes: str | None = None, *, may_open_pulls: bool = True) -> str: ...


@dataclass
class Job:
    """One job of a workflow: its own workspace, token and inputs."""

    world: Github
    folder: Path
    name: str
    payload: Mapping[str, Any]
    repo: str = "octo/shop"
    scopes: str | None = WORK
    login: str = ME
    token: str = ""
    """Empty for one that jobs with the same rights share."""
    run: str = "77"
    attempt: str = "1"
    inputs: Mapping[str, str] = field(default_factory=dict)
    may_open_pulls: bool = True
    clock: Wall = field(default_factory=Hurried)
    host: Ground | None = None
    """What checks may use of the runner, in the host action."""
    furnished: Callable[[Office], Office] = lambda place: place
    """What a story changes of the office."""
    told: Callable[[Ended], object] = lambda _: None
    """What happens when the job has said how it ended, and may have an audit to make yet."""

    def env(self) -> dict[str, str]:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "event.json").write_text(json.dumps(self.payload))
        secret = self.token or canary(f"{self.name} {self.scopes}")
        token = self.world.token(secret, self.login, self.scopes, may_open_pulls=self.may_open_pulls)
        given = {
            "GITHUB_EVENT_NAME": self.name,
            "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
            "GITHUB_RUN_ID": self.run,
            "GITHUB_RUN_ATTEMPT": self.attempt,
            "GITHUB_WORKSPACE": str(self.folder / "workspace"),
            "GITHUB_API_URL": self.world.api,
            "GITHUB_SERVER_URL": self.world.url,
            "GITHUB_REPOSITORY": self.repo,
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
            "INPUT_GITHUB-TOKEN": token,
        }
        own = {f"INPUT_{name.upper()}": value for name, value in self.inputs.items()}
        named = f"{KEY_ENV} {own.get('INPUT_API-KEY-ENV', '')}"
        return {**SURROUNDINGS, **KEYS, **given, **own, "INPUT_API-KEY-ENV": named}

    def event(self) -> Event:
        found = look(self.env())
        assert not isinstance(found, str | Judged | Proposed), found
        return found

    def act(self, phase: str = "auto", **inputs: str) -> Ended:
        self.inputs = {**self.inputs, **inputs}
        env = self.env()
        step = replace(actions.step(env), hidden=switch.secrets(env))
        with logged(self.folder / "log"), office(step, self.event(), templates(), self.clock, pause=0, host=self.host) as place:
            ended = act(self.furnished(place), phase)
            self.told(ended)
            if ended.afterwards is not None:
                ended.afterwards()
            return ended

    def packed(self, phase: str, **inputs: str) -> dict[str, str]:
        """The job's outputs, as the jobs after it see them."""
        ended = self.act(phase, **inputs)
        return outputs(ended, pack(ended.trail) if ended.trail and not ended.trail.finished else "")
