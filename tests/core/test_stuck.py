"""A suite that gets nowhere is told from one that is red for what the code does."""

import pytest

from bot.core.checks import Check, Report, Run
from bot.core.reports import junit
from bot.core.stuck import said, sentences, stuck, told

TESTS = Check("tests", "python -m pytest -q", "tests", "pyproject.toml")
COLLECTION = junit(
    b'<testsuites><testsuite><testcase classname="" name="tests.test_a"><error message="collection failure"/></testcase>'
    b"</testsuite></testsuites>"
)
TAIL = (
    "tests/test_a.py:1: in <module>\n    import requestz\nE   ModuleNotFoundError: No module named 'requestz'\n"
    "=== short test summary info ===\nERROR tests/test_a.py\n!!! Interrupted: 1 error during collection !!!\n1 error in 0.73s\n"
)


def ended(report: Report | None, tail: str = TAIL, code: int = 2) -> Run:
    return Run("tests", code, 1.0, timed_out=False, report=report, tail=tail)


@pytest.mark.parametrize(
    ("report", "tail", "code", "is_stuck"),
    [
        (COLLECTION, TAIL, 2, True),
        (Report(1, ("a",), asserted=None), TAIL, 2, True),
        (Report(1, ("a",), asserted=None), "E   ImportError: cannot import name 'x'\n", 1, True),
        (Report(1, ("a",), asserted=None), "    def f(:\nSyntaxError: invalid syntax\n", 1, True),
        (Report(1, ("a",), asserted=None), "Error: Cannot find module 'vite'\n", 1, True),
        (Report(1, ("a",), asserted=None), "Error: Cannot find package 'vite'\n", 1, True),
        (Report(2, ("a", "b"), asserted=()), "fixture 'db' not found", 1, True),
        (Report(1, ("a",), asserted=("a",)), TAIL, 1, False),
        (Report(1, ("a",), asserted=None), "E   assert 1 == 2\n", 1, False),
        (Report(2, ("a",), asserted=()), TAIL, 1, False),
        (Report(0, ()), TAIL, 5, False),
        (Report(1, ("a",), asserted=()), TAIL, 0, False),
        (None, TAIL, 2, False),
    ],
)
def test_a_suite_is_stuck_where_no_test_of_it_gets_as_far_as_its_question(report, tail, code, is_stuck):
    assert stuck(ended(report, tail, code)) is is_stuck


@pytest.mark.parametrize(
    ("tail", "why"),
    [
        (TAIL, "ModuleNotFoundError: No module named 'requestz'"),
        ("a\nrequests.exceptions.ConnectionError: refused\n\n1 error\n", "requests.exceptions.ConnectionError: refused"),
        ("E   django.core.DataException: no table\n1 error\n", "django.core.DataException: no table"),
        ("E       fixture 'db' not found\n1 error in 1s\n", "fixture 'db' not found"),
        ("Error: Cannot find module 'vite'\n  at x\n", "Error: Cannot find module 'vite'"),
        ("one\nlast words\n", "last words"),
        ("\n", "it printed nothing"),
    ],
)
def test_what_is_shown_of_it_are_the_words_that_tell_and_not_the_count_at_the_end(tail, why):
    assert said(TESTS, ended(COLLECTION, tail)) == f"check tests does not run on the base: {why} (exit code 2)"


def test_only_checks_of_tests_are_looked_at():
    lint = Check("tests", "ruff check", "lint", "pyproject.toml")
    assert sentences((lint,), (ended(COLLECTION),)) == ()
    assert len(sentences((TESTS,), (ended(COLLECTION),))) == 1


def test_the_item_is_there_only_where_the_patch_changes_nothing_about_it():
    base, green = (ended(COLLECTION),), (ended(Report(1, (), ("a",)), "1 passed", 0),)
    (item,) = told((TESTS,), base, base)
    assert (item.name, item.state, item.strength) == ("the base", "not_run", "info")
    assert told((TESTS,), base, green) == ()
    assert told((TESTS,), green, base) == ()
