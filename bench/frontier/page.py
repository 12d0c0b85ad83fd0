"""bench/frontier.md and the paragraph of README.md, written from what the last run on the real data found."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bench.frontier.cells import at, points, signed
from bench.frontier.falsify import NOISE
from bench.frontier.gates import PRICES
from bench.frontier.measured import HEADLINE
from bench.frontier.measures import AIM_COST
from bench.frontier.report import CHAIN, PRIMARY, REJECTED, Report, name, reaches

TEMPLATES = Path(__file__).resolve().parent / "templates"


def page(report: Report) -> str:
    return _written("page.md", report)


def paragraph(report: Report) -> str:
    return _written("paragraph.md", report)


def _written(template: str, report: Report) -> str:
    # Markdown, and nothing in it is anybody else's.
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701
    )
    templates.filters["percent"] = lambda share: f"{100 * share:.1f} %"
    templates.filters["at"] = at
    templates.filters["whole"] = lambda value: f"{value:.0f}"
    templates.filters["signed"] = signed
    templates.globals["points"] = lambda found: points(found, report.issues)
    return templates.get_template(template).render(_values(report))


def _values(report: Report) -> dict[str, Any]:
    row, (primary, chain) = report.gate.row(HEADLINE), (name(PRIMARY), name(CHAIN))
    needed = {each.chain: each.break_even for each in report.pairs}
    paid = [report.headline(each.chain, paid=True) for each in report.pairs]
    return {
        "report": report,
        "row": row,
        "bound": row.bound(),
        "price": PRICES[-1] / 1e6,
        "noise": NOISE,
        "aim_cost": AIM_COST,
        "chains": [(each, report.headline(each.chain), judged) for each, judged in zip(report.pairs, paid, strict=True)],
        "met": [judged.chain for judged in paid if reaches(judged, report.issues)],
        "free_above": [each.chain for each in map(report.headline, needed) if each.real.lift.low > 0],
        "paid_above": [each.chain for each in paid if each.metrics.lift > 0],
        "above": [(on, each) for on, each in report.eligible if each.lift_interval.low > 0],
        "ours": report.headline(primary),
        "ours_paid": report.headline(primary, paid=True),
        "good": report.good(primary),
        "good_chain": report.good(chain),
        "working": next(each for each in report.declared if (each.chain, each.s) == (primary, 0.5)),
        "needed": needed,
        "rejected": next(each for each in report.measured if (each.chain, each.gate) == (primary, REJECTED)),
        "upstream": next(each for each in report.regimes if (each.chain, each.gate) == (chain, "upstream test")),
        "reproduced": sum(each.reproduced for each in report.references),
    }
