"""The report as Markdown."""

from bench.frontier.cells import at, number, percent, points, rows, signed
from bench.frontier.data import DEFECTIVE
from bench.frontier.falsify import NOISE
from bench.frontier.gates import PRICES, Judged, Pair
from bench.frontier.measured import HEADLINE
from bench.frontier.measures import AIM_COST
from bench.frontier.report import PRIMARY, Report, name, reaches
from bench.frontier.tracks import measured, routers, swept, verified

LIMITS = (
    "The public runs had execution in the loop: each lane could run the code while it worked. Nothing here carries over to blind "
    "mode, in which a lane only reads and writes. One run a model, list prices of 2025, no latency; a gate is taken to err alike on every "
    "issue, and to judge lanes' patches as it judged the bench's."
)
ABSENT = (
    "SWE-bench Pro (GPT-5 → Claude 4.5), the second test that nothing is tuned on, is not run: its per-issue costs were published without "
    "a licence."
)


def table(report: Report) -> str:
    parts = (
        _head(report),
        "## Lanes\n\n" + _pairs(report.pairs),
        "## A: a router alone\n\n" + routers(report),
        "## B: a cascade, the verifier's strength declared\n\n" + verified(report),
        swept(report.swept),
        "## C: a cascade with our measured gate\n\n" + measured(report) + "\n\n" + aims(report),
        "## Attempts to catch the bench out\n\n" + _findings(report),
        "## In one sentence\n\n" + sentence(report),
    )
    return "\n\n".join(parts)


def _head(report: Report) -> str:
    what = "**Made-up rows: what follows says nothing about any model.**\n\n" if report.kind == "synthetic" else ""
    return (
        f"{what}{report.issues} issues, {report.file}, five folds of whole repositories. {DEFECTIVE} is left out: its flags are "
        f"defective. Costs are shares of asking the strong lane on every issue; intervals are of 95 %.\n\n{LIMITS}\n\n"
        f"The same model asked through another scaffold resolves +{NOISE[0]} to +{NOISE[1]} other issues: a smaller lift may be luck.\n\n"
        f"What is judged was fixed as {report.fixed[:12]}. {ABSENT}"
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
            number(each.break_even, ".3f"),
        )
        for each in pairs
    ]
    note = "r: the last lane is right where the first is wrong; h: the reverse. `s needed`: to equal always-last at f = 0.05, checks free."
    return f"{rows(head, lines)}\n\n{note}"


def aims(report: Report) -> str:
    head = (
        "**The aim**: as many resolved as always-strong, the interval's lower end at most 2 points of all issues below, at most "
        f"{100 * AIM_COST:.0f} % of its cost, verification included at ${PRICES[-1] / 1e6:.2f} a check."
    )
    return "\n".join((head, "", *(f"- {_aim(each.chain, report)}" for each in report.pairs)))


def _aim(chain: str, report: Report) -> str:
    free, paid = (report.headline(chain, paid=paid) for paid in (False, True))
    word = "met" if reaches(paid, report.issues) else "**MISSED**"
    return (
        f"{chain}: {word}, {paid.metrics.found.resolved:.1f} of {paid.strong} at {percent(paid.metrics.found.share)} {_shares(paid)}, with "
        f"checks free {percent(free.metrics.found.share)} {_shares(free)}; less always-strong {points(paid.real.against_strong, report.issues)} "
        f"points; over random {paid.metrics.lift:+.1f} {signed(paid.real.lift)}, with checks free {free.metrics.lift:+.1f} "
        f"{signed(free.real.lift)}"
    )


def _shares(judged: Judged) -> str:
    return f"[{percent(judged.real.share.low)}, {percent(judged.real.share.high)}]"


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
    judged, row = report.headline(name(PRIMARY)), report.gate.row(HEADLINE)
    share, bound, found = row.share(), row.bound(), judged.metrics
    kind = "real" if report.kind == "real" else "made-up"
    return (
        f"On {report.issues} {kind} issues, {_coin(report)}; the effort belongs into verification. With our measured gate "
        f"(s = {share.s:.2f}, at least {bound.s:.2f}; f = {share.f:.2f}, at most {bound.f:.2f}; bounds of 95 %, which are what is used) "
        f"replayed on public per-issue results, the cascade {judged.chain} resolves {found.found.resolved:.0f} of {judged.strong} "
        f"[{judged.real.resolved.low:.0f}, {judged.real.resolved.high:.0f}] at {percent(found.found.share)} of the cost; random routing "
        f"at that cost {found.random:.0f}."
    )


def _coin(report: Report) -> str:
    said = "beat a coin" if report.rules_help else "was no better than a coin"
    found = "; ".join(f"{each.name}: {each.metrics.lift:+.1f} issues {signed(each.lift_interval)}" for each in report.rules)
    return f"our rule-based pre-router {said} ({found})"
