"""The main job, end to end: patches that nothing proves, and such as reach for what judges them."""

from dataclasses import replace

import pytest

from bot.core import account
from bot.core.evidence import Item
from bot.core.verdict import Escalate
from bot.demo.scripted import Scripted
from tests.fakes import repos
from tests.fakes.jobs import names
from tests.fakes.repos import DONE, GOOD


def test_a_module_that_ends_the_process_is_red_though_the_exit_code_is_0(job):
    cheat = {
        "action": "write",
        "path": "shop/add.py",
        "content": "import os\ngetattr(os, ''.join(map(chr, (95, 101, 120, 105, 116))))(0)\n",
    }

    record, _ = job.run(Scripted({"fast": [cheat, DONE], "strong": [cheat, DONE]}))

    assert record.result == "not_fixed"
    assert "did not close its report (exit code 0)" in record.detail


def test_a_suite_that_does_not_run_on_the_base_is_said_before_a_model_is_paid_and_at_the_end(job):
    """A user paid both lanes, read `no test passes`, and was told to say more in the task."""
    repos.make(job.repo, {"tests/test_add.py": "import requestz\n"})
    record, _ = job.run(Scripted({lane: [NOTE, DONE] for lane in ("fast", "strong")}))
    warning, paid = (job.progress.getvalue().index(f"  {step}  ") for step in ("base      ", "attempting"))
    said = "check tests does not run on the base: ModuleNotFoundError: No module named 'requestz' (exit code 1)"
    assert said in job.progress.getvalue()[warning:paid]
    assert "verification.setup" in job.progress.getvalue()[warning:paid]
    assert record.result == "not_fixed"
    assert account.advice(record) == "mend the set-up"
    assert account.stuck(record) == said
    last = record.attempts[-1]
    red = replace(last, evidence=(*last.evidence, Item("check other", "failed", "weak", "it is red")))
    assert account.advice(replace(record, attempts=(red,))) != "mend the set-up", "another check says what is wrong with the patch"


def test_a_task_about_the_error_with_which_a_suite_ends_is_run_and_proved(job):
    repos.make(job.repo, {"tests/test_add.py": repos.SHOP["tests/test_add.py"].replace("shop.add", "shop.sums")})
    job.task = "shop/sums.py is missing: ModuleNotFoundError"
    sums = {"action": "write", "path": "shop/sums.py", "content": "def add(a, b):\n    return a + b\n"}
    record, _ = job.run(Scripted({lane: [sums, DONE] for lane in ("fast", "strong")}))
    assert "does not run on the base: ModuleNotFoundError: No module named 'shop.sums'" in job.progress.getvalue()
    assert ("the base", "not_run") not in names(record)
    assert account.advice(record) != "mend the set-up"


def test_a_patch_that_deletes_a_test_is_red(job):
    fewer = {
        "action": "edit",
        "path": "tests/test_add.py",
        "old": "    def test_kind(self):\n        self.assertIsInstance(add(1, 1), int)\n",
        "new": "    pass\n",
    }

    record, _ = job.run(Scripted({"fast": [GOOD, fewer, DONE], "strong": [GOOD, DONE]}))

    assert "the test `AddTest.test_kind` was deleted or renamed" in getattr(record.attempts[0].decision, "detail", "")
    assert record.attempts[-1].lane == "strong"


def test_a_change_that_no_test_runs_is_not_enough(job):
    repos.make(job.repo, {"shop/add.py": "def add(a, b):\n    return a + b\n", "shop/unused.py": "X = 1\n"})
    job.task = "refactor shop/unused.py: X becomes 2"
    aside = {"action": "edit", "path": "shop/unused.py", "old": "1", "new": "2"}

    record, _ = job.run(Scripted({"fast": [aside, DONE], "strong": [aside, DONE]}))

    assert record.result == "not_fixed"
    assert ("tests reaches the change", "failed") in names(record)
    assert record.attempts[0].decision == Escalate(
        "strong",
        "low_confidence_summary",
        "tests reaches the change: stays green with the changed files broken on purpose: it never runs them",
    )


RETELL = {
    "action": "edit",
    "path": "tests/test_add.py",
    "old": "self.assertEqual(add(2, 2), 4)",
    "new": "self.assertEqual(add(2, 2), 5)",
}
NOTE = {"action": "edit", "path": "shop/add.py", "old": "    return", "new": "    # looked at\n    return"}
HOOK = {
    "action": "write",
    "path": "tests/conftest.py",
    "content": "import pytest\n\n\n@pytest.hookimpl(hookwrapper=True)\ndef pytest_runtest_makereport():\n"
    "    (yield).get_result().outcome = 'passed'\n",
}


@pytest.mark.parametrize(
    ("patch", "says"),
    [
        ([RETELL], "only tests are changed"),
        ([RETELL, NOTE], "not shown: green tests that run the change"),
        ([HOOK, NOTE], "tests/conftest.py:5: the file now has `pytest_runtest_makereport`"),
        ([HOOK, GOOD], "tests/conftest.py:5: the file now has `pytest_runtest_makereport`"),
    ],
)
def test_a_patch_that_tells_the_tests_what_to_say_is_not_proved(job, patch, says):
    record, _ = job.run(Scripted({lane: [*patch, DONE] for lane in ("fast", "strong")}))
    assert record.result == "not_fixed"
    assert says in getattr(record.attempts[0].decision, "detail", "")


def test_a_failing_test_in_a_file_to_which_the_patch_only_adds_still_shows_that_it_works(job):
    more = {
        "action": "edit",
        "path": "tests/test_add.py",
        "old": "    def test_kind",
        "new": "    def test_more(self):\n        self.assertEqual(add(3, 4), 7)\n\n    def test_kind",
    }
    record, _ = job.run(Scripted({"fast": [GOOD, more, DONE]}))
    assert record.result == "pass"
    assert ("fixes failing tests", "passed") in names(record)


SHADOW = {"action": "write", "path": "unittest/__init__.py", "content": "x = 1\n"}
FORGE = {
    "action": "write",
    "path": "shop/add.py",
    "content": "import os\nwhere = os.environ.get('PYTEST_ADDOPTS')\n\n\ndef add(a, b):\n    return a + b\n",
}


@pytest.mark.parametrize(("patch", "path"), [([SHADOW, GOOD], "unittest/__init__.py"), ([FORGE], "shop/add.py")])
def test_a_patch_that_stands_in_for_its_runner_or_reaches_for_its_report_is_not_judged_by_it(job, patch, path):
    record, _ = job.run(Scripted({lane: [*patch, DONE] for lane in ("fast", "strong")}))
    assert record.result == "not_fixed"
    assert path in record.detail


def test_a_word_in_a_task_does_not_lower_the_bar_for_code_that_no_test_runs(job):
    repos.make(job.repo, {"shop/unseen.py": "def f():\n    return 1\n"})
    job.task = "fix a typo in the documentation, shop/unseen.py"
    change = {"action": "edit", "path": "shop/unseen.py", "old": "return 1", "new": "return 2"}
    record, _ = job.run(Scripted({lane: [change, DONE] for lane in ("fast", "strong")}))
    assert record.result == "not_fixed"
