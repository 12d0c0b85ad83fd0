"""Everything that one run finds out, in the order in which it is shown."""

from dataclasses import dataclass

from bench.frontier.cascade import Gate
from bench.frontier.data import Outcomes
from bench.frontier.falsify import Finding, falsify
from bench.frontier.gates import (
    AUCS,
    CI_ONLY,
    CORRELATED,
    DECLARED,
    PRICES,
    Chosen,
    Count,
    Judged,
    Measured,
    Pair,
    Swept,
    best_pair,
    judge,
    measured,
    pair,
    swept,
)
from bench.frontier.measures import AIM_COST, AIM_SHARE, Bootstrap
from bench.frontier.reference import Reference, references
from bench.frontier.routing import Routed, track_a

PRIMARY = ("mini", "s45")
CHAIN = ("ds", "mini", "s45")
PAIRS: tuple[tuple[str, str], ...] = (PRIMARY, ("mini", "gpt5"), ("mini", "opus45"), ("mini", "gem3"), ("ds", "s45"))
CHAINS: tuple[tuple[str, ...], ...] = (*PAIRS, CHAIN)
HEADLINE = "headline"
BOUND, POINT = "measured, at its bounds", "measured, as counted"
REJECTED = "only what is rejected escalates, bounds"
LAST = "at its bounds, the last patch has to pass too"


@dataclass(frozen=True, slots=True)
class Report:
    kind: str
    file: str
    issues: int
    pairs: tuple[Pair, ...]
    routed: tuple[tuple[str, tuple[Routed, ...]], ...]
    missing: tuple[str, ...]
    """Routers whose features the data lack."""
    declared: tuple[Judged, ...]
    swept: tuple[Swept, ...]
    gate: Measured
    measured: tuple[Judged, ...]
    regimes: tuple[Judged, ...]
    chosen: Chosen
    """The best pair of lanes under the measured gate, at its bounds."""
    findings: tuple[Finding, ...]
    references: tuple[Reference, ...]
    """None on made-up data, about which nobody reckoned anything."""

    @property
    def sound(self) -> bool:
        return all(each.holds for each in self.findings) and all(each.reproduced for each in self.references)

    def headline(self, chain: tuple[str, ...]) -> Judged:
        return next(each for each in self.measured if (each.chain, each.gate, each.v) == (name(chain), BOUND, 0))


def name(chain: tuple[str, ...]) -> str:
    return " → ".join(chain)


def reaches(judged: Judged, issues: int) -> bool:
    """The aim: at most two points below always-strong by the interval's lower end, at 45 % of its cost."""
    return judged.real.against_strong.low >= AIM_SHARE * issues and judged.found.share <= AIM_COST


def run(outcomes: Outcomes, draws: int) -> Report:
    boot, gate = Bootstrap.of(len(outcomes), draws), measured()
    routed = tuple((name(lanes), track_a(outcomes, lanes, boot)) for lanes in PAIRS)
    results = tuple((label, found) for label, (found, _) in routed)
    return Report(
        kind=outcomes.kind,
        file=outcomes.file,
        issues=len(outcomes),
        pairs=tuple(pair(names, outcomes.lanes(names)) for names in CHAINS),
        routed=results,
        missing=routed[0][1][1],
        declared=tuple(_declared(outcomes, boot)),
        swept=tuple(_swept(outcomes)),
        gate=gate,
        measured=tuple(_measured(outcomes, gate.row(HEADLINE), boot)),
        regimes=tuple(
            judge(names, outcomes.lanes(names), row.name, row.bound(), 0, boot)
            for names in (PRIMARY, CHAIN)
            for row in gate.rows
            if row.name != HEADLINE
        ),
        chosen=best_pair(outcomes, gate.row(HEADLINE).bound(), 0, AIM_COST),
        findings=falsify(outcomes, CHAINS, results),
        references=references(outcomes, boot) if outcomes.kind == "real" else (),
    )


def _declared(outcomes: Outcomes, boot: Bootstrap) -> list[Judged]:
    return [
        judge(names, outcomes.lanes(names), f"s={gate.s:g} f={gate.f:g}", gate, PRICES[-1] if gate is CI_ONLY else 0, boot)
        for names in CHAINS
        for gate in DECLARED
    ]


def _swept(outcomes: Outcomes) -> list[Swept]:
    """Whether an issue's checks err together says nothing where there is one."""
    return [
        swept(outcomes, names, auc, rho, v)
        for names in CHAINS
        for v in PRICES
        for auc in AUCS
        for rho in CORRELATED
        if rho == 0 or len(names) > 2
    ]


def _measured(outcomes: Outcomes, count: Count, boot: Bootstrap) -> list[Judged]:
    rows: tuple[tuple[str, Gate, int], ...] = (
        *((BOUND, count.bound(), v) for v in PRICES),
        (POINT, count.share(), 0),
        (REJECTED, count.only_rejected(), 0),
        (LAST, count.bound(), 0),
    )
    return [
        judge(names, outcomes.lanes(names), label, gate, v, boot, last=label == LAST) for names in CHAINS for label, gate, v in rows
    ]
