"""Faults put into changed lines: which there are, that each is one small fault in a program that still parses, and who notices."""

import ast

import pytest

from bot.core.changed import Changed
from bot.core.checks import Report, Run
from bot.core.diff import FileDiff
from bot.core.mutants import MOST, judged, mutants, noticed, reverts

BEFORE = "def f(x):\n    return x\n\n\ndef g(x):\n    return x\n"
AFTER = "def f(x):\n    if x < 3:\n        return 0\n    return x\n\n\ndef g(x):\n    return x + 1\n"


def changed(after: str, *at: int, before: str | None = None, path: str = "a.py") -> tuple[Changed, ...]:
    return (Changed(path, before, after, FileDiff(path, "modified", added_at=at)),)


def whats(changes: tuple[Changed, ...]) -> list[str]:
    return [mutant.what for mutant in mutants(changes, 99)]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("x = a < b", "`a < b` as `a <= b`"),
        ("x = a == b", "`a == b` as `a != b`"),
        ("x = a and b", "`a and b` as `a or b`"),
        ("x = a and b", "`a and b` as `a`"),
        ("x = not a", "`not a` as `a`"),
        ("x = a + b", "`a + b` as `a - b`"),
        ("x = a[1:]", "`1` as `2`"),
        ("x = 'é'.strip(a)", "`'é'.strip(a)` as `'é'.rstrip(a)`"),
        ("x = min(a, b)", "`min(a, b)` as `max(a, b)`"),
        ("x = a if b else c", "`a if b else c` as `c if b else a`"),
        ("x = ''", "`''` as `'mutant'`"),
        ("f(a)", "`f(a)` as `pass`"),
        ("x += 1", "`x += 1` as `pass`"),
    ],
)
def test_a_small_fault_of_every_kind(line, what):
    assert what in whats(changed(f"{line}\n", 1))


@pytest.mark.parametrize(
    "line", ["'''words'''", "# words", "import a", "raise E('no' + x)", "x: int", "y = f'{a + 1}'", "def f(a: int = b) -> c: ..."]
)
def test_what_no_test_would_look_at_is_left_alone(line):
    found = whats(changed(f"{line}\n", 1))
    assert [what for what in found if "pass" not in what] == []


def test_each_part_of_a_patch_is_taken_back_alone():
    found = reverts(changed(AFTER, 2, 3, 8, before=BEFORE))
    assert [mutant.text for mutant in found] == [
        AFTER.replace("    if x < 3:\n        return 0\n", ""),
        AFTER.replace("x + 1", "x"),
    ]
    assert reverts(changed(BEFORE.replace("return x\n\n", "return 2\n\n"), 2, before=BEFORE)) == ()


def test_a_handful_is_spread_over_the_lines_and_every_one_parses_and_differs():
    found = mutants(changed(AFTER, 2, 3, 8, before=BEFORE))
    assert len(found) <= MOST
    assert {mutant.lines.start for mutant in found} >= {2, 3, 8}
    assert len({mutant.text for mutant in found}) == len(found)
    for mutant in found:
        assert ast.dump(ast.parse(mutant.text)) != ast.dump(ast.parse(AFTER))


def test_only_changed_lines_of_python_sources_are_touched():
    assert mutants(changed("x = 1\ny = 2\n", 2))[0].text == "x = 1\ny = (3)\n"
    assert mutants(changed("x = 1\n", 1, path="tests/test_a.py")) == ()
    assert mutants(changed("x = 1\n", 1, path="a.js")) == ()
    assert mutants(changed("x = (\n", 1)) == ()


def run(code: int, report: Report | None, *, timed_out: bool = False) -> Run:
    return Run("t", code, 1.0, timed_out, report, "")


GREEN = run(1, Report(2, ("old",), ("a",)))


@pytest.mark.parametrize(
    ("after", "seen"),
    [
        (run(1, Report(2, ("old",), ("a",))), False),
        (run(0, Report(1, (), ("a",))), False),
        (run(1, Report(2, ("a", "old"))), True),
        (run(3, None), True),
        (run(2, Report(1, (), ())), True),
        (run(-9, None, timed_out=True), True),
    ],
)
def test_a_fault_is_noticed_by_a_new_red_test_or_a_run_that_breaks(after, seen):
    assert noticed(GREEN, after) is seen


def test_a_test_that_is_red_in_the_same_run_without_a_fault_notices_none():
    alone = run(1, Report(2, ("old", "needs the others"), ("a",)))
    assert not noticed(alone, run(1, Report(2, ("old", "needs the others"), ("a",))))
    assert not noticed(run(4, Report(0, (), ())), run(4, Report(0, (), ())))
    assert noticed(alone, run(1, Report(2, ("old", "needs the others", "a"))))


def test_what_was_not_noticed_is_named_and_counts_against_the_patch():
    found = mutants(changed("x = a < b\n", 1))
    item = judged(found, (False, False), 1.0)
    assert (item.state, item.strength) == ("failed", "term")
    assert "a.py:1 `a < b` as `a <= b`" in item.reason
    assert judged(found, (True, True), 1.0).state == "passed"
    assert judged(found, (), 1.0).state == "not_run"
    assert judged((), (), 0.0).state == "not_applicable"
