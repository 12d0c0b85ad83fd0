"""Ledgers as a year of runs would leave them: drawn from a seed, through the bot's own records, scores and routes.

`Plan` says what is true of the imagined repository (which areas it has, how often a lane fails where, how people judge), and
`ledger` draws runs and outcomes from it. What a plan does not say is unremarkable: nothing in such a ledger has drifted.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeVar, get_args

from bot.core.attempt import StopReason
from bot.core.confidence import Confidence
from bot.core.cost import Tokens
from bot.core.estimate import Estimate
from bot.core.evidence import Item
from bot.core.facts import Place
from bot.core.ledger import AttemptRecord, FileStat, Record, encode
from bot.core.outcome import Outcome
from bot.core.past.lines import Line
from bot.core.past.survey import Books, books
from bot.core.policy import Policy
from bot.core.policyfile import read
from bot.core.route import Route, choose
from bot.core.score import Score, weigh
from bot.core.signals import Number, Signal
from bot.core.verdict import Accept, Decision, Escalate, Stop, bar
from bot.core.words import CRITIC, Reason, Result, SignalName, TaskClass, What

POLICY = b"""\
models:
  fast: {provider: openrouter, model: maker/small}
  strong: {provider: openrouter, model: maker/large}
routing:
  fast_max_score: 6 # up to here a task starts in `fast`
  strong_min_score: 7
"""
T = TypeVar("T")
START = datetime(2026, 6, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Area:
    """A folder that tasks are about. `fails`: the share of the first lane's patches there that are not accepted; `rejected`: the
    share of the accepted patches that people do not want, None where that is what the confidence says."""

    folder: str
    share: float = 1.0
    fails: float = 0.25
    rejected: float | None = None
    endings: tuple[str, ...] = ("py",)
    signals: tuple[SignalName, ...] = ()
    """Found in every task here, by its text."""


AREAS = tuple(map(Area, ("shop/cart", "shop/catalog", "shop/mail", "web/pages", "web/widgets", "reports", "tools")))
CLASSES: Mapping[TaskClass, float] = {"bugfix": 6, "feature": 3, "refactor": 2, "docs": 1, "tests": 1, "flaky": 0.5}
BY_SIGNAL: Mapping[SignalName, TaskClass] = {
    "production_incident": "incident",
    "schema_change": "migration",
    "auth_code": "auth",
    "ci_config": "ci",
    "deploy_config": "deploy",
    "dependency_change": "dependency",
}
FOUND: Mapping[SignalName, float] = {
    "needs_new_code": 0.2,
    "schema_change": 0.03,
    "auth_code": 0.04,
    "production_incident": 0.02,
    "ci_config": 0.02,
    "secrets_handling": 0.02,
    "deploy_config": 0.02,
    "dependency_change": 0.05,
}
"""How often a task has the signal."""


@dataclass(frozen=True)
class Plan:
    """What is true of a repository and its runs. Costs are the medians, in micro-dollars."""

    runs: int = 1_000
    seed: int = 1
    repo: str = "acme/shop"
    policy: Policy = field(default_factory=lambda: read(POLICY, "policy"))
    areas: tuple[Area, ...] = AREAS
    classes: Mapping[TaskClass, float] = field(default_factory=lambda: CLASSES)
    found: Mapping[SignalName, float] = field(default_factory=lambda: FOUND)
    days: int = 90
    fails_at: Mapping[int, float] = field(default_factory=dict)
    """The first lane's failures at a score, whatever the area."""
    later_fail: float = 0.35
    """The failures of every lane after the first."""
    reasons: Mapping[Reason, float] = field(
        default_factory=lambda: {"failed_tests": 6.0, "patch_rejected": 2.0, "low_confidence_summary": 2.0}
    )
    hopeless: tuple[Reason, ...] = ()
    """Reasons after which no later lane succeeds either."""
    overconfident: float = 0.0
    """By how much the confidence is above the share of patches that turn out right."""
    judged: float = 0.9
    """Pull requests that people answer."""
    asked_fast: float = 0.02
    """Runs for which a person typed the first lane's name."""
    out_of_money: float = 0.01
    fast_micros: int = 40_000
    strong_micros: int = 500_000
    judging_micros: int = 10_000


Entry = Record | Outcome


def ledger(plan: Plan) -> tuple[Entry, ...]:
    """Records and outcomes in the order in which they were written."""
    random = Random(plan.seed)  # noqa: S311 - no secret: the same plan always makes the same ledger
    items: list[Entry] = []
    for number in range(plan.runs):
        at = START + timedelta(days=plan.days * number / max(1, plan.runs))
        items += _life(plan, random, number, at)
    return tuple(sorted(items, key=lambda item: item.at))


def lines(items: Iterable[Entry], place: str = "ledger.jsonl") -> list[Line]:
    return [Line(encode(item).encode(), f"{place}:{number}") for number, item in enumerate(items, 1)]


def text(items: Iterable[Entry]) -> bytes:
    """The items as a ledger's file holds them."""
    return "".join(f"{encode(item)}\n" for item in items).encode()


def read_books(*plans: Plan) -> Books:
    """The plans' ledgers, one a plan, as they are read two months after the last run."""
    now = START + timedelta(days=max(plan.days for plan in plans) + 60)
    return books([lines(ledger(plan)) for plan in plans], now)


# ---- one run -----------------------------------------------------------------------------------------------------


def _life(plan: Plan, random: Random, number: int, at: datetime) -> list[Entry]:
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
