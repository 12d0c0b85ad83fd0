"""The frontier as a picture: what a cascade costs and resolves, and on every chart the band in which a lift may be luck."""

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from bench.frontier.falsify import NOISE
from bench.frontier.gates import Judged, Pair
from bench.frontier.measures import AIM_COST, AIM_SHARE
from bench.frontier.report import CHAIN, GOOD, PRIMARY, Report, name, reaches

GREY, BAND, BLUE, GREEN, RED = "#57606a", "#d0d4d9", "#0969da", "#1a7f37", "#cf222e"
COLOURS = 40
"""Enough for flat colours and smooth letters, at a third of the bytes."""
NAMES = {"mini": "GPT-5 mini", "ds": "DeepSeek", "s45": "Sonnet 4.5", "gpt5": "GPT-5", "opus45": "Opus 4.5", "gem3": "Gemini 3 Pro"}


def draw(report: Report, file: Path) -> None:
    """1,120 pixels wide, to be shown at 830."""
    figure = Figure(figsize=(8.3, 7.6), dpi=135, layout="constrained")
    upper, lower = figure.subfigures(2, 1, squeeze=False, height_ratios=(2.5, 1))[:, 0]
    _plane(upper.subplots(), report)
    said = "Our gate on every chain: issues above random at the same cost, checks free, 95 %"
    lower.suptitle(said, fontsize=11, fontweight="bold", x=0.005, ha="left")
    _lifts(lower.subplots(), report)
    made = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(made, format="png")
    flat = Image.open(made).convert("RGB").quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    flat.save(file, "PNG", optimize=True)


def _title(report: Report) -> str:
    if report.kind == "synthetic":
        return "Made-up rows, of no meaning"
    met = any(reaches(report.headline(each.chain, paid=True), report.issues) for each in report.pairs)
    return "Cheap model first is worth what the verifier is worth" + ("" if met else ". Ours is not there yet")


def _words(colour: str, **more: Any) -> dict[str, Any]:
    return {"textcoords": "offset points", "fontsize": 10, "color": colour, **more}


def _named(chain: str) -> str:
    return " → ".join(NAMES[lane] for lane in chain.split(" → "))


# ---- cost against issues resolved --------------------------------------------------------------------------------


def _plane(axes: Axes, report: Report) -> None:
    pair = next(each for each in report.pairs if each.chain == name(PRIMARY))
    strong = pair.both + pair.last_only
    axes.set_title(_title(report), fontsize=13, fontweight="bold", loc="left")
    axes.set_xlabel(f"cost, % of asking {NAMES['s45']} on every issue; checks free", fontsize=10)
    axes.set_ylabel(f"issues resolved, of {report.issues}", fontsize=10)
    axes.set_xlim(0, 104)
    low = min(report.headline(name(chain)).real.resolved.low for chain in (PRIMARY, CHAIN))
    axes.set_ylim(low - 0.005 * report.issues, 0.02 * report.issues + max(each.metrics.found.resolved for each in report.declared))
    axes.spines[["top", "right"]].set_visible(False)
    _aim(axes, strong, report.issues)
    _random(axes, pair, strong)
    for chain, colour in ((PRIMARY, BLUE), (CHAIN, GREEN)):
        _cascade(axes, [each for each in report.declared if each.chain == name(chain) and each.f == GOOD.f], colour)
        _gate(axes, report.headline(name(chain)), colour)
    _said(axes, report.headline(name(PRIMARY)))


def _aim(axes: Axes, strong: int, issues: int) -> None:
    """Where the lower end of the interval has to lie."""
    least = strong + AIM_SHARE * issues
    axes.add_patch(Rectangle((0, least), 100 * AIM_COST, 10 * issues, color=GREEN, alpha=0.1, lw=0, zorder=0))
    said = f"the aim: as good as\n{NAMES['s45']}, for at\nmost {100 * AIM_COST:.0f} % of its cost"
    axes.annotate(said, (0.012, 0.975), xycoords="axes fraction", va="top", fontsize=10, color=GREEN)


