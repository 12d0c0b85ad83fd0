"""Which lane starts, and the rules that chose it."""

import re
from difflib import get_close_matches

from pydantic.dataclasses import dataclass

from bot.core.facts import Unreadable
from bot.core.policy import Policy
from bot.core.score import Score
from bot.core.signals import Number, Signal
from bot.core.strict import STRICT
from bot.core.words import TaskClass


@dataclass(frozen=True, slots=True, config=STRICT)
class Route:
    """`because` names every rule that had a say, the deciding one first."""

    lane: str
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, config=STRICT)
class Refusal:
    """The request goes no further, before a model is paid. `code` is for programs, `detail` for people, with the remedy."""

    code: str
    detail: str


def choose(
    signals: tuple[Signal, ...], total: int, task_class: TaskClass, policy: Policy, asked: str | None = None
) -> Route | Refusal:
    """The highest lane that any rule asks for; a person may lower it only where no always-strong rule fires."""
    if asked is not None and (unknown := unknown_lane(asked, policy.lanes)):
        return Refusal("lane", unknown)
    upward = always_strong(signals, policy)
    wishes = [(_by_score(total, policy)), *(("strong", why) for why in upward)]
    own = policy.routing.by_class.get(task_class)
    if own is not None and own.lane is not None:
        wishes.append((own.lane, f"routing.by_class.{task_class}: {own.lane}"))
    if asked is not None:
        return _asked(asked, wishes, upward, policy)
    if own is not None and own.lane is not None and not upward:
        return Route(own.lane, (wishes[-1][1], wishes[0][1]))
    return _highest(wishes, policy)


def _highest(wishes: list[tuple[str, str]], policy: Policy) -> Route:
    lane = max((name for name, _ in wishes), key=policy.lanes.index)
    deciding = tuple(why for name, why in wishes[1:] if name == lane)
    first = tuple(why for name, why in wishes[:1])
    return Route(lane, deciding + first if deciding else first)


def _asked(asked: str, wishes: list[tuple[str, str]], upward: tuple[str, ...], policy: Policy) -> Route:
    ruled = _highest(wishes, policy)
    lower = policy.lanes.index(asked) < policy.lanes.index(ruled.lane)
    if lower and upward:
        return Route(ruled.lane, (*ruled.because, f"lane={asked} was asked for and may not lower: {upward[0]}"))
    verb = "lowers" if lower else "asks for"
    return Route(asked, (f"lane={asked} {verb} it", *ruled.because))


_SAYS = re.compile(r"lane=([a-z][a-z0-9_-]{0,31}) (?:asks for it|lowers it|was asked for)")


def asked_for(route: Route) -> str | None:
    """The lane that a person asked for, as `because` says it; None where nobody did."""
    return next((found[1] for why in route.because if (found := _SAYS.match(why))), None)


def _by_score(total: int, policy: Policy) -> tuple[str, str]:
    routing = policy.routing
    if total <= routing.fast_max_score:
        return policy.lanes[0], f"score {total} is at most fast_max_score {routing.fast_max_score}"
    return "strong", f"score {total} is at least strong_min_score {routing.strong_min_score}"


def unknown_lane(asked: str, lanes: tuple[str, ...]) -> str:
    """What is wrong with the name of a lane; empty for one that there is."""
    if asked in lanes:
        return ""
    near = get_close_matches(asked, lanes, 1)
    hint = f"did you mean `{near[0]}`? " if near else ""
    return f"there is no lane `{asked[:40]}`; {hint}the lanes are {', '.join(lanes)}"


def always_strong(signals: tuple[Signal, ...], policy: Policy) -> tuple[str, ...]:
    """The always-strong rules that fire, each with its first finding. What cannot be read fires too."""
    routing = policy.routing
    upward = tuple(name for name in routing.default_upward if name not in routing.always_strong_if)
    return tuple(
        f"{key}: {signal.name} ({signal.because[0] if signal.because else signal.reading})"
        for key, names in (("always_strong_if", routing.always_strong_if), ("default_upward", upward))
        for signal in signals
        if signal.name in names and _fires(signal)
    )


def _fires(signal: Signal) -> bool:
    reading = signal.reading
    return isinstance(reading, Unreadable) or (isinstance(reading, Number) and reading.value > 0)


def ineligible(lane: str, signals: tuple[Signal, ...], score: Score, policy: Policy) -> str | None:
    """Why a lane may not carry a patch with these signals of its own; None where it may."""
    if lane == policy.lanes[-1] or lane == "strong":
        return None
    rules = always_strong(signals, policy)
    if rules:
        return f"touches what only `strong` may: {rules[0]}"
    if score.total > policy.routing.fast_max_score:
        return f"has a score of {score.total}, past fast_max_score {policy.routing.fast_max_score}"
    return None
