"""Attempts to catch the bench itself out: each has to fail in the way it should, at every run."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.frontier.bootstrap import SEED
from bench.frontier.cascade import Gate, drawn, expected, walk
from bench.frontier.data import Lane, Outcomes
from bench.frontier.features import Floats, Leak
from bench.frontier.routers import Given, Prepared, prepare
from bench.frontier.routing import Routed, placebo

NOISE = (10, 18)
"""Issues that the union of two scaffolds resolves beyond the better one, same model (Opus 4.5), same 500 issues: the least and the
most of four public runs (Vexp-ai/vexp-swe-bench at d658e34). A lift that is no larger may be luck of asking twice."""


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    holds: bool
    detail: str


def falsify(
    outcomes: Outcomes, chains: Sequence[tuple[str, ...]], routed: Sequence[tuple[str, Sequence[Routed]]]
) -> tuple[Finding, ...]:
    lanes = {" → ".join(names): outcomes.lanes(names) for names in chains}
    return (
        leak(outcomes),
        dealt_anew(routed),
        peeking(outcomes),
        booked(lanes),
        closed_form(lanes),
    )


def leak(outcomes: Outcomes) -> Finding:
    """Policies that are planted: one reads the gold patch, one the first lane's steps before it ran, one what is not declared."""
    planted = (
        Given("reads the gold patch", frozenset({"gold_lines"}), lambda view: view.numbers("gold_lines")),
        Given("reads steps before the attempt", frozenset({"steps"}), lambda view: view.numbers("steps")),
        Given("reads what it did not declare", frozenset(), lambda view: view.numbers("gold_lines")),
    )
    caught = [router.name for router in planted if _refused(router, outcomes)]
    return Finding("hindsight is refused", len(caught) == len(planted), f"{len(caught)} of {len(planted)} planted policies")


def _refused(router: Given, outcomes: Outcomes) -> bool:
    try:
        prepare(router, outcomes, "mini")
    except Leak:
        return True
    return False


def dealt_anew(routed: Sequence[tuple[str, Sequence[Routed]]]) -> Finding:
    """Label permutation: on outcomes dealt to other issues nobody may beat chance."""
    bad = [f"{chain}: {each.name}" for chain, results in routed for each in results if each.placebo.leaks]
    count = sum(len(results) for _, results in routed)
    worst = max((each.placebo.mean for _, results in routed for each in results), default=0.0)
    return Finding(
        "no router beats chance on permuted outcomes", not bad, "; ".join(bad) or f"{count} tried, worst mean {worst:+.1f}"
    )


class Peeking(Prepared):
    """Scores issues by their own outcomes: what a leak would look like."""

    def of(self, fails: Floats, unseen: tuple[int, ...]) -> Floats:  # noqa: ARG002
        return fails


def peeking(outcomes: Outcomes) -> Finding:
    planted = Peeking(Given("knows the outcome", frozenset(), lambda view: np.zeros(len(view)), 0.5), None, {}, outcomes.folds)
    fast, strong = outcomes.lanes(("mini", "s45"))
    found = placebo(planted, fast, strong, times=20)
    return Finding("a router that knows the outcomes is caught by that", found.leaks, f"mean lift {found.mean:+.1f}")


def booked(lanes: dict[str, tuple[Lane, ...]]) -> Finding:
    """Lanes and verification of a drawn run, against a ledger that is written issue by issue: equal to the micro-dollar."""
    random, entries, bad = np.random.default_rng(SEED), 0, []
    for name, chain in lanes.items():
        rows = np.arange(len(chain[0].resolved))
        uniforms, v = random.random((len(rows), 3)), 50_000
        gate = Gate(*random.random(2))
        ledger, spent = list(walk(chain, gate, v, uniforms)), drawn(chain, gate, uniforms, rows)
        wanted = (int(spent.micros.sum()), int(spent.checks.sum()) * v, int(spent.cost(v).sum()))
        checks = sum(entry.micros for entry in ledger if entry.what == "verification")
        total = sum(entry.micros for entry in ledger)
        entries += len(ledger)
        if (total - checks, checks, total) != wanted:
            bad.append(name)
    detail = f"differs for {', '.join(bad)}" if bad else f"{entries:,} entries in {len(lanes)} chains, to the micro-dollar"
    return Finding("lanes and verification add up to the ledger", not bad, detail)


def closed_form(lanes: dict[str, tuple[Lane, ...]], times: int = 400) -> Finding:
    """Resolved and cost in expectation, against the mean of draws: within four standard errors."""
    random, worst = np.random.default_rng(SEED), 0.0
    for chain in lanes.values():
        rows = np.tile(np.arange(len(chain[0].resolved)), (times, 1))
        gate = Gate(0.6, 0.15)
        found, wanted = drawn(chain, gate, random.random((*rows.shape, 3)), rows), expected(chain, gate)
        for got, want in (
            (found.resolved, wanted.resolved),
            (found.cost(50_000), wanted.cost(50_000)),
            (found.wrong, wanted.wrong),
        ):
            sums = got.sum(axis=1)
            worst = max(worst, abs(float(sums.mean() - want.sum())) / max(float(sums.std()) / times**0.5, 1e-9))
    return Finding("the closed form is the mean of draws", worst < 4, f"worst difference {worst:.1f} standard errors")
