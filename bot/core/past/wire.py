"""A ledger's lines as reports read them: from the shapes in a file to the values that are counted.

A report reads a hundred thousand lines of several kilobytes; the strict reader of `ledger` takes eleven seconds for that.
"""

import re
from datetime import datetime
from functools import lru_cache
from typing import Literal

from msgspec import DecodeError, Struct, ValidationError
from msgspec.json import Decoder

from bot.core.past import shapes
from bot.core.past.history import LABEL, AtWork, Happened, Money, Published, Run, Try
from bot.core.words import CRITIC, INDEPENDENT, SUMMARY

ASKED = (CRITIC, SUMMARY, INDEPENDENT)
"""Items that the verifier model answers."""


class Unread(ValueError):
    """A line that is none, or of a version that is not known."""


class _Versioned(Struct, gc=False):
    version: int | None = None


VERSION = 1
_VERSION = Decoder(_Versioned)
_RECORD, _ENDS = Decoder(shapes.Record), (b'"kind":"record"}\n', b'"kind":"record"}')
"""A record says what it is at its end: who looks there first need not read it twice."""
_LINE = Decoder(shapes.Shape)


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
        case shapes.Record():
            return _run(found, of)
        case shapes.Outcome():
            return Happened(found.run, _day(found.at), found.what, found.pull, found.lines)
        case shapes.Begun():
            return AtWork(found.id)
        case shapes.Imported():
            return _published(found)
        case _:
            return Money()


def _published(found: shapes.Imported) -> Published:
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


def _run(found: shapes.Record, of: Of) -> Run:
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


def _asked(found: shapes.Record) -> tuple[Names, Names, Names, int, Names]:
    """What its route was chosen by: `fired`, `labels`, `places`, `score` and `because` of a run."""
    return (
        tuple([same(each.name) for each in found.signals if each.reading.value or each.reading.kind == "unreadable"]),
        tuple([same(said) for each in found.signals for said in each.because if said.startswith(LABEL)]),
        tuple([place.path for place in found.places]),
        sum([part.points for part in found.score.parts]),
        tuple(map(same, found.route.because)),
    )


def _try(found: shapes.Attempt) -> Try:
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
