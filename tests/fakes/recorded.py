"""Runs of the past as a ledger keeps them, made by hand: what a test says of one, the rest plain."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.core.confidence import Confidence
from bot.core.cost import Tokens
from bot.core.facts import Facts, Failing, Located, NotApplicable, Place
from bot.core.ledger import AttemptRecord, FileStat, Line, Record, encode
from bot.core.outcome import Outcome
from bot.core.past import lines as ledgered
from bot.core.policy import Policy
from bot.core.policyfile import read
from bot.core.route import Refusal, Route, choose
from bot.core.score import weigh
from bot.core.signals import Signal, observe
from bot.core.verdict import Accept, Decision, Escalate, Stop, bar
from bot.core.words import Reason, What

RULES = """
models:
  fast: {provider: openai_compatible, model: m-fast, base_url: "http://127.0.0.1:9/v1", price: {input: 1, output: 2}}
  strong: {provider: openai_compatible, model: m-strong, base_url: "http://127.0.0.1:9/v1", price: {input: 10, output: 20}}
routing:
  fast_max_score: 6
  strong_min_score: 7
"""
NOTHING = NotApplicable("none")


def policy(text: str = RULES, **changed: str) -> Policy:
    """`old=new` words are replaced: `fast_max_score="2"` writes another value of that key."""
    rows = text.splitlines()
    for key, value in changed.items():
        rows = [f"  {key}: {value}" if row.strip().startswith(f"{key}:") else row for row in rows]
    return read("\n".join(rows).encode(), "policy.yml")


def seen(files: int = 1, failing: int = 0, labels: tuple[str, ...] = (), text: str = "", name: str = "src/a{}.py") -> Facts:
    """An issue that points at so many files and fails so many tests."""
    places = tuple(Place(name.format(number), "named") for number in range(files))
    return Facts(NOTHING, Located(places), Failing(tuple(f"t{n}" for n in range(failing))), labels, text)


@dataclass(frozen=True)
class Went:
    """One attempt: its lane, how it was judged, and what it took."""

    lane: str
    why: Reason | None = None
    """Why it was not accepted; None where it was."""
    micros: int | None = 1_000
    seconds: float = 10.0
    confidence: float = 0.9
    asked: str = ""
    files: tuple[str, ...] = ("src/a0.py",)
    gone: bool = False
    """Whether its provider did not answer, which is nothing against the lane."""


def _decided(went: Went, last: bool) -> Decision:
    if went.gone:
        return Stop("unavailable", "the provider did not answer")
    if went.why is None:
        return Accept(Confidence(went.confidence, 0.6, ()))
    return Stop("not_fixed", "no lane is left", went.why) if last else Escalate("strong", went.why, "it was not shown")


def _attempt(went: Went, *, last: bool) -> AttemptRecord:
    return AttemptRecord(
        lane=went.lane,
        asked=went.asked or f"m-{went.lane}",
        model=went.asked or f"m-{went.lane}",
        ended="finished",
        note="",
        calls=1,
        tokens=Tokens(),
        cost_micros=went.micros,
        disputed=0,
        reckoned_micros=went.micros or 0,
        guessed=0,
        seconds=went.seconds,
        summary="",
        risks="",
        self_confidence=None,
        files=tuple(FileStat(path, 1, 1) for path in went.files),
        evidence=(),
        confidence=Confidence(went.confidence, 0.6, ()),
        decision=_decided(went, last),
    )


def record(number: int, *went: Went, facts: Facts | None = None, rules: Policy | None = None, **more: Any) -> Record:
    """A run under a policy, routed by it; `number` makes its id and the minute in which it began."""
    under, about = rules or policy(), facts or seen()
    signals: tuple[Signal, ...] = observe(about, under.signals)
    score = weigh(signals, under.routing)
    task_class = more.pop("task_class", "bugfix")
    route: Route | Refusal = more.pop("route", None) or choose(
        signals, score.total, task_class, under, more.pop("asked_lane", None)
    )
    costs = [each.micros for each in went]
    accepted = bool(went) and went[-1].why is None and not went[-1].gone
    located = about.located
    made: dict[str, Any] = {
        "id": f"c{number}",
        "at": f"2026-11-{1 + number // 1440:02}T{number // 60 % 24:02}:{number % 60:02}:00Z",
        "repo": "octo/shop",
        "number": number + 1,
        "actor": "ann",
        "base": "0" * 40,
        "task": f"task {number}",
        "task_class": task_class,
        "signals": signals,
        "places": located.places if isinstance(located, Located) else (),
        "score": score,
        "route": route,
        "propensity": 1.0,
        "checks": (),
        "sandbox": "none",
        "attempts": tuple(_attempt(each, last=each is went[-1]) for each in went),
        "result": "refused" if isinstance(route, Refusal) else "pass" if accepted else "not_fixed" if went else "explained",
        "detail": "",
        "confidence": Confidence(went[-1].confidence, 0.6, ()) if accepted else None,
        "threshold": bar(under, task_class, score.total),
        "cost_micros": None if None in costs else sum(cost or 0 for cost in costs),
        "verification_micros": 0,
        "always_strong": None,
        "seconds": sum(each.seconds for each in went),
        "branch": None,
        "commit": None,
        "pull_request": f"https://github.example/octo/shop/pull/{number + 100}" if accepted else None,
        "pull_request_open": accepted,
    }
    return Record(**made | more)


def happened(number: int, what: What) -> Outcome:
    """To the pull request of a run, an hour before midnight of its day."""
    day = record(number).at[:11]
    return Outcome(f"c{number}", f"{day}23:00:00Z", what, "ann", number + 100, 0 if what == "merged" else None)


def written(items: Iterable[Line]) -> str:
    """As a ledger's file holds them."""
    return "".join(f"{encode(item)}\n" for item in items)


def lines(*items: Line) -> tuple[ledgered.Line, ...]:
    return tuple(ledgered.Line(encode(item).encode(), f"ledger.jsonl:{number}") for number, item in enumerate(items, 1))
