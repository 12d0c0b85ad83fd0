"""The frontier as a picture: cost against issues resolved, with the band in which a lift may be luck."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from bench.frontier.falsify import NOISE
from bench.frontier.gates import Judged
from bench.frontier.measures import AIM_COST, AIM_SHARE
from bench.frontier.report import BOUND, CHAIN, POINT, PRIMARY, Report, name

GREY, BLUE, RED, GREEN = "#666666", "#2166ac", "#c0392b", "#1a7f37"


def draw(report: Report, file: Path) -> None:
    """About 1,000 pixels wide, to be shown at 700."""
    figure = Figure(figsize=(7.6, 5.0), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    pair = next(each for each in report.pairs if each.chain == name(PRIMARY))
    strong = pair.both + pair.last_only
    _band(axes, strong)
    _aim(axes, strong, report.issues)
    axes.plot(
        [100 * pair.first.share, 100], [pair.first.resolved, strong], "--", color=GREY, lw=1.4, label="random routing, mini or s45"
    )
    for chain, colour, style in ((PRIMARY, BLUE, "-"), (CHAIN, GREEN, "-.")):
        _cascade(axes, [each for each in report.declared if each.chain == name(chain) and each.f == 0.05], colour, style)
    for chain, colour in ((PRIMARY, BLUE), (CHAIN, GREEN)):
        _gate(axes, [each for each in report.measured if each.chain == name(chain) and each.v == 0], colour)
    axes.plot(100 * pair.oracle.share, pair.oracle.resolved, "*", ms=12, color="black", ls="none", label="oracle, mini or s45")
    axes.plot(100 * pair.first.share, pair.first.resolved, "s", color=GREY, ms=6)
    axes.plot(100, strong, "s", color=GREY, ms=6)
    axes.annotate(
        "always mini", (100 * pair.first.share, pair.first.resolved), (6, -12), textcoords="offset points", fontsize=9, color=GREY
    )
    axes.annotate("always s45", (100, strong), (0, -15), textcoords="offset points", fontsize=9, color=GREY, ha="center")
    axes.set_xlabel("cost, % of asking Claude Sonnet 4.5 (s45) on every issue")
    axes.set_ylabel(f"issues resolved, of {report.issues}")
    axes.set_xlim(0, 107)
    top = max(each.found.resolved for each in (*report.declared, *report.measured))
    axes.set_ylim(0.95 * pair.first.resolved, 1.02 * max(top, pair.oracle.resolved, strong + NOISE[1]))
    axes.set_title(_title(report), fontsize=10.5, loc="left")
    axes.grid(alpha=0.25)
    axes.legend(loc="lower right", fontsize=8.5, framealpha=0.95)
    figure.savefig(file, dpi=132, metadata={"Software": None})


def _title(report: Report) -> str:
    what = "SWE-bench Verified, public runs" if report.kind == "real" else "Made-up rows, of no meaning"
    return f"{what}: a cascade is as good as its verifier"


def _band(axes: Axes, strong: int) -> None:
    low, high = (strong + issues for issues in NOISE)
    axes.axhspan(low, high, color="#999999", alpha=0.22, lw=0, label=f"noise: one model asked twice, +{NOISE[0]} to +{NOISE[1]}")


def _aim(axes: Axes, strong: int, issues: int) -> None:
    """Where the lower end of the interval has to lie."""
    least = strong + AIM_SHARE * issues
    axes.add_patch(Rectangle((0, least), 100 * AIM_COST, 1_000, fill=False, hatch="..", ec="#b8d8be", lw=0, zorder=0))
    axes.annotate("the aim: lower bound in here", (1.0, least + 2), fontsize=8.5, color=GREEN)


def _cascade(axes: Axes, judged: list[Judged], colour: str, style: str) -> None:
    """The gates that are declared, s from 0.3 to 1 at f = 0.05."""
    shares, resolved = [100 * each.found.share for each in judged], [each.found.resolved for each in judged]
    axes.plot(shares, resolved, style, marker=".", color=colour, lw=1.6, label=f"{judged[0].chain}, declared s, f = 0.05")
    for each, share, issues in zip(judged, shares, resolved, strict=True):
        axes.annotate(f"s={each.s:g}", (share, issues), (5, -9), textcoords="offset points", fontsize=8, color=colour)


def _gate(axes: Axes, judged: list[Judged], colour: str) -> None:
    """What is measured, at its bounds, with the interval of a run; a hollow ring is the gate as counted."""
    bound, counted = (next(each for each in judged if each.gate == gate) for gate in (BOUND, POINT))
    share, resolved, real = 100 * bound.found.share, bound.found.resolved, bound.real
    across = [[share - 100 * real.share.low], [100 * real.share.high - share]]
    up = [[resolved - real.resolved.low], [real.resolved.high - resolved]]
    label = f"{bound.chain}, our measured gate, 95 %"
    axes.errorbar(share, resolved, xerr=across, yerr=up, fmt="D", ms=6, color=RED, mec=colour, mew=1.6, capsize=3, label=label)
    axes.plot(100 * counted.found.share, counted.found.resolved, "o", mfc="none", mec=RED, ms=7)
