"""What stands in the cells of the tables."""

from collections.abc import Iterable, Sequence

from bench.frontier.bootstrap import Interval
from bench.frontier.measures import BUDGETS, REACHES, Metrics, Point


def rows(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    marks = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, marks, *lines))


def percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def signed(found: Interval) -> str:
    return f"[{found.low:+.0f}, {found.high:+.0f}]"


def at(found: Point) -> str:
    return f"{found.resolved:.1f} @ {percent(found.share)}"


def number(value: float | None, form: str = ".0f") -> str:
    return "-" if value is None else format(value, form)


def points(found: Interval, issues: int) -> str:
    """Of all issues, in percent."""
    return f"{100 * found.low / issues:+.1f} to {100 * found.high / issues:+.1f}"


METRICS = (
    *("wrong shipped", "checks", "$ a more"),
    *(f"R@{100 * share:.0f}" for share in BUDGETS),
    *(f"C@{100 * part:.0f}" for part in REACHES),
    *("AUCQ", "below oracle"),
)


def metrics(found: Metrics) -> tuple[str, ...]:
    """One cell for each of `METRICS`."""
    return (
        f"{found.wrong:.0f}",
        f"${found.checking:.2f}",
        number(found.a_more, ".2f"),
        *(number(value) for value in found.at),
        *(percent(value) for value in found.reach),
        f"{found.aucq:+.1f}",
        f"{found.below_oracle:.0f}",
    )
