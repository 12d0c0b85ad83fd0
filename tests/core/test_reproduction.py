"""What a patch's own tests show when they are run without it."""

import pytest

from bot.core.checks import Report, Run
from bot.core.reproduction import disturbed, reproduced


def run(report: Report | None, *, timed_out: bool = False) -> Run:
    return Run("t", 1, 1.0, timed_out, report, "")


def report(failed: str = "", passed: str = "", asserted: str | None = None) -> Report:
    asked = None if asserted is None else tuple(asserted.split())
    return Report(len(failed.split()) + len(passed.split()), tuple(failed.split()), tuple(passed.split()), "junit", (), asked)


@pytest.mark.parametrize(
    ("base", "alone", "patched", "state", "says"),
    [
        (report("", "a"), report("new", "a", "new"), report("", "a new"), "passed", "new"),
        (report("old", "a"), report("old new", "a", "new"), report("old", "a new"), "passed", "new"),
        (report("", "a"), report("", "a new", ""), report("", "a new"), "failed", "pass without its change"),
        (report("old", "a"), report("old", "a new", "old"), report("", "a new old"), "failed", "pass without its change"),
        (report("", "a"), report("new", "a", ""), report("", "a new"), "not_run", "missing"),
        (report("", "a"), report("new", "a", "new"), report("", "a"), "not_run", "not seen to pass"),
        (report("", "a"), report("x y", "a", "x"), report("y", "a"), "not_run", "not seen to pass"),
        (report("", "a"), report("new", "a"), report("", "a new"), "passed", "new"),
    ],
)
def test_a_new_test_counts_that_fails_without_the_change_for_what_the_code_does(base, alone, patched, state, says):
    item = reproduced(run(base), run(alone), run(patched), run(patched))
    assert (item.state, item.strength) == (state, "term")
    assert says in item.reason


def test_a_test_that_the_base_has_and_passes_shows_nothing_whatever_became_of_it():
    base, alone, patched = report("", "t::a"), report("t::a", "", "t::a"), report("", "t::a")
    assert reproduced(run(base), run(alone), run(patched), run(patched)).state == "not_run"


def test_what_cannot_be_told_is_not_run():
    some = run(report("", "a"))
    assert reproduced(some, run(None), some, some).state == "not_run"
    assert reproduced(some, run(None, timed_out=True), some, some).state == "not_run"


def test_a_test_that_passes_when_looked_at_and_not_in_the_suite_shows_nothing():
    base, alone, patched = run(report("", "a")), run(report("new", "a", "new")), run(report("", "a new"))
    assert reproduced(base, alone, patched, run(report("", "a"))).state == "not_run"
    assert reproduced(base, alone, patched, run(None)).state == "passed"


@pytest.mark.parametrize(
    ("patched", "suite", "found"),
    [
        (report("", "new"), report("", "a new"), False),
        (report("new"), report("", "a new"), True),
        (report("new"), report("new", "a"), False),
        (None, report("", "a new"), True),
        (report("new"), None, False),
    ],
)
def test_tests_that_fail_only_while_lines_are_noted_are_run_again_without(patched, suite, found):
    assert disturbed(run(patched), run(suite)) is found
