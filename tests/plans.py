"""What is true of an imagined repository: which areas it has, how often a lane fails where, how people judge.

What a plan does not say is unremarkable: nothing in a ledger that is drawn from it has drifted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.core.ledger import Record
from bot.core.outcome import Outcome
from bot.core.policy import Policy
from bot.core.policyfile import read
from bot.core.words import Reason, SignalName, TaskClass

POLICY = b"""\
models:
  fast: {provider: openrouter, model: maker/small}
  strong: {provider: openrouter, model: maker/large}
routing:
  fast_max_score: 6 # up to here a task starts in `fast`
  strong_min_score: 7
"""
START = datetime(2026, 6, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Area:
    """A folder that tasks are about. `fails`: the share of the first lane's patches there that are not accepted; `rejected`: the
    share of the accepted patches that people do not want, None where that is what the confidence says."""

    folder: str
    share: float = 1.0
    fails: float = 0.25
    rejected: float | None = None
    endings: tuple[str, ...] = ("py",)
    signals: tuple[SignalName, ...] = ()
    """Found in every task here, by its text."""


AREAS = tuple(map(Area, ("shop/cart", "shop/catalog", "shop/mail", "web/pages", "web/widgets", "reports", "tools")))
CLASSES: Mapping[TaskClass, float] = {"bugfix": 6, "feature": 3, "refactor": 2, "docs": 1, "tests": 1, "flaky": 0.5}
FOUND: Mapping[SignalName, float] = {
    "needs_new_code": 0.2,
    "schema_change": 0.03,
    "auth_code": 0.04,
    "production_incident": 0.02,
    "ci_config": 0.02,
    "secrets_handling": 0.02,
    "deploy_config": 0.02,
    "dependency_change": 0.05,
}
"""How often a task has the signal."""


@dataclass(frozen=True)
class Plan:
    """What is true of a repository and its runs. Costs are the medians, in micro-dollars."""

    runs: int = 1_000
    seed: int = 1
    repo: str = "acme/shop"
    policy: Policy = field(default_factory=lambda: read(POLICY, "policy"))
    areas: tuple[Area, ...] = AREAS
    classes: Mapping[TaskClass, float] = field(default_factory=lambda: CLASSES)
    found: Mapping[SignalName, float] = field(default_factory=lambda: FOUND)
    days: int = 90
    fails_at: Mapping[int, float] = field(default_factory=dict)
    """The first lane's failures at a score, whatever the area."""
    later_fail: float = 0.35
    """The failures of every lane after the first."""
    reasons: Mapping[Reason, float] = field(
        default_factory=lambda: {"failed_tests": 6.0, "patch_rejected": 2.0, "low_confidence_summary": 2.0}
    )
    hopeless: tuple[Reason, ...] = ()
    """Reasons after which no later lane succeeds either."""
    overconfident: float = 0.0
    """By how much the confidence is above the share of patches that turn out right."""
    judged: float = 0.9
    """Pull requests that people answer."""
    asked_fast: float = 0.02
    """Runs for which a person typed the first lane's name."""
    out_of_money: float = 0.01
    fast_micros: int = 40_000
    strong_micros: int = 500_000
    judging_micros: int = 10_000


Entry = Record | Outcome
