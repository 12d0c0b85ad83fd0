"""The record of a finished run: what the ledger keeps and what `--json` prints. Appended, never rewritten."""

import re
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from bot.core.attempt import StopReason
from bot.core.checks import Check
from bot.core.confidence import Confidence
from bot.core.cost import Tokens, Usage
from bot.core.entries import Proof
from bot.core.estimate import Estimate
from bot.core.evidence import Item
from bot.core.facts import Place
from bot.core.imported import Imported
from bot.core.outcome import Outcome
from bot.core.route import Refusal, Route
from bot.core.score import Score
from bot.core.signals import Signal
from bot.core.spend import Charge, Held, Reserved, Settled
from bot.core.strict import STRICT
from bot.core.verdict import Decision, Escalate
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
    ended: StopReason
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
        place = ".".join(map(str, first["loc"]))
        raise LedgerError(f"{place}: {first['msg']}" if place else first["msg"]) from None
