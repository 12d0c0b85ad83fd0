"""What was shown about one patch, item by item, and the one number that follows from it."""

import re
from typing import Literal

from pydantic.dataclasses import dataclass

from bot.core.checks import Check, Report, Run
from bot.core.strict import STRICT

PATCH_RULES, FIXES, REACHES, REPRODUCED = "patch rules", "fixes failing tests", "reaches the change", "reproduction"
GRADING = "how it is judged"
CRITIC, SUMMARY, INDEPENDENT = "critic", "summary check", "independent reproduction"
"""Names of items that decisions look for."""

State = Literal["passed", "failed", "not_run", "not_applicable"]
Strength = Literal["veto", "strong", "weak", "info"]
"""What a pass is worth: `strong` shows that the change works, `weak` only that nothing looks broken, `veto` and `info` add
nothing when they pass. A failed `veto`, `strong` or `weak` item ends the attempt."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Item:
    name: str
    state: State
    strength: Strength
    reason: str
    seconds: float = 0.0
    micros: int | None = 0
    """What it cost, in micro-dollars; None where nobody knows."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Evidence:
    """`runs` are the checks on the patched tree, in the order they ran; they are what a next lane gets to read."""

    items: tuple[Item, ...]
    runs: tuple[Run, ...] = ()

    @property
    def failed(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.state == "failed")

    @property
    def proves(self) -> bool:
        """At least one strong item passed and none failed. Nothing shown proves nothing."""
        return not self.failed and any(item.state == "passed" and item.strength == "strong" for item in self.items)


def compare(check: Check, base: Run, patched: Run) -> Item:
    """What a check says of the patch: old red is not the patch's fault, new red is."""
    name = f"check {check.name}"
    if patched.timed_out:
        return Item(name, "failed", "veto", f"did not end within {patched.seconds:.0f} s", patched.seconds)
    state, strength, reason = _tests(base, patched) if check.kind == "tests" else _command(base, patched)
    return Item(name, state, strength, reason, patched.seconds)


def _command(base: Run, patched: Run) -> tuple[State, Strength, str]:
    if patched.exit_code == 0:
        return "passed", "weak", "exit code 0"
    if base.exit_code != 0:
        return "not_run", "info", f"exit code {base.exit_code} on the base already: says nothing about the patch"
    return "failed", "weak", f"exit code {patched.exit_code}, 0 on the base"


def _tests(base: Run, patched: Run) -> tuple[State, Strength, str]:
    after, before = patched.report, base.report
    if after is None or before is None:
        return _unreported(base, patched)
    if after.by != before.by:
        return "failed", "veto", f"its report is {_BY[after.by]}, and {_BY[before.by]} on the base"
    new = tuple(name for name in after.failed if name not in before.failed)
    if new:
        return "failed", "veto", f"{len(new)} newly failing: {_names(new)}"
    if after.executed < before.executed:
        return "failed", "veto", f"executed {after.executed} tests, {before.executed} on the base"
    if gone := _gone(before, after):
        return "failed", "veto", f"{len(gone)} passing on the base, no longer executed: {_names(gone)}"
    if patched.exit_code != 0 and not after.failed and (base.exit_code == 0 or before.failed):
        return "failed", "veto", f"exit code {patched.exit_code} though no test failed"
    if after.executed == 0:
        return "not_run", "info", "the runner executed no test"
    if after.executed <= len(after.failed):
        return "not_run", "info", f"no test passes, here or on the base: {_names(after.failed)}"
    left = f"; still failing, as on the base: {_names(after.failed)}" if after.failed else ""
    return "passed", "strong", f"{after.executed} tests executed, {before.executed} on the base{left}"


_BY = {"junit": "a file of the runner's own", "printed": "only printed"}


def _gone(before: Report, after: Report) -> tuple[str, ...]:
    """Tests that pass on the base and were not executed; a parametrised one is there while any of its cases is."""
    if before.passed is None or after.passed is None:
        return ()
    there = {_function(name) for name in (*after.passed, *after.failed)}
    return tuple(sorted({_function(name) for name in before.passed} - there))


def _function(name: str) -> str:
    """A test without its parameters, which may hold a time or an address."""
    return name.partition("[")[0]


def _unreported(base: Run, patched: Run) -> tuple[State, Strength, str]:
    """A run without a closed report is red; where the runner never closes one, its exit code is weak evidence."""
    if base.report is not None:
        return "failed", "veto", f"the test runner did not close its report (exit code {patched.exit_code})"
    if patched.report is not None:
        return "not_run", "info", "no report on the base to compare with"
    if patched.exit_code == 0:
        return "passed", "weak", "exit code 0, but the runner leaves no report that says what it executed"
    if base.exit_code == 0:
        return "failed", "veto", f"exit code {patched.exit_code}, 0 on the base"
    return "not_run", "info", f"exit code {base.exit_code} on the base already, and no report to compare"


