"""Workflow runs: which jobs one has, what each hands to the next, and what running it again means."""

import os
import re
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from bot.__main__ import close
from bot.core.instant import written
from bot.core.policyfile import PolicyError
from bot.edge import actions
from bot.hosted import over
from bot.ports import Denied, Unavailable
from tests.chaos.setting import CANARY, KEY, Setting
from tests.fakes.canaries import canary
from tests.fakes.hosted import GATE, PROPOSE, WORK, Hurried, Job
from tests.fakes.world import World

Said = Mapping[str, str]


class Jumping(Hurried):
    """A clock that is set to another time after so many looks at it."""

    def __init__(self, after: int, by: timedelta) -> None:
        super().__init__()
        self.after, self.by = after, by

    def now(self) -> str:
        self.after -= 1
        return written(datetime.now(UTC) + timedelta(seconds=self.slept) + (self.by if self.after < 0 else timedelta(0)))


@dataclass
class Machine(Job):
    """One job on a machine of its own."""

    keyed: bool = True

    def env(self) -> dict[str, str]:
        found = super().env()
        return found | ({"INPUT_API-KEY-ENV": KEY, KEY: CANARY} if self.keyed else {})

    def work(self, phase: str) -> None:
        """As a runner does it; what came of it is left beside the workspace."""
        os.environ.pop(KEY, None)
        signal.signal(signal.SIGTERM, _interrupted)
        self.told = lambda ended: over(actions.step(self.env()), ended)
        try:
            self.act(phase)
        except (Denied, PolicyError, Unavailable) as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
        except KeyboardInterrupt:
            sys.stderr.write("cut off\n")

    def close(self) -> None:
        """The last phase of the step."""
        os.environ.update(self.env())
        close()

    @property
    def said(self) -> Said:
        path = self.folder / "output"
        text = path.read_text() if path.exists() else ""
        return {name: value for name, _, value in re.findall(r"^(\w+)<<(\w+)\n(.*?)\n\2$", text, re.DOTALL | re.MULTILINE)}


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@dataclass
class Flow:
    """One workflow run, with all its attempts."""

    world: World
    folder: Path
    event: str
    payload: Mapping[str, Any]
    command: str
    """The key of the command that it answers."""
    run: str
    setting: Setting
    by: str = "ann"
    attempt: int = 0
    jobs: list[tuple[str, Machine]] = field(default_factory=list)
    """Of the attempt at hand: the name of each, and the job."""
    inputs: Said = field(default_factory=dict)
    """What a person typed who started it by hand."""
    every: list[Machine] = field(default_factory=list)

    def begin(self, clock: Hurried, *, failed_only: bool = False) -> tuple[Machine, str]:
        """A further attempt: from the start, or from the first job that broke down."""
        self.attempt += 1
        kept = 0
        while failed_only and kept < len(self.jobs) and self.jobs[kept][1].said:
            kept += 1
        self.jobs = self.jobs[:kept] if kept < len(self.jobs) else []
        following = self.next(clock)
        if following is None:
            self.jobs = []
            following = self.next(clock)
        assert following is not None, "the first job of a workflow always runs"
        return following

    def next(self, clock: Hurried) -> tuple[Machine, str] | None:
        """The job that follows by the workflow's own conditions, and its phase; None where the run is at its end."""
        done = dict(self.jobs)
        if self.setting.shape == "auto":
            return None if done else self._job("auto", "auto", WORK, {}, clock)
        if "gate" not in done:
            return self._job("gate", "gate", GATE, {}, clock)
        gate = done["gate"].said
        if self.setting.shape == "work":
            due = "work" not in done and gate.get("result") == "routing"
            return self._job("work", "auto", WORK, {"handover": gate["handover"]}, clock) if due else None
        for earlier, again in (("gate", ""), ("apply", "-again")):
            wanted = "routing" if earlier == "gate" else "attempting"
            if done[earlier].said.get("result") != wanted:
                return None
            before = gate if earlier == "gate" else done["apply"].said
            if f"propose{again}" not in done:
                return self._job(f"propose{again}", "propose", PROPOSE, {"handover": before["handover"]}, clock)
            made = done[f"propose{again}"].said.get("handover", "")
            if f"apply{again}" not in done:
                given = {"handover": made, "before": before["handover"]}
                return self._job(f"apply{again}", "apply", WORK, given, clock)
        return None

    def _job(self, name: str, phase: str, scopes: str, given: Said, clock: Hurried) -> tuple[Machine, str]:
        job = Machine(
            self.world,
            self.folder / f"{self.run}.{self.attempt}-{name}",
            self.event,
            self.payload,
            scopes=scopes,
            run=self.run,
            attempt=str(self.attempt),
            inputs={**given, **self.inputs},
            clock=clock,
            login=self.setting.login,
            token=canary(f"{name} {self.run} {self.attempt}"),
            keyed=phase in ("auto", "propose"),
        )
        job.env()  # its token is known on this side, too
        self.jobs.append((name, job))
        self.every.append(job)
        return job, phase
