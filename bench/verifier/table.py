"""What the verdicts of the verifier bench add up to: counts with Wilson intervals, by regime, by class, by item."""

from collections import Counter
from collections.abc import Iterable
from statistics import median
from typing import Any

from bench.verifier.judge import Regime
from bot.core.past.interval import wilson

Rows = list[dict[str, Any]]
HEADLINE: tuple[Regime, ...] = ("no new test", "author's test")


def rate(rows: Iterable[dict[str, Any]], *verdicts: str) -> str:
    found = list(rows)
    count = sum(row["verdict"] in verdicts for row in found)
    if not found:
        return "      -"
    low, high = wilson(count, len(found))
    return f"{count:4d}/{len(found):<4d}{100 * count / len(found):5.1f} % [{100 * low:.0f}, {100 * high:.0f}]"


def leads(verdicts: Rows) -> list[tuple[str, Rows]]:
    """The headline, its parts, and the regime that is no part of it."""
    head = [row for row in verdicts if row["regime"] in HEADLINE]
    return [
        ("headline", head),
        ("tuning cases", [row for row in head if not row["held_out"]]),
        ("held-out cases", [row for row in head if row["held_out"]]),
        *(
            (f"{regime}, base {base}", [row for row in head if row["regime"] == regime and row["base"] == base])
            for regime in HEADLINE
            for base in ("red", "green")
        ),
        ("upstream test", [row for row in verdicts if row["regime"] == "upstream test"]),
    ]


def table(about: dict[str, Any], verdicts: Rows) -> str:
    head = [row for row in verdicts if row["regime"] in HEADLINE]
    parts = [
        _about(about, len(verdicts)),
        *(_lead(title, rows) for title, rows in leads(verdicts)),
        _classes(head),
        _items(head),
        _times(verdicts),
        _misses(head),
    ]
    return "\n\n".join(part for part in parts if part)


def counts(verdicts: Rows) -> list[dict[str, Any]]:
    """What bench/verifier/measured.json holds, a row for each regime that was judged: the frontier takes our gate from it."""
    return [{"name": title, **_count(rows)} for title, rows in leads(verdicts) if rows]


def _count(rows: Rows) -> dict[str, int]:
    wrong, right = [r["verdict"] for r in rows if not r["right"]], [r["verdict"] for r in rows if r["right"]]
    return {
        "caught": sum(each != "accepted" for each in wrong),
        "wrong": len(wrong),
        "rejected": wrong.count("rejected"),
        "away": sum(each != "accepted" for each in right),
        "right": len(right),
        "away_rejected": right.count("rejected"),
    }


def _about(about: dict[str, Any], verdicts: int) -> str:
    return (
        f"{about['cases']} cases, {verdicts} verdicts in {about['seconds']:.0f} s on {about['cores']} cores, "
        f"mutants {'on' if about['mutants'] else 'off'}; shares with 95 % Wilson intervals"
    )


def _lead(title: str, rows: Rows) -> str:
    wrong, right = [r for r in rows if not r["right"]], [r for r in rows if r["right"]]
    if not rows:
        return ""
    return (
        f"{title}\n"
        f"    wrong patches caught     {rate(wrong, 'rejected', 'not verified')}   rejected {rate(wrong, 'rejected')}   "
        f"not verified {rate(wrong, 'not verified')}\n"
        f"    right patches turned away{rate(right, 'rejected', 'not verified')}   rejected {rate(right, 'rejected')}   "
        f"not verified {rate(right, 'not verified')}"
    )


def _classes(rows: Rows) -> str:
    kinds = sorted({row["kind"] for row in rows if not row["right"]})
    lines = [f"{'by class':22}{'caught':26}{'no new test':26}{'with a test of its own':26}"]
    for kind in kinds:
        mine = [row for row in rows if row["kind"] == kind]
        cells = [rate(mine, "rejected", "not verified")]
        cells += [rate([r for r in mine if r["regime"] == regime], "rejected", "not verified") for regime in HEADLINE]
        lines.append(f"{kind:22}" + "".join(f"{cell:26}" for cell in cells))
    return "\n".join(lines)


def _items(rows: Rows) -> str:
    """What each item adds: wrong patches that only it kept out, and right ones that only it turned away."""
    wrong, right = Counter[str](), Counter[str]()
    for row in rows:
        (right if row["right"] else wrong).update(row["needed"])
    lines = [f"{'without this item':32}{'wrong patches more accepted':30}{'right patches more accepted':30}"]
    lines += [f"{name:32}{wrong[name]:<30d}{right[name]:<30d}" for name in sorted({*wrong, *right}, key=lambda n: (-wrong[n], n))]
    return "\n".join(lines)


def _times(rows: Rows) -> str:
    seconds = sorted(row["seconds"] for row in rows)
    ran = [row["seconds"] / row["suite_seconds"] for row in rows if any(i["name"].startswith("check ") for i in row["items"])]
    tenth = seconds[int(len(seconds) * 0.9)]
    return (
        f"time per verdict: median {median(seconds):.2f} s, nine tenths within {tenth:.2f} s; where the suite was run, median "
        f"{median(ran) if ran else 0:.1f} times the base's suite ({median(row['suite_seconds'] for row in rows):.2f} s)"
    )


def _misses(rows: Rows) -> str:
    lines = ["wrong and accepted:"]
    lines += [
        f"  {r['case']} {r['patch']} ({r['kind']}), {r['regime']}, base {r['base']}, {r['confidence']['value']:.2f}"
        for r in rows
        if not r["right"] and r["verdict"] == "accepted"
    ]
    lines.append("right and turned away:")
    lines += [
        f"  {r['case']} {r['patch']}, {r['regime']}, base {r['base']}: {r['why'][:150]}"
        for r in rows
        if r["right"] and r["verdict"] != "accepted"
    ]
    return "\n".join(lines)
