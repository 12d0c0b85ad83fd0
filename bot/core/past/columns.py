"""The tables that are exported: one row for a run, an attempt, an item of evidence, an outcome. Units stand in the names.

A column's name, kind and meaning are a contract: columns are added at the end, and none changes its meaning.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from bot.core.evidence import Item
from bot.core.ledger import AttemptRecord, Record
from bot.core.outcome import Outcome
from bot.core.past.history import Run
from bot.core.past.lives import TRUTH, Label
from bot.core.route import Refusal, Route
from bot.core.score import WEIGHTS
from bot.core.signals import Number
from bot.core.verdict import Escalate, Stop
from bot.core.words import Rows, SignalName

Kind = Literal["text", "whole", "number", "instant", "yes_no"]
"""`instant` is ISO 8601 in UTC; `whole` fits 64 bits."""
Cell = str | int | float | bool | None
"""None is unknown, or does not apply; it is never 0. An empty text says nothing, and is None too."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A run, and what became of it."""

    record: Record
    run: Run
    label: Label
    by_hand: int | None


@dataclass(frozen=True, slots=True)
class Tried:
    record: Record
    number: int
    attempt: AttemptRecord


@dataclass(frozen=True, slots=True)
class Shown:
    tried: Tried
    number: int
    item: Item


@dataclass(frozen=True, slots=True)
class Told:
    outcome: Outcome
    repo: str | None
    """None where no ledger here has a record of the run."""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: Kind
    about: str
    value: Callable[[Any], Cell]
    """Of what the table has a row for."""


def cells(columns: tuple[Column, ...], of: Ran | Tried | Shown | Told) -> tuple[Cell, ...]:
    """One row."""
    values = (column.value(of) for column in columns)
    return tuple(None if value == "" else value for value in values)


def _texts(found: Iterable[str]) -> str:
    return json.dumps(list(found), ensure_ascii=False)


def _signal(name: SignalName) -> Column:
    def value(row: Ran) -> Cell:
        readings = (signal.reading for signal in row.record.signals if signal.name == name)
        return next((reading.value for reading in readings if isinstance(reading, Number)), None)

    return Column(
        f"signal_{name}", "whole", f"how many `{name}` found, or 0 and 1 for no and yes; empty where it was not read", value
    )


def _lane(route: Route | Refusal) -> str | None:
    return route.lane if isinstance(route, Route) else None


def _reason(attempt: AttemptRecord) -> str | None:
    """A stop is named by its code where nothing says why it was no acceptance."""
    match attempt.decision:
        case Escalate(reason=reason):
            return reason
        case Stop(reason=reason, code=code):
            return reason or code
        case _:
            return None


def _detail(attempt: AttemptRecord) -> str | None:
    return attempt.decision.detail if isinstance(attempt.decision, Escalate | Stop) else None


def _of_tried(column: Column) -> Callable[[Shown], Cell]:
    return lambda row: column.value(row.tried)


