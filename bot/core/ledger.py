"""The record of a finished run: what the ledger keeps and what `--json` prints. Appended, never rewritten."""

import re
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from bot.core.checks import Check
from bot.core.clean import line
from bot.core.confidence import Confidence, confidence
from bot.core.cost import Tokens, Usage
from bot.core.estimate import Estimate, always_strong
from bot.core.evidence import Item
from bot.core.facts import Place
from bot.core.imported import Imported
from bot.core.outcome import Outcome
from bot.core.patch import parse
from bot.core.route import Refusal, Route
from bot.core.score import Score
from bot.core.signals import Signal
from bot.core.spend import Charge, Held, Reserved, Settled
from bot.core.strict import STRICT
from bot.core.trail import Opened, Proof, Trail, Try
from bot.core.verdict import Accept, Decision, Ended, Escalate, Stop, bar
from bot.core.words import Result, TaskClass

NOTHING = Usage()


@dataclass(frozen=True, slots=True, config=STRICT)
class FileStat:
    path: str
    added: int
    removed: int


@dataclass(frozen=True, slots=True, config=STRICT)
class AttemptRecord:
    """`cost_micros` is None where any call's cost is unknown."""

    lane: str
    asked: str
    """The model that the policy names."""
    model: str
    """The model that the provider says it ran."""
    ended: Ended
    note: str
    calls: int
    tokens: Tokens
    cost_micros: int | None
    disputed: int
    """Calls whose cost by the provider and by the known price differ by more than 5 %."""
    reckoned_micros: int
    """What the attempt would have cost by the known price."""
    guessed: int
    """Calls of which no answer said what they cost: they are held to have cost the worst."""
    seconds: float
    summary: str
    risks: str
    self_confidence: float | None
    files: tuple[FileStat, ...]
    evidence: tuple[Item, ...]
    confidence: Confidence
    """What follows from the evidence, whatever was decided."""
    decision: Decision


@dataclass(frozen=True, slots=True, config=STRICT)
class Record:
    """One run. Instants are ISO 8601 in UTC, durations seconds, money micro-dollars."""

    id: str
    at: str
    repo: str
    number: int | None
    actor: str
    base: str
    task: str
    """The first 200 characters, on one line."""
    task_class: TaskClass
    signals: tuple[Signal, ...]
    places: tuple[Place, ...]
    score: Score
    route: Route | Refusal
    propensity: float
    """How likely this route was when it was chosen; below 1 only where chance had a say: `routing.audit_share` of an audit."""
    checks: tuple[Check, ...]
    sandbox: str
    attempts: tuple[AttemptRecord, ...]
    result: Result
    detail: str
    confidence: Confidence | None
    threshold: float
    cost_micros: int | None
    """All that it spent, `verification_micros` and attempts that were cut off included."""
    verification_micros: int | None
    """What judging the patches cost in model calls; None where any call's cost is unknown."""
    always_strong: Estimate | None
    """What it would have cost if every request went to the top lane; None where nobody can say."""
    seconds: float
    branch: str | None
    commit: str | None
    proof: Proof = "sandbox"
    ci_url: str | None = None
    """Where CI's own report on the last attempt can be read."""
    pull_request: str | None = None
    """The pull request, or the page on which a person can open it."""
    pull_request_open: bool = False
    verification: Usage = NOTHING
    """What those calls used, as it is said of an attempt."""
    audits: str | None = None
    """The run whose accepted patch this one looked at again, blind; None for a run that somebody asked for."""
    version: Literal[1] = 1
    kind: Literal["record"] = "record"

    @property
    def pull_number(self) -> int | None:
        """The number of the pull request; None where there is none yet."""
        found = re.search(r"/pull/([1-9]\d{0,9})$", self.pull_request or "") if self.pull_request_open else None
        return int(found[1]) if found else None

    @property
    def superseded(self) -> tuple[str, ...]:
        """Branches that earlier attempts may have had, by the rule that names them."""
        stem, _, last = (self.branch or "").rpartition("-")
        most = min(int(last), len(self.attempts)) if stem and last.isdecimal() and len(last) < 4 else 0
        return tuple(f"{stem}-{number}" for number in range(1, most))

    @property
    def escalations(self) -> tuple[Escalate, ...]:
        return tuple(a.decision for a in self.attempts if isinstance(a.decision, Escalate))


