"""The money of all runs of a repository: one small file a month on the ledger's branch, changed by compare-and-swap alone.

A month's file, since the caps of a day, a person and a month are then held by one and the same swap.
"""

from dataclasses import dataclass, field

from bot.core.budget import Wish, grant, settlement
from bot.core.ledger import LedgerError, decode, encode
from bot.core.policy import Budget
from bot.core.route import Refusal
from bot.core.spend import Movement, accounts
from bot.edge.github.shelf import TRIES, Leaf, Shelf, after, before
from bot.ports import Denied, Unavailable


@dataclass(frozen=True, slots=True)
class Spending:
    shelf: Shelf
    _own: dict[str, list[Movement]] = field(default_factory=dict, repr=False)
    """What the file said when a run's share was set aside: what others do later cannot touch that share."""
    _last: dict[str, Leaf] = field(default_factory=dict, repr=False)
    """The files as they were last seen: where nobody has written since, a line can be added without another look."""

    def reserve(self, budget: Budget, wish: Wish) -> int | Refusal:
        if wish.run in self._own:
            again = grant(budget, wish, self._own[wish.run])
            return again if isinstance(again, Refusal) else again.left
        path = _path(wish.at)
        for lost in range(1, TRIES + 1):
            there = self.shelf.read(path)
            lines = self._movements(path, there.text)
            found = grant(budget, wish, lines)
            if isinstance(found, Refusal):
                return found
            self._last[path] = there
            if found.new is None or self._added(path, there, found.new):
                self._own[wish.run] = [*lines, *([found.new] if found.new else [])]
                return found.left
            self.shelf.wait(lost)
        raise Unavailable(f"other runs keep changing {path} on {self.shelf.branch}, so nothing could be set aside for this one")

    def earlier(self, run: str, by: str, at: str) -> int:
        lines = self._own.get(run)
        if lines is None:
            path = _path(at)
            self._last[path] = there = self.shelf.read(path)
            lines = self._movements(path, there.text)
        return sum(each.spent or 0 for each in accounts(lines) if each.run == run and each.by != by)

    def settle(self, wish: Wish) -> None:
        """In the month of the reservation, which may be another by now. Raises `Denied` or `Unavailable`; then all of it counts."""
        for path in (_path(wish.at), _path(before(wish.at)), _path(after(wish.at))):
            for lost in range(1, TRIES + 1):
                there = self._last.pop(path, None) or self.shelf.read(path)
                line = settlement(wish, self._movements(path, there.text))
                if line is None:
                    break
                if self._added(path, there, line):
                    return
                self.shelf.wait(lost)
            else:
                raise Unavailable(f"other runs keep changing {path} on {self.shelf.branch}, so {wish.run} could not be settled")

    def _added(self, path: str, there: Leaf, line: Movement) -> bool:
        """Whether the line is on the branch now; no line is written twice, since the next look finds it."""
        now = self.shelf.swap(path, there, f"{there.text}{encode(line)}\n", "money set aside and spent")
        if now is not None:
            self._last[path] = now
        return now is not None

    def _movements(self, path: str, text: str) -> list[Movement]:
        made: list[Movement] = []
        for number, row in enumerate(text.splitlines(), 1):
            try:
                item = decode(row)
            except LedgerError as error:
                raise Denied(f"{path}:{number} on the branch {self.shelf.branch} is no ledger line ({error}); mend it") from None
            if isinstance(item, Movement):
                made.append(item)
        return made


def _path(at: str) -> str:
    return f"spend/{at[:7]}.jsonl"