RUNS: tuple[Column, ...] = (
    Column("run_id", "text", "with `repo` the key of the run", lambda row: row.record.id),
    Column("repo", "text", "the repository, as its ledger calls it", lambda row: row.record.repo),
    Column("began_at", "instant", "when it began", lambda row: row.record.at),
    Column("thread_number", "whole", "the issue or pull request; empty on the command line", lambda row: row.record.number),
    Column("actor", "text", "who gave the command", lambda row: row.record.actor),
    Column("base_commit", "text", "the commit that the patch was made on", lambda row: row.record.base),
    Column("task", "text", "the first 200 characters, on one line", lambda row: row.record.task),
    Column("task_class", "text", "the class of the task", lambda row: row.record.task_class),
    Column("risk_score", "whole", "points by which the lane was chosen", lambda row: row.record.score.total),
    Column("first_lane", "text", "where it started; empty where it was refused", lambda row: _lane(row.record.route)),
    Column("route_because", "text", "the rules that had a say, a JSON array", lambda row: _texts(row.run.because)),
    Column("propensity", "number", "how likely this route was when it was chosen", lambda row: row.record.propensity),
    Column("proof", "text", "where patches were judged: `sandbox`, or CI", lambda row: row.record.proof),
    Column("attempts", "whole", "how many attempts were made", lambda row: len(row.record.attempts)),
    Column("result", "text", "how it ended; only `pass` is a proved patch", lambda row: row.record.result),
    Column("detail", "text", "why, where it did not pass", lambda row: row.record.detail),
    Column(
        "final_lane",
        "text",
        "the lane of its last attempt",
        lambda row: row.record.attempts[-1].lane if row.record.attempts else None,
    ),
    Column(
        "confidence",
        "number",
        "of the accepted patch, from 0 to 1",
        lambda row: row.record.confidence.value if row.record.confidence else None,
    ),
    Column("threshold", "number", "the confidence that it needed", lambda row: row.record.threshold),
    Column("cost_micros", "whole", "micro-dollars of all that it spent", lambda row: row.record.cost_micros),
    Column("verification_micros", "whole", "micro-dollars of that for judging patches", lambda row: row.record.verification_micros),
    Column(
        "always_strong_micros",
        "whole",
        "micro-dollars it would have cost if every task went to the top lane, estimated",
        lambda row: row.record.always_strong.micros if row.record.always_strong else None,
    ),
    Column(
        "always_strong_by",
        "text",
        "what that rests on: `attempt`, `ledger` or `tokens`",
        lambda row: row.record.always_strong.by if row.record.always_strong else None,
    ),
    Column("latency_seconds", "number", "from the command to the end", lambda row: row.record.seconds),
    Column("branch", "text", "where the patch was pushed", lambda row: row.record.branch),
    Column("patch_commit", "text", "the last commit on it", lambda row: row.record.commit),
    Column("ci_url", "text", "CI's report on the last attempt", lambda row: row.record.ci_url),
    Column("pull_request_url", "text", "the pull request, or the page to open it", lambda row: row.record.pull_request),
    Column("pull_request_opened", "yes_no", "whether that pull request was opened", lambda row: row.record.pull_request_open),
    Column("audits_run_id", "text", "the run that this one looked at again, blind", lambda row: row.run.audits),
    Column("became", "text", "what became of an accepted patch, as reports label it", lambda row: row.label),
    Column("judged", "text", "what that says of it: `right`, `wrong` or `unknown`", lambda row: TRUTH[row.label]),
    Column("changed_by_hand_lines", "whole", "lines that people changed before they merged", lambda row: row.by_hand),
    *map(_signal, WEIGHTS),
)
_ATTEMPT: tuple[Column, ...] = (
    Column("run_id", "text", "with `repo` the key of the run", lambda row: row.record.id),
    Column("repo", "text", "the repository, as its ledger calls it", lambda row: row.record.repo),
    Column("run_began_at", "instant", "when the run began", lambda row: row.record.at),
    Column("attempt", "whole", "from 1 on", lambda row: row.number),
    Column("lane", "text", "the lane", lambda row: row.attempt.lane),
)
ATTEMPTS: tuple[Column, ...] = (
    *_ATTEMPT,
    Column("asked_model", "text", "the model that the policy names", lambda row: row.attempt.asked),
    Column("model", "text", "the model that the provider says it ran", lambda row: row.attempt.model),
    Column("ended", "text", "how the model's work ended", lambda row: row.attempt.ended),
    Column("note", "text", "more about that", lambda row: row.attempt.note),
    Column("calls", "whole", "calls of the model", lambda row: row.attempt.calls),
    Column("input_tokens", "whole", "tokens in, the two below included", lambda row: row.attempt.tokens.input),
    Column("cached_tokens", "whole", "of those, read from the provider's cache", lambda row: row.attempt.tokens.cached),
    Column("written_tokens", "whole", "of those, written to it", lambda row: row.attempt.tokens.written),
    Column("output_tokens", "whole", "tokens out, reasoning included", lambda row: row.attempt.tokens.output),
    Column("reasoning_tokens", "whole", "of those, reasoning", lambda row: row.attempt.tokens.reasoning),
    Column("cost_micros", "whole", "micro-dollars; empty where any call's cost is unknown", lambda row: row.attempt.cost_micros),
    Column("reckoned_micros", "whole", "micro-dollars by the known price", lambda row: row.attempt.reckoned_micros),
    Column("disputed_calls", "whole", "calls whose two figures differ by more than 5 %", lambda row: row.attempt.disputed),
    Column("guessed_calls", "whole", "calls held to have cost the worst", lambda row: row.attempt.guessed),
    Column("latency_seconds", "number", "of the model's work", lambda row: row.attempt.seconds),
    Column("summary", "text", "what the model says it did", lambda row: row.attempt.summary),
    Column("risks", "text", "what the model says may go wrong", lambda row: row.attempt.risks),
    Column("self_confidence", "number", "the model's own, from 0 to 1", lambda row: row.attempt.self_confidence),
    Column("changed_files", "whole", "files of the patch", lambda row: len(row.attempt.files)),
    Column("added_lines", "whole", "lines that it adds", lambda row: sum(file.added for file in row.attempt.files)),
    Column("removed_lines", "whole", "lines that it removes", lambda row: sum(file.removed for file in row.attempt.files)),
    Column("confidence", "number", "what follows from the evidence, from 0 to 1", lambda row: row.attempt.confidence.value),
    Column("confidence_prior", "number", "what it started from", lambda row: row.attempt.confidence.prior),
    Column("decision", "text", "`accept`, `escalate` or `stop`", lambda row: row.attempt.decision.kind),
    Column("decision_reason", "text", "why it was not accepted, for programs", lambda row: _reason(row.attempt)),
    Column("decision_detail", "text", "the same for people", lambda row: _detail(row.attempt)),
)
EVIDENCE: tuple[Column, ...] = (
    *(Column(column.name, column.kind, column.about, _of_tried(column)) for column in _ATTEMPT),
    Column("item", "whole", "its place in the attempt's evidence, from 1 on", lambda row: row.number),
    Column("name", "text", "what was looked at", lambda row: row.item.name),
    Column("state", "text", "`passed`, `failed`, `not_run` or `not_applicable`", lambda row: row.item.state),
    Column("strength", "text", "what a pass is worth", lambda row: row.item.strength),
    Column("reason", "text", "what was seen", lambda row: row.item.reason),
    Column("latency_seconds", "number", "how long it took", lambda row: row.item.seconds),
    Column("cost_micros", "whole", "micro-dollars for calls of the verifier", lambda row: row.item.micros),
)
OUTCOMES: tuple[Column, ...] = (
    Column("run_id", "text", "with `repo` the key of the run", lambda row: row.outcome.run),
    Column("repo", "text", "empty where no ledger that was read has a record of the run", lambda row: row.repo),
    Column("happened_at", "instant", "when", lambda row: row.outcome.at),
    Column("what", "text", "`merged`, `closed`, `changes_requested` or `reverted`", lambda row: row.outcome.what),
    Column("by", "text", "who did it", lambda row: row.outcome.by),
    Column("pull_request_number", "whole", "empty where there was none", lambda row: row.outcome.pull),
    Column("changed_by_hand_lines", "whole", "lines that people changed before they merged", lambda row: row.outcome.lines),
)
TABLES: dict[Rows, tuple[Column, ...]] = {"runs": RUNS, "attempts": ATTEMPTS, "evidence": EVIDENCE, "outcomes": OUTCOMES}
