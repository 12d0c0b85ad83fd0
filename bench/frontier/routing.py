"""Track A: a router alone. It sends each issue to one lane, nothing is checked, and it has to beat chance at its own cost."""

from dataclasses import dataclass

import numpy as np

from bench.frontier.bootstrap import SEED, Bootstrap, Interval, interval, lifts
from bench.frontier.cascade import Gate, Spent, direct, expected
from bench.frontier.data import Lane, Outcomes
from bench.frontier.features import Floats, Ints, Mask
from bench.frontier.measures import AIM_COST, Metrics, metrics
from bench.frontier.routers import ROUTERS, Given, Prepared, Router, prepare

CUTS = np.linspace(0.0, 1.0, 41)
"""Quantiles of the seen scores that a tuned cut is chosen from."""
PERMUTATIONS = 200
WORKING = Gate(0.5, 0.05)
"""The declared gate of the cascade that a router is put in front of."""


@dataclass(frozen=True, slots=True)
class Placebo:
    """The same router, tuned anew on outcomes that were dealt to other issues: lifts over random routing."""

    mean: float
    error: float
    """Of the mean."""
    most: float
    """95th percentile."""

    @property
    def leaks(self) -> bool:
        """It beats chance where there is nothing to know: by more than four standard errors, and a tenth of an issue."""
        return self.mean > max(0.1, 4 * self.error)


@dataclass(frozen=True, slots=True)
class Routed:
    """`lift_interval` is of the metrics' lift; `auc` is of "the first lane fails", from held-out scores."""

    name: str
    eligible: bool
    strong: int
    metrics: Metrics
    lift_interval: Interval
    auc: float
    auc_interval: Interval
    placebo: Placebo
    in_front: float | None
    """What it adds to the lift of a working cascade that it is put in front of; none for what decides after the first lane."""


def track_a(outcomes: Outcomes, pair: tuple[str, str], boot: Bootstrap) -> tuple[tuple[Routed, ...], tuple[str, ...]]:
    """The results, and the names of routers whose features the data lack."""
    lanes = outcomes.lanes(pair)
    ready = [(router, prepare(router, outcomes, pair[0])) for router in ROUTERS]
    results = tuple(_judged(prepared, lanes, boot) for _, prepared in ready if prepared is not None)
    return results, tuple(router.name for router, prepared in ready if prepared is None)


def _judged(prepared: Prepared, lanes: tuple[Lane, ...], boot: Bootstrap) -> Routed:
    fast, strong = lanes
    scores, mask = decide(prepared, fast, strong)
    spent = spend(prepared.router, mask, fast, strong)
    area, around = ranking(scores, 1 - fast.resolved, boot)
    gains = lifts(boot.total(spent.resolved), boot.total(spent.micros), fast, strong, boot)
    return Routed(
        name=prepared.router.name,
        eligible=prepared.router.door != "ineligible",
        strong=int(mask.sum()),
        metrics=metrics(spent, lanes),
        lift_interval=interval(gains),
        auc=area,
        auc_interval=around,
        placebo=placebo(prepared, fast, strong),
        in_front=None if prepared.router.door == "after" else _in_front(mask, lanes),
    )


def spend(router: Router, mask: Mask, fast: Lane, strong: Lane) -> Spent:
    """Who decides before the first lane pays one; who decides after its attempt has paid for that already. Nothing is checked."""
    resolved = np.where(mask, strong.resolved, fast.resolved).astype(float)
    micros = np.where(mask, strong.micros, 0) + (fast.micros if router.door == "after" else np.where(mask, 0, fast.micros))
    return Spent(resolved, micros.astype(float), np.zeros_like(resolved), np.where(mask, 0.0, 1 - fast.resolved))


def in_front(mask: Mask, lanes: tuple[Lane, ...], gate: Gate) -> Spent:
    """Issues of the mask go to the strong lane at once, the others through the cascade."""
    cascade, strong = expected(lanes, gate), direct(lanes[-1])
    columns = ((strong.resolved, cascade.resolved), (strong.micros, cascade.micros), (strong.checks, cascade.checks))
    resolved, micros, checks = (np.where(mask, one, other) for one, other in columns)
    return Spent(resolved, micros, checks, np.where(mask, 0.0, cascade.wrong))


def _in_front(mask: Mask, lanes: tuple[Lane, ...]) -> float:
    return metrics(in_front(mask, lanes, WORKING), lanes).lift - metrics(expected(lanes, WORKING), lanes).lift


# ---- held out ----------------------------------------------------------------------------------------------------


def decide(prepared: Prepared, fast: Lane, strong: Lane) -> tuple[Floats, Mask]:
    """Scores and choices of each fold, from a score and a cut that never saw it."""
    fails = (1 - fast.resolved).astype(float)
    scores, mask = np.zeros(len(fails)), np.zeros(len(fails), dtype=bool)
    for fold in np.unique(prepared.folds):
        mine = prepared.folds == fold
        scores[mine] = prepared.of(fails, (int(fold),))[mine]
        mask[mine] = scores[mine] > _cut(prepared, int(fold), fails, fast, strong)
    return scores, mask


def _cut(prepared: Prepared, fold: int, fails: Floats, fast: Lane, strong: Lane) -> float:
    """The declared one; else the one that resolves most within the aim's cost on the other folds, each scored without itself."""
    router = prepared.router
    if isinstance(router, Given) and router.cut is not None:
        return router.cut
    seen = np.flatnonzero(prepared.folds != fold)
    scores = np.zeros(len(fails))
    for other in np.unique(prepared.folds[seen]):
        theirs = prepared.folds == other
        scores[theirs] = prepared.of(fails, (fold, int(other)))[theirs]
    cuts = np.quantile(scores[seen], CUTS)
    masks = scores[seen][None, :] > cuts[:, None]
    gain, paid = (strong.resolved - fast.resolved)[seen], strong.micros[seen].astype(float)
    saved = np.zeros_like(paid) if router.door == "after" else fast.micros[seen].astype(float)
    resolved, cost = masks @ gain, masks @ (paid - saved) + fast.micros[seen].sum()
    return float(cuts[int(np.argmax(np.where(cost <= AIM_COST * paid.sum(), resolved, -np.inf)))])


def placebo(prepared: Prepared, fast: Lane, strong: Lane, times: int = PERMUTATIONS) -> Placebo:
    """The steps stay with the features: what is dealt anew is who resolves the issue and for how much."""
    random, found = np.random.default_rng(SEED), []
    for _ in range(times):
        rows: Ints = random.permutation(len(fast.resolved))
        other, dear = fast.of(rows), strong.of(rows)
        _, mask = decide(prepared, other, dear)
        found.append(metrics(spend(prepared.router, mask, other, dear), (other, dear)).lift)
    values = np.array(found)
    return Placebo(float(values.mean()), float(values.std() / times**0.5), float(np.quantile(values, 0.95)))


def ranking(scores: Floats, fails: Ints, boot: Bootstrap) -> tuple[float, Interval]:
    """AUC: how often an issue on which the first lane fails is scored above one that it resolves; ties count half."""
    wins = (scores[:, None] > scores[None, :]) + 0.5 * (scores[:, None] == scores[None, :])
    times = np.apply_along_axis(np.bincount, 1, boot.rows, minlength=len(scores)).astype(float)
    bad, good = times * fails, times * (1 - fails)
    drawn = ((bad @ wins) * good).sum(axis=1) / (bad.sum(axis=1) * good.sum(axis=1))
    area = (fails @ wins @ (1 - fails)) / (fails.sum() * (1 - fails).sum())
    return float(area), interval(drawn)
