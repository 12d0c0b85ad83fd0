"""Named facts with the reason they were found. One rule, one function; the list of rules is written out."""

from pydantic.dataclasses import dataclass

from bot.core.facts import NotApplicable, NotRun, Unreadable
from bot.core.strict import STRICT
from bot.core.words import SignalName


@dataclass(frozen=True, slots=True, config=STRICT)
class Number:
    """How many were found; 0 or 1 where the signal is a yes or no."""

    value: int


Reading = Number | NotApplicable | Unreadable | NotRun


@dataclass(frozen=True, slots=True, config=STRICT)
class Signal:
    """`because` has one short line a finding: `src/login/token.py`, `label: incident`."""

    name: SignalName
    reading: Reading
    because: tuple[str, ...]
