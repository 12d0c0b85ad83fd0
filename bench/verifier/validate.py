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
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from bench.verifier.recipe import CASES, TRICKS, Case, Edit, apply, load, source

NAMELESS = ("NameError", "ImportError", "ModuleNotFoundError", "SyntaxError", "IndentationError")


@dataclass
class Ran:
    code: int
    seconds: float
    passed: set[str]
    failed: dict[str, str]
    closed: bool

    @property
    def green(self) -> bool:
        return self.closed and self.code == 0 and not self.failed


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
                self._restore(root, layers)
            return self._run(root, Path(folder))

    def _restore(self, root: Path, layers: tuple[tuple[Edit, ...], ...]) -> None:
        """Every test file as the package has it; what a patch adds to the tests goes."""
        for edit in {edit.file: edit for edits in layers for edit in edits if is_test(edit.file)}.values():
            (root / edit.file).unlink(missing_ok=True)
            if (self.pristine / edit.file).exists():
                shutil.copy2(self.pristine / edit.file, root / edit.file)
        apply(root, self.case.judge)

    def _run(self, root: Path, folder: Path) -> Ran:
        report = folder / "report.xml"
        env = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
        env |= {
            "PATH": f"{self.python.parent}:{os.environ['PATH']}",
            "PYTEST_ADDOPTS": f"--junitxml={report}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        start = time.monotonic()
        try:
            code = subprocess.run(["sh", "-c", self.case.command], cwd=root, env=env, capture_output=True, timeout=60).returncode
        except subprocess.TimeoutExpired:
            return Ran(-1, 60.0, set(), {}, closed=False)
        seconds = time.monotonic() - start
        passed, failed, closed = set(), {}, False
        if report.exists():
            closed = True
            for test in ET.parse(report).getroot().iter("testcase"):
                name = f"{test.get('classname')}::{test.get('name')}"
                bad = test.find("failure") if test.find("failure") is not None else test.find("error")
                if bad is not None:
                    failed[name] = ("" if bad.tag == "failure" else "error: ") + (bad.get("message") or "")
                elif test.find("skipped") is None:
                    passed.add(name)
        return Ran(code, seconds, passed, failed, closed)


def is_test(path: str) -> bool:
    from bot.core.paths import is_test as by_habit

    return by_habit(path)


def validate(case: Case, cache: Path, python: Path) -> list[str]:
    shop, problems = Workshop(case, cache, python), []

    def want(holds: bool, problem: str) -> None:
        if not holds:
            problems.append(problem)

    whole = shop.run(upstream=True)
    want(whole.green, f"the suite is red without the bug: {list(whole.failed)[:3]}, exit code {whole.code}")
    want(whole.seconds < 2.5, f"the suite takes {whole.seconds:.1f} s")
    base = shop.run(case.bug, case.hide)
    known = shop.run(case.bug, upstream=True)
    want(bool(known.failed), "no test of the package notices the bug")
    print(
        f"{case.name}: {len(whole.passed)} tests in {whole.seconds:.1f} s; base {'green' if base.green else f'red ({len(base.failed)})'}; "
        f"{len(known.failed)} tests know the bug; {'held out' if case.held_out else 'for tuning'}",
        flush=True,
    )
    hidden = set(known.failed) - set(base.failed)
    want(bool(hidden), "no test that knows the bug is hidden")
    for why, edits in [("upstream", case.right), *[(right.why, right.edits) for right in case.different]]:
        want(shop.run(case.bug, case.hide, edits).green, f"right ({why}): the base suite is not green")
        want(shop.run(case.bug, case.hide, edits, upstream=True).green, f"right ({why}): the package's own tests are not green")
        problems += brought(shop, edits, case.author_test, f"right ({why})", base)
    count = 0
    for number, wrong in enumerate(case.wrong):
        label = f"wrong {number} ({wrong.kind})"
        after = shop.run(case.bug, case.hide, wrong.edits)
        passes = after.code == 0 and (not after.failed or wrong.kind in TRICKS)
        count += passes
        truth = shop.run(case.bug, case.hide, wrong.edits, upstream=True)
        want(wrong.kind in TRICKS or not truth.green, f"{label}: the package's own tests are green: it is right")
        if wrong.test:
            problems += brought(shop, wrong.edits, wrong.test, label, base)
        print(
            f"  {label}: {'passes the base suite' if passes else f'red ({len(after.failed)})'}{', brings a test' if wrong.test else ''}; "
            f"{len(truth.failed)} upstream tests fail",
            flush=True,
        )
    want(len(case.wrong) >= 5, f"{len(case.wrong)} wrong patches; at least 5")
    want(count * 2 >= len(case.wrong), f"{count} of {len(case.wrong)} wrong patches pass the base suite; at least half")
    want(len({wrong.kind for wrong in case.wrong}) >= 4, "fewer than 4 classes of wrong patches")
    return problems


def brought(shop: Workshop, edits: tuple[Edit, ...], test: tuple[Edit, ...], label: str, base: Ran) -> list[str]:
    """A patch's own test: fails alone, not for a missing name; passes with the patch."""
    case, problems = shop.case, []
    alone, both = shop.run(case.bug, case.hide, test), shop.run(case.bug, case.hide, edits, test)
    new = {name: why for name, why in alone.failed.items() if name not in base.failed}
    if not new:
        problems.append(f"{label}: its test does not fail on the base")
    if any(why.startswith(("error: ", *NAMELESS)) for why in new.values()):
        problems.append(f"{label}: its test fails on the base for a missing name: {new}")
    if left := set(new) - both.passed:
        problems.append(f"{label}: its test does not pass with the patch: {sorted(left)[:3]}")
    return problems


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
