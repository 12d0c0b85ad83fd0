"""What was spent and accepted up to each day: by lane, and against asking the top lane every time."""

from collections import defaultdict
from collections.abc import Iterable

from bot.core.past.lives import Life
from bot.core.past.tables import Growth, Total

MOST = 6
"""Lanes whose totals are kept day by day; as many as colours can be told apart."""


class Growing:
    """Sums by name and day, while lives are gone through."""

    def __init__(self) -> None:
        self._days = defaultdict[str, defaultdict[str, list[int]]](lambda: defaultdict(lambda: [0, 0]))

    def add(self, name: str, day: str, accepted: bool, micros: int | None) -> None:  # noqa: FBT001 - it is counted
        sums = self._days[name][day]
        if accepted:
            sums[0] += 1
        if micros:
            sums[1] += micros

    def growth(self, name: str) -> Growth:
        return _growth(name, ((day, fixes, spent) for day, (fixes, spent) in sorted(self._days[name].items())))


def _growth(name: str, days: Iterable[tuple[str, int, int]]) -> Growth:
    totals: list[Total] = []
    accepted = micros = 0
    for day, more, spent in days:
        accepted, micros = accepted + more, micros + spent
        totals.append(Total(day, accepted, micros))
    return Growth(name, tuple(totals))


def sides(lives: Iterable[Life]) -> tuple[Growth, Growth]:
    """As it was, and had every request gone to the top lane: over the runs for which both are known."""
    days = defaultdict[str, list[int]](lambda: [0, 0, 0])
    for life in lives:
        if life.rivals is not None:
            sums = days[life.run.at[:10]]
            if life.accepted is not None:
                sums[0] += 1
            sums[1] += life.rivals[0]
            sums[2] += life.rivals[1]
    rows = sorted(days.items())
    return (
        _growth("actual", ((day, accepted, spent) for day, (accepted, spent, _) in rows)),
        _growth("top", ((day, accepted, strong) for day, (accepted, _, strong) in rows)),
    )
