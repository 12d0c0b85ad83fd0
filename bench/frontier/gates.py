"""Tracks B and C: the cascade with a gate of declared strength, and with the one that our verifier bench measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from bench.frontier.cascade import Gate, direct, expected, sweep
from bench.frontier.data import Lane, Outcomes
from bench.frontier.measures import (
    BUDGETS,
    REACHES,
    Bootstrap,
    Point,
    Realised,
    a_more,
    above_random,
    alone,
    at_cost,
    break_even,
    cheapest_to,
    held_out,
    line_of,
    mixed,
    most_within,
    oracle,
    point,
    random_at,
    realised,
    to_reach,
)
from bot.core.past.interval import wilson
from bot.core.strict import STRICT

MEASURED = Path(__file__).resolve().parent.parent / "verifier" / "measured.json"
AUCS, CORRELATED = (0.70, 0.75, 0.80, 0.85, 0.90, 0.95), (0.0, 0.5)
PRICES = (0, 50_000)
"""Micro-dollars a check: the evidence that costs nothing but CI's minutes, and a critic or a written test at 5 cents."""
DECLARED = (*(Gate(s, 0.05) for s in (0.3, 0.5, 0.7, 0.9, 1.0)), Gate(0.35, 0.02))
"""The last one is what published figures say of a full suite alone."""
CI_ONLY = DECLARED[-1]


@checked(frozen=True, slots=True, config=STRICT)
class Count:
    """One regime of the verifier bench: wrong patches and those caught, of them rejected; right ones and those turned away."""

    name: str
    caught: int
    wrong: int
    rejected: int
    away: int
    right: int
    away_rejected: int

    def share(self) -> Gate:
        return Gate(self.caught / self.wrong, self.away / self.right)

    def bound(self) -> Gate:
        """The lower Wilson bound of s and the upper one of f, each of 95 %: what is claimed and no more."""
        return Gate(wilson(self.caught, self.wrong)[0], wilson(self.away, self.right)[1])

    def only_rejected(self) -> Gate:
        """The same, were `not verified` accepted: only a patch that something speaks against escalates."""
        return Gate(wilson(self.rejected, self.wrong)[0], wilson(self.away_rejected, self.right)[1])


@checked(frozen=True, slots=True, config=STRICT)
class Measured:
    """The figures of bench/verifier.md; `commit` is the one at which they were measured."""

    date: str
    commit: str
    rows: tuple[Count, ...]

    def row(self, name: str) -> Count:
        return next(row for row in self.rows if row.name == name)


def measured() -> Measured:
    """Raises `ValueError` where the file is not what it should be."""
    try:
        return TypeAdapter(Measured).validate_json(MEASURED.read_bytes())
    except ValidationError as error:
        raise ValueError(f"{MEASURED.name}: {error.errors()[0]['msg']}") from error


@dataclass(frozen=True, slots=True)
class Judged:
    """A cascade with one gate. `checking` is what its checks cost, in dollars; `a_more` dollars an issue resolved beyond the first
    lane alone; `at` R@C and `reach` C@R, a random part of the issues going past the gate."""

    chain: str
    gate: str
    s: float
    f: float
    v: float
    found: Point
    random: float
    strong: int
    below_oracle: float
    wrong: float
    checking: float
    a_more: float | None
    at: tuple[float | None, ...]
    reach: tuple[float | None, ...]
    aucq: float
    real: Realised


def judge(
    names: Sequence[str], chain: Sequence[Lane], label: str, gate: Gate, v: int, boot: Bootstrap, *, last: bool = False
) -> Judged:
    """`last`: what the strong lane makes has to pass the gate as well, and is not shipped where it does not."""
    spent = expected(chain, gate, last=last)
    fast, strong = alone(chain[0], chain[-1]), alone(chain[-1], chain[-1])
    found = point(spent, chain[-1], v)
    line = mixed(fast, found, strong)
    return Judged(
        chain=" → ".join(names),
        gate=label,
        s=gate.s,
        f=gate.f,
        v=v / 1e6,
        found=found,
        random=random_at(found.share, fast, strong),
        strong=int(strong.resolved),
        below_oracle=oracle(chain).resolved - found.resolved,
        wrong=float(spent.wrong.sum()),
        checking=float(spent.checks.sum()) * v / 1e6,
        a_more=None if (more := a_more(spent, chain[0], v)) is None else more / 1e6,
        at=tuple(at_cost(line, share) for share in BUDGETS),
        reach=tuple(to_reach(line, part, strong) for part in REACHES),
        aucq=above_random(line, fast, strong),
        real=realised(chain, gate, v, boot, last=last),
    )


