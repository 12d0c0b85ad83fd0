"""The verify workflow, really run: three trees of a small repository, and what the jobs and steps say of each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.engine import ROOT, Place, execute
from tests.e2e.origin import Origin
from tests.e2e.results import Outcome

pytestmark = pytest.mark.engine

WORKFLOW = (ROOT / "templates" / "workflows" / "route-agent-verify.yml").read_text()

BAD, GOOD = "def add(a, b):\n    return a - b\n", "def add(a, b):\n    return a + b\n"
OLD = "from add import add\n\n\ndef test_zero():\n    assert add(1, 0) == 1\n"
NEW = "from add import add\n\n\ndef test_sum():\n    assert add(2, 2) == 4\n"
CASE = (
    "import unittest\nfrom add import add\n\n\nclass Sum(unittest.TestCase):\n"
    "    def test_sum(self):\n        self.assertEqual(add(2, 2), 4)\n"
)
BEFORE = {"add.py": BAD, "test_old.py": OLD}


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[Origin]:
    with Origin(tmp_path / "origin", "ghs_1_a.b-c_d") as running:
        yield running


def verify(origin: Origin, base: str, patched: str, tests_only: str = "") -> Outcome:
    wanted = {"base": base, "tests-only": tests_only, "patched": patched, "request": "7-1"}
    return execute(WORKFLOW, "workflow_dispatch", {}, Place(origin.url, token=origin.token), inputs=wanted)


def test_a_patch_with_a_test_that_fails_without_it_is_green_in_all_three_jobs(origin):
    base = origin.commit(BEFORE)
    tests = origin.commit({"test_new.py": NEW}, base)
    patched = origin.commit({"add.py": GOOD}, tests)

    outcome = verify(origin, base, patched, tests)

    assert outcome.conclusions == {"base": "success", "tests-only": "success", "patched": "success"}, str(outcome)
    only = outcome.job("tests-only")
    assert only.step("test").outcome == "failure"
    assert only.states["test"] == "success"
    assert only.states["nothing to run"] == "skipped"
    assert f"checked out {tests}" in only.log
    assert "2 executed, 1 failed, 0 in error" in only.log
    assert origin.token not in only.log


def test_without_tests_of_its_own_a_patch_has_nothing_to_run_there_and_old_red_is_red(origin):
    base = origin.commit({"add.py": BAD, "tests/__init__.py": "", "tests/test_sum.py": CASE})
    patched = origin.commit({"add.py": GOOD}, base)

    outcome = verify(origin, base, patched)

    assert outcome.conclusions == {"base": "failure", "tests-only": "success", "patched": "success"}, str(outcome)
    states = outcome.job("tests-only").states
    assert [name for name, state in states.items() if state == "success"] == ["Set up job", "nothing to run", "Complete job"]
    assert outcome.job("base").states["test"] == "failure"
    assert outcome.job("base").states["report"] == "success", "it is red because a test failed, not because nothing is known"


def test_no_test_executed_a_test_that_cannot_be_imported_and_a_process_that_ends_itself_are_red(origin):
    base = origin.commit({"add.py": BAD})
    tests = origin.commit({"test_new.py": NEW.replace("import add", "import plus as add")}, base)
    leaving = origin.commit({"test_new.py": "import os\n\n\ndef test_a():\n    os._exit(0)\n"}, base)

    outcome = verify(origin, base, leaving, tests)

    assert outcome.conclusions == {"base": "failure", "tests-only": "failure", "patched": "failure"}, str(outcome)
    assert [job.states["report"] for job in outcome.jobs] == ["failure"] * 3
    assert "No test was executed." in outcome.job("base").log
    assert "Nothing failed that was asked" in outcome.job("tests-only").log
    assert outcome.job("patched").states["test"] == "success"
    assert "did not close its report" in outcome.job("patched").log


def test_only_a_whole_sha_is_let_in_and_a_package_is_installed(origin):
    package = {"pyproject.toml": "[project]\nname = 'add'\nversion = '1'\n", "src/add.py": GOOD, "tests/test_new.py": NEW}

    outcome = verify(origin, "HEAD; touch here", origin.commit(package))

    assert outcome.conclusions == {"base": "failure", "tests-only": "success", "patched": "success"}, str(outcome)
    assert outcome.job("base").states["commit"] == "failure"
    assert outcome.job("base").states["test"] == "skipped"
