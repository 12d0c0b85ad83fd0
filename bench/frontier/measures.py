"""What a policy is judged by: beside random routing at its own cost, the oracle, and always asking the strong lane."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.frontier.cascade import Curve, Gate, Spent, expected
from bench.frontier.data import Lane
from bench.frontier.features import Floats, Ints

BUDGETS = (0.25, 0.35, 0.45, 0.60)
REACHES = (1.00, 0.99, 0.95)
AIM_COST, AIM_SHARE = 0.45, -0.02
"""The aim: as many resolved as always-strong, the lower bound at most two points of all issues below, at 45 % of its cost."""


@dataclass(frozen=True, slots=True)
class Point:
    """Issues resolved, and the cost as a share of always asking the strong lane."""

    resolved: float
    share: float


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


def picked(curve: Curve, strong: Lane, folds: Ints, choose: Callable[[Floats, Floats], int]) -> tuple[int, ...]:
    """For each fold the threshold that is chosen on the other four, by resolved and cost as parts of the strong lane's there."""
    picks = []
    for fold in range(curve.resolved.shape[1]):
        seen = np.arange(curve.resolved.shape[1]) != fold
        base_resolved, base_cost = strong.resolved[folds != fold].sum(), strong.micros[folds != fold].sum()
        picks.append(choose(curve.resolved[:, seen].sum(axis=1) / base_resolved, curve.cost[:, seen].sum(axis=1) / base_cost))
    return tuple(picks)


def held_out(curve: Curve, strong: Lane, picks: Sequence[int]) -> Point:
    """Each fold's threshold scored on that fold, which it never saw."""
    folds = np.arange(len(picks))
    cost = float(curve.cost[list(picks), folds].sum())
    return Point(float(curve.resolved[list(picks), folds].sum()), cost / float(strong.micros.sum()))


def most_within(budget: float) -> Callable[[Floats, Floats], int]:
    """Most resolved within the budget; the cheapest where nothing is within it."""
    return lambda resolved, cost: int(np.argmax(np.where(cost <= budget, resolved, -cost)))


def cheapest_to(part: float) -> Callable[[Floats, Floats], int]:
    """Cheapest that resolves the part; the most resolved where nothing does."""
    return lambda resolved, cost: int(np.argmin(np.where(resolved >= part, cost, 1e9 - resolved)))


@dataclass(frozen=True, slots=True)
class Metrics:
    """What every policy is judged by. `random` resolves as many at the same cost; `checking` is what its checks cost, in dollars;
    `a_more` dollars an issue resolved beyond the first lane alone; `at` R@C and `reach` C@R, a random part of the issues going
    past the policy; `wrong` are patches that are shipped, of a lane before the last."""

    found: Point
    random: float
    below_oracle: float
    wrong: float
    checking: float
    a_more: float | None
    at: tuple[float | None, ...]
    reach: tuple[float | None, ...]
    aucq: float

    @property
    def lift(self) -> float:
        """Issues above random routing at the same cost."""
        return self.found.resolved - self.random


def metrics(spent: Spent, chain: Sequence[Lane], v: int = 0) -> Metrics:
    fast, strong = alone(chain[0], chain[-1]), alone(chain[-1], chain[-1])
    found = point(spent, chain[-1], v)
    line, more = mixed(fast, found, strong), a_more(spent, chain[0], v)
    return Metrics(
        found=found,
        random=random_at(found.share, fast, strong),
        below_oracle=oracle(chain).resolved - found.resolved,
        wrong=float(spent.wrong.sum()),
        checking=float(spent.checks.sum()) * v / 1e6,
        a_more=None if more is None else more / 1e6,
        at=tuple(at_cost(line, share) for share in BUDGETS),
        reach=tuple(to_reach(line, part, strong) for part in REACHES),
        aucq=above_random(line, fast, strong),
    )
