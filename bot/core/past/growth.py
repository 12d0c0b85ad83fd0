"""What was spent and accepted up to each day: by lane, and against asking the top lane every time."""

from collections.abc import Iterable

from bot.core.past.figures import Rivals, Spent
from bot.core.past.tables import Growth, Total

MOST = 6
"""Lanes whose totals are kept day by day; as many as colours can be told apart."""


def growth(name: str, days: dict[str, Spent]) -> Growth:
    """Of one lane."""
    return _growth(name, ((day, spent.accepted, spent.micros) for day, spent in sorted(days.items())))


def _growth(name: str, days: Iterable[tuple[str, int, int]]) -> Growth:
    totals: list[Total] = []
    accepted = micros = 0
    for day, more, spent in days:
        accepted, micros = accepted + more, micros + spent
        totals.append(Total(day, accepted, micros))
    return Growth(name, tuple(totals))


def sides(days: dict[str, Rivals]) -> tuple[Growth, Growth]:
    """As it was, and had every request gone to the top lane: over the runs for which both are known."""
    rows = sorted(days.items())
    return (
        _growth("actual", ((day, each.accepted, each.spent) for day, each in rows)),
        _growth("top", ((day, each.accepted, each.strong) for day, each in rows)),
    )
