"""The lines of one or many ledgers, each read once: runs, each with what became of it, and what is not to be believed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from msgspec import Struct

from bot.core.instant import written
from bot.core.past import lines
from bot.core.past.history import AtWork, Happened, Published, Run
from bot.core.past.lines import Fault, Line, Parsed, parsed
from bot.core.past.lives import SKEW, Life, early, labelled, lived


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
        self.unread.append(lines.fault(place, why))

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
            self.disputed.append(lines.fault(new.place, more))
        span = 1 if there.source == new.source else len(new.reach)
        if new.reach[:span] >= there.reach[:span]:
            self.kept[key] = new


def _file(place: str) -> str:
    """Without the line: a file is appended to, so that its last line of a run counts; two files should not differ."""
    return place.rpartition(":")[0]


def _counted(there: Kept, new: Kept) -> str:
    """Which of two records of one run."""
    if there.source == new.source:
        return "the later one"
    return "the record that goes further" if there.reach != new.reach else "this one, since neither goes further,"


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


def survey(sources: Iterable[Iterable[Line | Parsed | Fault]], now: datetime, holds: Literal["runs", "places"] = "runs") -> Survey:
    """`sources` are ledgers. An outcome belongs to a ledger that has its run. A run that is in several counts once."""
    found = Survey(now, holds)
    for number, ledger in enumerate(sources):
        for line in ledger:
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
