"""What it would have cost, and how long it would have taken, to start in another lane: seen where it was tried, else reckoned
from the ledger's own attempts in that lane, else unknown. A lane is a name with a model: of another model there are no figures.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from math import sqrt
from statistics import fmean, variance
from typing import Literal

from pydantic.dataclasses import dataclass as crossing

from bot.core.past.history import Run, Try
from bot.core.past.interval import Rate, Z, rate
from bot.core.policy import Policy
from bot.core.strict import STRICT
from bot.core.words import TaskClass

FEWEST = 5
"""Attempts of which a mean is made, at the least."""
JUDGED = ("failed_tests", "patch_rejected", "low_confidence_summary", "not_fixed", "budget")
"""Why a lane's attempt was not accepted, where that speaks of the lane and not of a provider or of CI."""
Basis = Literal["observed", "estimated", "unknown"]


@crossing(frozen=True, slots=True, config=STRICT)
class Micros:
    """Micro-dollars more or, below zero, less; `low` and `high` are the same where it was observed."""

    value: int
    low: int
    high: int


@crossing(frozen=True, slots=True, config=STRICT)
class Seconds:
    """Likewise, of attempts alone: proof and CI take their own time."""

    value: float
    low: float
    high: float


@crossing(frozen=True, slots=True, config=STRICT)
class Change:
    """Runs of one class that start in another lane. `tries` is how many attempts the estimate rests on, `why` what is missing."""

    before: str
    now: str
    task_class: TaskClass
    runs: int
    basis: Basis
    tries: int
    micros: Micros | None
    seconds: Seconds | None
    why: str


@crossing(frozen=True, slots=True, config=STRICT)
class Total:
    """What is known of all changes together. Their intervals are added end to end, which is wider than 95 %."""

    runs: int
    """Of how many runs."""
    micros: Micros
    seconds: Seconds


@dataclass(frozen=True, slots=True)
class Switch:
    """A run that starts in another lane; `as_was` is whether it was in fact made as it is compared with."""

    run: Run
    before: str
    now: str
    as_was: bool


@dataclass(frozen=True, slots=True)
class _Figures:
    """Of one lane with one model, on one class of task."""

    tries: tuple[Try, ...]
    """Those whose cost is known."""
    accepted: Rate
    """Of attempts that were their run's first."""


@dataclass(frozen=True, slots=True)
class _Sum:
    value: float = 0.0
    low: float = 0.0
    high: float = 0.0

    def __add__(self, other: "_Sum") -> "_Sum":
        return _Sum(self.value + other.value, self.low + other.low, self.high + other.high)

    def less(self, saved: float, share: "_Sum | None" = None) -> "_Sum":
        """Without what is saved: surely, or with a chance."""
        chance = share or _Sum(1, 1, 1)
        return _Sum(self.value - saved * chance.value, self.low - saved * chance.high, self.high - saved * chance.low)


def changes(switches: Iterable[Switch], runs: Iterable[Run], policy: Policy) -> tuple[Change, ...]:
    """One for each pair of lanes, class and way of knowing. `runs` is the whole ledger."""
    sides = ((switch, *_missing(switch, policy)) for switch in switches)
    ordered = sorted(sides, key=lambda side: (side[0].before, side[0].now, side[0].run.task_class, side[1], side[2]))
    known = tuple(runs)
    made: list[Change] = []
    for (before, now, task_class, basis, why), group in groupby(ordered, key=lambda side: _key(*side)):
        members = tuple(side[0] for side in group)
        about = Change(before, now, task_class, len(members), basis, 0, None, None, why)
        if basis == "observed":
            made.append(_observed(about, members, policy))
        elif basis == "estimated":
            made.append(_estimated(about, members, policy, _figures(known, now, policy.lane(now).model, task_class)))
        else:
            made.append(about)
    return tuple(made)


def total(found: Iterable[Change]) -> Total | None:
    """None where nothing is known."""
    known = [(change.runs, change.micros, change.seconds) for change in found if change.micros and change.seconds]
    if not known:
        return None
    money = [micros for _, micros, _ in known]
    time = [seconds for _, _, seconds in known]
    return Total(
        sum(runs for runs, _, _ in known),
        Micros(sum(one.value for one in money), sum(one.low for one in money), sum(one.high for one in money)),
        Seconds(*(round(sum(part), 1) for part in zip(*((one.value, one.low, one.high) for one in time), strict=True))),
    )


