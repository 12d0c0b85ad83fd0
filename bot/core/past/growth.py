"""What was spent and accepted up to each day: by lane, and against asking the top lane every time."""

from collections.abc import Iterable

from bot.core.past.lives import Life
from bot.core.past.tables import Growth, Total

MOST = 6
"""Lanes whose totals are kept day by day; as many as colours can be told apart."""


class Growing:
    """Sums by name and day, while lives are gone through."""

    def __init__(self) -> None:
        self._days: dict[str, dict[str, list[int]]] = {}

    def add(self, name: str, at: str, accepted: bool, micros: int | None) -> None:  # noqa: FBT001 - it is counted
        days = self._days.setdefault(name, {})
        day = days.get(at[:10])
        if day is None:
            day = days[at[:10]] = [0, 0]
        day[0] += accepted
        day[1] += micros or 0

    def growth(self, name: str) -> Growth:
        totals: list[Total] = []
        accepted = micros = 0
        for day, (more, spent) in sorted(self._days.get(name, {}).items()):
            accepted, micros = accepted + more, micros + spent
            totals.append(Total(day, accepted, micros))
        return Growth(name, tuple(totals))


def sides(lives: Iterable[Life]) -> tuple[Growth, Growth]:
    """As it was, and had every request gone to the top lane: over the runs for which both are known."""
    growing = Growing()
    for life in lives:
        if (rivals := life.rivals) is not None:
            for name, micros in zip(("actual", "top"), rivals, strict=True):
                growing.add(name, life.run.at, life.accepted is not None, micros)
    return growing.growth("actual"), growing.growth("top")