@dataclass(frozen=True, slots=True)
class Swept:
    """A verifier of declared AUC, its threshold chosen on four folds: resolved and cost on the fifth, pooled."""

    chain: str
    auc: float
    rho: float
    v: float
    at: tuple[Point, ...]
    """Most within 25, 35, 45, 60 % of always-strong."""
    reach: tuple[Point, ...]
    """Cheapest for 100, 99, 95 % of what always-strong resolves."""
    aucq: float
    in_sample: tuple[float | None, ...]
    """C@R with the threshold chosen on all folds: better than it would be."""


def swept(outcomes: Outcomes, names: tuple[str, ...], auc: float, rho: float, v: int) -> Swept:
    chain, folds = outcomes.lanes(names), outcomes.folds
    curve = sweep(chain, folds, auc, rho, v)
    line, (fast, strong) = line_of(curve, chain[-1]), (alone(lane, chain[-1]) for lane in (chain[0], chain[-1]))
    return Swept(
        chain=" → ".join(names),
        auc=auc,
        rho=rho,
        v=v / 1e6,
        at=tuple(held_out(curve, chain[-1], folds, most_within(share)) for share in BUDGETS),
        reach=tuple(held_out(curve, chain[-1], folds, cheapest_to(part)) for part in REACHES),
        aucq=above_random(line, fast, strong),
        in_sample=tuple(to_reach(line, part, strong) for part in REACHES),
    )


@dataclass(frozen=True, slots=True)
class Pair:
    """How two lanes stand to each other, the last being the strong one of a chain. `rescue` and `harm` are shares."""

    chain: str
    both: int
    first_only: int
    last_only: int
    neither: int
    rescue: float
    harm: float
    first: Point
    strong_dollars: float
    oracle: Point
    break_even: float | None
    """The s that is needed at f = 0.05 to resolve what the strong lane does."""


def pair(names: Sequence[str], chain: Sequence[Lane]) -> Pair:
    first, last = chain[0].resolved == 1, chain[-1].resolved == 1
    both, first_only, last_only = int((first & last).sum()), int((first & ~last).sum()), int((~first & last).sum())
    neither = len(first) - both - first_only - last_only
    return Pair(
        chain=" → ".join(names),
        both=both,
        first_only=first_only,
        last_only=last_only,
        neither=neither,
        rescue=last_only / (last_only + neither),
        harm=first_only / (first_only + both),
        first=alone(chain[0], chain[-1]),
        strong_dollars=float(chain[-1].micros.sum()) / 1e6,
        oracle=oracle(chain),
        break_even=break_even(chain, 0.05),
    )


@dataclass(frozen=True, slots=True)
class Chosen:
    """The pair of lanes that was best on the other four folds within 45 % of s45's cost, scored on the fifth."""

    found: Point
    picks: tuple[str, ...]


def best_pair(outcomes: Outcomes, gate: Gate, v: int, budget: float) -> Chosen:
    yardstick = outcomes.lanes(("s45",))[0]
    models = [name for name in outcomes.models if outcomes.models[name].resolved.sum()]
    runs = {
        (one, other): expected((outcomes.models[one], outcomes.models[other]), gate)
        for one in models
        for other in models
        if one != other
    }
    resolved = cost = 0.0
    picks = []
    for fold in np.unique(outcomes.folds):
        seen = outcomes.folds != fold
        most = budget * yardstick.micros[seen].sum()
        allowed = {both: run for both, run in runs.items() if run.cost(v)[seen].sum() <= most}
        if not allowed:
            both, run = ("none", "s45"), direct(yardstick)
        else:
            both, run = max(allowed.items(), key=lambda item: float(item[1].resolved[seen].sum()))
        resolved += float(run.resolved[~seen].sum())
        cost += float(run.cost(v)[~seen].sum())
        picks.append(" → ".join(both))
    return Chosen(Point(resolved, cost / float(yardstick.micros.sum())), tuple(picks))
