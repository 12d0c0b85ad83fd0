"""Everything that one run finds out, in the order in which it is shown."""

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from bench.frontier.bootstrap import DRAWS, Bootstrap
from bench.frontier.cascade import Gate, Verifier
from bench.frontier.data import FOLDS, Kind, Outcomes
from bench.frontier.falsify import Finding, falsify
from bench.frontier.gates import (
    AUCS,
    CI_ONLY,
    CORRELATED,
    DECLARED,
    PRICES,
    Chosen,
    Judged,
    Pair,
    Parted,
    Swept,
    best_pair,
    by_fold,
    judge,
    pair,
    swept,
)
from bench.frontier.measured import HEADLINE, MEASURED, Count, Measured, measured
from bench.frontier.measures import AIM_COST, AIM_SHARE
from bench.frontier.reference import Reference, references
from bench.frontier.routers import ROUTERS, SEED, SHIPPED, policy
from bench.frontier.routing import WORKING, Routed, track_a

PRIMARY = ("mini", "s45")
CHAIN = ("ds", "mini", "s45")
PAIRS: tuple[tuple[str, str], ...] = (PRIMARY, ("mini", "gpt5"), ("mini", "opus45"), ("mini", "gem3"), ("ds", "s45"))
CHAINS: tuple[tuple[str, ...], ...] = (*PAIRS, CHAIN)
BOUND, POINT = "measured, at its bounds", "measured, as counted"
REJECTED = "only what is rejected escalates, bounds"
LAST = "at its bounds, the last patch has to pass too"
FOUND = Path(__file__).resolve().parent / "found.json"
"""What the last run on the real data found: sums over issues, which the documents are written from. No issue's outcome is in it."""
GOOD = DECLARED[2]
"""The declared gate that the documents compare ours with: seven in ten wrong patches at five in a hundred right ones."""


@dataclass(frozen=True, slots=True)
class Report:
    kind: Kind
    file: str
    issues: int
    draws: int
    fixed: str
    """Digest of what is judged: rules, weights, cuts, folds and gates. Whoever brings other data fixes it before looking."""
    pairs: tuple[Pair, ...]
    routed: tuple[tuple[str, tuple[Routed, ...]], ...]
    missing: tuple[str, ...]
    """Routers whose features the data lack."""
    declared: tuple[Judged, ...]
    swept: tuple[Swept, ...]
    gate: Measured
    measured: tuple[Judged, ...]
    regimes: tuple[Judged, ...]
    folds: tuple[Parted, ...]
    """Under the measured gate, at its bounds."""
    chosen: tuple[Chosen, ...]
    """The best pair of lanes under a declared gate, and under the measured one at its bounds."""
    findings: tuple[Finding, ...]
    references: tuple[Reference, ...]
    """None on made-up data, about which nobody reckoned anything."""

    @property
    def sound(self) -> bool:
        return all(each.holds for each in self.findings) and all(each.reproduced for each in self.references)

    @property
    def publishable(self) -> bool:
        """Of the real data, with every router and every draw, and nothing caught it out."""
        return self.sound and self.kind == "real" and self.draws == DRAWS and not self.missing

    @property
    def eligible(self) -> tuple[tuple[str, Routed], ...]:
        """What knows no more than one may before the call, on every pair."""
        return tuple((chain, each) for chain, results in self.routed for each in results if each.eligible)

    @property
    def rules(self) -> tuple[Routed, ...]:
        """Routing by rules, on the first pair."""
        return tuple(each for chain, each in self.eligible if chain == name(PRIMARY) and each.name in (SEED.name, SHIPPED.name))

    @property
    def rules_help(self) -> bool:
        return any(each.lift_interval.low > 0 for each in self.rules)

    def headline(self, chain: str, *, paid: bool = False) -> Judged:
        """The measured gate at its bounds; `paid` with what a check may cost."""
        v = PRICES[-1] / 1e6 if paid else 0
        return next(each for each in self.measured if (each.chain, each.gate, each.v) == (chain, BOUND, v))

    def good(self, chain: str) -> Judged:
        return next(each for each in self.declared if (each.chain, each.s, each.f) == (chain, GOOD.s, GOOD.f))


