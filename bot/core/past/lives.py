"""Runs, each with what became of it, from the lines of one or many ledgers. What cannot be read is a fault, and is named."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Literal

from msgspec import Struct

from bot.core.past.history import AtWork, Happened, Money, Run, Try, Unread, read

Label = Literal["as_is", "edited", "rewritten", "merged", "reverted", "changes_requested", "closed", "ignored", "open", "no_pull"]
"""What became of an accepted patch. `as_is`, `edited` and `rewritten` were merged: as proved, after people had changed some
lines, and after they had changed as many as the patch has, so that it is theirs; `merged` is where nobody can say which. `ignored`
is one that nobody judged within thirty days, `open` a younger one."""
Truth = Literal["right", "wrong", "unknown"]
TRUTH: dict[Label, Truth] = {
    "as_is": "right",
    "edited": "right",
    "rewritten": "wrong",
    "merged": "right",
    "reverted": "wrong",
    "changes_requested": "wrong",
    "closed": "wrong",
    "ignored": "unknown",
    "open": "unknown",
    "no_pull": "unknown",
}
PATIENCE = timedelta(days=30)
"""A merge that is reverted later than that was right when it was made; a pull request that nobody judged by then is ignored."""
SKEW = timedelta(days=1)
"""How far clocks may be apart."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line, and where it stands, for whoever has to mend it."""

    text: bytes
    source: str
    number: int


class Fault(Struct, frozen=True):
    """What could not be read, or does not fit. `number` is the line's, from 1; 0 where it is about no line."""

    source: str
    number: int
    why: str

    @property
    def place(self) -> str:
        return f"{self.source}:{self.number}" if self.number else self.source


@dataclass(frozen=True, slots=True)
class Life:
    run: Run
    happened: tuple[Happened, ...]
    label: Label
    by_hand: int | None
    """Lines that people changed before they merged; None where it was not merged, or nobody can say."""
    accepted: Try | None
    truth: Truth


@dataclass(frozen=True, slots=True)
class Books:
    """All that was read, oldest run first. `audits` are blind second looks, which count as no user's run."""

    lives: tuple[Life, ...]
    audits: tuple[Life, ...]
    faults: tuple[Fault, ...]
    unknown: int
    """Outcomes of runs that no ledger here has a record of."""
    at_work: int
    """Runs that have begun, and of which there is no record."""


@dataclass(slots=True)
class _Open:
    """What is known while lines are read."""

    runs: dict[tuple[str, str], tuple[Run, int]] = field(default_factory=dict)
    happened: dict[tuple[int, str], dict[tuple[str, str], Happened]] = field(default_factory=dict)
    begun: set[tuple[int, str]] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)


Reading = Run | Happened | AtWork | Fault


def readings(lines: Iterable[Line], now: datetime) -> Iterator[Reading]:
    """What each line says. What is dated later than `now` would allow is a fault: a clock was wrong."""
    latest = _written(now + SKEW)
    for line in lines:
        try:
            found = read(line.text)
        except Unread as error:
            if not line.text.isspace():
                yield Fault(line.source, line.number, str(error))
            continue
        if isinstance(found, Money):
            continue
        if not isinstance(found, AtWork) and found.at > latest:
            yield Fault(line.source, line.number, f"{found.at} is yet to come: a clock was wrong; it is not counted")
        elif not isinstance(found, AtWork) and not _is_day(found.at[:10]):
            yield Fault(line.source, line.number, f"{found.at} is on no day of the calendar; it is not counted")
        else:
            yield found


def books(sources: Iterable[Iterable[Reading]], now: datetime, since: datetime | None = None) -> Books:
    """`sources` are ledgers. An outcome belongs to the ledger of its run. A run that is in several counts once, as last recorded.

    Runs that began before `since` are left out.
    """
    seen = _Open()
    for number, found in enumerate(sources):
        for each in found:
            _take(each, number, seen)
    first = _written(since) if since else ""
    counted = (life for life in _lives(seen, now) if life.run.at >= first)
    lives = sorted(counted, key=lambda life: (life.run.at, life.run.repo, life.run.id))
    known = {(source, run.id) for run, source in seen.runs.values()}
    return Books(
        tuple(life for life in lives if not life.run.audits),
        tuple(life for life in lives if life.run.audits),
        tuple(seen.faults),
        sum(len(happened) for key, happened in seen.happened.items() if key not in known),
        len(seen.begun - known),
    )


def _take(found: Reading, source: int, seen: _Open) -> None:
    match found:
        case Run(id=id_, repo=repo, at=at):
            there = seen.runs.get((repo, id_))
            if there is None or there[0].at <= at:
                seen.runs[(repo, id_)] = (found, source)
        case Happened(run=run, what=what, at=at):
            seen.happened.setdefault((source, run), {})[(what, at)] = found
        case AtWork(run=run):
            seen.begun.add((source, run))
        case Fault():
            seen.faults.append(found)


def _lives(seen: _Open, now: datetime) -> Iterator[Life]:
    for run, source in seen.runs.values():
        happened = tuple(sorted(seen.happened.get((source, run.id), {}).values(), key=lambda each: each.at))
        if happened and _instant(happened[0].at) < _instant(run.at) - SKEW:
            early = f"`{happened[0].what}` of {happened[0].at} is older than the run, {run.at}: a clock was wrong; it is counted"
            seen.faults.append(Fault(f"run {run.id} of {run.repo}", 0, early))
        label, by_hand = labelled(run, happened, now)
        yield Life(run, happened, label, by_hand, run.accepted, TRUTH[label])


def labelled(run: Run, happened: tuple[Happened, ...], now: datetime) -> tuple[Label, int | None]:
    """The label, and the lines changed by hand. `happened` is in order of time; the last word on a pull request counts."""
    accepted = run.accepted
    if accepted is None or (run.pull is None and not happened):
        return "no_pull", None
    merged = next((each for each in reversed(happened) if each.what == "merged"), None)
    if merged is None:
        return _unmerged(run, happened, now), None
    taken_back = next((each for each in happened if each.what == "reverted"), None)
    if taken_back is not None and _instant(taken_back.at) - _instant(merged.at) <= PATIENCE:
        return "reverted", merged.lines
    if not merged.lines:
        return ("merged" if merged.lines is None else "as_is"), merged.lines
    return ("rewritten" if merged.lines >= max(1, accepted.lines) else "edited"), merged.lines


def _unmerged(run: Run, happened: tuple[Happened, ...], now: datetime) -> Label:
    last = happened[-1].what if happened else None
    if last in ("closed", "changes_requested"):
        return last
    return "ignored" if now - _instant(run.at) > PATIENCE else "open"


@cache
def _is_day(text: str) -> bool:
    """Whether the calendar has it: a pattern lets the 30th of February pass."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
