"""Runs, each with what became of it, from the lines of one or many ledgers. What cannot be read is a fault, and is named."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from msgspec import Struct

from bot.core.clean import line as clean
from bot.core.instant import written
from bot.core.past.history import AtWork, Happened, Money, Published, Run, Try
from bot.core.past.wire import Of, Unread, read

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


class Line(Struct, frozen=True, gc=False):
    """One line, and where it stands, for whoever has to mend it."""

    text: bytes
    place: str


class Parsed(Struct, frozen=True, gc=False, tag="", array_like=True):
    """A line that was read already, by another process. `digest` is the same for the same text."""

    found: Run | Happened | AtWork | Money | Published
    digest: int
    place: str


class Fault(Struct, frozen=True, gc=False, tag="f", array_like=True):
    """What could not be read, or is not to be believed: where, and why."""

    place: str
    why: str


class Life(Struct, frozen=True, gc=False):
    """A run, and what became of it: what reports ask for again and again is found out once, by `lived`."""

    run: Run
    happened: tuple[Happened, ...]
    label: Label
    by_hand: int | None
    """Lines that people changed before they merged; None where it was not merged, or nobody can say."""
    truth: Truth
    accepted: Try | None
    """The attempt whose patch was accepted."""
    rivals: tuple[int, int] | None
    """What it cost, and what the top lane alone would have; None where nothing was tried or nobody knows one of the two."""


def lived(run: Run, happened: tuple[Happened, ...], label: Label, by_hand: int | None) -> Life:
    rivals = (run.micros, run.strong) if run.tries and run.micros is not None and run.strong is not None else None
    return Life(run, happened, label, by_hand, TRUTH[label], run.accepted, rivals)


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
    imported: tuple[Published, ...] = ()
    """What others have published, by source, model and task."""
    doubled: int = 0
    """Records that stand in more than one place, word for word: each run counts once."""
    lines: int = 0
    """Lines that are a ledger's, whatever they say."""


def looked(audit: Life) -> bool:
    """Whether an audit came to a verdict. One that the budget or a server ended says nothing of either lane."""
    return audit.run.result in ("pass", "not_fixed")


class Kept(Struct, gc=False):
    """A run, by the line that counts. `run` is None where no more than the line is wanted."""

    source: int
    place: str
    text: int
    """The line's hash."""
    reach: tuple[str, int, float]
    """When it began, its attempts, its seconds: of two records of a run the one with more of them is the later."""
    run: Run | None
    sources: tuple[int, ...]
    """All ledgers that have a record of it: what became of it stands in one or the other."""


@dataclass(slots=True)
class Survey:
    """What the lines of one or many ledgers are, each read once."""

    now: datetime
    holds: Literal["runs", "places"] = "runs"
    """`places` is enough to find each run's line again, in half a kilobyte for a run."""
    kept: dict[tuple[str, str], Kept] = field(default_factory=dict)
    """By repository and id."""
    happened: dict[tuple[int, str], dict[tuple[str, str], Happened]] = field(default_factory=dict)
    begun: set[tuple[int, str]] = field(default_factory=set)
    imported: dict[tuple[str, str, str, str], Published] = field(default_factory=dict)
    unread: list[Fault] = field(default_factory=list)
    """In the order of the lines."""
    disputed: list[Fault] = field(default_factory=list)
    """Records that tell a run otherwise than another place does."""
    doubled: int = 0
    lines: int = 0
    latest: str = field(init=False)
    """What is dated later is yet to come."""

    def __post_init__(self) -> None:
        self.latest = written(self.now + SKEW)

    @property
    def faults(self) -> list[Fault]:
        return [*self.unread, *self.disputed]

    def strays(self) -> tuple[int, int]:
        """Outcomes of runs that no ledger here has a record of; runs that have begun, and of which there is no record."""
        known = {(source, id_) for (_, id_), kept in self.kept.items() for source in kept.sources}
        unknown = sum(len(happened) for key, happened in self.happened.items() if key not in known)
        return unknown, len(self.begun - known)

    def what(self, kept: Kept, id_: str) -> tuple[Happened, ...]:
        """What became of a run, in order of time."""
        sources = kept.sources
        if len(sources) == 1:
            told = self.happened.get((sources[0], id_))
            if told is None:
                return ()
        else:
            told = {key: each for source in sources for key, each in self.happened.get((source, id_), {}).items()}
        return tuple(told.values()) if len(told) == 1 else tuple(sorted(told.values(), key=lambda each: each.at))

    def fault(self, place: str, why: str) -> None:
        self.unread.append(_shown(place, why))

    def take(self, line: Line | Parsed | Fault, source: int) -> None:
        said = parsed(line) if isinstance(line, Line) else line
        if isinstance(said, Parsed):
            self._enter(said, source)
        elif isinstance(said, Fault):
            self.fault(said.place, said.why)

    def _enter(self, line: Parsed, source: int) -> None:
        found = line.found
        self.lines += 1
        if isinstance(found, Run):
            if not self._to_come(line, found.at):
                reach = (found.at, len(found.tries), found.seconds)
                run = found if self.holds == "runs" else None
                self._keep((found.repo, found.id), Kept(source, line.place, line.digest, reach, run, (source,)))
        elif isinstance(found, Happened):
            if not self._to_come(line, found.at):
                self.happened.setdefault((source, found.run), {})[(found.what, found.at)] = found
        elif isinstance(found, Published):
            self.imported[found.source, found.model, found.repo or "", found.instance] = found
        elif isinstance(found, AtWork):
            self.begun.add((source, found.run))

    def _to_come(self, line: Parsed, at: str) -> bool:
        """Whether it is dated later than now, which is a fault."""
        if at > self.latest:
            self.fault(line.place, f"{at} is yet to come: a clock was wrong; it is not counted")
        return at > self.latest

    def _keep(self, key: tuple[str, str], new: Kept) -> None:
        """Of one ledger the line that was appended last counts, of several the record that goes furthest."""
        there = self.kept.setdefault(key, new)
        if there is new:
            return
        new.sources = tuple(dict.fromkeys((*there.sources, *new.sources)))
        there.sources = new.sources
        if there.text == new.text:
            self.doubled += 1
            return
        if there.source != new.source or _file(there.place) != _file(new.place):
            more = f"run {key[1]} of {key[0]} stands in {there.place} too, and otherwise; {_counted(there, new)} is counted"
            self.disputed.append(_shown(new.place, more))
        span = 1 if there.source == new.source else len(new.reach)
        if new.reach[:span] >= there.reach[:span]:
            self.kept[key] = new


