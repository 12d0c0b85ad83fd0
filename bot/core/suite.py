"""The repository's own checks, on the patch and on the base: what is red there is not the patch's fault, what is red anew is."""

import re
from collections import Counter
from dataclasses import dataclass, replace

from bot.core.checks import Check, Report, Run
from bot.core.clean import line, several
from bot.core.evidence import FIXES, STEADY, Item, State, Strength


def compare(check: Check, base: Run, patched: Run, flaky: tuple[str, ...] = ()) -> Item:
    """What a check says of the patch: old red is not the patch's fault, new red is. `flaky` are tests that do not count."""
    name = f"check {check.name}"
    if patched.timed_out:
        return Item(name, "failed", "veto", f"did not end within {patched.seconds:.0f} s", patched.seconds)
    state, strength, reason = _tests(base, patched) if check.kind == "tests" else _command(base, patched)
    unsure = f"; flaky, so not counted: {several(sorted(flaky))}" if flaky else ""
    return Item(name, state, strength, reason + unsure, patched.seconds)


def red_anew(check: Check, base: Run, patched: Run) -> bool:
    """Whether a run of tests is red in a way that another run of the same might not be."""
    if check.kind != "tests" or patched.timed_out:
        return False
    if patched.report is None or base.report is None:
        return patched.exit_code != 0 and base.exit_code == 0
    return bool(set(patched.report.failed) - set(base.report.failed))


@dataclass(frozen=True, slots=True)
class Settled:
    """A run without what was red by chance. `flaky`: what was; `shaken`: that of it which was seen red with the patch alone."""

    run: Run
    flaky: tuple[str, ...] = ()
    shaken: tuple[str, ...] = ()


def settled(patched: Run, again: Run, base_again: Run | None, base: Run) -> Settled:
    """By chance is what passes when run again, or fails on the base too when that is run again."""
    if patched.report is None or again.report is None or base.report is None:
        return Settled(again, (), (f"the check `{line(patched.check, 60)}`",)) if again.exit_code == 0 else Settled(patched)
    if again.report.executed < patched.report.executed:
        return Settled(patched)  # it did not come as far, so it settles nothing
    before = set(base.report.failed)
    new, anew = set(patched.report.failed) - before, set(again.report.failed) - before
    known = set(base_again.report.failed) if base_again and base_again.report else set()
    red = ((new & anew) | (anew - new)) - known  # what breaks another test each time breaks something
    names = again.report.passed
    flaky = (new - red) & {*(new if names is None else names), *known}
    left = tuple(sorted({*(name for name in patched.report.failed if name not in flaky), *red}))
    passed = patched.report.passed
    if passed is not None:
        passed = tuple(sorted({*passed, *(flaky - set(again.report.failed))} - red))
    report = replace(patched.report, failed=left, passed=passed)
    code = patched.exit_code if left else 0 if again.report.failed else again.exit_code
    return Settled(replace(patched, report=report, exit_code=code), tuple(sorted(flaky)), tuple(sorted(flaky - known)))


def unsteady(found: tuple[Settled, ...]) -> tuple[Item, ...]:
    """What only the patch was seen to turn red, if only once: chance, or a race that the patch brings; they look the same."""
    shaken = sorted({name for each in found for name in each.shaken})
    if not shaken:
        return ()
    return (Item(STEADY, "failed", "term", f"red with the patch, then green, and never seen red on the base: {several(shaken)}"),)


def steadily(base: Run, again: Run) -> Run:
    """The run on the base with the failing tests alone that fail when run again, too; none where that run says nothing."""
    if base.report is None:
        return base
    red = again.report.failed if again.report is not None else ()
    left = tuple(name for name in base.report.failed if name in red)
    return replace(base, report=replace(base.report, failed=left))


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
        return "failed", "veto", f"{len(new)} newly failing: {several(sorted(new))}"
    if after.executed < before.executed:
        return "failed", "veto", f"executed {after.executed} tests, {before.executed} on the base"
    if gone := _gone(before, after):
        return "failed", "veto", f"{len(gone)} executed on the base, and no longer or with fewer cases: {several(sorted(gone))}"
    if patched.exit_code != 0 and not after.failed and (base.exit_code == 0 or before.failed):
        return "failed", "veto", f"exit code {patched.exit_code} though no test failed"
    if after.executed == 0:
        return "not_run", "info", "the runner executed no test"
    if after.executed <= len(after.failed):
        return "not_run", "info", f"no test passes, here or on the base: {several(sorted(after.failed))}"
    left = f"; still failing, as on the base: {several(sorted(after.failed))}" if after.failed else ""
    return "passed", "strong", f"{after.executed} tests executed, {before.executed} on the base{left}"


_BY = {"junit": "a file of the runner's own", "printed": "only printed"}


def _gone(before: Report, after: Report) -> tuple[str, ...]:
    """Tests that were executed on the base and are not with the patch, or with fewer of their cases: skipped, renamed or away.

    Cases are counted, not named: a new one may shift the names of the others.
    """
    if before.passed is None or after.passed is None:
        return ()
    then = Counter(_function(name) for name in (*before.passed, *before.failed))
    now = Counter(_function(name) for name in (*after.passed, *after.failed))
    return tuple(sorted(name for name, count in then.items() if now[name] < count))


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
    then = {run.check: run.report for run in base if run.check in tests and run.report}
    now = {run.check: run.report for run in patched if run.check in tests and run.report}
    before = {(check, name) for check, report in then.items() for name in report.failed}
    after = {(check, name) for check, report in now.items() for name in report.failed}
    if not before:
        return Item(FIXES, "not_applicable", "info", "no test failed on the base")
    left, silent = _names(before & after), _names(before - after)
    if all(report.passed is not None for report in now.values()):
        passing = {(check, name) for check, report in now.items() for name in report.passed or ()}
        fixed, lost = _names(before & passing), _names(before - after - passing)
    else:
        fixed, lost = ([], silent) if retold.changed else (silent, [])
    if lost:
        return Item(FIXES, "not_run", "info", f"failing on the base, not seen to pass: {several(sorted(lost))}")
    told_anew = [name for name in fixed if _stands_in(name, retold.rewritten)]
    fixed = [name for name in fixed if name not in told_anew]
    if told_anew and not fixed:
        return Item(FIXES, "not_run", "info", f"passing now, in a file that the patch rewrites: {several(sorted(told_anew))}")
    if not fixed:
        return Item(FIXES, "not_run", "info", f"still failing, as on the base: {several(sorted(left))}")
    rest = f"; still failing: {several(sorted(left))}" if left else ""
    return Item(FIXES, "passed", "info", f"{len(fixed)} of {len(before)} failing tests now pass: {several(sorted(fixed))}{rest}")


def _names(found: set[tuple[str, str]]) -> list[str]:
    """The tests' own names; two checks may run the same."""
    return sorted({name for _, name in found})


def _stands_in(name: str, paths: tuple[str, ...]) -> bool:
    """Whether a test may stand in one of the files: runners name its module or its path."""
    stems = (path.rpartition("/")[2].partition(".")[0] for path in paths)
    return any(re.search(rf"(?<!\w){re.escape(stem)}(?!\w)", name) for stem in stems)
