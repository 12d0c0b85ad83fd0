"""What is planted in ledgers of a thousand runs, and what a look for drift finds there."""

from bot.core.past.drift import Drift, drift
from tests.ledgers import read_books
from tests.plans import POLICY, Area, Plan

NAME = ".github/route-agent.yml"
BAD = Area("payments", 1.5, fails=0.7, rejected=0.6)
WASTED = {5: 0.97, 6: 0.97}
DEAR = 110_000
"""Micro-dollars of a first lane that is not cheap: what it saves, one accepted patch in twenty does not pay for."""


def found(*plans: Plan, policy: bytes = POLICY) -> Drift:
    return drift(read_books(*plans), policy, NAME)


def named(seen: Drift) -> set[tuple[str, ...]]:
    areas = {(area.path, area.what) for area in seen.areas}
    return areas | {(look.key, look.about) for look in seen.argued} | {(glob.key, glob.glob) for glob in seen.globs}
