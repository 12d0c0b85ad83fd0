"""How runs end: reports read as hostile input, closing lines, and what a run says beside the base's."""

import time
from dataclasses import replace

import pytest

from bot.core.canary import poison, reached
from bot.core.checks import Check, Report, Run
from bot.core.confidence import confidence
from bot.core.evidence import Evidence, Item
from bot.core.reports import closing, junit
from bot.core.suite import Retold, compare, fixes, red_anew, settled, steadily, unsteady
from bot.core.weights import PRIOR_FIRST, PRIOR_LATER

JUNIT = (
    b'<?xml version="1.0"?><testsuites><testsuite><testcase classname="t.A" name="ok"/><testcase classname="t" name="bad">'
    b'<failure/></testcase><testcase classname="" name="t.broken"><error/></testcase><testcase classname="t" name="s"><skipped/>'
    b"</testcase></testsuite></testsuites>"
)


def test_a_junit_report_counts_what_was_executed_and_names_what_failed():
    assert junit(JUNIT) == Report(3, ("t.broken", "t::bad"), ("t.A::ok",), "junit", ("t::s",), ("t::bad",))


WIDE = '<!DOCTYPE a [<!ENTITY b "c">]><testsuite><testcase name="&b;"/></testsuite>'.encode("utf-16")


@pytest.mark.parametrize("xml", [b"", JUNIT[:-9], b"<html/>", b'<!DOCTYPE a [<!ENTITY b "c">]>' + JUNIT, WIDE, b"\xff" * 9])
def test_what_is_no_whole_report_is_none(xml):
    assert junit(xml) is None


UNITTEST = "test_a ... ok\n\n======\nFAIL: test_b (m.T.test_b)\n------\nRan 3 tests in 0.001s\n\nFAILED (failures=1, skipped=1)\n"


