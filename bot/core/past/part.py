"""A part of a ledger, counted where it was read: only what other parts tell of as well is counted together with them.

What is said of a run - its records, what became of it, that it has begun - is said under its id. Where an id stands in one part
alone, nothing in another part changes what it comes to.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from bot.core.past.counts import count
from bot.core.past.figures import Census, Counts, added
from bot.core.past.history import AtWork, Happened, Published, Run
from bot.core.past.lines import Fault, Parsed
from bot.core.past.survey import Survey, lives

Said = list[Parsed | Fault]
NOBODY = ""
"""Instead of a run's id: no other part has a say in it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is counted: runs that began at `first` or later, those of the repositories named, or of all where none is."""

    now: datetime
    first: str
    named: tuple[str, ...]


class Settled(Struct, array_like=True):
    """What a part comes to, what of it could not be read, and those of its lines that are to be counted with others, in order."""

    counts: Counts
    unread: list[Fault]
    left: list[Parsed]


def ids(said: Said, asked: Asked) -> set[str]:
    """The runs that a part tells of."""
    latest = Survey(asked.now).latest
    return {_about(line, latest) for line in said} - {NOBODY}


def _about(line: Parsed | Fault, latest: str) -> str:
    """Whose line it is. One that is dated to come is a fault, and says nothing of anybody."""
    found = line.found if isinstance(line, Parsed) else None
    if isinstance(found, Run):
        return found.id if found.at <= latest else NOBODY
    if isinstance(found, Happened):
        return found.run if found.at <= latest else NOBODY
    return found.run if isinstance(found, AtWork) else NOBODY


def settled(said: Said, asked: Asked, shared: set[str]) -> Settled:
    """`shared` are the runs that other parts tell of too. What others have published has no id, and is counted together."""
    survey, left = Survey(asked.now), list[Parsed]()
    for line in said:
        if isinstance(line, Parsed) and (isinstance(line.found, Published) or (shared and _about(line, survey.latest) in shared)):
            left.append(line)
        else:
            survey.take(line, 0)
    return Settled(counted(survey, asked), survey.unread, left)


def counted(survey: Survey, asked: Asked) -> Counts:
    """What its runs come to, as far as they are asked for."""
    unknown, at_work = survey.strays()
    made = Counts(unknown=unknown, at_work=at_work, doubled=survey.doubled, lines=survey.lines)
    count(made, lives(survey, asked.first), asked.named)
    for tally in (*made.lanes.values(), *(tally for rows in made.rows.values() for tally in rows.values())):
        tally.seconds.sort()  # what is sorted in parts is soon sorted as a whole
    return made


def census(survey: Survey, parts: Iterable[Counts], asked: Asked) -> Census:
    """All together. `survey` has taken what the parts have left, and what they have not read, in the order of the ledgers."""
    whole = counted(survey, asked)
    for part in parts:
        added(whole, part)
    early = (Fault(each.place, each.why) for each in sorted(whole.early))
    imported = tuple(survey.imported[key] for key in sorted(survey.imported))
    return Census(whole, (*survey.unread, *survey.disputed, *early), imported)
