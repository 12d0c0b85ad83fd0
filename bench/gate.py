"""What proving a patch takes, as a multiple of the plain test suite: a fast suite and a slow one, a right patch with a test.

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

from bot.core.checks import Check
from bot.core.cost import Usage
from bot.core.facts import Facts, NotApplicable
from bot.core.policyfile import read
from bot.core.request import Request
from bot.core.route import Route
from bot.core.score import weigh
from bot.core.signals import observe
from bot.core.trail import Opened
from bot.core.verdict import Attempt
from bot.edge.git.repository import find
from bot.edge.git.trees import Trees
from bot.edge.sandbox import box
from bot.execute import Lab, baseline
from bot.shop import Wall
from bot.verify import prove

POLICY = """\
models:
  fast: {provider: openai_compatible, base_url: "http://127.0.0.1:1/v1", model: m, price: {input: 0, output: 0}}
  strong: {provider: openai_compatible, base_url: "http://127.0.0.1:1/v1", model: n, price: {input: 0, output: 0}}
routing: {fast_max_score: 6, strong_min_score: 7}
verification: {deep: {mutants: MUTANTS}}
"""
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
SUITES = (("fast", 20, 1_000), ("slow", 20, 6_000_000))
"""Tests, and rounds of work in each."""


@dataclass(frozen=True)
class Gate:
    """Seconds, medians."""

    suite: str
    plain: float
    base: float
    proof: float
    with_mutants: float


def measure(runs: int) -> list[Gate]:
    return [_suite(name, tests, rounds, runs if name == "fast" else max(2, runs // 2)) for name, tests, rounds in SUITES]


def _suite(name: str, tests: int, rounds: int, runs: int) -> Gate:
    with tempfile.TemporaryDirectory(prefix="gate-") as folder:
        root = Path(folder) / "fair"
        (root / "tests").mkdir(parents=True)
        (root / "fair.py").write_text(SOURCE)
        (root / "tests" / "test_fair.py").write_text(TEST + "".join(CASE.format(n=n, rounds=rounds) for n in range(tests)))
        who = ("-c", "user.name=bench", "-c", "user.email=bench@route-agent.invalid")
        for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "base")):
            subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True)
        check = Check("tests", "python -m pytest -q -p no:cacheprovider -o pythonpath=.", "tests", "bench")
        plain = [
            _timed(lambda: subprocess.run(["sh", "-c", check.run], cwd=root, env={"PATH": PATH}, check=True, capture_output=True))
            for _ in range(runs)
        ]
        base, proofs, deep = [], [], []
        for _ in range(runs):
            base.append(_proved(root, check, proofs, "false"))
            _proved(root, check, deep, "true")
        return Gate(name, median(plain), median(base), median(proofs), median(deep))


def _proved(root: Path, check: Check, took: list[float], mutants: str) -> float:
    """One patch from its diff to its evidence; gives the seconds of the base's run."""
    with tempfile.TemporaryDirectory(prefix="gate-scratch-") as scratch:
        found = find(root, PATH)
        trees = Trees(Path(scratch), found.objects, found.path)
        walls = box.find(box.Home(root, tuple(PATH.split(":")), Path(scratch) / "home", Path(scratch), {}))
        lab = Lab(trees, walls, Wall(), lambda *_: None, 600.0)
        tree = trees.open(found.head)
        walls.prepare(tree, (), 60)
        start = time.monotonic()
        runs = baseline(tree, (check,), lab)
        base = time.monotonic() - start
        opened = _opened(found.head, check, runs, mutants)
        patched = trees.open(found.head)
        patched.write("fair.py", RIGHT.encode())
        patched.write("tests/test_new.py", NEW.encode())
        attempt = Attempt("fast", "finished", patched.diff(), Usage(), 0.0)
        start = time.monotonic()
        proved = prove(opened, attempt, lab)
        took.append(time.monotonic() - start)
        trees.close()
    states = {item.name: item.state for item in proved.evidence.items}
    if proved.evidence.failed or states.get("reproduction") != "passed" or states.get("changed lines executed") != "passed":
        raise SystemExit(f"the gate did not prove a right patch: {proved.evidence.items}")
    return base


def _opened(head: str, check: Check, runs: tuple[object, ...], mutants: str) -> Opened:
    policy, nothing = read(POLICY.replace("MUTANTS", mutants).encode(), "policy.yml"), NotApplicable("bench")
    signals = observe(Facts(nothing, nothing, nothing, (), ""), policy.signals)
    request, score = Request("gate", "fair", None, "bench", "split loses a cent", (), head, None), weigh(signals, policy.routing)
    return Opened(
        request, policy, signals, (), "bugfix", score, Route("fast", ()), (check,), runs, "2026-01-01T00:00:00Z", 0.0, "bench"
    )


def _timed(work: object) -> float:
    start = time.monotonic()
    work()  # type: ignore[operator]
    return time.monotonic() - start


def table(found: list[Gate]) -> str:
    names = (("plain suite", 12), ("base", 8), ("gate", 8), ("ratio", 8), ("base + gate", 13), ("with mutants", 14), ("ratio", 8))
    head = f"{'proof of one patch':24}" + "".join(f"{name:>{width}}" for name, width in names) + "\n"
    return head + "".join(
        f"{each.suite:24}{each.plain:11.2f}s{each.base:7.2f}s{each.proof:7.2f}s{each.proof / each.plain:8.2f}"
        f"{(each.base + each.proof) / each.plain:13.2f}{each.with_mutants:13.2f}s{each.with_mutants / each.plain:8.2f}\n"
        for each in found
    )
