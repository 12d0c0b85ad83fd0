"""What ledgers come to: large ones are counted in pieces, each where it was read, and what several tell of is counted here."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import chain

from bot.core.instant import written
from bot.core.past import part
from bot.core.past.figures import Census, Counts
from bot.core.past.lines import Fault, Line, Parsed, parsed
from bot.core.past.part import Asked
from bot.core.past.survey import Survey
from bot.edge import pieces
from bot.edge.pieces import Counter
from bot.failures import Denied
from bot.ledgers import Source, Wanted, all_there, nothing_to_sweep, sources, there


@contextmanager
def counting(wanted: Wanted, path: str, now: datetime) -> Iterator[tuple[Callable[[], Census], tuple[str, ...]]]:
    """What the ledgers come to, and how they are called. Large ones are being counted as soon as this is entered; what it gives
    waits for the end of that. Both raise `Denied` where there is no ledger."""
    found = sources(wanted, path)
    asked = Asked(now, written(wanted.start) if wanted.start else "", wanted.named)
    with nothing_to_sweep(), pieces.counters([source.file for source in found], asked) as counters:
        yield lambda: _counted(found, counters, asked), tuple(source.shown for source in found)


def _counted(found: tuple[Source, ...], counters: list[list[Counter]], asked: Asked) -> Census:
    try:
        made = together(found, counters, asked)
    except OSError as error:
        raise Denied(f"a ledger cannot be read to its end ({error.strerror}); try again") from None
    there(found, made.counts.lines, made.faults)
    if asked.named:
        all_there(asked.named, sorted(made.counts.repositories))
    return made


def together(found: tuple[Source, ...], counters: list[list[Counter]], asked: Asked) -> Census:
    """`counters` are those of each source, none of one that is read here. Raises `OSError` where a piece cannot be read."""
    said = [[] if counting else list(_said(source)) for source, counting in zip(found, counters, strict=True)]
    every = [each for counting in counters for each in counting]
    shared = _shared([each.ids() for each in every], [part.ids(lines, asked) for lines in said] if every else [])
    for each in every:
        each.share(shared)
    survey, parts = Survey(asked.now), list[Counts]()
    for number, (lines, counting) in enumerate(zip(said, counters, strict=True)):
        done = [each.settled() for each in counting]
        for settled in done:
            parts.append(settled.counts)
            survey.unread += settled.unread
        for line in chain(lines, *(settled.left for settled in done)):
            survey.take(line, number)
    return part.census(survey, parts, asked)


def _said(source: Source) -> Iterator[Parsed | Fault]:
    for line in source.parsed:
        said = parsed(line) if isinstance(line, Line) else line
        if said is not None:
            yield said


def _shared(*groups: list[set[str]]) -> set[str]:
    """What is in more than one of all these."""
    seen, shared = set[str](), set[str]()
    for each in (each for group in groups for each in group):
        shared |= seen & each
        seen |= each
    return shared
