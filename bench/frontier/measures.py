"""What a policy is judged by: beside random routing at its own cost, the oracle, and always asking the strong lane."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.frontier.cascade import Curve, Gate, Spent, drawn, expected
from bench.frontier.data import Lane
from bench.frontier.features import Floats, Ints

BUDGETS = (0.25, 0.35, 0.45, 0.60)
REACHES = (1.00, 0.99, 0.95)
AIM_COST, AIM_SHARE = 0.45, -0.02
"""The aim: as many resolved as always-strong, the lower bound at most two points of all issues below, at 45 % of its cost."""
DRAWS, SEED = 2_000, 20261126


@dataclass(frozen=True, slots=True)
class Point:
    """Issues resolved, and the cost as a share of always asking the strong lane."""

    resolved: float
    share: float


@dataclass(frozen=True, slots=True)
class Interval:
    """95 %."""

    low: float
    high: float


def point(spent: Spent, strong: Lane, v: int = 0) -> Point:
    return Point(float(spent.resolved.sum()), float(spent.cost(v).sum() / strong.micros.sum()))


def alone(lane: Lane, strong: Lane) -> Point:
    return Point(float(lane.resolved.sum()), float(lane.micros.sum() / strong.micros.sum()))


def random_at(share: float, fast: Point, strong: Point) -> float:
    """What sending a random part of the issues to the strong lane resolves at that cost; beyond either end, that end."""
    part = min(1.0, max(0.0, (share - fast.share) / (strong.share - fast.share)))
    return fast.resolved + part * (strong.resolved - fast.resolved)


def oracle(chain: Sequence[Lane]) -> Point:
    """The lane that is cheapest on this issue among those that resolve it, among all where none does: somebody who knows."""
    resolved, micros = (np.stack([getattr(lane, name) for lane in chain]) for name in ("resolved", "micros"))
    fitting = (resolved == 1) | (resolved.sum(axis=0) == 0)
    cheapest = np.where(fitting, micros, micros.max() + 1).min(axis=0)
    return Point(float(resolved.max(axis=0).sum()), float(cheapest.sum() / chain[-1].micros.sum()))


def break_even(chain: Sequence[Lane], f: float) -> float | None:
    """The least s with which the chain resolves as many as its strong lane alone; none where not even s = 1 does."""
    wanted = float(chain[-1].resolved.sum())

    def resolved(s: float) -> float:
        return float(expected(chain, Gate(s, f)).resolved.sum())

    if resolved(1.0) < wanted:
        return None
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if resolved(middle) >= wanted else (middle, high)
    return high


def a_more(spent: Spent, fast: Lane, v: int) -> float | None:
    """Micro-dollars for each issue resolved beyond what the first lane resolves alone."""
    more = float(spent.resolved.sum() - fast.resolved.sum())
    return float(spent.cost(v).sum() - fast.micros.sum()) / more if more > 0 else None


# ---- along a line of policies ------------------------------------------------------------------------------------


def mixed(fast: Point, middle: Point, strong: Point) -> tuple[Point, ...]:
    """What one gate reaches when a random part of the issues goes to the fast or to the strong lane without it.

    The upper hull: a gate that is worse than random routing is left out.
    """
    if not fast.share < middle.share < strong.share or middle.resolved <= random_at(middle.share, fast, strong):
        return (fast, strong)
    return (fast, middle, strong)


def at_cost(line: Sequence[Point], share: float) -> float | None:
    """R@C: issues resolved for at most that share; none where the cheapest policy costs more."""
    if share < line[0].share:
        return None
    return float(np.interp(share, [each.share for each in line], [each.resolved for each in line]))


def to_reach(line: Sequence[Point], part: float, strong: Point) -> float | None:
    """C@R: the share of cost to resolve that part of what the strong lane resolves."""
    wanted, best = part * strong.resolved, np.maximum.accumulate([each.resolved for each in line])
    if wanted > best[-1]:
        return None
    first = int(np.argmax(best >= wanted))
    if first == 0:
        return line[0].share
    shares = [line[first - 1].share, line[first].share]
    return float(np.interp(wanted, [best[first - 1], line[first].resolved], shares))


def above_random(line: Sequence[Point], fast: Point, strong: Point) -> float:
    """AUCQ: issues above random routing, in the mean over the costs from the fast lane's to the strong lane's.

    At each cost what the best policy up to it resolves.
    """
    costs = np.linspace(fast.share, strong.share, 2_001)
    best = np.maximum.accumulate(np.interp(costs, [each.share for each in line], [each.resolved for each in line]))
    return float((best - np.interp(costs, [fast.share, strong.share], [fast.resolved, strong.resolved])).mean())


def line_of(curve: Curve, strong: Lane) -> tuple[Point, ...]:
    """All folds together, cheapest first: tuned on what it is judged by, for comparison only."""
    total = float(strong.micros.sum())
    points = [
        Point(float(resolved), float(cost) / total)
        for resolved, cost in zip(curve.resolved.sum(axis=1), curve.cost.sum(axis=1), strict=True)
    ]
    return tuple(sorted(points, key=lambda each: each.share))


def held_out(curve: Curve, strong: Lane, folds: Ints, choose: Callable[[Floats, Floats], int]) -> Point:
    """The threshold is chosen on four folds, by resolved and cost as parts of the strong lane's there, and scored on the fifth."""
    resolved = cost = 0.0
    for fold in range(curve.resolved.shape[1]):
        seen = np.arange(curve.resolved.shape[1]) != fold
        base_resolved, base_cost = strong.resolved[folds != fold].sum(), strong.micros[folds != fold].sum()
        best = choose(curve.resolved[:, seen].sum(axis=1) / base_resolved, curve.cost[:, seen].sum(axis=1) / base_cost)
        resolved += curve.resolved[best, fold]
        cost += curve.cost[best, fold]
    return Point(resolved, cost / float(strong.micros.sum()))


def most_within(budget: float) -> Callable[[Floats, Floats], int]:
    """Most resolved within the budget; the cheapest where nothing is within it."""
    return lambda resolved, cost: int(np.argmax(np.where(cost <= budget, resolved, -cost)))


def cheapest_to(part: float) -> Callable[[Floats, Floats], int]:
    """Cheapest that resolves the part; the most resolved where nothing does."""
    return lambda resolved, cost: int(np.argmin(np.where(resolved >= part, cost, 1e9 - resolved)))


# ---- intervals ---------------------------------------------------------------------------------------------------


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
