"""A ledger's lines as reports read them: the fields they count, range-checked, since a branch or a file is an input like any other.

A report reads a hundred thousand lines of several kilobytes; the strict reader of `ledger` takes eleven seconds for that.
"""

import re
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Literal

from msgspec import DecodeError, Meta, Struct, ValidationError
from msgspec.json import Decoder

from bot.core.past.history import LABEL, AtWork, Happened, Money, Published, Run, Try
from bot.core.words import CRITIC, INDEPENDENT, SUMMARY, Found, Result, TaskClass, What

Micros = Annotated[int, Meta(ge=0, le=10**12)]
"""Micro-dollars, up to a million dollars: what is beyond that no run has cost."""
Seconds = Annotated[float, Meta(ge=0, le=10**7)]
Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0, le=10**9)]
Short = Annotated[str, Meta(max_length=300)]
Instant = Annotated[str, Meta(pattern=r"\A2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z\Z")]
"""ISO 8601 in UTC, of this millennium, so that a day can be counted on from it; that there is such a day, `read` looks at."""
Id = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9-]{1,80}\Z")]
"""No path, no line's end: ids become names of files and parts of messages."""

ASKED = (CRITIC, SUMMARY, INDEPENDENT)
"""Items that the verifier model answers."""


class Unread(ValueError):
    """A line that is none, or of a version that is not known."""


# ---- the lines, as they are written ------------------------------------------------------------------------------


class _Reading(Struct, gc=False):
    kind: str
    value: Count = 0


class _Signal(Struct, gc=False):
    name: Short
    reading: _Reading
    because: Annotated[list[str], Meta(max_length=10_000)] = []


class _Part(Struct, gc=False):
    points: Count


class _Score(Struct, gc=False):
    parts: Annotated[list[_Part], Meta(max_length=50)]


class _Place(Struct, gc=False):
    path: Annotated[str, Meta(max_length=4096)]


class _Route(Struct, gc=False):
    lane: Short | None = None
    because: Annotated[list[str], Meta(max_length=50)] = []


class _File(Struct, gc=False):
    path: Annotated[str, Meta(max_length=4096)]
    added: Count
    removed: Count


class _Item(Struct, gc=False):
    name: Short
    state: Literal["passed", "failed", "not_run", "not_applicable"]
    strength: str
    seconds: Seconds = 0.0
    micros: Micros | None = 0


class _Confidence(Struct, gc=False):
    value: Share


class _Decision(Struct, gc=False):
    kind: Literal["accept", "escalate", "stop"]
    reason: Short | None = None
    code: Short = ""


class _Tokens(Struct, gc=False):
    """Never summed here; looked at, since exports pass them on."""

    input: Count
    output: Count
    cached: Count = 0
    written: Count = 0
    reasoning: Count = 0


class _Attempt(Struct, gc=False):
    lane: Short
    asked: Short
    model: Short
    ended: Short
    calls: Count
    tokens: _Tokens
    disputed: Count
    guessed: Count
    cost_micros: Micros | None
    reckoned_micros: Micros
    seconds: Seconds
    self_confidence: Share | None
    files: Annotated[list[_File], Meta(max_length=10_000)]
    evidence: Annotated[list[_Item], Meta(max_length=1_000)]
    confidence: _Confidence
    decision: _Decision


class _Estimate(Struct, gc=False):
    micros: Micros


class _Record(Struct, gc=False, tag="record", tag_field="kind"):
    id: Id
    at: Instant
    repo: Short
    task_class: TaskClass
    signals: Annotated[list[_Signal], Meta(max_length=50)]
    places: Annotated[list[_Place], Meta(max_length=10_000)]
    score: _Score
    route: _Route
    attempts: Annotated[list[_Attempt], Meta(max_length=16)]
    result: Result
    threshold: Share
    cost_micros: Micros | None
    verification_micros: Micros | None
    always_strong: _Estimate | None
    seconds: Seconds
    version: Literal[1]
    number: Count | None = None
    confidence: _Confidence | None = None
    propensity: Share = 1.0
    proof: Short = "sandbox"
    pull_request: str | None = None
    pull_request_open: bool = False
    audits: Short | None = None


class _Outcome(Struct, gc=False, tag="outcome", tag_field="kind"):
    run: Id
    at: Instant
    what: What
    pull: Count | None
    version: Literal[1]
    lines: Count | None = None


class _Reserved(Struct, gc=False, tag="reserved", tag_field="kind"):
    run: Id
    micros: Micros


class _Held(Struct, gc=False, tag="held", tag_field="kind"):
    run: Id
    micros: Micros


class _Charge(Struct, gc=False, tag="charge", tag_field="kind"):
    run: Id
    micros: Micros | None


class _Settled(Struct, gc=False, tag="settled", tag_field="kind"):
    run: Id
    micros: Micros | None


class _Begun(Struct, gc=False, tag="begun", tag_field="kind"):
    id: Id


