"""The record on the ledger's branch: one file for each run, so that no two runs write to the same."""

from dataclasses import dataclass, field

from bot.core.ledger import Begun, LedgerError, Record, decode, encode
from bot.core.outcome import Outcome
from bot.core.standing import Standing, StandingError
from bot.core.standing import decode as decode_standing
from bot.core.standing import encode as encode_standing
from bot.edge.github.shelf import TRIES, Leaf, Shelf, after, before
from bot.ports import Denied, Unavailable

STANDING = "standing.json"


@dataclass(frozen=True, slots=True)
class Records:
    shelf: Shelf
    _last: dict[str, Leaf] = field(default_factory=dict, repr=False)
    """What this process has put at a path."""

    def put(self, item: Record | Begun) -> None:
        """The record, or what a run at work has paid for so far, in the same place; doing it again changes nothing.

        Raises `Unavailable` or `Denied`, with the reason.
        """
        self._put(place(item.id, item.at), item, f"{'record' if isinstance(item, Record) else 'what was paid'} of {item.id}")

    def add(self, outcome: Outcome) -> None:
        """Likewise. One file for each thing that happened, so that nothing is ever rewritten."""
        path = f"outcomes/{outcome.at[:7]}/{outcome.run}-{outcome.what}-{outcome.at.replace(':', '')}.json"
        self._put(path, outcome, f"{outcome.run} {outcome.what}")

    def find(self, run: str, at: str) -> Record | None:
        """The record of a run of this month, of the one before or, by another clock, after; None where there is none to be read."""
        found = self.left(run, at)
        return found if isinstance(found, Record) else None

    def left(self, run: str, at: str) -> Record | Begun | None:
        """The same, or what a run that is not at its end had paid for. Raises `Unavailable` where GitHub contradicts itself."""
        for month in (at, before(at), after(at)):
            there = self.shelf.read_twice(place(run, month))
            try:
                item = decode(there.text) if there.sha else None
            except LedgerError:
                continue
            if isinstance(item, Record | Begun) and item.id == run:
                self._last[place(run, month)] = there
                return item
        return None

    def begun(self, run: str, at: str) -> bool:
        """Whether this process has seen or put there what the run had paid for, so that the run can be taken up again."""
        there = self._last.get(place(run, at))
        return there is not None and bool(there.text)

    def standing(self) -> Standing:
        """Empty where nobody has written one. Raises `Denied` where it cannot be believed, or `Unavailable`."""
        text = self.shelf.peek(STANDING)
        try:
            return decode_standing(text) if text else Standing()
        except StandingError as error:
            raise Denied(f"{STANDING} on the branch {self.shelf.branch} is not believed: {error}") from None

    def teach(self, standing: Standing) -> None:
        """Puts it there, for the runs that come."""
        self._put(STANDING, standing, "what the ledger says of the lanes")

    def _put(self, path: str, item: Record | Begun | Outcome | Standing, what: str) -> None:
        text = f"{encode_standing(item) if isinstance(item, Standing) else encode(item)}\n"
        there = self._last.get(path, Leaf("", None))  # as it nearly always is; where it is not, the first swap fails
        for lost in range(1, TRIES + 1):
            if there.text != text and isinstance(item, Record | Begun) and _record(there.text):
                return  # the run is at its end, and what is said of that stays; this job only does not know it
            now = there if there.text == text else self.shelf.swap(path, there, text, what)
            if now is not None:
                self._last[path] = now
                return
            self.shelf.wait(lost)
            there = self.shelf.read(path)
        raise Unavailable(f"{path} could not be written on {self.shelf.branch}: others keep writing there")


def _record(text: str) -> bool:
    try:
        return isinstance(decode(text), Record)
    except LedgerError:
        return False


def place(run: str, at: str) -> str:
    return f"records/{at[:7]}/{run}.json"
