"""The report as Markdown."""

from collections.abc import Iterable, Iterator, Sequence

from bench.frontier.data import DEFECTIVE
from bench.frontier.falsify import NOISE
from bench.frontier.gates import AUCS, PRICES, Chosen, Judged, Pair, Swept
from bench.frontier.measures import AIM_COST, BUDGETS, REACHES, Interval, Point
from bench.frontier.report import CHAIN, HEADLINE, PRIMARY, Report, name, reaches
from bench.frontier.routing import Routed

LIMITS = (
    "The public runs had execution in the loop: each lane could run the code while it worked. Nothing here carries over to blind "
    "mode, in which a lane only reads and writes. One run a model, list prices of 2025, no latency; a gate is taken to err alike on every "
    "issue, and to judge lanes' patches as it judged the bench's."
)


def table(report: Report) -> str:
    parts = (
        _head(report),
        "## Lanes\n\n" + _pairs(report.pairs),
        "## A: a router alone\n\n" + _routers(report),
        "## B: a cascade, the verifier's strength declared\n\n" + _declared(report.declared),
        _swept(report.swept),
        "## C: a cascade with our measured gate\n\n" + _measured(report),
        "## Attempts to catch the bench out\n\n" + _findings(report),
        "## In one sentence\n\n" + sentence(report),
    )
    return "\n\n".join(parts)


def rows(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    marks = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, marks, *lines))


def percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def signed(found: Interval) -> str:
    return f"[{found.low:+.0f}, {found.high:+.0f}]"


def at(found: Point) -> str:
    return f"{found.resolved:.1f} @ {percent(found.share)}"


def _number(value: float | None, form: str = ".0f") -> str:
    return "-" if value is None else format(value, form)


def _head(report: Report) -> str:
    what = "**Made-up rows: what follows says nothing about any model.**\n\n" if report.kind == "synthetic" else ""
    return (
        f"{what}{report.issues} issues, {report.file}, five folds of whole repositories. {DEFECTIVE} is left out: its flags are "
        f"defective. Costs are shares of asking the strong lane on every issue; intervals are of 95 %.\n\n{LIMITS}\n\n"
        f"The same model asked through another scaffold resolves +{NOISE[0]} to +{NOISE[1]} other issues: a smaller lift may be luck."
    )


def _pairs(pairs: tuple[Pair, ...]) -> str:
    head = (
        "first → last",
        "both",
        "first only",
        "last only",
        "neither",
        "r",
        "h",
        "always first",
        "always last",
        "oracle",
        "s needed",
    )
    lines = [
        (
            each.chain,
            *map(str, (each.both, each.first_only, each.last_only, each.neither)),
            f"{each.rescue:.3f}",
            f"{each.harm:.3f}",
            at(each.first),
            f"{each.both + each.last_only} @ ${each.strong_dollars:.2f}",
            at(each.oracle),
            _number(each.break_even, ".3f"),
        )
        for each in pairs
    ]
    note = "r: the last lane is right where the first is wrong; h: the reverse. `s needed`: to equal always-last at f = 0.05, checks free."
    return f"{rows(head, lines)}\n\n{note}"


# ---- A -----------------------------------------------------------------------------------------------------------


def _routers(report: Report) -> str:
    head = ("mini → s45", "to strong", "resolved, cost", "over random", "95 %", "AUC", "95 %", "placebo", "before a cascade")
    primary = dict(report.routed)[name(PRIMARY)]
    parts = [
        rows(head, map(_routed, (each for each in primary if each.eligible))),
        "Not eligible, they read what nobody knows before the call; for comparison:",
        rows(head, map(_routed, (each for each in primary if not each.eligible))),
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
        at(each.found),
        f"{each.lift:+.1f}",
        signed(each.lift_interval),
        f"{each.auc:.3f}",
        f"[{each.auc_interval.low:.2f}, {each.auc_interval.high:.2f}]",
        f"{each.placebo.most:+.1f}",
        _number(each.in_front, "+.1f"),
    )


