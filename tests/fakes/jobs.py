"""The real command-line job over a real repository; only the model is scripted."""

import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot import local
from bot.arguments import Desired
from bot.core.ledger import Record
from bot.core.spend import Charge
from bot.core.trail import Trail
from bot.edge.store import Lines, Runs
from bot.edge.terminal import Progress
from bot.ports import Model
from bot.shop import Outside, Wall
from bot.voice import templates
from tests.fakes import repos


@dataclass
class Job:
    repo: Path
    policy: str = repos.POLICY
    task: str = "add(2, 2) gives 5, see shop/add.py"
    env: Mapping[str, str] = field(default_factory=lambda: {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]})
    progress: io.StringIO = field(default_factory=io.StringIO)
    more: Mapping[str, Any] = field(default_factory=dict)
    runs: Callable[[Path], Runs] = Runs

    def outside(self) -> Outside:
        return Outside(self.env, templates(), Progress(self.progress, Wall().seconds), self.runs)

    def wanted(self) -> Desired:
        made = Desired(self.repo, self.task, self.policy.encode(), "policy.yml")
        return replace(made, **self.more)

    def run(self, model: Model) -> tuple[Record, Trail]:
        return local.fix(self.wanted(), self.outside(), model)

    @property
    def ledger(self) -> Lines:
        return Lines(self.repo / ".git" / "route-agent" / "ledger.jsonl")

    def charges(self) -> list[Charge]:
        return [line for line in self.ledger.lines() if isinstance(line, Charge)]

    def branches(self) -> list[str]:
        return repos.git(self.repo, "branch", "--list", "route-agent/*", "--format=%(refname:short)").split()


def names(record: Record) -> list[tuple[str, str]]:
    """The evidence of the last attempt, each item with how it stands."""
    return [(item.name, item.state) for item in record.attempts[-1].evidence]
