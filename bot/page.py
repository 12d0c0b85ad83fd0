"""What a ledger says, as text: Markdown, or one HTML page with plots, which loads nothing and runs nothing."""

import logging
from typing import TYPE_CHECKING

from bot.core.past import wording
from bot.core.past.charts import Plot, figures
from bot.core.past.interval import ENOUGH
from bot.core.past.tables import Report
from bot.failures import Denied

if TYPE_CHECKING:
    from bot.ports import Renderer

FIGURES = {
    "share": wording.share,
    "usd": wording.usd,
    "took": wording.took,
    "portions": wording.portions,
    "against": wording.against,
}
"""How a report's figures are said, for its templates."""

SHOWN_DAYS = 30
"""Bars of the Markdown's plot of days: more than these cannot be told apart in a job's summary."""


def markdown(made: Report, render: "Renderer") -> str:
    """What a ledger says, as Markdown for a terminal, a job's summary or an issue."""
    return render("ledger/report.md.j2", report=made, enough=ENOUGH, labels=wording.LABELS, shown_days=SHOWN_DAYS, **FIGURES)


def dashboard(text: str, now: str, run_url: str, render: "Renderer") -> str:
    """The issue that holds the report."""
    return render("ledger/dashboard.md.j2", text=text, at=now, run_url=run_url)


def html(made: Report, render: "Renderer") -> str:
    """Raises `Denied` where the library that draws is not there: nobody else needs it."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # where it keeps its list of fonts is nobody's business here
    try:
        from bot.edge.plots import drawn  # noqa: PLC0415 - it is an extra
    except ImportError as error:
        remedy = "`pip install 'route-agent[plots]'` brings it, and --format md needs none"
        raise Denied(f"--format html draws with matplotlib, which is not here ({error}); {remedy}") from None
    plots = tuple(Plot(figure, drawn(figure)) for figure in figures(made))
    return render("ledger/report.html.j2", report=made, enough=ENOUGH, plots=plots, **FIGURES)