def name(chain: tuple[str, ...]) -> str:
    return " → ".join(chain)


def reaches(judged: Judged, issues: int) -> bool:
    """The aim: at most two points below always-strong by the interval's lower end, at 45 % of its cost."""
    return judged.real.against_strong.low >= AIM_SHARE * issues and judged.metrics.found.share <= AIM_COST


def fixed() -> str:
    rules = policy()
    parts = (
        rules.routing.model_dump_json(),
        rules.signals.model_dump_json(),
        *(f"{each.name} {getattr(each, 'cut', None)} {sorted(each.reads)} {each.door}" for each in ROUTERS),
        repr((FOLDS, CHAINS, DECLARED, WORKING, AUCS, CORRELATED, PRICES)),
        MEASURED.read_text(encoding="utf-8"),
    )
    return sha256("\n".join(parts).encode()).hexdigest()


# ---- kept --------------------------------------------------------------------------------------------------------


def keep(report: Report, file: Path) -> None:
    """One line for each thing that was found, so that another run shows what is another."""
    parts = (f"{json.dumps(key)}: {_lines(value)}" for key, value in _rounded(asdict(report)).items())
    file.write_text("{" + ",\n".join(parts) + "}\n", encoding="utf-8")


def _lines(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ",\n".join(json.dumps(each, ensure_ascii=False) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _rounded(value: Any) -> Any:
    """To six digits behind the point: finer than what is shown, coarser than what differs between machines."""
    match value:
        case float():
            return round(value, 6)
        case dict():
            return {key: _rounded(each) for key, each in value.items()}
        case list() | tuple():
            return [_rounded(each) for each in value]
        case _:
            return value


def kept(file: Path = FOUND) -> Report:
    return TypeAdapter(Report).validate_json(file.read_bytes())


# ---- found -------------------------------------------------------------------------------------------------------


def run(outcomes: Outcomes, draws: int) -> Report:
    boot, gate = Bootstrap.of(len(outcomes), draws), measured()
    bound = gate.row(HEADLINE).bound()
    routed = tuple((name(lanes), track_a(outcomes, lanes, boot)) for lanes in PAIRS)
    results = tuple((label, found) for label, (found, _) in routed)
    return Report(
        kind=outcomes.kind,
        file=outcomes.file,
        issues=len(outcomes),
        draws=draws,
        fixed=fixed(),
        pairs=tuple(pair(names, outcomes.lanes(names)) for names in CHAINS),
        routed=results,
        missing=routed[0][1][1],
        declared=tuple(_declared(outcomes, boot)),
        swept=tuple(_swept(outcomes, boot)),
        gate=gate,
        measured=tuple(_measured(outcomes, gate.row(HEADLINE), boot)),
        regimes=tuple(
            judge(names, outcomes.lanes(names), row.name, row.bound(), 0, boot)
            for names in (PRIMARY, CHAIN)
            for row in gate.rows
            if row.name != HEADLINE
        ),
        folds=tuple(part for names in CHAINS for part in by_fold(outcomes, names, outcomes.lanes(names), bound, 0)),
        chosen=tuple(best_pair(outcomes, label, one, AIM_COST, boot) for label, one in ((said(GOOD), GOOD), (BOUND, bound))),
        findings=falsify(outcomes, CHAINS, results),
        references=references(outcomes, boot) if outcomes.kind == "real" else (),
    )


def said(gate: Gate) -> str:
    return f"s={gate.s:g} f={gate.f:g}"


def _declared(outcomes: Outcomes, boot: Bootstrap) -> list[Judged]:
    return [
        judge(names, outcomes.lanes(names), said(gate), gate, PRICES[-1] if gate is CI_ONLY else 0, boot)
        for names in CHAINS
        for gate in DECLARED
    ]


def _swept(outcomes: Outcomes, boot: Bootstrap) -> list[Swept]:
    """Whether an issue's checks err together says nothing where there is one."""
    return [
        swept(outcomes, names, Verifier(auc, rho), v, boot)
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
