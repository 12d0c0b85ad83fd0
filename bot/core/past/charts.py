"""What a report's plots show, as values: which points, which words beside them, and where there is too little to draw."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from bot.core.clean import line
from bot.core.cost import MICROS
from bot.core.past.calibration import Bin
from bot.core.past.interval import ENOUGH, Spread
from bot.core.past.lives import TRUTH, Truth
from bot.core.past.tables import Growth, Report
from bot.core.past.wording import LABELS, share, took, usd

MOST_DAYS = 90
"""Days that a plot shows; a bar is then three pixels wide on a phone."""
MOST_POINTS = 120
"""Points of one curve."""
MOST_NAME = 28
"""Characters of a lane's name in a plot."""

Ink = Literal["lane", "actual", "estimate"]


@dataclass(frozen=True, slots=True)
class Curve:
    """Fixes accepted (`ys`) by the dollars spent until then (`xs`). `number` is the lane's among those drawn, from 0."""

    ink: Ink
    number: int
    xs: tuple[float, ...]
    ys: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Curves:
    curves: tuple[Curve, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """Accepted patches of about one confidence: the share that was right, with Wilson's interval."""

    claimed: float
    right: float
    low: float
    high: float
    cases: int


@dataclass(frozen=True, slots=True)
class Reliability:
    """`start` is where the axis of the confidence begins."""

    points: tuple[Point, ...]
    start: float


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds. `number` is the lane's colour, None for the verifier."""

    name: str
    number: int | None
    spread: Spread
    said: str

    @property
    def drawn(self) -> bool:
        """Whether there are attempts enough for a box."""
        return self.spread.cases >= ENOUGH


@dataclass(frozen=True, slots=True)
class Times:
    rows: tuple[Timed, ...]


@dataclass(frozen=True, slots=True)
class Spending:
    """Dollars by day, from `first` on; days without a run are nought. `cap` is None where no policy is known."""

    first: date
    dollars: tuple[float, ...]
    cap: float | None


@dataclass(frozen=True, slots=True)
class Counted:
    name: str
    truth: Truth
    cases: int
    of: int


@dataclass(frozen=True, slots=True)
class Counts:
    rows: tuple[Counted, ...]


Chart = Curves | Reliability | Times | Spending | Counts


@dataclass(frozen=True, slots=True)
class Key:
    """What one colour or stroke means; `look` is the class that the page gives it."""

    look: str
    name: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One plot of the page. `alt` says in words what it shows; without a chart, `says` is why there is none."""

    name: str
    title: str
    says: str
    alt: str
    chart: Chart | None
    key: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure with its drawing, an SVG; None where there is none."""

    figure: Figure
    svg: str | None


def figures(report: Report) -> tuple[Figure, ...]:
    """In the order of the page."""
    return _cost(report), _calibration(report), _latency(report), _spend(report), _outcomes(report), _results(report)


def _cost(report: Report) -> Figure:
    title = "Cost against accepted fixes"
    if report.runs < ENOUGH or not any(growth.totals for growth in report.growth):
        return Figure("cost", title, f"Not enough data: {report.runs} runs, and it takes {ENOUGH}.", "", None)
    curves = [_curve("lane", number, growth) for number, growth in enumerate(report.growth)]
    key = [Key(f"lane-{number}", line(growth.name, MOST_NAME)) for number, growth in enumerate(report.growth)]
    alt = [
        f"{line(growth.name, MOST_NAME)}: {growth.totals[-1].accepted} fixes for {usd(growth.totals[-1].micros)}"
        for growth in report.growth
        if growth.totals
    ]
    if report.whole.compared.runs:
        curves += [_curve("actual", 0, report.actual), _curve("estimate", 0, report.top)]
        key += [Key("actual", "all runs, as they were"), Key("estimate", "the top lane alone (estimate)")]
        alt.append(f"all runs {usd(report.whole.compared.spent)}, the top lane alone {usd(report.whole.compared.strong)}")
    says = "Each line goes from the first day to the last; a steeper one buys more fixes for a dollar. Failed tries are in it."
    return Figure("cost", title, says, "; ".join(alt), Curves(tuple(curves)), tuple(key))


def _curve(ink: Ink, number: int, growth: Growth) -> Curve:
    stride = max(1, -(-len(growth.totals) // MOST_POINTS))
    kept = [*growth.totals[:-1:stride], *growth.totals[-1:]]
    return Curve(ink, number, (0.0, *(each.micros / MICROS for each in kept)), (0, *(each.accepted for each in kept)))


def _calibration(report: Report) -> Figure:
    title, k = "Confidence against truth", report.calibration
    if k.brier is None:
        says = f"Not enough data: the truth of {k.cases} accepted patches is known, and it takes {ENOUGH}."
        return Figure("calibration", title, says, "", None)
    points = tuple(_point(each) for each in k.bins)
    alt = "; ".join(f"said {100 * each.claimed:.0f} %, were right {100 * each.right:.0f} % of {each.cases}" for each in points)
    says = "On the dashed line the number keeps its word; below it, it says too much. Bars are intervals of 95 %; below, patches."
    return Figure("calibration", title, says, alt, Reliability(points, min(0.6, k.bins[0].low)))


def _point(found: Bin) -> Point:
    right = found.right
    return Point(found.claimed, right.hits / right.cases, right.low, right.high, right.cases)


def _latency(report: Report) -> Figure:
    lanes = [growth.name for growth in report.growth]
    rows = [_timed(row.name, lanes.index(row.name), row.latency) for row in report.lanes if row.name in lanes]
    if report.judge.latency.cases:
        rows.append(_timed("verifier", None, report.judge.latency))
    title = "How long an attempt takes"
    if not any(row.drawn for row in rows):
        return Figure("latency", title, f"Not enough data: no lane has {ENOUGH} attempts.", "", None)
    says = "The box holds the middle half of the attempts, the line goes from the quickest tenth to the slowest."
    return Figure("latency", title, says, "; ".join(f"{row.name}: {row.said}" for row in rows), Times(tuple(rows)))


def _timed(name: str, number: int | None, spread: Spread) -> Timed:
    said = f"median {took(spread.median)}, nine of ten {took(spread.p90)}"
    if spread.cases < ENOUGH:
        said = f"not enough data ({spread.cases})"
    return Timed(line(name, MOST_NAME), number, spread, said)


def _spend(report: Report) -> Figure:
    title = "Spent a day" if report.per_day is None else "Spent a day, and the budget"
    if len(report.days) < 2:
        return Figure("spend", title, "Not enough data: it takes two days with a run.", "", None)
    last = date.fromisoformat(report.last)
    first = max(date.fromisoformat(report.first), last - timedelta(days=MOST_DAYS - 1))
    spent = {day.day: day.micros for day in report.days}
    micros = [spent.get(str(first + timedelta(days=number)), 0) for number in range((last - first).days + 1)]
    says = f"{first} to {last}. {_over(micros, report.per_day)}"
    alt = f"{usd(sum(micros))} in {len(micros)} days, at most {usd(max(micros))} on one"
    cap = None if report.per_day is None else report.per_day / MICROS
    key = () if cap is None else (Key("cap", f"the policy's cap, {usd(report.per_day)} a day"),)
    return Figure("spend", title, says, alt, Spending(first, tuple(each / MICROS for each in micros), cap), key)


def _over(micros: list[int], per_day: int | None) -> str:
    if per_day is None:
        return "No policy is known here, so no budget is drawn."
    over = sum(each > per_day for each in micros)
    return f"{'No day' if not over else '1 day' if over == 1 else f'{over} days'} of {len(micros)} went above the cap."


def _outcomes(report: Report) -> Figure:
    title = "What became of the accepted patches"
    if not report.labels:
        return Figure("outcomes", title, "Not enough data: no patch was accepted.", "", None)
    found = {each.what: each for each in report.labels}
    rows = tuple(Counted(LABELS[what], TRUTH[what], found[what].cases, found[what].of) for what in LABELS if what in found)
    return Figure("outcomes", title, _believed(report), _listed(rows), Counts(rows), tuple(_meanings(rows)))


def _results(report: Report) -> Figure:
    rows = tuple(
        Counted(each.what.replace("_", " "), "right" if each.what == "pass" else "unknown", each.cases, each.of)
        for each in report.results
    )
    says = f"Of {report.runs} runs. Only a pass is a proved patch; what was not fixed may leave its last one on a branch."
    return Figure("results", "How runs ended", says, _listed(rows), Counts(rows) if rows else None)


def _believed(report: Report) -> str:
    return f"Of those whose truth is known, right: {share(report.whole.precision)}."


def _listed(rows: Iterable[Counted]) -> str:
    return "; ".join(f"{row.name}: {row.cases}" for row in rows)


def _meanings(rows: tuple[Counted, ...]) -> Iterable[Key]:
    meanings: dict[Truth, str] = {"right": "counts as right", "wrong": "counts as wrong", "unknown": "says nothing yet"}
    return (Key(truth, said) for truth, said in meanings.items() if any(row.truth == truth for row in rows))
