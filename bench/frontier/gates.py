"""Tracks B and C: the cascade with a gate of declared strength, and with the one that our verifier bench measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from bench.frontier.bootstrap import Bootstrap, Interval, Realised, in_expectation, interval, realised
from bench.frontier.cascade import Gate, Spent, Verifier, at_thresholds, direct, expected, sweep
from bench.frontier.data import LANES, Lane, Outcomes
from bench.frontier.features import Mask
from bench.frontier.measures import (
    BUDGETS,
    REACHES,
    Metrics,
    Point,
    above_random,
    alone,
    break_even,
    cheapest_to,
    held_out,
    line_of,
    metrics,
    most_within,
    oracle,
    picked,
    point,
    to_reach,
)

AUCS, CORRELATED = (0.70, 0.75, 0.80, 0.85, 0.90, 0.95), (0.0, 0.5)
PRICES = (0, 50_000)
"""Micro-dollars a check: the evidence that costs nothing but CI's minutes, and a critic or a written test at 5 cents."""
DECLARED = (*(Gate(s, 0.05) for s in (0.3, 0.5, 0.7, 0.9, 1.0)), Gate(0.35, 0.02))
"""The last one is what published figures say of a full suite alone."""
CI_ONLY = DECLARED[-1]
LETTERS = {model: short for short, model in LANES.items()}


@dataclass(frozen=True, slots=True)
class Judged:
    """A cascade with one gate."""

    chain: str
    gate: str
    s: float
    f: float
    v: float
    strong: int
    """What always asking the last lane resolves."""
    metrics: Metrics
    real: Realised


def judge(
    names: Sequence[str], chain: Sequence[Lane], label: str, gate: Gate, v: int, boot: Bootstrap, *, last: bool = False
) -> Judged:
    """`last`: what the strong lane makes has to pass the gate as well, and is not shipped where it does not."""
    return Judged(
        chain=" → ".join(names),
        gate=label,
        s=gate.s,
        f=gate.f,
        v=v / 1e6,
        strong=int(chain[-1].resolved.sum()),
        metrics=metrics(expected(chain, gate, last=last), chain, v),
        real=realised(chain, gate, v, boot, last=last),
    )


@dataclass(frozen=True, slots=True)
class Parted:
    """A cascade on one fold of repositories: `strong` is what its last lane alone resolves there, `found` a share of its cost."""

    chain: str
    fold: int
    strong: int
    found: Point


def by_fold(outcomes: Outcomes, names: Sequence[str], chain: Sequence[Lane], gate: Gate, v: int) -> tuple[Parted, ...]:
    """Nothing is tuned for a gate that is given: whether one fold carries the result is seen here."""
    parts = []
    for fold in np.unique(outcomes.folds):
        lanes = [lane.of(np.flatnonzero(outcomes.folds == fold)) for lane in chain]
        found = point(expected(lanes, gate), lanes[-1], v)
        parts.append(Parted(" → ".join(names), int(fold), int(lanes[-1].resolved.sum()), found))
    return tuple(parts)


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
    against_strong: Interval
    """Of the first of `reach`, less always-strong: the issues drawn again, the gate in expectation."""
    in_sample: tuple[float | None, ...]
    """C@R with the threshold chosen on all folds: better than it would be."""


def swept(outcomes: Outcomes, names: tuple[str, ...], verifier: Verifier, v: int, boot: Bootstrap) -> Swept:
    chain, folds = outcomes.lanes(names), outcomes.folds
    strong, curve = chain[-1], sweep(chain, folds, verifier, v)
    line, ends = line_of(curve, strong), tuple(alone(lane, strong) for lane in (chain[0], strong))
    reach = [picked(curve, strong, folds, cheapest_to(part)) for part in REACHES]
    return Swept(
        chain=" → ".join(names),
        auc=verifier.auc,
        rho=verifier.rho,
        v=v / 1e6,
        at=tuple(held_out(curve, strong, picked(curve, strong, folds, most_within(share))) for share in BUDGETS),
        reach=tuple(held_out(curve, strong, picks) for picks in reach),
        aucq=above_random(line, *ends),
        against_strong=in_expectation(at_thresholds(chain, folds, verifier, reach[0]), strong, boot),
        in_sample=tuple(to_reach(line, part, ends[1]) for part in REACHES),
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
    """The pair of lanes that was best on the other four folds within a share of s45's cost, scored on the fifth."""

    gate: str
    found: Point
    against_strong: Interval
    """Less always-s45: the issues drawn again, the gate in expectation."""
    picks: tuple[str, ...]
    """One a fold."""


def best_pair(outcomes: Outcomes, label: str, gate: Gate, budget: float, boot: Bootstrap) -> Chosen:
    yardstick = outcomes.lanes(("s45",))[0]
    models = [name for name in outcomes.models if outcomes.models[name].resolved.sum()]
    runs = {pair: expected(tuple(outcomes.models[each] for each in pair), gate) for pair in permutations(models, 2)}
    picks, resolved, micros = [], np.zeros(len(outcomes)), np.zeros(len(outcomes))
    for fold in np.unique(outcomes.folds):
        seen = outcomes.folds != fold
        picks.append(_best(runs, seen, budget * float(yardstick.micros[seen].sum())))
        run = runs.get(picks[-1], direct(yardstick))
        resolved[~seen], micros[~seen] = run.resolved[~seen], run.micros[~seen]
    found = Point(float(resolved.sum()), float(micros.sum() / yardstick.micros.sum()))
    against = interval(boot.total(resolved) - boot.total(yardstick.resolved))
    return Chosen(label, found, against, tuple(" → ".join(LETTERS.get(each, each) for each in pair) for pair in picks))


def _best(runs: Mapping[tuple[str, str], Spent], seen: Mask, most: float) -> tuple[str, str]:
    """Of the pairs that cost at most `most` on the folds seen, the one that resolves most there; s45 alone where none does."""
    allowed = {pair: float(run.resolved[seen].sum()) for pair, run in runs.items() if run.micros[seen].sum() <= most}
    return max(allowed, key=lambda pair: allowed[pair]) if allowed else ("none", LANES["s45"])