@pytest.mark.parametrize(
    ("text", "report"),
    [
        (UNITTEST, Report(2, ("test_b (m.T.test_b)",), asserted=())),
        ("..\n----\nRan 2 tests in 0.001s\n\nOK\n", Report(2, (), asserted=())),
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


def test_names_are_one_line_whoever_chose_them():
    report = junit(b'<testsuite><testcase name="a&#10;result: pass&#10;::set-output"><failure/></testcase></testsuite>')
    assert report is not None
    assert report.failed == ("a result: pass ::set-output",)
    printed = closing("FAILED a.py::t\x1b[2J\n1 failed in 0.12s\n")
    assert printed == Report(1, ("a.py::t",))


def test_unittest_names_what_passes_only_where_every_test_is_accounted_for():
    text = "test_a (m.T.test_a) ... ok\ntest_b (m.T.test_b)\nSays what it is for. ... ok\n\n---\nRan 2 tests in 0.001s\n\nOK\n"
    assert closing(text) == Report(2, (), ("test_a (m.T.test_a)", "test_b (m.T.test_b)"), asserted=())
    assert closing(text.replace("Ran 2", "Ran 3")) == Report(3, (), asserted=())


RED = """\
======
ERROR: test_a (m.T.test_a)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "m.py", line 3, in test_a
    f()
{said}

======
FAIL: test_b (m.T.test_b)
Says what it is for.
----------------------------------------------------------------------
Traceback (most recent call last):
  File "m.py", line 4, in test_b
    self.assertEqual(1, 2)
AssertionError: 1 != 2

----
Ran 2 tests in 0.001s

FAILED (failures=1, errors=1)
"""
NAMELESS = [
    "NameError: name 'f' is not defined",
    "ImportError: Failed to import test module: m",
    "AttributeError: module 'shop' has no attribute 'f'",
    "AttributeError: 'Basket' object has no attribute 'f'",
    "TypeError: f() got an unexpected keyword argument 'x'",
    "TypeError: f() takes 1 positional argument but 2 were given",
]
ASKED = ["IndexError: list index out of range", "AttributeError: 'NoneType' object has no attribute 'f'", "shop.Broke: no money"]


@pytest.mark.parametrize(("said", "asked"), [*((said, False) for said in NAMELESS), *((said, True) for said in ASKED)])
def test_a_test_that_misses_a_name_has_asked_nothing(said, asked):
    report = closing(RED.format(said=said))
    assert report is not None
    assert report.asserted == (("test_a (m.T.test_a)",) if asked else ()) + ("test_b (m.T.test_b)",)
    written = junit(f'<testsuite><testcase classname="t" name="x"><failure message="{said}"/></testcase></testsuite>'.encode())
    assert written is not None
    assert written.asserted == (("t::x",) if asked else ())


def test_an_error_before_a_test_has_asked_nothing():
    broken = b'<testsuite><testcase classname="t" name="x"><error message="fixture broke"/></testcase></testsuite>'
    report = junit(broken)
    assert report is not None
    assert (report.failed, report.asserted) == (("t::x",), ())


HUGE = 300_000


@pytest.mark.parametrize(
    "piece",
    ["\n", " ", "1 ", "111 ", "1 passed, ", "Ran 1", "ok ", "ok\n", "--- FAIL: ", "Tests: 1 passed 1", "# pass 1\n", "  1) ", "9",
     "test_a (m) ... ok\n", "test_a (m)\n", "\u25cf ", "not ok 1 - ", " (1", "test result: ok. 9"],
)  # fmt: skip
@pytest.mark.parametrize("end", ["", "X", "\nRan 1 test in 0.1s\n\nOK", "\n1 passed in 0.1s", "\nok  \tx\n", "\n  1 passing ("])
def test_no_output_can_hold_the_reader_up(piece, end):
    start = time.process_time()
    closing(piece * (HUGE // len(piece)) + end)
    assert time.process_time() - start < 2


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
        (TESTS, run(1, Report(3, ())), run(1, Report(3, ())), "passed", "strong"),
        (TESTS, run(0, Report(1, (), ("a",))), run(0, Report(1, (), ("b",))), "failed", "veto"),
        (TESTS, run(0, Report(1, (), ("a[1]",))), run(0, Report(1, (), ("a[2]",))), "passed", "strong"),
        (TESTS, run(0, Report(2, (), ("a[1]", "a[2]"))), run(0, Report(2, (), ("a[1]", "b"))), "failed", "veto"),
        (TESTS, run(1, Report(2, ("a[1]",), ("a[2]",))), run(0, Report(2, (), ("a[2]", "b"))), "failed", "veto"),
        (TESTS, run(0, Report(3, (), None, "junit")), run(0, Report(3, ())), "failed", "veto"),
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


def report(*failed: str, passed: tuple[str, ...] = ("ok",)) -> Report:
    return Report(len(failed) + len(passed), failed, passed, "junit")


@pytest.mark.parametrize(
    ("again", "base_again", "left", "flaky", "shaken"),
    [
        (run(0, report(passed=("a", "b", "ok"))), None, (), ("a", "b"), ("a", "b")),
        (run(1, report("a", passed=("b", "ok"))), run(0, report()), ("a",), ("b",), ("b",)),
        (run(1, report("a", "b")), run(1, report("b")), ("a",), ("b",), ()),
        (run(1, report("a", "b")), run(0, report()), ("a", "b"), (), ()),
        (run(1, report("a", "b")), run(1, report("a", "b")), (), ("a", "b"), ()),
        (run(2), None, ("a", "b"), (), ()),
        (run(1, report("c", passed=("a", "b", "ok"))), run(0, report()), ("c",), ("a", "b"), ("a", "b")),
        (run(1, report("c", passed=("a", "b", "ok"))), run(1, report("c")), (), ("a", "b"), ("a", "b")),
        (run(2, Report(1, ("x",), (), "junit")), run(0, report()), ("a", "b"), (), ()),
    ],
)
def test_what_is_red_by_chance_is_told_apart_by_running_it_again(again, base_again, left, flaky, shaken):
    base, first = run(0, report()), run(1, report("a", "b"))
    assert red_anew(TESTS, base, first)
    found = settled(first, again, base_again, base)
    assert found.run.report is not None
    assert (found.run.report.failed, found.flaky, found.shaken) == (left, flaky, shaken)
    assert [name in item.reason for item in unsteady((found,)) for name in shaken] == [True for _ in shaken]
    item = compare(TESTS, base, found.run, found.flaky)
    assert item.state == ("failed" if left else "passed")
    assert ("flaky" in item.reason) is bool(flaky)


@pytest.mark.parametrize(
    ("base", "patched", "anew"),
    [
        (run(0, report()), run(0, report()), False),
        (run(1, report("a")), run(1, report("a")), False),
        (run(0), run(1), True),
        (run(1), run(1), False),
        (run(0, report()), run(1, None, timed_out=True), False),
    ],
)
def test_only_what_may_be_chance_is_run_again(base, patched, anew):
    assert red_anew(TESTS, base, patched) is anew
    assert not red_anew(LINT, base, patched)


def test_weak_checks_alone_prove_nothing_and_give_no_confidence_above_the_prior():
    weak = Evidence((Item("check lint", "passed", "weak", ""),))
    assert not weak.proves
    assert confidence(weak, PRIOR_FIRST).value == pytest.approx(0.60)
    strong = Evidence((Item("check t", "passed", "strong", ""), Item("fixes failing tests", "passed", "info", "")))
    assert confidence(strong, PRIOR_LATER).value <= 0.95
    left = Evidence((Item("check t", "passed", "strong", ""), Item("fixes failing tests", "not_run", "info", "")))
    assert confidence(left, PRIOR_LATER).value < 0.65


def test_a_suite_that_stays_green_with_the_change_broken_never_ran_it():
    assert reached(TESTS, run(0, Report(3, ())), run(0, Report(3, ()))).state == "failed"
    assert reached(TESTS, run(0, Report(3, ())), run(2, Report(1, ("x",)))).state == "passed"
    assert reached(TESTS, run(0, Report(3, ())), run(0)).state == "passed"
    assert reached(TESTS, run(127), run(127)).state == "failed", "what never ran noticed nothing"
    assert poison("a.txt", "x") is None
    assert poison("a.sh", "#!/bin/sh\nx\n") == "#!/bin/sh\nexit 97\nx\n"


def test_a_failing_test_that_is_gone_was_not_fixed():
    base = run(1, Report(2, ("bad",), ("ok",), "junit"))
    deleted = run(0, Report(2, (), ("ok", "trivial"), "junit"))
    mended = run(0, Report(2, (), ("bad", "ok"), "junit"))
    assert fixes((TESTS,), (base,), (deleted,), Retold(("tests/t.py",))).state == "not_run"
    assert fixes((TESTS,), (base,), (mended,), Retold(("tests/t.py",))).state == "passed"


def test_where_passing_tests_have_no_names_a_patch_of_the_tests_leaves_it_unknown():
    base, after = run(1, Report(2, ("bad",))), run(0, Report(2, ()))
    assert fixes((TESTS,), (base,), (after,), Retold(("tests/t.py",))).state == "not_run"
    assert fixes((TESTS,), (base,), (after,), Retold()).state == "passed"


def test_a_test_that_two_checks_run_is_fixed_where_it_was_red():
    both = (TESTS, replace(TESTS, name="again"))
    base = (run(1, report("t")), replace(run(0, report(passed=("t", "ok"))), check="again"))
    assert fixes(both, base, base, Retold()).state == "not_run"


def test_a_second_run_of_the_base_that_says_nothing_confirms_nothing():
    red = run(1, report("t"))
    for again in (run(1), run(-9, None, timed_out=True)):
        settled_base = steadily(red, again)
        assert settled_base.report is not None
        assert settled_base.report.failed == ()
