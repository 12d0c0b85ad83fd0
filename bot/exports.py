"""Ledgers as tables for other programs. Read twice: which line of a run counts is known at the end, and no record is kept."""

import os
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO

from bot.core.ledger import LedgerError, Record, decode
from bot.core.outcome import Outcome
from bot.core.past.columns import TABLES, Cell, Ran, Shown, Told, Tried, cells
from bot.core.past.history import Happened, Run
from bot.core.past.lines import Line
from bot.core.past.lives import labelled
from bot.core.past.survey import Kept, Survey, survey
from bot.core.past.wire import Unread, read
from bot.core.words import Rows
from bot.edge.tables import write
from bot.ledgers import Wanted, of_all, sources
from bot.ports import Denied, Renderer


def export(words: Namespace, path: str, now: datetime, render: Renderer, out: IO[bytes] | None) -> str:
    """Write the table; what is to be said of it. `out` is standard output, where there is one. Raises `Denied`."""
    if words.format == "parquet" and words.output is None:
        raise Denied("Parquet is no text for a terminal; give a file with --output")
    made = Export(of_all(words), words.what, path, now)
    with _opened(words.output, out) as file:
        many = write(TABLES[made.what], made.rows(), file, words.format)
    place = words.output or "standard output"
    return render("terminal/exported.j2", many=many, what=made.what, place=place, faults=made.found.faults)


@contextmanager
def _opened(name: str | None, out: IO[bytes] | None) -> Iterator[IO[bytes]]:
    """The file appears when it is whole. A device or a pipe is written to as it is."""
    if name is None and out is None:
        raise Denied("standard output is closed; give a file with --output")
    place = Path(name or "standard output")
    whole = name is not None and (not place.exists() or place.is_file())
    part = place.with_name(f".{place.name}.{os.getpid()}.part") if whole else place
    try:
        with nullcontext(out) if name is None else part.open("wb") as file:
            assert file is not None
            yield file
            file.flush()
        if whole:
            part.replace(place)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Denied(f"{place} cannot be written to ({error.strerror}); give another with --output") from None
    finally:
        if whole:
            part.unlink(missing_ok=True)


@dataclass(slots=True)
class Export:
    wanted: Wanted
    what: Rows
    path: str
    now: datetime
    found: Survey = field(init=False)
    """Of the first reading: where the line of each run is, a few hundred bytes for a run, and every fault."""
    _homes: dict[tuple[int, str], tuple[str, Kept]] = field(init=False)
    """The repository, and the record, of a run that a ledger has."""
    _told: set[tuple[str | int, str, str, str]] = field(default_factory=set, init=False)
    """Outcomes that have a row: two ledgers may have the same."""

    def rows(self) -> Iterator[tuple[Cell, ...]]:
        """In the order of the ledgers, and of the lines in each."""
        first = self.wanted.since.isoformat() if self.wanted.since else ""
        columns = TABLES[self.what]
        self.found = survey((source.lines for source in sources(self.wanted, self.path)), self.now, "places")
        kept = self.found.kept.items()
        self._homes = {(source, id_): (repo, each) for (repo, id_), each in kept for source in each.sources}
        for number, source in enumerate(sources(self.wanted, self.path)):
            for line in source.lines:
                if isinstance(line, Line):
                    yield from (cells(columns, item) for item in self._of(line, number, first))

    def _of(self, line: Line, number: int, first: str) -> Iterator[Ran | Tried | Shown | Told]:
        try:
            found = read(line.text)
        except Unread:
            return  # a fault of the first reading
        if isinstance(found, Happened) and self.what == "outcomes":
            yield from self._outcome(found, line, number, first)
        elif isinstance(found, Run) and self.what != "outcomes" and found.at >= first:
            kept = self.found.kept.get((found.repo, found.id))
            record = self._decoded(line) if kept is not None and (kept.source, kept.place) == (number, line.place) else None
            if kept is not None and isinstance(record, Record):
                yield from self._run(record, found, kept)

    def _outcome(self, found: Happened, line: Line, number: int, first: str) -> Iterator[Told]:
        repo, kept = self._homes.get((number, found.run), (None, None))
        there = self.found.what(kept, found.run) if kept else self.found.happened.get((number, found.run), {}).values()
        key = (number if repo is None else repo, found.run, found.what, found.at)
        if found not in there or key in self._told or (kept.reach[0] if kept else found.at) < first:
            return
        outcome = self._decoded(line)
        if isinstance(outcome, Outcome):
            self._told.add(key)
            yield Told(outcome, repo)

    def _run(self, record: Record, run: Run, kept: Kept) -> Iterator[Ran | Tried | Shown]:
        if self.what == "runs":
            yield Ran(record, run, *labelled(run, self.found.what(kept, run.id), self.now))
            return
        for number, attempt in enumerate(record.attempts, 1):
            tried = Tried(record, number, attempt)
            if self.what == "attempts":
                yield tried
            else:
                yield from (Shown(tried, place, item) for place, item in enumerate(attempt.evidence, 1))

    def _decoded(self, line: Line) -> object:
        """By the strict reader, which knows every field; None for what only the quick one takes."""
        try:
            return decode(line.text)
        except LedgerError as error:
            self.found.fault(line.place, f"has no row: {error}")
            return None
