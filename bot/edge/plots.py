"""Plots, drawn by matplotlib as SVG for a page: at a phone's width, in the page's own colours, the same bytes every time.

Text stays text. Colours are variables of the page, so that it is read by day and by night; nothing points outside the drawing.
"""

import io
import re
import warnings
from datetime import timedelta
from typing import Any, assert_never
from xml.etree import ElementTree as ET

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bot.core.past.charts import Chart, Counts, Curves, Reliability, Spending, Times
from bot.core.past.charts import Figure as Wanted
from bot.core.past.wording import took

WIDTH = 328
"""Pixels: what a phone of 360 leaves beside the margins. A point of the drawing is a pixel there."""
SIZE = 11.5
"""Of all text, in pixels at that width."""
EVEN = (1, 2, 2.5, 5, 10)
"""Steps between ticks that are read at a glance."""

INK, FAINT, PAPER, CAP = "#010101", "#020202", "#030303", "#040404"
LANES = ("#010110", "#010120", "#010130", "#010140", "#010150", "#010160")
TRUTH = {"right": "#010210", "wrong": "#010220", "unknown": "#010230"}
MEANT = {INK: "currentColor", FAINT: "var(--faint)", PAPER: "var(--paper)", CAP: "var(--cap)"}
MEANT |= {colour: f"var(--lane-{number})" for number, colour in enumerate(LANES)}
MEANT |= {colour: f"var(--{truth})" for truth, colour in TRUTH.items()}
"""Stand-ins, since matplotlib takes no name of a page's colour."""

_UNSAFE = re.compile("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold."""

LOOKS: Any = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a dollar sign is one, and a lane's name no formula
    "font.size": SIZE,
    "font.family": "DejaVu Sans",
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "grid.alpha": 0.5,
    "path.simplify": True,
    "figure.dpi": 72,
}


def drawn(wanted: Wanted) -> str | None:
    """The drawing, as an SVG element for the inside of a page; None where there is nothing to draw."""
    if wanted.chart is None:
        return None
    with warnings.catch_warnings(), mpl.rc_context():
        warnings.simplefilter("ignore")  # a letter that the measuring font has not is drawn by the reader's own
        mpl.rcdefaults()  # a `matplotlibrc` in the folder where one stands has no say
        mpl.rcParams.update(LOOKS | {"svg.hashsalt": wanted.name})
        figure = _draw(wanted.chart)
        file = io.BytesIO()
        figure.savefig(file, format="svg", transparent=True, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    return _inside(file.getvalue(), wanted)


def _draw(chart: Chart) -> Figure:
    match chart:
        case Curves():
            return _curves(chart)
        case Reliability():
            return _reliability(chart)
        case Times():
            return _times(chart)
        case Spending():
            return _spending(chart)
        case Counts():
            return _counts(chart)
        case _:
            assert_never(chart)


def _sheet(height: float) -> Figure:
    return Figure(figsize=(WIDTH / 72, height / 72), layout="constrained")


def _axes(figure: Figure, across: str, up: str) -> Axes:
    """Words for the upright axis stand over it, where they can be read without turning one's head."""
    axes = figure.subplots()
    axes.set_xlabel(across)
    axes.set_title(up, loc="left", fontsize=SIZE)
    return axes


def _label(axes: Axes, place: float, said: str) -> None:
    """Over what it is about, from the left edge on."""
    text = axes.text(0, place, _UNSAFE.sub("\ufffd", said), va="bottom", gid="label")
    text.set_in_layout(False)  # a long name may not make the plot narrow


def _dollars(value: float, _: int | None = None) -> str:
    return f"${value:,.0f}" if value >= 10 or value == int(value) else f"${value:.2f}"


def _minutes(value: float, _: int | None = None) -> str:
    return "0" if value == 0 else took(value).replace(" min 0 s", " min").replace(".0 s", " s")


def _percent(value: float, _: int | None = None) -> str:
    return f"{100 * value:.0f} %"


# ---- one for each chart --------------------------------------------------------------------------------------------


def _curves(chart: Curves) -> Figure:
    figure = _sheet(250)
    axes = _axes(figure, "dollars spent until then", "accepted fixes")
    strokes: dict[str, dict[str, Any]] = {
        "lane": {"linewidth": 2.0},
        "actual": {"linewidth": 2.6, "color": INK},
        "estimate": {"linewidth": 1.6, "color": INK, "linestyle": (0, (4, 3))},
    }
    for curve in chart.curves:
        stroke = strokes[curve.ink] | ({"color": LANES[curve.number % len(LANES)]} if curve.ink == "lane" else {})
        axes.plot(curve.xs, curve.ys, gid=f"mark {curve.ink}", **stroke)
        axes.plot(curve.xs[-1:], curve.ys[-1:], "o", markersize=5, color=stroke["color"])
    axes.set(xlim=(0, None), ylim=(0, None))
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=EVEN))
    axes.xaxis.set_major_formatter(FuncFormatter(_dollars))
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=True, steps=EVEN))
    return figure


