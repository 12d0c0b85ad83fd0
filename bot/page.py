"""A ledger's report as one HTML page with plots, which loads nothing and runs nothing."""

import logging

from bot import tell
from bot.core.past.charts import Plot, figures
from bot.core.past.tables import Report
from bot.ports import Denied, Renderer


def page(made: Report, render: Renderer) -> str:
    """Raises `Denied` where the library that draws is not there: nobody else needs it."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # where it keeps its list of fonts is nobody's business here
    try:
        from bot.edge.plots import drawn  # noqa: PLC0415 - it is an extra
    except ImportError as error:
        remedy = "`pip install 'route-agent[plots]'` brings it, and --format md needs none"
        raise Denied(f"--format html draws with matplotlib, which is not here ({error}); {remedy}") from None
    return tell.page(made, tuple(Plot(figure, drawn(figure)) for figure in figures(made)), render)