def _key(switch: Switch, basis: Basis, why: str) -> tuple[str, str, TaskClass, Basis, str]:
    return switch.before, switch.now, switch.run.task_class, basis, why


def _missing(switch: Switch, policy: Policy) -> tuple[Basis, str]:
    """How the change can be known, and why it cannot."""
    if not switch.run.tries:
        return "unknown", "no lane was tried"
    if not switch.as_was:
        return "unknown", "the run was made in another lane than the one it is compared with"
    if any(tried.micros is None for tried in switch.run.tries):
        return "unknown", "what the run cost is unknown"
    if _first(switch, policy) is not None:
        return "observed", ""
    gone = next((tried.lane for tried in switch.run.tries if tried.lane not in policy.lanes), None)
    return ("unknown", f"lane {gone} is none of the new policy") if gone else ("estimated", "")


def _first(switch: Switch, policy: Policy) -> int | None:
    """The attempt by the new lane and its model."""
    wanted = (switch.now, policy.lane(switch.now).model)
    return next((number for number, tried in enumerate(switch.run.tries) if (tried.lane, tried.asked) == wanted), None)


def _observed(about: Change, members: tuple[Switch, ...], policy: Policy) -> Change:
    """The attempts before it are saved."""
    saved = [tried for switch in members for tried in switch.run.tries[: _first(switch, policy)]]
    micros, seconds = -sum(tried.micros or 0 for tried in saved), -round(sum(tried.seconds for tried in saved), 1)
    made = Micros(micros, micros, micros), Seconds(seconds, seconds, seconds)
    return Change(about.before, about.now, about.task_class, about.runs, about.basis, len(members), *made, "")


def _figures(runs: tuple[Run, ...], lane: str, model: str, task_class: TaskClass) -> _Figures:
    tries = [
        (number, tried)
        for run in runs
        if run.task_class == task_class
        for number, tried in enumerate(run.tries)
        if (tried.lane, tried.asked) == (lane, model)
    ]
    firsts = [tried for number, tried in tries if number == 0 and (tried.decision == "accept" or tried.reason in JUDGED)]
    accepted = rate(sum(tried.decision == "accept" for tried in firsts), len(firsts))
    return _Figures(tuple(tried for _, tried in tries if tried.micros is not None), accepted)


def _estimated(about: Change, members: tuple[Switch, ...], policy: Policy, known: _Figures) -> Change:
    """One attempt in the new lane is paid; attempts in lanes below it are saved, and those above it as often as it is accepted."""
    place = policy.lanes.index(about.now)
    tries = [tried for switch in members for tried in switch.run.tries]
    below = [tried for tried in tries if policy.lanes.index(tried.lane) <= place]
    above = [tried for tried in tries if policy.lanes.index(tried.lane) > place]
    count, accepted = len(known.tries), known.accepted
    missing = ""
    if count < FEWEST:
        missing = f"not enough data: {count} attempts of this class in lane {about.now} with its model, of {FEWEST}"
    elif above and accepted.value is None:
        missing = f"not enough data on how often lane {about.now} is accepted: {accepted.hits} of {accepted.cases} attempts"
    if missing:
        return Change(about.before, about.now, about.task_class, about.runs, "unknown", count, None, None, missing)
    chance = _Sum(accepted.value or 0.0, accepted.low, accepted.high)

    def reckoned(paid: list[float], saved: float, unsure: float) -> _Sum:
        return _of(paid, len(members)).less(saved).less(unsure, chance)

    money = reckoned([float(t.micros or 0) for t in known.tries], _micros(below), _micros(above))
    time = reckoned([t.seconds for t in known.tries], sum(t.seconds for t in below), sum(t.seconds for t in above))
    made = (
        Micros(round(money.value), round(money.low), round(money.high)),
        Seconds(round(time.value, 1), round(time.low, 1), round(time.high, 1)),
    )
    return Change(about.before, about.now, about.task_class, about.runs, "estimated", count, *made, "")


def _micros(tries: list[Try]) -> float:
    return float(sum(tried.micros or 0 for tried in tries))


def _of(values: list[float], runs: int) -> _Sum:
    """So many runs at the mean, with the normal interval of 95 % for what they will be: the mean's own doubt and their spread."""
    mean, count = fmean(values), len(values)
    half = Z * sqrt(variance(values) * (runs * runs / count + runs))
    return _Sum(runs * mean, max(0.0, runs * mean - half), runs * mean + half)
