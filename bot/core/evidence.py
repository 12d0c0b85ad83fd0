"""What was shown about one patch, item by item."""

from typing import Literal

from pydantic.dataclasses import dataclass

from bot.core.checks import Run
from bot.core.cost import Natural
from bot.core.strict import STRICT, Seconds

PATCH_RULES, FIXES, REACHES, REPRODUCED = "patch rules", "fixes failing tests", "reaches the change", "reproduction"
GRADING, WELL_FORMED, TAMPERING, DOUBTS = "how it is judged", "well-formed", "tampering", "doubtful changes"
EXECUTED, MUTANTS, STEADY = "changed lines executed", "faults in the changed lines", "steady"
REQUIRED = " (required)"
"""How the name of a check ends without which nothing is merged."""

State = Literal["passed", "failed", "not_run", "not_applicable"]
Strength = Literal["veto", "strong", "weak", "term", "info"]
"""What a pass is worth: `strong` shows that the change works, `weak` only that nothing looks broken, `veto` and `info` add
nothing when they pass. A failed `veto`, `strong` or `weak` item ends the attempt. `term` moves the confidence, whichever way, and
ends nothing."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Item:
    name: str
    state: State
    strength: Strength
    reason: str
    seconds: Seconds = 0.0
    micros: Natural | None = 0
    """What it cost, in micro-dollars; None where nobody knows."""

    @property
    def required(self) -> bool:
        """Whether it is a check without which nothing is merged."""
        return self.name.endswith(REQUIRED)


@dataclass(frozen=True, slots=True, config=STRICT)
class Evidence:
    """`runs` are the checks on the patched tree, in the order they ran; they are what a next lane gets to read."""

    items: tuple[Item, ...]
    runs: tuple[Run, ...] = ()

    @property
    def failed(self) -> tuple[Item, ...]:
        """What ends the attempt."""
        return tuple(item for item in self.items if item.state == "failed" and item.strength != "term")

    def state(self, name: str) -> State | None:
        """How an item ended; None where it was not looked at."""
        return next((item.state for item in self.items if item.name == name), None)

    @property
    def proves(self) -> bool:
        """At least one strong item passed and none failed. Nothing shown proves nothing."""
        return not self.failed and any(item.state == "passed" and item.strength == "strong" for item in self.items)
