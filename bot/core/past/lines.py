"""One line of a ledger, where it stands, and what it says; what cannot be read is a fault, and is named."""

from msgspec import Struct

from bot.core.clean import line as clean
from bot.core.past.history import AtWork, Happened, Money, Published, Run
from bot.core.past.wire import Of, Unread, read


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


def parsed(line: Line, of: Of = "runs") -> Parsed | Fault | None:
    """What a line says; None where it is blank."""
    try:
        return Parsed(read(line.text, of), hash(line.text), line.place)
    except Unread as error:
        return None if line.text.isspace() else Fault(line.place, str(error))


def fault(place: str, why: str) -> Fault:
    """Said in words of others, which are made fit to show."""
    return Fault(clean(place, 300), clean(why, 300))
