"""What proving a right patch with a test takes, as a multiple of the plain test suite: one that is start-up alone, a fast one, a
slow one.

The plain suite is the check's command in the repository, without a sandbox. The gate is `bot.verify.prove`, from the patch to all
of its evidence; the base's own run, which is made once for all attempts, is told apart.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.stand import Stand, commit
from bot.core.attempt import Attempt
from bot.core.checks import Check
from bot.core.cost import Usage
from bot.verify import prove

SOURCE = "def split(total, people):\n    share = total // people\n    return [share] * people\n"
RIGHT = (
    "def split(total, people):\n    share, rest = divmod(total, people)\n    return [share + (n < rest) for n in range(people)]\n"
)
TEST = (
    "from fair import split\n\n\ndef work(rounds):\n    total = 0\n    for n in range(rounds):\n"
    "        total += n * n\n    return total\n\n\n"
)
CASE = "def test_{n}():\n    work({rounds})\n    assert split({n} * 3, 3) == [{n}] * 3\n\n\n"
NEW = (
    "from fair import split\n\n\ndef test_nothing_is_lost():\n"
    "    assert split(100, 3) == [34, 33, 33]\n    assert sum(split(7, 4)) == 7\n"
)
PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
SUITES = (("start-up alone", 20, 1_000), ("fast", 20, 400_000), ("slow", 20, 1_500_000))
"""Tests, and rounds of work in each. The first is nothing but the start of a runner, which a proof starts three times."""


@dataclass(frozen=True)
class Gate:
    """Seconds, medians."""

    suite: str
    plain: float
    base: float
    proof: float
    with_mutants: float


def measure(runs: int) -> list[Gate]:
    return [_suite(name, tests, rounds, max(2, runs // 2) if name == "slow" else runs) for name, tests, rounds in SUITES]


def _suite(name: str, tests: int, rounds: int, runs: int) -> Gate:
    with tempfile.TemporaryDirectory(prefix="gate-") as folder:
        root = Path(folder) / "fair"
        (root / "tests").mkdir(parents=True)
        (root / "fair.py").write_text(SOURCE)
        (root / "tests" / "test_fair.py").write_text(TEST + "".join(CASE.format(n=n, rounds=rounds) for n in range(tests)))
        commit(root)
        check = Check("tests", "python -m pytest -q -p no:cacheprovider -o pythonpath=.", "tests", "bench")
        plain: list[float] = []
        base, proofs, deep = [], [], []
        for _ in range(runs):  # by turns: a machine that is shared is not as fast at one time as at another
            plain.append(_timed(check.run, root))
            base.append(_proved(root, check, proofs, mutants=False))
            _proved(root, check, deep, mutants=True)
        return Gate(name, median(plain), median(base), median(proofs), median(deep))


def _proved(root: Path, check: Check, took: list[float], *, mutants: bool) -> float:
    """One patch from its diff to its evidence; gives the seconds of the base's run."""
    with tempfile.TemporaryDirectory(prefix="gate-scratch-") as scratch:
        stand = Stand(root, Path(scratch), PATH, 600.0)
        opened = stand.opened(check, "split loses a cent", mutants=mutants)
        patched = stand.trees.open(stand.head)
        patched.write("fair.py", RIGHT.encode())
        patched.write("tests/test_new.py", NEW.encode())
        proved = prove(opened, Attempt("fast", "finished", patched.diff(), Usage(), 0.0), stand.lab)
        took.append(proved.seconds)
        stand.close()
    states = {item.name: item.state for item in proved.evidence.items}
    if proved.evidence.failed or states.get("reproduction") != "passed" or states.get("changed lines executed") != "passed":
        raise SystemExit(f"the gate did not prove a right patch: {proved.evidence.items}")
    return opened.baseline[0].seconds


def _timed(command: str, folder: Path) -> float:
    start = time.monotonic()
    subprocess.run(["sh", "-c", command], cwd=folder, env={"PATH": PATH}, check=True, capture_output=True)
    return time.monotonic() - start


def table(found: list[Gate]) -> str:
    names = (("plain suite", 12), ("base", 8), ("gate", 8), ("ratio", 8), ("base + gate", 13), ("with mutants", 14), ("ratio", 8))
    head = f"{'proof of one patch':24}" + "".join(f"{name:>{width}}" for name, width in names) + "\n"
    return head + "".join(
        f"{each.suite:24}{each.plain:11.2f}s{each.base:7.2f}s{each.proof:7.2f}s{each.proof / each.plain:8.2f}"
        f"{(each.base + each.proof) / each.plain:13.2f}{each.with_mutants:13.2f}s{each.with_mutants / each.plain:8.2f}\n"
        for each in found
    )
