"""What is typed, what the models answer, and what a run leaves in the ledger."""

from pathlib import Path
from typing import Any

from bot.core.ledger import decode

TASK = ("--task", "add(2, 2) gives 5, see shop/add.py")


def ledger(shop: Path) -> list[Any]:
    return [decode(line) for line in (shop / ".git" / "route-agent" / "ledger.jsonl").read_text().splitlines()]


def answers(*actions: dict[str, Any]) -> list[dict[str, Any]]:
    return [dict(action) for action in actions]
