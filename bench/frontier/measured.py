"""Our gate, as the verifier bench measured it, and what may be claimed of it."""

from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from bench.frontier.cascade import Gate
from bot.core.past.interval import wilson
from bot.core.strict import STRICT

MEASURED = Path(__file__).resolve().parent.parent / "verifier" / "measured.json"
HEADLINE = "headline"


@checked(frozen=True, slots=True, config=STRICT)
class Count:
    """One regime of the verifier bench: wrong patches and those caught, of them rejected; right ones and those turned away."""

    name: str
    caught: int
    wrong: int
    rejected: int
    away: int
    right: int
    away_rejected: int

    def share(self) -> Gate:
        return Gate(self.caught / self.wrong, self.away / self.right)

    def bound(self) -> Gate:
        """The lower Wilson bound of s and the upper one of f, each of 95 %: what is claimed and no more."""
        return Gate(wilson(self.caught, self.wrong)[0], wilson(self.away, self.right)[1])

    def only_rejected(self) -> Gate:
        """The same, were `not verified` accepted: only a patch that something speaks against escalates."""
        return Gate(wilson(self.rejected, self.wrong)[0], wilson(self.away_rejected, self.right)[1])


@checked(frozen=True, slots=True, config=STRICT)
class Measured:
    """The figures of bench/verifier.md; `commit` is the one at which they were measured."""

    date: str
    commit: str
    rows: tuple[Count, ...]

    def row(self, name: str) -> Count:
        return next(row for row in self.rows if row.name == name)


def measured() -> Measured:
    """Raises `ValueError` where the file is not what it should be."""
    try:
        return TypeAdapter(Measured).validate_json(MEASURED.read_bytes())
    except ValidationError as error:
        raise ValueError(f"{MEASURED.name}: {error.errors()[0]['msg']}") from error
