"""Runs and policies that a replay is asked about."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.core.ledger import Line, Record
from bot.core.past.replay import replay
from bot.core.past.replayed import Replay
from bot.core.policy import Policy
from tests.fakes.recorded import Went, lines, policy, record, seen

NOW = datetime(2026, 11, 30, tzinfo=UTC)
LOWER = policy(fast_max_score="2", strong_min_score="3")
"""What starts in `fast` under the old policy with a score above 2 starts in `strong`."""
THREE = seen(files=3)
"""A score of 3."""
UP, WON = Went("fast", "failed_tests", micros=400, seconds=4.0), Went("strong", micros=9_000, seconds=30.0)


def replayed(new: Policy, *items: Line, old: Policy | None = None, **more: Any) -> Replay:
    return replay([lines(*items)], new, NOW, old=old, **more)


def fasts(accepted: int, of: int) -> list[Record]:
    """Runs that started in the fast lane, so many of them accepted there."""
    return [record(n, *((Went("fast", micros=500),) if n < accepted else (replace(UP, micros=500), WON))) for n in range(of)]