@dataclass(frozen=True, slots=True)
class Retold:
    """The test files that a patch changes, and those of them in which it takes lines away: there an assertion may be another."""

    changed: tuple[str, ...] = ()
    rewritten: tuple[str, ...] = ()


def fixes(checks: tuple[Check, ...], base: tuple[Run, ...], patched: tuple[Run, ...], retold: Retold) -> Item:
    """Whether tests that failed on the base pass with the patch: the strongest sign that it does what was wanted.

    Where the runner does not name what passes, and the patch changes test files, nobody knows whether a failing test passes or
    is gone. One that passes in a file which the patch rewrites shows nothing: it may ask for something else now.
    """
    tests = {check.name for check in checks if check.kind == "tests"}
    reports = tuple(run.report for run in patched if run.check in tests and run.report)
    before = {t for run in base if run.check in tests and run.report for t in run.report.failed}
    after = {t for report in reports for t in report.failed}
    if not before:
        return Item(FIXES, "not_applicable", "info", "no test failed on the base")
    left, silent = sorted(before & after), sorted(before - after)
    if all(report.passed is not None for report in reports):
        passing = {t for report in reports for t in report.passed or ()}
        fixed, lost = sorted(before & passing), sorted(before - after - passing)
    else:
        fixed, lost = ([], silent) if retold.changed else (silent, [])
    if lost:
        return Item(FIXES, "not_run", "info", f"failing on the base, not seen to pass: {_names(lost)}")
    told_anew = [name for name in fixed if _stands_in(name, retold.rewritten)]
    fixed = [name for name in fixed if name not in told_anew]
    if told_anew and not fixed:
        return Item(FIXES, "not_run", "info", f"passing now, in a file that the patch rewrites: {_names(told_anew)}")
    if not fixed:
        return Item(FIXES, "not_run", "info", f"still failing, as on the base: {_names(left)}")
    rest = f"; still failing: {_names(left)}" if left else ""
    return Item(FIXES, "passed", "info", f"{len(fixed)} of {len(before)} failing tests now pass: {_names(fixed)}{rest}")


def _stands_in(name: str, paths: tuple[str, ...]) -> bool:
    """Whether a test may stand in one of the files: runners name its module or its path."""
    stems = (path.rpartition("/")[2].partition(".")[0] for path in paths)
    return any(re.search(rf"(?<!\w){re.escape(stem)}(?!\w)", name) for stem in stems)


def _names(names: tuple[str, ...] | list[str]) -> str:
    shown = ", ".join(sorted(names)[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


CANARY = "route-agent canary"
_POISON = {
    "py": f'raise RuntimeError("{CANARY}")\n',
    "js": f'throw new Error("{CANARY}");\n',
    "rb": f'raise "{CANARY}"\n',
    "sh": "exit 97\n",
    "go": f"{CANARY}\n",
    "rs": f'compile_error!("{CANARY}");\n',
}
_ENDINGS = {
    "pyi": None,
    "mjs": "js",
    "cjs": "js",
    "jsx": "js",
    "ts": "js",
    "tsx": "js",
    "mts": "js",
    "cts": "js",
    "bash": "sh",
}


def poison(path: str, content: bytes) -> bytes | None:
    """The file, broken so that loading it fails; None for a kind of file that we cannot break in a way a runner must see."""
    ending = path.rpartition(".")[2].lower()
    broken = _POISON.get(_ENDINGS.get(ending, ending) or "")
    if broken is None:
        return None
    if content.startswith(b"#!"):
        first, _, rest = content.partition(b"\n")
        return first + b"\n" + broken.encode() + rest
    return broken.encode() + content


def reached(check: Check, patched: Run, poisoned: Run) -> Item:
    """Whether the tests load the changed files at all: with those files broken on purpose, they must go red."""
    name = f"{check.name} {REACHES}"
    if poisoned.report is None or poisoned.exit_code not in (0, patched.exit_code):
        return Item(name, "passed", "info", "the changed files, broken on purpose, turn it red", poisoned.seconds)
    before = set(patched.report.failed) if patched.report else set()
    if set(poisoned.report.failed) - before:
        return Item(name, "passed", "info", "the changed files, broken on purpose, turn it red", poisoned.seconds)
    return Item(
        name,
        "failed",
        "weak",
        "stays green with the changed files broken on purpose: it never runs them",
        poisoned.seconds,
    )