def _reliability(chart: Reliability) -> Figure:
    figure = _sheet(330)
    above, below = figure.subplots(2, sharex=True, height_ratios=(4, 1))
    points = chart.points
    claimed = [point.claimed for point in points]
    above.plot((0, 1), (0, 1), color=INK, linewidth=1.2, linestyle=(0, (4, 3)))
    above.vlines(claimed, [p.low for p in points], [p.high for p in points], color=LANES[0], linewidth=2, gid="mark interval")
    above.scatter(claimed, [p.right for p in points], s=42, color=LANES[0], zorder=3, gid="mark point")
    above.set(xlim=(chart.start, 1), ylim=(0, 1.02))
    above.set_title("were right", loc="left", fontsize=SIZE)
    above.yaxis.set_major_locator(MaxNLocator(5, steps=EVEN))
    above.yaxis.set_major_formatter(FuncFormatter(_percent))
    below.bar(claimed, [p.cases for p in points], width=0.03, color=LANES[0], alpha=0.55, gid="mark count")
    below.set_title("patches", loc="left", fontsize=SIZE)
    below.set_xlabel("said, in the mean")
    below.xaxis.set_major_locator(MaxNLocator(5, steps=EVEN))
    below.xaxis.set_major_formatter(FuncFormatter(_percent))
    below.yaxis.set_major_locator(MaxNLocator(2, integer=True, steps=EVEN))
    return figure


def _times(chart: Times) -> Figure:
    figure = _sheet(40 + 68 * len(chart.rows))
    axes = _axes(figure, "", "")
    for place, row in enumerate(chart.rows):
        colour = INK if row.number is None else LANES[row.number % len(LANES)]
        _label(axes, place - 0.45, row.name)
        _label(axes, place - 0.22, row.said)
        if not row.drawn:
            continue
        cuts = (row.spread.p10, row.spread.p25, row.spread.median, row.spread.p75, row.spread.p90)
        p10, p25, median, p75, p90 = (cut or 0.0 for cut in cuts)
        if p10 < p90:
            axes.hlines(place, p10, p90, color=colour, linewidth=2, gid="mark whisker")
        if p25 < p75:
            axes.barh(place, p75 - p25, left=p25, height=0.3, color=colour, alpha=0.75, gid="mark box")
        axes.plot(median, place, "o", markersize=9, color=colour, markeredgecolor=PAPER, markeredgewidth=2, gid="mark median")
    axes.set(xlim=(0, None), ylim=(len(chart.rows) - 0.7, -0.75))
    axes.set_yticks([])
    axes.grid(visible=False, axis="y")
    axes.spines.left.set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 1.5, 2, 3, 6, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(_minutes))
    return figure


def _spending(chart: Spending) -> Figure:
    figure = _sheet(230)
    axes = _axes(figure, "", "dollars")
    many = len(chart.dollars)
    axes.bar(range(many), chart.dollars, width=0.8, color=LANES[0], gid="mark day")
    if chart.cap is not None:
        axes.axhline(chart.cap, color=CAP, linewidth=2, linestyle=(0, (5, 3)), gid="mark cap")
    top = max(*chart.dollars, chart.cap or 0.0) or 1.0
    axes.set(xlim=(-0.6, many - 0.4), ylim=(0, 1.06 * top))
    axes.grid(visible=False, axis="x")
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda day, _: f"{chart.first + timedelta(days=round(day)):%d %b}" if 0 <= day < many else "")
    )
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=EVEN))
    axes.yaxis.set_major_formatter(FuncFormatter(_dollars))
    return figure


def _counts(chart: Counts) -> Figure:
    figure = _sheet(14 + 40 * len(chart.rows))
    axes = _axes(figure, "", "")
    for place, row in enumerate(chart.rows):
        axes.barh(place, row.cases, height=0.38, color=TRUTH[row.truth], gid="mark count")
        _label(axes, place - 0.26, f"{row.name}: {row.cases} ({100 * row.cases / row.of:.0f} %)")
    axes.set(xlim=(0, max(row.cases for row in chart.rows)), ylim=(len(chart.rows) - 0.6, -0.85))
    axes.set_axis_off()
    return figure


# ---- as a part of a page -------------------------------------------------------------------------------------------


def _inside(data: bytes, wanted: Wanted) -> str:
    """Without what a page has no use for: namespaces, metadata, a style for everything on it, names of groups."""
    root = ET.fromstring(data)  # noqa: S314 - matplotlib's own output
    kept = set(re.findall(r'(?:url\(#|href="#)([^")]+)', data.decode()))
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.rpartition("}")[2] in ("metadata", "style"):
                parent.remove(child)
        parent.tag = parent.tag.rpartition("}")[2]
        for name, value in list(parent.attrib.items()):
            del parent.attrib[name]
            local = name.rpartition("}")[2]
            if local != "id" or value in kept:
                parent.set(local, value)
            elif value.startswith(("mark ", "label")):
                parent.set("class", value)
    root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "aria-labelledby": f"{wanted.name}-alt"}
    title = ET.Element("title", id=f"{wanted.name}-alt")
    title.text = f"{wanted.title}. {wanted.alt}"
    root.insert(0, title)
    text = re.sub(r"font: [^;\"]*", f"font-size: {SIZE}px", ET.tostring(root, encoding="unicode"))
    return re.sub("|".join(MEANT), lambda found: MEANT[found[0]], text)