@dataclass(frozen=True, slots=True, config=STRICT)
class Begun:
    """A run at work, with what it has paid for, lest a job that is run again buys that twice. Its record takes its place."""

    id: str
    at: str
    trail: str
    """Packed, as it travels between jobs."""
    kind: Literal["begun"] = "begun"


Line = Annotated[Record | Reserved | Held | Charge | Settled | Outcome | Begun | Imported, Field(discriminator="kind")]
"""One line. Told apart by its kind alone: trying each in turn takes ten times as long."""


class LedgerError(ValueError):
    """A line of the ledger that is none."""


_LINE: TypeAdapter[Line] = TypeAdapter(Line)


def encode(item: Line) -> str:
    return _LINE.dump_json(item).decode()


def decode(text: str | bytes) -> Line:
    """Raises `LedgerError` with the place in the line, for bytes that are no UTF-8 too."""
    try:
        return _LINE.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise LedgerError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def record(trail: Trail, spent: int | None, interrupted: str = "") -> Record:
    """The Trail as the ledger keeps it.

    `spent` is the sum of the run's charges in micro-dollars, calls of attempts that were cut off included; None where it is
    unknown. `interrupted` says why a run that is not at its end stops here.
    """
    opened, request, tries = trail.opened, trail.opened.request, trail.tries
    result, detail = _result(opened, tries) if not interrupted else _interrupted(interrupted)
    last = tries[-1].decision if tries else None
    audit, published = opened.audit, trail.published
    pushed = None if audit else trail.pushed  # the branch of an audit is gone when it is over
    ci = tries[-1].ci if tries else None
    return Record(
        id=request.id,
        at=opened.at,
        repo=request.repo,
        number=request.number,
        actor=request.actor,
        base=request.base,
        task=line(request.task),
        task_class=opened.task_class,
        signals=opened.signals,
        places=opened.places,
        score=opened.score,
        route=opened.route,
        propensity=audit.share if audit else 1.0,
        checks=opened.checks,
        sandbox=opened.sandbox,
        attempts=tuple(_attempt(tried, opened) for tried in tries),
        result=result,
        detail=detail,
        confidence=last.confidence if isinstance(last, Accept) else None,
        threshold=bar(opened.policy, opened.task_class, opened.score.total),
        cost_micros=spent,
        verification_micros=None if trail.verification.unpriced else trail.verification.micros,
        always_strong=always_strong(trail),
        seconds=round(trail.seconds, 3),
        branch=pushed.branch if pushed else None,
        commit=pushed.commit if pushed else None,
        proof=opened.proof,
        ci_url=ci.url if ci else None,
        pull_request=published.pull_request if published else None,
        pull_request_open=published.opened if published else False,
        verification=trail.verification,
        audits=audit.run if audit else None,
    )


def _interrupted(why: str) -> tuple[Result, str]:
    return "stopped", why


def _result(opened: Opened, tries: tuple[Try, ...]) -> tuple[Result, str]:
    if isinstance(opened.route, Refusal):
        named: dict[str, Result] = {"no_ci": "no_ci", "budget": "budget"}
        return named.get(opened.route.code, "refused"), opened.route.detail
    if not tries:
        return "explained", "routing.shadow is on: nothing was spent"
    match tries[-1].decision:
        case Accept():
            return "pass", ""
        case Stop(code=code, detail=detail):
            return code, detail
        case Escalate(lane=lane):
            return "stopped", f"cut off before lane `{lane}`"


def _attempt(tried: Try, opened: Opened) -> AttemptRecord:
    attempt = tried.attempt
    files = parse(attempt.diff).diff.files if attempt.diff else ()
    return AttemptRecord(
        lane=attempt.lane,
        asked=opened.policy.lane(attempt.lane).model,
        model=attempt.model,
        ended=attempt.ended,
        note=attempt.note,
        calls=attempt.usage.calls,
        tokens=attempt.usage.tokens,
        cost_micros=None if attempt.usage.unpriced else attempt.usage.micros,
        disputed=attempt.usage.disputed,
        reckoned_micros=attempt.usage.reckoned,
        guessed=attempt.usage.guessed,
        seconds=round(attempt.seconds, 3),
        summary=attempt.summary,
        risks=attempt.risks,
        self_confidence=attempt.self_confidence,
        files=tuple(FileStat(line(file.path), file.added, file.removed) for file in files),
        evidence=tried.evidence.items,
        confidence=confidence(tried.evidence, opened.prior(attempt.lane)),
        decision=tried.decision,
    )
