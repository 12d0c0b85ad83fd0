"""Ledgers as a year of runs would leave them: drawn from a seed, through the bot's own records, scores and routes."""

from collections.abc import Iterable
from datetime import timedelta
from random import Random

from bot.core.ledger import encode
from bot.core.past.lines import Line
from bot.core.past.survey import Books, books
from tests.drawn import life
from tests.plans import START, Entry, Plan


def ledger(plan: Plan) -> tuple[Entry, ...]:
    """Records and outcomes in the order in which they were written."""
    random = Random(plan.seed)  # noqa: S311 - no secret: the same plan always makes the same ledger
    items: list[Entry] = []
    for number in range(plan.runs):
        at = START + timedelta(days=plan.days * number / max(1, plan.runs))
        items += life(plan, random, number, at)
    return tuple(sorted(items, key=lambda item: item.at))


def lines(items: Iterable[Entry], place: str = "ledger.jsonl") -> list[Line]:
    return [Line(encode(item).encode(), f"{place}:{number}") for number, item in enumerate(items, 1)]


def text(items: Iterable[Entry]) -> bytes:
    """The items as a ledger's file holds them."""
    return "".join(f"{encode(item)}\n" for item in items).encode()


def read_books(*plans: Plan) -> Books:
    """The plans' ledgers, one a plan, as they are read two months after the last run."""
    now = START + timedelta(days=max(plan.days for plan in plans) + 60)
    return books([lines(ledger(plan)) for plan in plans], now)
