"""What proving a patch runs, and how often: real git, real pytest, a real sandbox that counts what it is asked."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import pytest

from bot.core import patch
from bot.core.checks import Check, Probe, Probed, Run
from bot.core.evidence import EXECUTED, FIXES, MUTANTS, REPRODUCED, Item
from bot.core.paths import is_test
from bot.core.suite import Retold
from bot.edge.git.repository import find
from bot.edge.git.trees import Trees
from bot.edge.sandbox import box
from bot.execute import baseline, changed, shown
from bot.lab import Lab, Specimen
from bot.ports import Tree
from bot.shop import Wall

SOURCE = "def split(total, people):\n    share = total // people\n    return [share] * people\n"
RIGHT = SOURCE.replace(
    "    return [share] * people", "    rest = total % people\n    return [share + (n < rest) for n in range(people)]"
)
OLD = "from fair import split\n\n\ndef test_even():\n    assert split(6, 3) == [2, 2, 2]\n"
NEW = "from fair import split\n\n\ndef test_odd():\n    assert split(7, 3) == [3, 2, 2]\n"
SHY = NEW.replace("from fair", "import sys\n\nfrom fair").replace(
    "    assert", '    assert "coverage" not in sys.modules\n    assert'
)
CHECK = Check("tests", "python -m pytest -q -p no:cacheprovider -o pythonpath=.", "tests", "test")
WHO = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")


@dataclass
class Counted:
    """A sandbox that keeps what it was asked, and how much of it at a time."""

    walls: box.Box
    asked: list[Probe] = field(default_factory=list)
    now: int = 0
    most: int = 0
    lock: Lock = field(default_factory=Lock)

    @property
    def at_once(self) -> int:
        return self.walls.at_once

    def run(self, tree: Tree, check: Check, seconds: float) -> Run:
        return self.look(tree, check, seconds, Probe()).run

    def look(self, tree: Tree, check: Check, seconds: float, probe: Probe, over: Callable[[], bool] | None = None) -> Probed:
        with self.lock:
            self.asked.append(probe)
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            return self.walls.look(tree, check, seconds, probe, over)
        finally:
            with self.lock:
                self.now -= 1

    def whole(self) -> int:
        """How often it ran every test."""
        return sum(not probe.only for probe in self.asked)


@dataclass
class Bench:
    lab: Lab
    sandbox: Counted
    sha: str

    def prove(self, files: Mapping[str, str], *, deep: bool = False, critic: bool = False) -> dict[str, Item]:
        trees = self.lab.trees
        base, edited = trees.open(self.sha), trees.open(self.sha)
        for path, text in files.items():
            edited.write(path, text.encode())
        diff = edited.diff()
        made, patched, tests = patch.parse(diff), trees.open(self.sha, diff), patch.part(diff, is_test)
        alone = trees.open(self.sha, tests) if tests and tests != diff else None
        retold = Retold(tuple(path for path in files if is_test(path)), patch.rewritten(made))
        specimen = Specimen(changed(made, base, patched), retold, base, patched, alone, deep, "bugfix", critic=critic)
        before = baseline(base, (CHECK,), self.lab)
        self.sandbox.asked.clear()
        return {item.name: item for item in shown(specimen, (CHECK,), before, self.lab).items}


def bench(folder: Path, kind: type[box.Box], files: Mapping[str, str]) -> Iterator[Bench]:
    root, scratch = folder / "fair", folder / "scratch"
    for path in (root, scratch, folder / "home"):
        path.mkdir()
    for name, text in {"fair.py": SOURCE, "test_fair.py": OLD, **files}.items():
        (root / name).write_text(text)
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "base")):
        subprocess.run(["git", *WHO, *words], cwd=root, check=True, capture_output=True)
    search = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    repository = find(root, search)
    trees = Trees(scratch, repository.objects, repository.path)
    home = box.Home(root, tuple(search.split(":")), folder / "home", scratch, {})
    sandbox = Counted(box.find(home) if kind is box.Box else kind(home, Path()))
    yield Bench(Lab(trees, sandbox, Wall(), lambda *_: None, 60.0), sandbox, repository.head)  # type: ignore[arg-type]  # it counts
    trees.close()


@pytest.fixture
def green(tmp_path):
    yield from bench(tmp_path, box.Box, {})


@pytest.fixture
def red(tmp_path):
    yield from bench(tmp_path, box.Box, {"test_odd.py": NEW})


@pytest.fixture
def bare(tmp_path):
    yield from bench(tmp_path, box.Bare, {})


def test_a_patch_with_a_test_runs_the_suite_once_and_its_test_twice(green):
    found = green.prove({"fair.py": RIGHT, "test_new.py": NEW})
    assert (found["check tests"].state, found[REPRODUCED].state, found[EXECUTED].state) == ("passed", "passed", "passed")
    assert [probe.only for probe in green.sandbox.asked].count(("test_new.py",)) == 2
    assert (len(green.sandbox.asked), green.sandbox.whole()) == (3, 1)


def test_where_nothing_can_turn_green_and_nobody_is_asked_no_line_is_counted(green):
    found = green.prove({"fair.py": RIGHT})
    assert (found["check tests"].state, found[REPRODUCED].state, found[EXECUTED].state) == ("passed", "not_run", "not_run")
    assert len(green.sandbox.asked) == 1


def test_a_patch_that_a_critic_is_to_see_runs_it_twice_at_the_same_time(green):
    found = green.prove({"fair.py": RIGHT}, critic=True)
    assert (found["check tests"].state, found[REPRODUCED].state, found[EXECUTED].state) == ("passed", "not_run", "passed")
    assert (len(green.sandbox.asked), green.sandbox.whole()) == (2, 2)
    assert green.sandbox.most == min(2, green.sandbox.at_once)


def test_a_test_that_turns_green_is_run_again_on_the_base_and_counts_the_lines(red):
    found = red.prove({"fair.py": RIGHT})
    assert (found[FIXES].state, found[EXECUTED].state) == ("passed", "passed")
    assert [probe.only for probe in red.sandbox.asked].count(("test_odd.py",)) == 2
    assert red.sandbox.whole() == 1


def test_where_its_own_test_misses_a_line_all_tests_are_asked(green):
    aside = RIGHT + "\n\ndef none(people):\n    return [0] * people\n"
    found = green.prove({"fair.py": aside, "test_new.py": NEW})
    assert found[EXECUTED].state == "failed"
    assert "fair.py:8" in found[EXECUTED].reason
    assert green.sandbox.whole() == 2


def test_a_test_that_noting_lines_disturbs_is_run_again_without(green):
    found = green.prove({"fair.py": RIGHT, "test_new.py": SHY})
    assert found[REPRODUCED].state == "passed"
    assert green.sandbox.asked.count(Probe(only=("test_new.py",))) == 2, "without the change and with it, alike"


WATCHED = """
import os