class _Imported(Struct, gc=False, tag="imported", tag_field="kind"):
    source: Short
    repo: Short | None
    instance: Short
    model: Short
    lane: Short | None
    result: Found
    cost_micros: Micros | None
    calls: Count | None
    seconds: Seconds | None
    version: Literal[1]


class _Versioned(Struct, gc=False):
    version: int | None = None


VERSION = 1
_VERSION = Decoder(_Versioned)
_RECORD, _ENDS = Decoder(_Record), (b'"kind":"record"}\n', b'"kind":"record"}')
"""A record says what it is at its end: who looks there first need not read it twice."""
_LINE = Decoder(_Record | _Outcome | _Reserved | _Held | _Charge | _Settled | _Begun | _Imported)


@lru_cache(4096)
def same(text: str) -> str:
    """One object for equal texts: names repeat a hundred thousand times."""
    return text


Of = Literal["runs", "figures"]
"""`figures` leaves out of a run what only routing asks for: the findings, labels, places and points are looked at, and not kept."""
_NUMBER = re.compile(r"/pull/([1-9][0-9]{0,9})\Z")


def read(line: bytes, of: Of = "runs") -> Run | Happened | AtWork | Money | Published:
    """Raises `Unread` with the place in the line, for whatever bytes."""
    try:
        found = _RECORD.decode(line) if line.endswith(_ENDS) else _LINE.decode(line)
    except ValidationError as error:
        raise Unread(_newer(line) or str(error)) from None
    except (DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Unread(f"no JSON of UTF-8: {error}") from None
    match found:
        case _Record():
            return _run(found, of)
        case _Outcome():
            return Happened(found.run, _day(found.at), found.what, found.pull, found.lines)
        case _Begun():
            return AtWork(found.id)
        case _Imported():
            return _published(found)
        case _:
            return Money()


def _published(found: _Imported) -> Published:
    return Published(
        same(found.source),
        same(found.repo) if found.repo else None,
        found.instance,
        same(found.model),
        same(found.lane) if found.lane else None,
        found.result,
        found.cost_micros,
        found.calls,
        found.seconds,
    )


def _newer(line: bytes) -> str:
    """What is to be said of a line of another version, whatever else is strange to us in it; nothing of one of ours."""
    try:
        version = _VERSION.decode(line).version
    except (DecodeError, RecursionError, UnicodeDecodeError):
        return ""
    older, newer = "no release has written it", "a newer release of route-agent has written it, and reads it"
    return (
        ""
        if version in (None, VERSION)
        else f"version {version} is not known, only {VERSION}: {newer if version > VERSION else older}"
    )


def _day(at: str) -> str:
    """The instant as it was; raises `Unread` where the calendar has no such day, or the day no such hour."""
    try:
        datetime.fromisoformat(at)
    except ValueError as error:
        raise Unread(f"{error} - at `$.at`") from None
    return at


def _run(found: _Record, of: Of) -> Run:
    number = _NUMBER.search(found.pull_request or "") if found.pull_request_open else None
    fired, labels, places, score, because = _asked(found) if of == "runs" else NOTHING
    return Run(
        id=found.id,
        at=_day(found.at),
        repo=same(found.repo),
        task_class=found.task_class,
        fired=fired,
        labels=labels,
        places=places,
        score=score,
        lane=same(found.route.lane) if found.route.lane else None,
        because=because,
        propensity=found.propensity,
        tries=tuple([_try(attempt) for attempt in found.attempts]),
        result=found.result,
        threshold=found.threshold,
        micros=found.cost_micros,
        verification=found.verification_micros,
        strong=found.always_strong.micros if found.always_strong else None,
        seconds=found.seconds,
        pull=int(number[1]) if number else None,
        proof=same(found.proof),
        audits=found.audits or "",
    )


Names = tuple[str, ...]
NOTHING: tuple[Names, Names, Names, int, Names] = (), (), (), 0, ()


def _asked(found: _Record) -> tuple[Names, Names, Names, int, Names]:
    """What its route was chosen by: `fired`, `labels`, `places`, `score` and `because` of a run."""
    return (
        tuple([same(each.name) for each in found.signals if each.reading.value or each.reading.kind == "unreadable"]),
        tuple([same(said) for each in found.signals for said in each.because if said.startswith(LABEL)]),
        tuple([place.path for place in found.places]),
        sum([part.points for part in found.score.parts]),
        tuple(map(same, found.route.because)),
    )


def _try(found: _Attempt) -> Try:
    decision = found.decision
    asked = {item.name: item for item in found.evidence if item.name in ASKED}
    return Try(
        lane=same(found.lane),
        asked=same(found.asked),
        model=same(found.model),
        ended=same(found.ended),
        micros=found.cost_micros,
        seconds=found.seconds,
        confidence=found.confidence.value,
        decision=decision.kind,
        reason=same(decision.reason or decision.code),
        failed=tuple([same(item.name) for item in found.evidence if item.state == "failed"]),
        files=tuple([file.path for file in found.files]),
        lines=sum([file.added + file.removed for file in found.files]),
        critic=asked[CRITIC].state if CRITIC in asked else None,
        judging=sum([item.seconds for item in asked.values()]),
    )
