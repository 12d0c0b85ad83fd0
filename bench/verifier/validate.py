"""Whether a case is what it says: run it, before it counts.

python -m bench.verifier.validate CASE… [--cache FOLDER] [--python PYTHON]

The suite is green without the bug; with the bug and without the hidden tests it is green, or red where the report is a failing
test; every right patch passes the package's own tests, every wrong one fails some of them; a test that a patch brings fails on
the base by an assertion, and passes with the patch.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.verifier.recipe import CASES, TRICKS, Case, Edit, apply, load, restore, source
from bot.core.checks import Report
from bot.core.reports import junit

SLOW = 2.5
"""Seconds; a suite is meant to take about one, on an idle machine."""


@dataclass(frozen=True)
class Ran:
    """`report` is None where the runner did not close one."""

    code: int
    seconds: float
    report: Report | None

    @property
    def failed(self) -> frozenset[str]:
        return frozenset(self.report.failed if self.report else ())

    @property
    def passed(self) -> frozenset[str]:
        return frozenset((self.report.passed if self.report else None) or ())

    @property
    def green(self) -> bool:
        return self.report is not None and self.code == 0 and not self.failed


class Workshop:
    """Copies of one package, and runs of its suite in them."""

    def __init__(self, case: Case, cache: Path, python: Path) -> None:
        self.case, self.python = case, python
        self.pristine = source(case, cache, python)

    def run(self, *layers: tuple[Edit, ...], upstream: bool = False) -> Ran:
        """The suite on the package with edits laid over it; with the package's own tests put back where that is asked for."""
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            root = Path(folder) / "tree"
            shutil.copytree(self.pristine, root)
            for edits in layers:
                apply(root, edits)
            if upstream:
                restore(self.case, self.pristine, root, {edit.file for edits in layers for edit in edits})
            return self._run(root, Path(folder))

    def _run(self, root: Path, folder: Path) -> Ran:
        report = folder / "report.xml"
        env = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
        env |= {
            "PATH": f"{self.python.parent}:{os.environ['PATH']}",
            "PYTEST_ADDOPTS": f"--junitxml={report}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        start = time.monotonic()
        words = ["sh", "-c", self.case.command]
        try:
            code = subprocess.run(words, check=False, cwd=root, env=env, capture_output=True, timeout=60).returncode
        except subprocess.TimeoutExpired:
            return Ran(-1, 60.0, None)
        return Ran(code, time.monotonic() - start, junit(report.read_bytes()) if report.exists() else None)


def validate(case: Case, cache: Path, python: Path) -> list[str]:
    shop = Workshop(case, cache, python)
    whole, base, known = shop.run(upstream=True), shop.run(case.bug, case.hide), shop.run(case.bug, upstream=True)
    state = "green" if base.green else f"red ({len(base.failed)})"
    part = "held out" if case.held_out else "for tuning"
    suite = f"{len(whole.passed)} tests in {whole.seconds:.1f} s"
    print(f"{case.name}: {suite}; base {state}; {len(known.failed)} tests know the bug; {part}")
    wanted = (
        (whole.green, f"red without the bug: {sorted(whole.failed)[:3]}, exit code {whole.code}"),
        (whole.seconds < SLOW, f"the suite takes {whole.seconds:.1f} s"),
        (bool(known.failed), "no test notices the bug"),
        (bool(known.failed - base.failed), "no test that knows the bug is hidden"),
    )
    problems = [problem for holds, problem in wanted if not holds]
    for why, edits in [("upstream", case.right), *((right.why, right.edits) for right in case.different)]:
        if not shop.run(case.bug, case.hide, edits).green:
            problems.append(f"right ({why}): the base suite is not green")
        if not shop.run(case.bug, case.hide, edits, upstream=True).green:
            problems.append(f"right ({why}): the package's own tests are not green")
        problems += brought(shop, edits, case.author_test, f"right ({why})", base)
    return [*problems, *wrongs(shop, base)]


def wrongs(shop: Workshop, base: Ran) -> list[str]:
    case, problems, passing = shop.case, [], 0
    for number, wrong in enumerate(case.wrong, 1):
        label = f"wrong {number} ({wrong.kind})"
        after, truth = shop.run(case.bug, case.hide, wrong.edits), shop.run(case.bug, case.hide, wrong.edits, upstream=True)
        passes = after.code == 0 and (not after.failed or wrong.kind in TRICKS)
        passing += passes
        if truth.green and wrong.kind not in TRICKS:
            problems.append(f"{label}: the package's own tests are green: it is right")
        if wrong.test:
            problems += brought(shop, wrong.edits, wrong.test, label, base)
        suite = "passes the base suite" if passes else f"red ({len(after.failed)})"
        print(f"  {label}: {suite}{', brings a test' if wrong.test else ''}; {len(truth.failed)} upstream tests fail", flush=True)
    if len(case.wrong) < 5 or len({wrong.kind for wrong in case.wrong}) < 4:
        problems.append("fewer than 5 wrong patches, or than 4 classes of them")
    if passing * 2 < len(case.wrong):
        problems.append(f"{passing} of {len(case.wrong)} wrong patches pass the base suite; at least half have to")
    return problems


def brought(shop: Workshop, edits: tuple[Edit, ...], test: tuple[Edit, ...], label: str, base: Ran) -> list[str]:
    """A patch's own test: fails alone, not for a missing name; passes with the patch."""
    case = shop.case
    alone, both = shop.run(case.bug, case.hide, test), shop.run(case.bug, case.hide, edits, test)
    new = alone.failed - base.failed
    asked = set((alone.report.asserted if alone.report else None) or ())
    wanted = (
        (bool(new), "its test does not fail on the base"),
        (new <= asked, f"its test fails on the base for a missing name: {sorted(new - asked)[:3]}"),
        (new <= both.passed, f"its test does not pass with the patch: {sorted(new - both.passed)[:3]}"),
    )
    return [f"{label}: {problem}" for holds, problem in wanted if not holds]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"names of cases; all below {CASES.name} where none is given")
    parser.add_argument("--cache", type=Path, default=Path(".bench"))
    parser.add_argument("--python", type=Path, default=Path(".bench/env/bin/python"))
    words = parser.parse_args()
    found = load(words.cases or None)
    if words.cases and len(found) < len(words.cases):
        raise SystemExit(f"no such case: {set(words.cases) - {case.name for case in found}}")
    bad = 0
    for case in found:
        for problem in validate(case, words.cache.absolute(), words.python.absolute()):
            print(f"  PROBLEM {case.name}: {problem}", flush=True)
            bad += 1
    print(f"{len(found)} cases, {bad} problems")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
