"""Signals, weighed by the policy. The parts are the explanation of the sum."""

from pydantic.dataclasses import dataclass

from bot.core.strict import STRICT
from bot.core.words import SignalName


@dataclass(frozen=True, slots=True, config=STRICT)
class Part:
    """What one signal adds. `highest` differs from `points` only where the signal was not run."""

    signal: SignalName
    points: int
    highest: int
    weight: int


@dataclass(frozen=True, slots=True, config=STRICT)
class Score:
    parts: tuple[Part, ...]

    @property
    def total(self) -> int:
        return sum(part.points for part in self.parts)

    @property
    def highest(self) -> int:
        """The score at its worst, where a signal was not run."""
        return sum(part.highest for part in self.parts)