def _shown(place: str, why: str) -> Fault:
    return Fault(clean(place, 300), clean(why, 300))


def _file(place: str) -> str:
    """Without the line: a file is appended to, so that its last line of a run counts; two files should not differ."""
    return place.rpartition(":")[0]


def _counted(there: Kept, new: Kept) -> str:
    """Which of two records of one run."""
    if there.source == new.source:
        return "the later one"
    return "the record that goes further" if there.reach != new.reach else "this one, since neither goes further,"


def parsed(line: Line, of: Of = "runs") -> Parsed | Fault | None:
    """What a line says; None where it is blank."""
    try:
        return Parsed(read(line.text, of), hash(line.text), line.place)
    except Unread as error:
        return None if line.text.isspace() else Fault(line.place, str(error))


def survey(sources: Iterable[Iterable[Line | Parsed | Fault]], now: datetime, holds: Literal["runs", "places"] = "runs") -> Survey:
    """`sources` are ledgers. An outcome belongs to a ledger that has its run. A run that is in several counts once."""
    found = Survey(now, holds)
    for number, lines in enumerate(sources):
        for line in lines:
            found.take(line, number)
    return found


def books(sources: Iterable[Iterable[Line | Parsed | Fault]], now: datetime, since: datetime | None = None) -> Books:
    """All of it. Runs that began before `since` are left out."""
    found = survey(sources, now)
    every = sorted(lives(found, written(since) if since else ""), key=lambda life: (life.run.at, life.run.repo, life.run.id))
    unknown, at_work = found.strays()
    return Books(
        tuple(life for life in every if not life.run.audits),
        tuple(life for life in every if life.run.audits),
        (*found.faults, *(fault for life in every if (fault := early(life)))),
        unknown,
        at_work,
        tuple(found.imported[key] for key in sorted(found.imported)),
        found.doubled,
        found.lines,
    )


def lives(found: Survey, first: str) -> Iterator[Life]:
    """Of every run that began at `first` or later."""
    for kept in found.kept.values():
        run = kept.run
        if run is not None and run.at >= first:
            happened = found.what(kept, run.id)
            label, by_hand = labelled(run, happened, found.now)
            yield lived(run, happened, label, by_hand)


def early(life: Life) -> Fault | None:
    """What became of a run before it was, by more than clocks may be apart."""
    run, happened = life.run, life.happened
    if not happened or happened[0].at >= run.at or _instant(happened[0].at) >= _instant(run.at) - SKEW:
        return None
    why = f"`{happened[0].what}` of {happened[0].at} is older than the run, {run.at}: a clock was wrong; it is counted"
    return _shown(f"run {run.id} of {run.repo}", why)


def labelled(run: Run, happened: tuple[Happened, ...], now: datetime) -> tuple[Label, int | None]:
    """The label, and the lines changed by hand. `happened` is in order of time; the last word on a pull request counts."""
    accepted = run.accepted
    if accepted is None or (run.pull is None and not happened):
        return "no_pull", None
    merged = None
    for each in happened:
        if each.what == "merged":
            merged = each
    if merged is None:
        return _unmerged(run, happened, now), None
    if len(happened) > 1 and _taken_back(merged, happened):
        return "reverted", merged.lines
    if not merged.lines:
        return ("merged" if merged.lines is None else "as_is"), merged.lines
    return ("rewritten" if merged.lines >= max(1, accepted.lines) else "edited"), merged.lines


def _taken_back(merged: Happened, happened: tuple[Happened, ...]) -> bool:
    back = next((each for each in happened if each.what == "reverted" and each.at >= merged.at), None)
    return back is not None and _instant(back.at) - _instant(merged.at) <= PATIENCE


def _unmerged(run: Run, happened: tuple[Happened, ...], now: datetime) -> Label:
    last = happened[-1].what if happened else None
    if last in ("closed", "changes_requested", "reverted"):  # what was taken back was merged, though nobody noted that
        return last
    return "ignored" if now - _instant(run.at) > PATIENCE else "open"


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
