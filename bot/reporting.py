"""`ledger report`: ledgers are being counted while what writes the report is loaded."""

import os
from argparse import Namespace
from datetime import UTC, datetime

from bot import counting, ledgers
from bot.exits import DONE
from bot.voice import environment, put, templates


def report(words: Namespace) -> int:
    """Raises `Denied` or `PolicyError`."""
    now, path = datetime.now(UTC), environment().get("PATH", os.defpath)
    since = words.since.isoformat() if words.since else ""
    with counting.counting(ledgers.wanted(words), path, now) as (counted, names):
        from bot.core.past.report import told  # noqa: PLC0415 - a third of a second, in which others read
        from bot.core.strict import document  # noqa: PLC0415 - likewise
        from bot.edge.render import Templates  # noqa: PLC0415 - likewise
        from bot.page import html, markdown  # noqa: PLC0415 - likewise

        per_day = ledgers.per_day(words, path)
        made, render = told(counted(), names, now, per_day, since), Templates(templates())
    if words.format == "json":
        text = document(made)
    elif words.format == "html":
        text = html(made, render)
    else:
        text = markdown(made, render)
    put(text, words.output)
    return DONE
