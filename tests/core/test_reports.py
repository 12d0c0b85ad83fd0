"""How runs end: reports read as hostile input, closing lines, and what a run says beside the base's."""

import pytest

from bot.core.checks import Check, Report, Run
from bot.core.evidence import Evidence, Item, compare, confidence, poison, reached
from bot.core.reports import closing, junit

JUNIT = (
    b'<?xml version="1.0"?><testsuites><testsuite><testcase classname="t.A" name="ok"/><testcase classname="t" name="bad">'
    b'<failure/></testcase><testcase classname="" name="t.broken"><error/></testcase><testcase classname="t" name="s"><skipped/>'
    b"</testcase></testsuite></testsuites>"
)


def test_a_junit_report_counts_what_was_executed_and_names_what_failed():
    assert junit(JUNIT) == Report(3, ("t.broken", "t::bad"))


@pytest.mark.parametrize("xml", [b"", JUNIT[:-9], b"<html/>", b'<!DOCTYPE a [<!ENTITY b "c">]>' + JUNIT, b"\xff" * 9])
def test_what_is_no_whole_report_is_none(xml):
    assert junit(xml) is None


UNITTEST = "test_a ... ok\n\n======\nFAIL: test_b (m.T.test_b)\n------\nRan 3 tests in 0.001s\n\nFAILED (failures=1, skipped=1)\n"


@pytest.mark.parametrize(
    ("text", "report"),
    [
        (UNITTEST, Report(2, ("test_b (m.T.test_b)",))),
        ("..\n----\nRan 2 tests in 0.001s\n\nOK\n", Report(2, ())),
        ("FAILED a.py::t - x\n1 failed, 2 passed, 1 skipped in 0.12s\n", Report(3, ("a.py::t",))),
        ("no tests ran in 0.01s\n", Report(0, ())),
        ("test a ... ok\ntest b ... FAILED\ntest result: FAILED. 1 passed; 1 failed; 0 ignored;\n", Report(2, ("b",))),
        ("ok  \tpkg/a\t0.1s\n--- FAIL: TestX (0.00s)\nFAIL\tpkg/b\t0.1s\nFAIL\n", Report(2, ("TestX", "pkg/b"))),
        ("Tests:       1 failed, 3 passed, 4 total\n  \u25cf adds numbers\n", Report(4, ("adds numbers",))),
        ("# tests 3\n# pass 3\n# fail 0\n", Report(3, ())),
        ("  3 passing (5ms)\n  1 failing\n\n  1) adds\n", Report(4, ("adds",))),
        ("hello\n", None),
        ("Ran 2 tests in 0.001s\n\nOK\n" + "and then it crashed\n", None),
        ("3 passed in 0.1s\n" + "x" * 5_000, None),
    ],
)
def test_the_last_lines_of_a_runner_are_read(text, report):
    assert closing(text) == report


TESTS, LINT = Check("t", "t", "tests", "x"), Check("l", "l", "lint", "x")


def run(code: int = 0, report: Report | None = None, *, timed_out: bool = False) -> Run:
    return Run("t", code, 1.0, timed_out, report, "")


@pytest.mark.parametrize(
    ("check", "base", "patched", "state", "strength"),
    [
        (TESTS, run(0, Report(3, ())), run(0, Report(3, ())), "passed", "strong"),
        (TESTS, run(1, Report(3, ("a",))), run(1, Report(3, ("a",))), "passed", "strong"),
        (TESTS, run(1, Report(3, ("a",))), run(1, Report(3, ("b",))), "failed", "veto"),
        (TESTS, run(0, Report(3, ())), run(0, Report(2, ())), "failed", "veto"),
        (TESTS, run(0, Report(3, ())), run(0), "failed", "veto"),
        (TESTS, run(0, Report(3, ())), run(5, Report(3, ())), "failed", "veto"),
        (TESTS, run(0, Report(0, ())), run(0, Report(0, ())), "not_run", "info"),
        (TESTS, run(2, Report(1, ("a",))), run(2, Report(1, ("a",))), "not_run", "info"),
        (TESTS, run(0), run(0), "passed", "weak"),
        (TESTS, run(0), run(1), "failed", "veto"),
        (TESTS, run(1), run(1), "not_run", "info"),
        (TESTS, run(0, Report(3, ())), run(0, None, timed_out=True), "failed", "veto"),
        (LINT, run(0), run(1), "failed", "weak"),
        (LINT, run(1), run(1), "not_run", "info"),
        (LINT, run(0), run(0), "passed", "weak"),
    ],
)
def test_a_check_is_judged_against_the_base(check, base, patched, state, strength):
    item = compare(check, base, patched)
    assert (item.state, item.strength) == (state, strength)


def test_weak_checks_alone_prove_nothing_and_give_no_confidence_above_the_prior():
    weak = Evidence((Item("check lint", "passed", "weak", ""),))
    assert not weak.proves
    assert confidence(weak, first_lane=True).value == pytest.approx(0.60)
    strong = Evidence((Item("check t", "passed", "strong", ""), Item("fixes failing tests", "passed", "info", "")))
    assert confidence(strong, first_lane=False).value <= 0.95
    left = Evidence((Item("check t", "passed", "strong", ""), Item("fixes failing tests", "not_run", "info", "")))
    assert confidence(left, first_lane=False).value < 0.65


def test_a_suite_that_stays_green_with_the_change_broken_never_ran_it():
    assert reached(TESTS, run(0, Report(3, ())), run(0, Report(3, ()))).state == "failed"
    assert reached(TESTS, run(0, Report(3, ())), run(2, Report(1, ("x",)))).state == "passed"
    assert reached(TESTS, run(0, Report(3, ())), run(0)).state == "passed"
    assert poison("a.txt", b"x") is None
    assert poison("a.sh", b"#!/bin/sh\nx\n") == b"#!/bin/sh\nexit 97\nx\n"
