"""Signals, weighed by the policy. The parts are the explanation of the sum."""

from pydantic.dataclasses import dataclass

from bot.core.facts import NotApplicable, NotRun, Unreadable
from bot.core.policy import Routing
from bot.core.signals import COUNTED, Number, Signal
from bot.core.strict import STRICT
from bot.core.words import SignalName

WEIGHTS: dict[SignalName, int] = {
    "files_touched": 1,
    "schema_change": 5,
    "auth_code": 5,
    "test_failures": 2,
    "needs_new_code": 3,
    "production_incident": 0,
    "ci_config": 0,
    "secrets_handling": 0,
    "deploy_config": 0,
    "dependency_change": 2,
}
"""Points for each one found. The four at 0 act by rule: they start in the strong lane whatever the score says."""

CAPS: dict[SignalName, int] = {"files_touched": 8, "test_failures": 6}
"""The most points that a counted signal adds."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Part:
    """What one signal adds. `highest` differs from `points` only where the signal was not run."""

    signal: SignalName
    points: int
    highest: int
    note: str


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


def weigh(signals: tuple[Signal, ...], routing: Routing) -> Score:
    return Score(tuple(_part(signal, routing) for signal in signals))


def _part(signal: Signal, routing: Routing) -> Part:
    weight = routing.weights.get(signal.name, WEIGHTS[signal.name])
    cap = routing.caps.get(signal.name, CAPS.get(signal.name, 100))
    worst = cap if signal.name in COUNTED and weight else min(weight, cap)
    name = signal.name.replace("_", " ")
    match signal.reading:
        case Number(value=value):
            points = min(weight * value, cap)
            return Part(signal.name, points, points, f"{points} ({_count(signal.name, value)})")
        case NotApplicable():
            return Part(signal.name, 0, 0, "")
        case Unreadable():
            return Part(signal.name, worst, worst, f"{worst} ({name} unreadable, so counted at its worst)")
        case NotRun():
            return Part(signal.name, 0, worst, "")


def _count(name: SignalName, value: int) -> str:
    match name:
        case "files_touched":
            return "1 file" if value == 1 else f"{value} files"
        case "test_failures":
            return "1 test failure" if value == 1 else f"{value} test failures"
        case _:
            return name.removeprefix("needs_").replace("_", " ")


def in_words(score: Score) -> str:
    """The sum with its parts: `4 (4 files) + 4 (2 test failures) + 3 (new code) = 11`."""
    parts = [part.note for part in score.parts if part.points]
    return f"{' + '.join(parts)} = {score.total}" if parts else "0: nothing was found"
