"""Intervals: the issues drawn again, and with them what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.frontier.cascade import Gate, Spent, drawn
from bench.frontier.data import Lane
from bench.frontier.features import Floats, Ints

DRAWS, SEED = 2_000, 20261126


@dataclass(frozen=True, slots=True)
class Interval:
    """95 %."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Bootstrap:
    """Issues drawn with replacement, shape (draws, issues), and one uniform number for each gate that one of them may meet."""

    rows: Ints
    uniforms: Floats

    @staticmethod
    def of(issues: int, draws: int = DRAWS) -> "Bootstrap":
        random = np.random.default_rng(SEED)
        return Bootstrap(random.integers(0, issues, (draws, issues)), random.random((draws, issues, 3)))

    def total(self, values: Floats | Ints) -> Floats:
        found: Floats = values[self.rows].sum(axis=1).astype(float)
        return found


def interval(values: Floats) -> Interval:
    return Interval(float(np.quantile(values, 0.025)), float(np.quantile(values, 0.975)))


@dataclass(frozen=True, slots=True)
class Realised:
    """The issues drawn again and the gate realised: resolved less always-strong, and the share of its cost."""

    against_strong: Interval
    share: Interval
    resolved: Interval
    lift: Interval
    """Above random routing at the same cost."""


def realised(chain: Sequence[Lane], gate: Gate, v: int, boot: Bootstrap, *, last: bool = False) -> Realised:
    spent, strong = drawn(chain, gate, boot.uniforms, boot.rows, last=last), chain[-1]
    resolved, cost = spent.resolved.sum(axis=1), spent.cost(v).sum(axis=1)
    most, dear = boot.total(strong.resolved), boot.total(strong.micros)
    return Realised(
        interval(resolved - most),
        interval(cost / dear),
        interval(resolved),
        interval(lifts(resolved, cost, chain[0], strong, boot)),
    )


def lifts(resolved: Floats, cost: Floats, fast: Lane, strong: Lane, boot: Bootstrap) -> Floats:
    """In each draw, above what random routing resolves at the same cost among the same issues."""
    least, most = boot.total(fast.resolved), boot.total(strong.resolved)
    cheap, dear = boot.total(fast.micros), boot.total(strong.micros)
    found: Floats = resolved - (least + np.clip((cost - cheap) / (dear - cheap), 0, 1) * (most - least))
    return found


def in_expectation(spent: Spent, strong: Lane, boot: Bootstrap) -> Interval:
    """Resolved less always-strong; only the issues are drawn again."""
    return interval(boot.total(spent.resolved) - boot.total(strong.resolved))