def _random(axes: Axes, pair: Pair, strong: int) -> None:
    shares, resolved = (100 * pair.first.share, 100.0), (pair.first.resolved, float(strong))
    for issues in NOISE:
        axes.fill_between(shares, resolved, [each + issues for each in resolved], color=BAND, alpha=0.6, lw=0, zorder=0)
    axes.plot(shares, resolved, "--s", color=GREY, lw=1.6, ms=7)
    axes.plot(100 * pair.oracle.share, pair.oracle.resolved, "*", ms=12, color=BLUE)
    axes.annotate("oracle", (100 * pair.oracle.share, pair.oracle.resolved), (8, -4), **_words(BLUE))
    axes.annotate(f"{NAMES['mini']} alone", (shares[0], resolved[0]), (-14, -16), **_words(GREY))
    axes.annotate(f"{NAMES['s45']} alone", (shares[1], resolved[1]), (8, -42), ha="right", **_words(GREY))
    slope = (resolved[1] - resolved[0]) / (shares[1] - shares[0])
    angle: dict[str, Any] = {"rotation": math.degrees(math.atan(slope)), "rotation_mode": "anchor", "transform_rotates_text": True}
    twice = f"luck: +{NOISE[0]} to +{NOISE[1]} comes from asking one model twice"
    for share, above, said in ((50, NOISE[0] / 2, twice), (54, -6, "one of the two at random")):
        axes.text(share, resolved[0] + slope * (share - shares[0]) + above, said, fontsize=10, color=GREY, **angle)


def _cascade(axes: Axes, judged: Sequence[Judged], colour: str) -> None:
    """The gates that are declared, s from 0.3 to 1."""
    shares, resolved = [100 * each.metrics.found.share for each in judged], [each.metrics.found.resolved for each in judged]
    axes.plot(shares, resolved, "-o", color=colour, lw=2, ms=5)
    for each, share, issues in zip(judged, shares, resolved, strict=True):
        axes.annotate(f"{100 * each.s:.0f} %", (share, issues), (7, -9), **_words(colour))
    axes.annotate(_named(judged[0].chain), (shares[-1], resolved[-1]), (8, 7), fontweight="bold", **_words(colour))


def _gate(axes: Axes, judged: Judged, colour: str) -> None:
    """What is measured, at its bounds, with the interval of a run."""
    share, resolved, real = 100 * judged.metrics.found.share, judged.metrics.found.resolved, judged.real
    across = [[share - 100 * real.share.low], [100 * real.share.high - share]]
    up = [[resolved - real.resolved.low], [real.resolved.high - resolved]]
    axes.errorbar(share, resolved, xerr=across, yerr=up, color=RED, elinewidth=1.2, capsize=3)
    axes.plot(share, resolved, "D", ms=9, color=RED, mec=colour, mew=2, zorder=5)


def _said(axes: Axes, judged: Judged) -> None:
    found, random = judged.metrics.found, judged.metrics.random
    axes.annotate(
        f"percentages: wrong patches that the verifier catches,\nat {100 * GOOD.f:.0f} % of right ones turned away",
        (0.985, 0.2),
        xycoords="axes fraction",
        ha="right",
        fontsize=10,
    )
    axes.annotate(
        f"red: our gate as measured, {100 * judged.s:.0f} % caught, {100 * judged.f:.0f} % turned away;\n"
        f"{found.resolved:.0f} of {judged.strong} at {100 * found.share:.0f} % of the cost, at random {random:.0f}",
        (0.985, 0.05),
        xycoords="axes fraction",
        ha="right",
        fontsize=10,
        color=RED,
    )


# ---- what is gained over random, by chain ------------------------------------------------------------------------


def _lifts(axes: Axes, report: Report) -> None:
    judged = [report.headline(each.chain) for each in report.pairs]
    for issues in NOISE:
        axes.axvspan(0, issues, color=BAND, alpha=0.6, lw=0, zorder=0)
    axes.axvline(0, color=GREY, ls="--", lw=1.2)
    places = [*range(len(judged), 0, -1)]
    for place, each in zip(places, judged, strict=True):
        lift, real = each.metrics.lift, each.real.lift
        across = [[lift - real.low], [real.high - lift]]
        axes.errorbar(lift, place, xerr=across, fmt="D", ms=6, color=RED, elinewidth=1.2, capsize=3)
    axes.set_yticks(places, [_named(each.chain) for each in judged], fontsize=9.5)
    axes.tick_params(axis="x", labelsize=9.5)
    axes.spines[["top", "right", "left"]].set_visible(False)
    right = axes.secondary_yaxis("right")
    found = [(each.metrics.found, each.strong) for each in judged]
    right.set_yticks(
        places, [f"{point.resolved:.0f} of {strong} at {100 * point.share:.0f} %" for point, strong in found], fontsize=9.5
    )
    right.spines["right"].set_visible(False)
    for axis in (axes, right):
        axis.tick_params(axis="y", length=0)
