"""One run of an imagined repository, and what people make of it, drawn at random as its plan says."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar, get_args

from bot.core.attempt import StopReason
from bot.core.confidence import Confidence
from bot.core.cost import Tokens
from bot.core.estimate import Estimate
from bot.core.evidence import Item
from bot.core.facts import Place
from bot.core.ledger import AttemptRecord, FileStat, Record
from bot.core.outcome import Outcome
from bot.core.route import Route, choose
from bot.core.score import Score, weigh
from bot.core.signals import Number, Signal
from bot.core.verdict import Accept, Decision, Escalate, Stop, bar
from bot.core.words import CRITIC, Reason, Result, SignalName, TaskClass, What
from tests.plans import Area, Entry, Plan

T = TypeVar("T")
BY_SIGNAL: Mapping[SignalName, TaskClass] = {
    "production_incident": "incident",
    "schema_change": "migration",
    "auth_code": "auth",
    "ci_config": "ci",
    "deploy_config": "deploy",
    "dependency_change": "dependency",
}


def life(plan: Plan, random: Random, number: int, at: datetime) -> list[Entry]:
    task = _task(plan, random)
    record = _record(plan, random, number, at, task)
    return [record, *_outcomes(plan, random, record, task.area)]


@dataclass(frozen=True)
class _Task:
    area: Area
    task_class: TaskClass
    signals: tuple[Signal, ...]
    places: tuple[Place, ...]
    score: Score
    route: Route
    needed: float


def _task(plan: Plan, random: Random) -> _Task:
    area = random.choices(plan.areas, [area.share for area in plan.areas])[0]
    signals, places = _signals(plan, random, area)
    score = weigh(signals, plan.policy.routing)
    on = [signal.name for signal in signals if isinstance(signal.reading, Number) and signal.reading.value]
    drawn = _one_of(random, plan.classes)
    task_class = next((BY_SIGNAL[name] for name in BY_SIGNAL if name in on), drawn)
    asked = plan.policy.lanes[0] if random.random() < plan.asked_fast else None
    route = choose(signals, score.total, task_class, plan.policy, asked)
    assert isinstance(route, Route)
    return _Task(area, task_class, signals, places, score, route, bar(plan.policy, task_class, score.total))


def _signals(plan: Plan, random: Random, area: Area) -> tuple[tuple[Signal, ...], tuple[Place, ...]]:
    """What was found, and the files that the task is likely about."""
    names = random.sample("abcdefghij", 1 + int(random.random() ** 2 * 4))
    places = tuple(Place(f"{area.folder}/{name}.{random.choice(area.endings)}", f"defines `{name}`") for name in names)
    failing = random.choices((0, 1, 2, 3), (5, 4, 2, 1))[0]
    counts: dict[SignalName, int] = {"files_touched": len(places), "test_failures": failing}
    on = {*(name for name, share in plan.found.items() if random.random() < share), *area.signals}
    return tuple(_signal(name, counts.get(name, int(name in on)), places) for name in get_args(SignalName)), places


def _signal(name: SignalName, value: int, places: tuple[Place, ...]) -> Signal:
    because = tuple(f"{place.path} ({place.why})" for place in places) if name == "files_touched" else ("the text says it",) * value
    return Signal(name, Number(value), because)


def _attempts(plan: Plan, random: Random, task: _Task) -> tuple[AttemptRecord, ...]:
    made: list[AttemptRecord] = []
    lane: str | None = task.route.lane
    reason: Reason | None = None
    while lane is not None:
        hopeless = reason in plan.hopeless
        decision = _decision(plan, random, task, lane, len(made) + 1)
        if hopeless and isinstance(decision, Accept):
            decision = Stop("not_fixed", "tests: 1 of 40 fails", "failed_tests")
        made.append(_attempt(plan, random, lane, decision, task.places))
        lane, reason = (decision.lane, decision.reason) if isinstance(decision, Escalate) else (None, None)
    return tuple(made)


def _decision(plan: Plan, random: Random, task: _Task, lane: str, number: int) -> Decision:
    if random.random() < plan.out_of_money:
        return Stop("budget", "the next call could cost more than the budget has left")
    first, routing = lane == plan.policy.lanes[0], plan.policy.routing
    fails = plan.fails_at.get(task.score.total, task.area.fails) if first else plan.later_fail
    if random.random() >= fails:
        return Accept(Confidence(round(random.uniform(task.needed, 0.95), 4), 0.55 if first else 0.7, ()))
    reason = _one_of(random, plan.reasons)
    above = plan.policy.above(lane)
    if above is None or number >= routing.max_attempts or reason not in routing.escalate_on:
        return Stop("not_fixed", "tests: 1 of 40 fails", reason)
    return Escalate(above, reason, "tests: 1 of 40 fails")


def _attempt(plan: Plan, random: Random, lane: str, decision: Decision, places: tuple[Place, ...]) -> AttemptRecord:
    first = lane == plan.policy.lanes[0]
    micros = _about(random, plan.fast_micros if first else plan.strong_micros)
    confidence = decision.confidence if isinstance(decision, Accept) else Confidence(0.0, 0.55, (), 0.0)
    ended: StopReason = "budget" if isinstance(decision, Stop) and decision.code == "budget" else "finished"
    passed = isinstance(decision, Accept)
    items = (
        Item("tests", "passed" if passed else "failed", "strong", "40 tests ran" if passed else "1 of 40 fails", 12.5),
        Item(CRITIC, "passed" if passed else "not_run", "term", "nothing was found", 1.5, plan.judging_micros),
    )
    return AttemptRecord(
        lane=lane,
        asked=plan.policy.lane(lane).model,
        model=plan.policy.lane(lane).model,
        ended=ended,
        note="",
        calls=random.randint(3, 12),
        tokens=Tokens(input=random.randint(5_000, 60_000), output=random.randint(300, 4_000)),
        cost_micros=micros,
        disputed=0,
        reckoned_micros=micros,
        guessed=0,
        seconds=round(_about(random, 30_000 if first else 70_000) / 1_000, 3),
        summary="The rounding is done once.",
        risks="",
        self_confidence=None,
        files=tuple(FileStat(place.path, random.randint(1, 20), random.randint(0, 8)) for place in places),
        evidence=items,
        confidence=confidence,
        decision=decision,
    )


def _record(plan: Plan, random: Random, number: int, at: datetime, task: _Task) -> Record:
    tries = _attempts(plan, random, task)
    last = tries[-1].decision
    accepted = isinstance(last, Accept)
    result: Result = "pass" if accepted else last.code if isinstance(last, Stop) else "stopped"
    own = [tried.cost_micros for tried in tries if tried.lane == plan.policy.lanes[-1]]
    judging = plan.judging_micros * len(tries)
    owner = f"https://github.com/{plan.repo}"
    return Record(
        id=f"c{plan.seed}{number:06}",
        at=_written(at),
        repo=plan.repo,
        number=number + 1,
        actor=random.choice(("ada", "grace", "linus")),
        base=f"{random.getrandbits(160):040x}",
        task="Splitting a bill of 100 cents between three people loses a cent",
        task_class=task.task_class,
        signals=task.signals,
        places=task.places,
        score=task.score,
        route=task.route,
        propensity=1.0,
        checks=(),
        sandbox="bubblewrap",
        attempts=tries,
        result=result,
        detail="" if accepted else "tests: 1 of 40 fails",
        confidence=last.confidence if isinstance(last, Accept) else None,
        threshold=task.needed,
        cost_micros=sum(tried.cost_micros or 0 for tried in tries) + judging,
        verification_micros=judging,
        always_strong=Estimate(own[0], "attempt") if own and own[0] else Estimate(_about(random, plan.strong_micros), "tokens"),
        seconds=round(sum(tried.seconds for tried in tries) + 60, 3),
        branch=f"route-agent/{number + 1}/c{plan.seed}{number:06}-1" if accepted else None,
        commit=f"{random.getrandbits(160):040x}" if accepted else None,
        pull_request=f"{owner}/pull/{number + 1}" if accepted else None,
        pull_request_open=accepted,
    )


def _outcomes(plan: Plan, random: Random, record: Record, area: Area) -> list[Entry]:
    """What people did with the patch. One that is right may have been edited; one that is wrong, merged and taken back."""
    if record.confidence is None or random.random() >= plan.judged:
        return []
    wrong = 1 - record.confidence.value + plan.overconfident if area.rejected is None else area.rejected
    merged = datetime.fromisoformat(record.at) + timedelta(days=random.uniform(0.1, 5))
    changed = sum(file.added + file.removed for file in record.attempts[-1].files)
    if random.random() >= wrong:
        return [_outcome(record, merged, "merged", random.choices((0, changed // 3), (4, 1))[0])]
    match random.randrange(4):
        case 0:
            later = merged + timedelta(days=random.uniform(1, 20))
            return [_outcome(record, merged, "merged", 0), _outcome(record, later, "reverted", None)]
        case 1:
            return [_outcome(record, merged, "merged", changed + 5)]
        case 2:
            return [_outcome(record, merged, "changes_requested", None)]
        case _:
            return [_outcome(record, merged, "closed", None)]


def _outcome(record: Record, at: datetime, what: What, changed: int | None) -> Outcome:
    return Outcome(record.id, _written(at), what, "grace", record.pull_number or 0, changed)


def _one_of(random: Random, weights: Mapping[T, float]) -> T:
    return random.choices(tuple(weights), tuple(weights.values()))[0]


def _about(random: Random, middle: int) -> int:
    """A positive amount, as likely half of the middle as twice that."""
    return int(middle * math.exp(random.gauss(0, 0.5)))


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
