"""The three tracks, as Markdown."""

from collections.abc import Iterable, Sequence

from bench.frontier.cells import METRICS, at, metrics, number, percent, rows, signed
from bench.frontier.data import FOLDS
from bench.frontier.gates import AUCS, PRICES, Chosen, Judged, Swept
from bench.frontier.measured import HEADLINE
from bench.frontier.measures import AIM_COST, BUDGETS, REACHES
from bench.frontier.report import CHAIN, PRIMARY, Report, name
from bench.frontier.routing import Routed

# ---- A -----------------------------------------------------------------------------------------------------------


def routers(report: Report) -> str:
    head = ("mini → s45", "to strong", "resolved, cost", "over random", "95 %", "AUC", "95 %", "placebo", "before a cascade")
    primary = dict(report.routed)[name(PRIMARY)]
    parts = [
        rows(head, map(_routed, (each for each in primary if each.eligible))),
        "Not eligible, they read what nobody knows before the call; for comparison:",
        rows(head, map(_routed, (each for each in primary if not each.eligible))),
        "The same by every other measure:",
        rows(("mini → s45", *METRICS), ((each.name, *metrics(each.metrics)) for each in primary)),
        "Issues over random, the other pairs:",
        _others(report),
        _verdict(report),
    ]
    if report.missing:
        parts.append(f"Not computed, their features are not in {report.file}: {', '.join(report.missing)}.")
    return "\n\n".join(parts)


def _routed(each: Routed) -> tuple[str, ...]:
    return (
        each.name,
        str(each.strong),
        at(each.metrics.found),
        f"{each.metrics.lift:+.1f}",
        signed(each.lift_interval),
        f"{each.auc:.3f}",
        f"[{each.auc_interval.low:.2f}, {each.auc_interval.high:.2f}]",
        f"{each.placebo.most:+.1f}",
        number(each.in_front, "+.1f"),
    )


def _others(report: Report) -> str:
    found = {(chain, each.name): each for chain, results in report.routed for each in results}
    chains = [chain for chain, _ in report.routed if chain != name(PRIMARY)]
    lines = [
        (
            each.name if each.eligible else f"*{each.name}*",
            *(f"{(one := found[chain, each.name]).metrics.lift:+.1f} {signed(one.lift_interval)}" for chain in chains),
        )
        for each in report.routed[0][1]
    ]
    return rows(("router, *not eligible*", *chains), lines)


def _verdict(report: Report) -> str:
    above = [f"{each.name} on {chain}" for chain, each in report.eligible if each.lift_interval.low > 0]
    tried = len(report.eligible)
    said = f"{len(above)} of {tried} lie above random with their whole interval" + (f" ({'; '.join(above)})" if above else "")
    return (
        f"{said}; {0.025 * tried:.1f} would by luck. `placebo`: the 95th percentile of the same router on outcomes dealt to other issues; "
        "`before a cascade`: what it adds to the lift of one with s = 0.5, f = 0.05."
    )


# ---- B -----------------------------------------------------------------------------------------------------------


def _judged(judged: Iterable[Judged], *, by: str) -> str:
    head = ("chain", by, "$ a check", "resolved, cost", "random", "over random", "less always-strong", *METRICS)
    lines = [
        (
            each.chain,
            each.gate,
            f"{each.v:.2f}",
            at(each.metrics.found),
            f"{each.metrics.random:.1f}",
            f"{each.metrics.lift:+.1f} {signed(each.real.lift)}",
            f"{each.metrics.found.resolved - each.strong:+.1f} {signed(each.real.against_strong)}",
            *metrics(each.metrics),
        )
        for each in judged
    ]
    return rows(head, lines)


def verified(report: Report) -> str:
    note = (
        "Intervals: issues drawn again and the gate realised. `$ a more`: for each issue resolved beyond the first lane alone. R@C: "
        "resolved within that share; C@R: cost to reach that part of always-strong; both send a random part past the gate. AUCQ: issues "
        "over random in the mean over costs. s = 0.35, f = 0.02 is what published figures say of a full suite alone."
    )
    return f"{_judged(report.declared, by='gate')}\n\n{note}\n\n{_chosen(report.chosen[0])}"


