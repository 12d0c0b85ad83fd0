"""CI: each run takes its time and comes to what is drawn for it; what it really came to is remembered by commit."""

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.fakes.world.runs import Scripted

if TYPE_CHECKING:
    from tests.fakes.world import Repo, Run, World

PROVED = {"base": "success", "tests-only": "success", "patched": "success"}
OUTCOMES: tuple[dict[str, str] | None, ...] = (
    *(PROVED,) * 6,
    *(PROVED | {"patched": "failure"},) * 3,
    PROVED | {"base": "failure"},
    dict.fromkeys(PROVED, "failure"),
    PROVED | {"tests-only": "cancelled", "patched": "cancelled"},
    None,
)
LONGEST = 12
"""Turns that a run takes at most; one that is drawn None takes for ever."""


@dataclass
class Verdicts:
    chance: random.Random
    outcomes: tuple[dict[str, str] | None, ...] = OUTCOMES
    green: set[str] = field(default_factory=set)
    """Commits on which the last run of the patched suite was green."""
    going: list[tuple["World", "Repo", "Run", dict[str, str], int]] = field(default_factory=list)

    def __call__(self, world: "World", repo: "Repo", run: "Run") -> None:
        self.green.discard(run.sha)
        ends = self.chance.choice(self.outcomes)
        run.status = "in_progress"
        if ends is not None:
            self.going.append((world, repo, run, ends, self.chance.randint(0, LONGEST)))

    def tick(self) -> None:
        going, self.going = self.going, []
        for world, repo, run, ends, left in going:
            if run.status == "completed":  # cancelled
                continue
            if left:
                self.going.append((world, repo, run, ends, left - 1))
                continue
            Scripted(ends)(world, repo, run)
            if ends["patched"] == "success":
                self.green.add(run.sha)