def _others(report: Report) -> str:
    eligible = [each.name for each in report.routed[0][1] if each.eligible]
    found = {(chain, each.name): each for chain, results in report.routed for each in results}
    chains = [chain for chain, _ in report.routed if chain != name(PRIMARY)]
    lines = [
        (router, *(f"{(one := found[chain, router]).lift:+.1f} {signed(one.lift_interval)}" for chain in chains))
        for router in eligible
    ]
    return rows(("router", *chains), lines)


def _verdict(report: Report) -> str:
    tried = [(chain, each) for chain, results in report.routed for each in results if each.eligible]
    above = [f"{each.name} on {chain}" for chain, each in tried if each.lift_interval.low > 0]
    chance = 0.025 * len(tried)
    said = f"{len(above)} of {len(tried)} lie above random with their whole interval" + (f" ({'; '.join(above)})" if above else "")
    return (
        f"{said}; {chance:.1f} would by luck. `placebo`: the 95th percentile of the same router on outcomes dealt to other issues; "
        "`before a cascade`: what it adds to the lift of one with s = 0.5, f = 0.05."
    )


# ---- B and C -----------------------------------------------------------------------------------------------------


def _judged(judged: Iterable[Judged], *, by: str) -> str:
    head = (
        *("chain", by, "$ a check", "resolved, cost", "random", "less always-strong", "wrong shipped", "checks", "$ a more"),
        *(f"R@{100 * share:.0f}" for share in BUDGETS),
        *(f"C@{100 * part:.0f}" for part in REACHES),
        *("AUCQ", "below oracle"),
    )
    lines = [
        (
            each.chain,
            each.gate,
            f"{each.v:.2f}",
            at(each.found),
            f"{each.random:.1f}",
            f"{each.found.resolved - each.strong:+.1f} {signed(each.real.against_strong)}",
            f"{each.wrong:.0f}",
            f"${each.checking:.2f}",
            _number(each.a_more, ".2f"),
            *(_number(value) for value in each.at),
            *(percent(value) for value in each.reach),
            f"{each.aucq:+.1f}",
            f"{each.below_oracle:.0f}",
        )
        for each in judged
    ]
    return rows(head, lines)


def _declared(judged: tuple[Judged, ...]) -> str:
    note = (
        "Intervals: issues drawn again and the gate realised. `$ a more`: for each issue resolved beyond the first lane alone. R@C: "
        "resolved within that share; C@R: cost to reach that part of always-strong; both send a random part past the gate. AUCQ: issues "
        "over random in the mean over costs. s = 0.35, f = 0.02 is what published figures say of a full suite alone."
    )
    return f"{_judged(judged, by='gate')}\n\n{note}"


def _swept(swept: tuple[Swept, ...]) -> str:
    parts = [
        (
            "The verifier's AUC declared, its threshold chosen on four folds and scored on the fifth. Resolved @ cost, aimed at as many as "
            "always-strong; in brackets the cost were it chosen on all five:"
        )
    ]
    for v in PRICES:
        mine = [each for each in swept if each.v == v / 1e6]
        head = (f"${v / 1e6:.2f} a check", *(f"AUC {auc:.2f}" for auc in AUCS))
        labels = dict.fromkeys((each.chain, each.rho) for each in mine)
        lines = [
            (
                f"{chain}{f', ρ = {rho}' if len(chain.split()) > 3 else ''}",
                *(f"{at(each.reach[0])} ({percent(each.in_sample[0])})" for each in mine if (each.chain, each.rho) == (chain, rho)),
            )
            for chain, rho in labels
        ]
        parts.append(rows(head, lines))
    parts.append(_budgets([each for each in swept if each.chain in (name(PRIMARY), name(CHAIN)) and each.v and not each.rho]))
    return "\n\n".join(parts)


def _budgets(swept: Sequence[Swept]) -> str:
    """With paid checks, the two chains of the headline."""
    head = (
        "$0.05 a check",
        "AUC",
        *(f"R@{100 * share:.0f}" for share in BUDGETS),
        *(f"C@{100 * part:.0f}" for part in REACHES[1:]),
        "AUCQ",
    )
    lines = [
        (each.chain, f"{each.auc:.2f}", *(at(found) for found in (*each.at, *each.reach[1:])), f"{each.aucq:+.1f}")
        for each in swept
    ]
    return rows(head, lines)


