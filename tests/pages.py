"""The report of a drawn ledger, as values and as a page."""

import json
from datetime import UTC, datetime

from bot.core.past.report import report
from bot.core.past.tables import Report
from bot.edge.render import Templates
from bot.page import html
from bot.voice import templates
from tests.ledgers import read_books
from tests.plans import Plan

NOW = datetime(2026, 10, 28, tzinfo=UTC)
CAP = 5_000_000
"""Micro-dollars a day, which some days of the drawn ledger go above."""
HOSTILE = (
    "</style><script>document.title='taken'</script><img src=//evil.example/x onerror=\"document.title='taken'\">",
    "_$\\frac{x$ & {{ 7 * 7 }} \"'> \u202e<svg onload=alert(1)>\x00\x1b[31m",
)
"""Names of lanes that nobody means well with: markup, a formula that is none, a template, letters that turn the line."""


def made(plan: Plan | None = None, cap: int | None = CAP) -> Report:
    return report(read_books(plan or Plan()), ("acme/shop: origin/route-agent-ledger",), NOW, cap)


def shown(found: Report) -> str:
    return html(found, Templates(templates()))


def hostile(ledger: bytes) -> bytes:
    """The same ledger with other names for its lanes and its repository."""
    text = ledger.decode()
    for name, other in zip(("fast", "strong", "acme/shop"), (*HOSTILE, HOSTILE[0]), strict=True):
        text = text.replace(f'"{name}"', json.dumps(other))
    return text.encode()