from fair import split


def test_nothing():
    told = [value for name, value in os.environ.items() if name.endswith("PROBE")]
    assert not told or '"files": []' not in told[0]
    assert split(6, 3) == [2, 2, 2]
"""


def test_a_test_that_looks_for_who_looks_on_sees_the_same_with_the_change_and_without(green):
    found = green.prove({"fair.py": SOURCE.replace("share", "part"), "test_new.py": WATCHED})
    assert (found["check tests"].state, found[REPRODUCED].state) == ("passed", "failed")


def test_after_a_veto_nothing_more_is_begun(green):
    found = green.prove({"fair.py": SOURCE.replace("//", "+"), "test_new.py": NEW}, deep=True)
    assert found["check tests"].strength == "veto"
    assert (FIXES in found, MUTANTS in found) == (False, False)
    assert not [probe for probe in green.sandbox.asked if probe.instead]
    assert green.sandbox.now == 0


SLEEPS = "    import os\n    import time\n\n    time.sleep(60 * ('ROUTE_' + 'AGENT_PROBE' in os.environ))\n    assert"
HANGING = NEW.replace("    assert", SLEEPS, 1)


@pytest.mark.parametrize("kind", ["green", "bare"])
def test_a_veto_waits_for_nothing_that_still_runs(kind, request):
    at = request.getfixturevalue(kind)
    start = time.monotonic()
    found = at.prove({"fair.py": SOURCE.replace("//", "+"), "test_new.py": HANGING})
    assert found["check tests"].strength == "veto"
    assert time.monotonic() - start < 30
    assert at.sandbox.now == 0


def test_faults_are_compared_with_a_run_without_one(green):
    found = green.prove({"fair.py": RIGHT, "test_new.py": NEW}, deep=True)
    assert found[MUTANTS].state == "passed"
    tried = [probe for probe in green.sandbox.asked if probe.instead]
    assert tried
    assert Probe(only=tuple(sorted({name for probe in tried for name in probe.only}))) in green.sandbox.asked


def test_without_walls_one_thing_runs_at_a_time(bare):
    found = bare.prove({"fair.py": RIGHT, "test_new.py": NEW}, deep=True)
    assert (found[REPRODUCED].state, found[EXECUTED].state, found[MUTANTS].state) == ("passed", "passed", "passed")
    assert bare.sandbox.most == 1