def _measured(report: Report) -> str:
    row = report.gate.row(HEADLINE)
    bound, share = row.bound(), row.share()
    return "\n\n".join(
        (
            (
                f"From bench/verifier.md, {report.gate.date} at {report.gate.commit}: {row.caught} of {row.wrong} wrong patches caught "
                f"({row.rejected} rejected, {row.caught - row.rejected} not verified), {row.away} of {row.right} right ones turned away "
                f"({row.away_rejected} rejected, {row.away - row.away_rejected} not verified). As counted s = {share.s:.3f}, f = {share.f:.3f}; "
                f"used are the lower Wilson bound of s, {bound.s:.3f}, and the upper one of f, {bound.f:.3f}. That patches of lanes are like "
                "those of the bench is an assumption."
            ),
            _judged(report.measured, by="gate"),
            (
                "By regime of the bench, each at its own bounds, checks free. No headline: which regime an issue falls into is not ours to "
                "choose. Issues like these come in words, with tests that are green."
            ),
            _judged(report.regimes, by="regime"),
            _chosen(report.chosen),
            *aims(report),
        )
    )


def _chosen(chosen: Chosen) -> str:
    picks = "; ".join(dict.fromkeys(chosen.picks))
    return f"Best pair within {100 * AIM_COST:.0f} % of s45, chosen on the other folds, same gate: {at(chosen.found)} ({picks})."


def aims(report: Report) -> Iterator[str]:
    yield (
        "**The aim**: as many resolved as always-strong, the interval's lower end at most 2 points of all issues below, at most "
        f"{100 * AIM_COST:.0f} % of its cost, verification included."
    )
    yield "\n".join(f"- {_aim(report.headline(tuple(each.chain.split(' → '))), report.issues)}" for each in report.pairs)


def _aim(judged: Judged, issues: int) -> str:
    word = "met" if reaches(judged, issues) else "**MISSED**"
    less = judged.real.against_strong
    return (
        f"{judged.chain}: {word}, {judged.found.resolved:.1f} of {judged.strong} at {percent(judged.found.share)} "
        f"[{percent(judged.real.share.low)}, {percent(judged.real.share.high)}]; less always-strong "
        f"{100 * less.low / issues:+.1f} to {100 * less.high / issues:+.1f} points; over random {judged.found.resolved - judged.random:+.1f} "
        f"{signed(judged.real.lift)}"
    )


def _findings(report: Report) -> str:
    lines = [f"- {each.name}: {'holds' if each.holds else '**FAILS**'} ({each.detail})" for each in report.findings]
    good = sum(each.reproduced for each in report.references)
    lines.append(f"- reference figures reproduced: {good} of {len(report.references)}")
    lines += [
        f"  - **not reproduced**: {each.name}: {each.got:.3f}, and not {each.wanted} within {each.within:g}"
        for each in report.references
        if not each.reproduced
    ]
    return "\n".join(lines)


def sentence(report: Report) -> str:
    judged, row = report.headline(PRIMARY), report.gate.row(HEADLINE)
    share, bound = row.share(), row.bound()
    kind = "real" if report.kind == "real" else "made-up"
    return (
        f"On {report.issues} {kind} issues, {_coin(report)}; the effort belongs into verification. With our measured gate "
        f"(s = {share.s:.2f}, at least {bound.s:.2f}; f = {share.f:.2f}, at most {bound.f:.2f}; bounds of 95 %, which are what is used) "
        f"replayed on public per-issue results, the cascade mini → s45 resolves {judged.found.resolved:.0f} of {judged.strong} "
        f"[{judged.real.resolved.low:.0f}, {judged.real.resolved.high:.0f}] at {percent(judged.found.share)} of the cost; random routing "
        f"at that cost {judged.random:.0f}."
    )


def _coin(report: Report) -> str:
    rules = [each for each in dict(report.routed)[name(PRIMARY)] if each.eligible and ("seed" in each.name or "rules" in each.name)]
    if any(each.lift_interval.low > 0 for each in rules):
        return "our rule-based pre-router beat a coin"
    found = "; ".join(f"{each.name}: {each.lift:+.1f} issues {signed(each.lift_interval)}" for each in rules)
    return f"our rule-based pre-router was no better than a coin ({found})"
