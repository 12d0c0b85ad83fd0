"""The record on the ledger's branch: one file for each run, so that no two runs write to the same."""

from dataclasses import dataclass

from bot.core.ledger import LedgerError, Record, decode, encode
from bot.core.outcome import Outcome
from bot.edge.github.shelf import Leaf, Shelf, before
from bot.ports import Unavailable

TRIES = 8
"""Each lost swap means that another run has written, if to another file: the branch has moved."""


@dataclass(frozen=True, slots=True)
class Records:
    shelf: Shelf

    def put(self, record: Record) -> None:
        """Doing it again changes nothing. Raises `Unavailable` or `Denied`, with the reason."""
        self._put(place(record.id, record.at), record, f"record of {record.id}")

    def add(self, outcome: Outcome) -> None:
        """Likewise. One file for each thing that happened, so that nothing is ever rewritten."""
        path = f"outcomes/{outcome.at[:7]}/{outcome.run}-{outcome.what}-{outcome.at.replace(':', '')}.json"
        self._put(path, outcome, f"{outcome.run} {outcome.what}")

    def find(self, run: str, at: str) -> Record | None:
        """The record of a run that ended in this month or began in the one before; None where there is none that can be read."""
        for month in (at, before(at)):
            there = self.shelf.read(place(run, month))
            try:
                item = decode(there.text) if there.sha else None
            except LedgerError:
                continue
            if isinstance(item, Record) and item.id == run:
                return item
        return None

    def _put(self, path: str, item: Record | Outcome, what: str) -> None:
        text = f"{encode(item)}\n"
        there = Leaf("", None)  # as it nearly always is; where it is not, the first swap fails
        for _ in range(TRIES):
            if there.text == text or self.shelf.swap(path, there, text, what):
                return
            there = self.shelf.read(path)
        raise Unavailable(f"{path} could not be written on {self.shelf.branch}: others keep writing there")


def place(run: str, at: str) -> str:
    return f"records/{at[:7]}/{run}.json"