def _chosen(chosen: Chosen) -> str:
    picks = "; ".join(dict.fromkeys(chosen.picks))
    return (
        f"Best pair within {100 * AIM_COST:.0f} % of s45, chosen on the other folds, gate {chosen.gate}: {at(chosen.found)}, less always-s45 "
        f"{signed(chosen.against_strong)} ({picks})."
    )


def swept(found: tuple[Swept, ...]) -> str:
    parts = [
        (
            "The verifier's AUC declared, its threshold chosen on four folds and scored on the fifth. Resolved @ cost, aimed at as many as "
            "always-strong; what it then resolves less always-strong, issues drawn again; and the cost were it chosen on all five:"
        )
    ]
    for v in PRICES:
        mine = [each for each in found if each.v == v / 1e6]
        head = (f"${v / 1e6:.2f} a check", *(f"AUC {auc:.2f}" for auc in AUCS))
        labels = dict.fromkeys((each.chain, each.rho) for each in mine)
        lines = [
            (
                f"{chain}{f', ρ = {rho}' if len(chain.split()) > 3 else ''}",
                *(_swept(each) for each in mine if (each.chain, each.rho) == (chain, rho)),
            )
            for chain, rho in labels
        ]
        parts.append(rows(head, lines))
    parts.append(_budgets([each for each in found if each.chain in (name(PRIMARY), name(CHAIN)) and each.v and not each.rho]))
    return "\n\n".join(parts)


def _swept(each: Swept) -> str:
    return f"{at(each.reach[0])} {signed(each.against_strong)} ({percent(each.in_sample[0])})"


def _budgets(found: Sequence[Swept]) -> str:
    """With paid checks, the two chains of the headline."""
    head = (
        "$0.05 a check",
        "AUC",
        *(f"R@{100 * share:.0f}" for share in BUDGETS),
        *(f"C@{100 * part:.0f}" for part in REACHES[1:]),
        "AUCQ",
    )
    lines = [
        (each.chain, f"{each.auc:.2f}", *(at(point) for point in (*each.at, *each.reach[1:])), f"{each.aucq:+.1f}")
        for each in found
    ]
    return rows(head, lines)


# ---- C -----------------------------------------------------------------------------------------------------------


def measured(report: Report) -> str:
    return "\n\n".join(
        (
            _gate(report),
            _judged(report.measured, by="gate"),
            (
                "By regime of the bench, each at its own bounds, checks free. No headline: which regime an issue falls into is not ours to "
                "choose. Issues like these come in words, with tests that are green."
            ),
            _judged(report.regimes, by="regime"),
            "By fold, at the bounds, checks free: resolved of the last lane's, at a share of its cost there.",
            _folds(report),
            _chosen(report.chosen[1]),
        )
    )


def _gate(report: Report) -> str:
    row = report.gate.row(HEADLINE)
    bound, share = row.bound(), row.share()
    return (
        f"From bench/verifier/measured.json, {report.gate.date} at {report.gate.commit}: {row.caught} of {row.wrong} wrong patches caught "
        f"({row.rejected} rejected, {row.caught - row.rejected} not verified), {row.away} of {row.right} right ones turned away "
        f"({row.away_rejected} rejected, {row.away - row.away_rejected} not verified). As counted s = {share.s:.3f}, f = {share.f:.3f}; "
        f"used are the lower Wilson bound of s, {bound.s:.3f}, and the upper one of f, {bound.f:.3f}. That patches of lanes are like "
        "those of the bench is an assumption. It asks no model, so its checks cost what CI costs: nothing, or what a minute's price says."
    )


def _folds(report: Report) -> str:
    head = ("chain", *(", ".join(repo.rpartition("/")[2] for repo in repos) for repos in FOLDS))
    chains = dict.fromkeys(each.chain for each in report.folds)
    lines = [
        (
            chain,
            *(
                f"{each.found.resolved:.1f} of {each.strong} @ {percent(each.found.share)}"
                for each in report.folds
                if each.chain == chain
            ),
        )
        for chain in chains
    ]
    return rows(head, lines)
