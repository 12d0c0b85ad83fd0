"""What is noted beside a check: real pytest and unittest behind real walls, and code that would rather not be looked at."""

import os
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.core.checks import Check, Probe, Probed
from bot.edge.sandbox import box
from tests.edge.test_sandbox import Files

SHOP = {
    "shop/__init__.py": b"",
    "shop/add.py": b"def add(a, b):\n    if a:\n        return a + b\n    return b\n",
    "tests/__init__.py": b"",
    "tests/test_add.py": (
        b"from shop.add import add\n\n\ndef test_both():\n    assert add(1, 2) == 3\n\n\n"
        b"def test_none():\n    assert add(0, 2) == 2\n"
    ),
    "tests/test_other.py": b"def test_other():\n    assert True\n",
}
PYTEST = "python -m pytest -q -p no:cacheprovider"
UNIT = (
    b"import unittest\nfrom shop.add import add\n\n\nclass T(unittest.TestCase):\n"
    b"    def test_a(self):\n        self.assertEqual(add(1, 2), 3)\n"
)


class Place:
    def __init__(self, tmp_path: Path, kind: type[box.Box]) -> None:
        root, home, scratch = tmp_path / "r\u00e9po", tmp_path / "home", tmp_path / "scratch"
        for folder in (root, home, scratch):
            folder.mkdir()
        search = (str(Path(sys.executable).parent), *os.environ["PATH"].split(":"))
        at = box.Home(root, search, home, scratch, {})
        self.box = box.find(at) if kind is box.Box else kind(at, Path())

    def look(self, probe: Probe, files: Mapping[str, bytes] = SHOP, command: str = PYTEST) -> Probed:
        check = Check("t", command, "tests", "test")
        return self.box.look(Files(files), check, 60, probe)  # type: ignore[arg-type]  # as much of a tree as is used


@pytest.fixture(params=[box.Box, box.Bare], ids=["walls", "bare"])
def place(request, tmp_path) -> Place:
    return Place(tmp_path, request.param)


@pytest.fixture
def walls(tmp_path) -> Place:
    return Place(tmp_path, box.Box)


ADD = Probe(files=("shop/add.py",))


def test_every_line_is_noted_with_the_tests_that_ran_it(place):
    found = place.look(ADD)
    assert found.traced is not None
    (traced,) = found.traced
    lines = dict(traced.lines)
    assert lines[3] == ("tests/test_add.py::test_both",)
    assert lines[4] == ("tests/test_add.py::test_none",)
    assert found.run.report is not None
    assert found.run.report.executed == 3


def test_a_runner_that_names_no_test_still_says_which_lines_ran(place):
    files = {**SHOP, "tests/test_add.py": UNIT}
    found = place.look(ADD, files, "python -m unittest discover -v -t . -s tests")
    assert found.traced is not None
    assert [line for line, _ in found.traced[0].lines] == [1, 2, 3]
    assert found.run.report is not None, "what is noted does not stand between a runner and its last line"


def test_a_file_that_nothing_loads_is_noted_as_nothing(walls):
    files = {**SHOP, "shop/unused.py": b"X = 1\n", "tests/test_add.py": UNIT}
    found = walls.look(Probe(files=("shop/unused.py",)), files, "python -m unittest discover -v -t . -s tests")
    assert found.traced is None
    assert found.run.report is not None


def test_the_wanted_tests_run_alone(place):
    found = place.look(Probe(only=("tests/test_add.py",))).run
    one = place.look(Probe(only=("tests/test_add.py::test_none",))).run
    assert found.report is not None
    assert one.report is not None
    assert (found.report.executed, one.report.passed) == (2, ("tests.test_add::test_none",))


def test_a_test_that_is_not_there_does_not_make_the_rest_go(walls):
    found = walls.look(Probe(only=("tests/test_gone.py::test_x",))).run
    assert found.report is not None
    assert found.report.executed == 3


def test_a_file_can_hold_another_text_for_one_run(place):
    probe = Probe(instead=(("shop/add.py", "def add(a, b):\n    return 'caf\udce9'\n"),))
    found = place.look(probe).run
    assert found.report is None or found.report.failed
    assert place.look(Probe()).run.exit_code == 0


def test_the_file_that_a_link_leads_to_is_not_written(walls, tmp_path):
    class Linked(Files):
        def unpack(self, folder: str) -> None:
            Path(folder, "a.py").symlink_to(tmp_path / "outside")

    (tmp_path / "outside").write_text("mine")
    check = Check("t", "cat a.py", "build", "test")
    found = walls.box.look(Linked({}), check, 20, Probe(instead=(("a.py", "theirs"),)))
    assert found.run.tail == "theirs"
    assert (tmp_path / "outside").read_text() == "mine"


def test_a_pythonpath_of_the_command_s_own_leaves_the_run_as_it_was(walls):
    found = walls.look(ADD, command=f"PYTHONPATH=. {PYTEST}")
    assert found.traced is None, "not looked into, so nothing is known"
    assert found.run.exit_code == 0
    kept = walls.look(ADD, command=f"PYTHONPATH=.:$PYTHONPATH {PYTEST}")
    assert kept.traced is not None


def test_the_environment_s_own_start_up_file_still_runs(walls):
    files = {**SHOP, "own/sitecustomize.py": b"import builtins\nbuiltins.MINE = 1\n"}
    files["tests/test_add.py"] = b"def test_x():\n    assert MINE == 1\n"
    assert walls.look(ADD, files, f"PYTHONPATH=$PYTHONPATH:own {PYTEST}").run.exit_code == 0


@pytest.mark.parametrize(
    "line",
    [
        "import os; [open(os.path.join(d, 'trace-1-a.json'), 'w').write('{') for d in [OUT]]",
        "import os; os.mkfifo(os.path.join(OUT, 'trace-1-a.json'))",
        "import os; os.symlink('/etc/passwd', os.path.join(OUT, 'trace-1-a.json'))",
        "import os; [open(os.path.join(OUT, f'trace-{n}-a.json'), 'w').write('{}') for n in range(500)]",
        "import os; open(os.path.join(OUT, 'trace-1-a.json'), 'w').truncate(10**9)",
    ],
)
def test_what_judged_code_leaves_in_the_place_of_notes_harms_nobody(walls, line):
    start = "import json, os\nOUT = json.loads(os.environ['ROUTE_AGENT_PROBE'])['out']\n"
    files = {**SHOP, "shop/add.py": f"{start}{line}\n".encode() + SHOP["shop/add.py"]}
    assert walls.look(ADD, files).run.report is not None


def test_several_checks_run_at_a_time(walls):
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: walls.look(ADD), range(4)))
    assert [each.run.exit_code for each in found] == [0] * 4
    assert all(each.traced is not None for each in found)
