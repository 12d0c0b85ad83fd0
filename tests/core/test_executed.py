"""Which statements a patch changes, whether passing tests ran them, and what the notes of a run may hold."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.changed import Changed
from bot.core.checks import Probed, Report, Run, Traced
from bot.core.diff import FileDiff
from bot.core.executed import Statement, changed_statements, covering, executed
from bot.core.trace import read, reported

TEXT = '''\
"""Says what it is."""

LIMIT = 3


def f(x):
    """Halves."""
    if x > LIMIT and (
        x < 9
    ):
        return call(
            x,
            LIMIT,
        )
    try:
        y = x / 2
    except ZeroDivisionError:
        y = 0
    return y
'''


def changed(*at: int, path: str = "a.py", text: str | None = TEXT, cut: tuple[int, ...] = ()) -> Changed:
    return Changed(path, "", text, FileDiff(path, "modified", added_at=at, cut_at=cut))


@pytest.mark.parametrize(
    ("at", "first"),
    [(1, []), (3, [3]), (6, []), (7, []), (9, [8]), (13, [11]), (15, []), (16, [16]), (17, [17]), (2, [])],
)
def test_a_changed_line_belongs_to_the_statement_whose_head_it_is_in(at, first):
    assert [statement.first for statement in changed_statements(changed(at))] == first


def test_lines_taken_away_are_looked_for_where_they_stood():
    assert changed_statements(changed(cut=(19,))) == (Statement(19, 19, inside=True),)


@pytest.mark.parametrize("text", ["def f(:\n", "\0", "x = " + "(" * 5_000, ""])
def test_what_does_not_parse_has_no_statement(text):
    assert changed_statements(changed(1, text=text)) == ()


def probed(lines: dict[int, tuple[str, ...]] | None, *failed: str) -> Probed:
    run = Run("t", 0, 1.0, timed_out=False, report=Report(3, failed, ("t::a",), "junit"), tail="")
    return Probed(run, None if lines is None else (Traced("a.py", tuple(lines.items())),))


@pytest.mark.parametrize(
    ("lines", "failed", "state", "strength"),
    [
        ({3: (), 8: ("t.py::a",), 19: ("t.py::a",)}, (), "passed", "term"),
        ({3: (), 8: ("t.py::a",), 19: ("t.py::b",)}, ("t::b",), "failed", "term"),
        ({3: (), 8: ("t.py::a",)}, (), "failed", "term"),
        ({3: (), 8: ("t.py::b",), 6: ("t.py::a",)}, ("t::b",), "failed", "term"),
        ({6: ("t.py::a",)}, (), "failed", "weak"),
        ({}, (), "failed", "weak"),
        ({3: (), 8: (), 19: ()}, (), "passed", "term"),  # a runner that does not say which test runs
    ],
)
def test_only_what_passing_tests_ran_counts(lines, failed, state, strength):
    item = executed((changed(3, 9, 19),), probed(lines, *failed))
    assert item is not None
    assert (item.state, item.strength) == (state, strength)


def test_where_nothing_was_noted_nothing_is_said():
    assert executed((changed(3),), probed(None)) is None
    assert executed((changed(3, path="tests/test_a.py"),), probed({})) is None
    assert executed((changed(3, path="a.js"),), probed({})) is None
    assert executed((changed(1),), probed({})) is None, "whether anything loads the file, the canary tells"


def test_a_line_s_tests_are_known_by_pytest_s_own_names():
    traced = (Traced("a.py", ((3, ("t.py::a", "t.py::b")), (4, ("t.py::c",)))), Traced("b.py", ((3, ("t.py::d",)),)))
    assert covering("a.py", range(3, 4), traced) == ("t.py::a", "t.py::b")


@pytest.mark.parametrize(
    ("id_", "name"),
    [
        ("tests/test_a.py::test_x", "tests.test_a::test_x"),
        ("tests/test_a.py::T::test_x[a::b/c.py]", "tests.test_a.T::test_x[a::b/c.py]"),
    ],
)
def test_a_report_s_name_follows_from_a_test_s_id(id_, name):
    assert reported(id_) == name


def test_the_notes_of_several_processes_are_one():
    notes = (json.dumps({"/r/a.py": {"1": [""], "2": ["x"]}}).encode(), b"{", json.dumps({"/r/a.py": {"2": ["y"]}}).encode())
    assert read(notes, "/r") == (Traced("a.py", ((1, ()), (2, ("x", "y")))),)
    assert read((), "/r") is None
    assert read((b"[]", b'{"a": {"x": 1}}'), "/r") is None


@given(st.binary(max_size=200))
def test_any_note_is_read_or_left(data):
    read((data,), "/r")
