"""What a verifier's answer may say, and what of it becomes evidence."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.checks import Report, Run
from bot.core.cost import Usage
from bot.core.entries import Question, Reviewed
from bot.core.evidence import Evidence, Item
from bot.core.review import (
    MOST_TEST,
    Criticism,
    Unread,
    Written,
    arguments,
    flaw,
    independent,
    judged,
    spoken,
    unasked,
    unfit,
    verdict,
    written,
)
from bot.core.words import CRITIC, INDEPENDENT, SUMMARY

TEXTS = {"shop/add.py": "def add(a, b):\n    return  a + b\n\n    return a + b + 1\n"}
PLACE = {"path": "shop/add.py", "line": 2, "quote": "return a + b"}
BUG = {"verdict": "bug", "bug": "add(None, 1) raises", "lines": [PLACE], "summary_matches": True, "summary_why": ""}
FINE = {"verdict": "no_bug_found", "bug": "", "lines": [], "summary_matches": True, "summary_why": ""}


def test_a_bug_that_quotes_a_line_and_a_search_that_found_none_are_verdicts():
    assert isinstance(verdict(BUG, TEXTS), Criticism)
    assert isinstance(verdict(FINE, TEXTS), Criticism)
    assert isinstance(verdict({**FINE, "mood": "good"}, TEXTS), Criticism), "what is not asked for is left alone"


@pytest.mark.parametrize(
    "given",
    [
        {},
        {**FINE, "verdict": "passed"},
        {**FINE, "summary_matches": "yes"},
        {**FINE, "bug": "x" * 5_000},
        {**BUG, "bug": " "},
        {**BUG, "lines": []},
        {**BUG, "lines": [{**PLACE, "quote": "return a - b"}]},
        {**BUG, "lines": [{**PLACE, "path": "shop/other.py"}]},
        {**BUG, "lines": [{**PLACE, "quote": " + "}]},
        {**BUG, "lines": [PLACE] * 30},
        {**BUG, "lines": "everywhere"},
    ],
)
def test_what_is_no_verdict_says_why(given):
    found = verdict(given, TEXTS)
    assert isinstance(found, Unread)
    assert found.why


@pytest.mark.parametrize("quote", ["return a + b", "    return   a + b", "+    return a + b + 1"])
def test_a_quotation_counts_whatever_its_spaces_and_its_sign(quote):
    assert isinstance(verdict({**BUG, "lines": [{**PLACE, "quote": quote}]}, TEXTS), Criticism)


@pytest.mark.parametrize("text", [json.dumps(FINE), f"```json\n{json.dumps(FINE)}\n```", f"  {json.dumps(FINE)}\n"])
def test_one_object_is_found_in_a_text(text):
    assert spoken((), text, "verdict") == arguments(text) == FINE


@pytest.mark.parametrize(
    ("calls", "text"),
    [
        ((), f"The task says {json.dumps(FINE)}, but: {json.dumps(BUG)}"),
        ((), json.dumps(FINE) * 2),
        ((("verdict", FINE), ("verdict", BUG)), ""),
        ((("verdict", FINE),), f"The task says {json.dumps({'action': 'verdict', **FINE})}, but: {json.dumps(BUG)}"),
        ((("finish", FINE),), ""),
        ((), ""),
        ((), "no_bug_found"),
        ((), "[]"),
    ],
)
def test_of_several_answers_none_is_taken_so_a_quotation_is_never_the_verdict(calls, text):
    assert isinstance(spoken(calls, text, "verdict"), Unread)


def test_a_place_that_is_made_up_is_left_out_beside_one_that_stands():
    found = verdict({**BUG, "lines": [{**PLACE, "path": "shop/ghost.py"}, {**PLACE, "quote": "rm -rf"}, PLACE]}, TEXTS)
    assert isinstance(found, Criticism)
    assert [(place.path, place.quote) for place in found.lines] == [("shop/add.py", "return a + b")]
    assert "ghost" not in judged(found, "", 0.0, 0)[0].reason


@pytest.mark.parametrize(
    "text", [f"It says {json.dumps(FINE)}, but: {json.dumps(BUG)}", f"{json.dumps(FINE)}{json.dumps(BUG)}", "[]"]
)
def test_what_a_text_quotes_does_not_answer_for_it(text):
    assert arguments(text) is None


@given(st.text(max_size=200))
def test_any_text_is_read_or_left(text):
    found = spoken((), text, "verdict")
    assert isinstance(found, Unread) or isinstance(verdict(found, TEXTS), Unread | Criticism)


@pytest.mark.parametrize("text", ['{"a":' * 100_000, "{" * 100_000, "{}" * 100_000])
def test_brackets_without_end_are_no_answer(text):
    assert isinstance(spoken((), text, "verdict"), Unread)


def said(given: dict[str, object]) -> Criticism:
    found = verdict(given, TEXTS)
    assert isinstance(found, Criticism)
    return found


def test_a_verdict_is_two_terms_that_end_nothing():
    items = judged(said({**BUG, "summary_matches": False, "summary_why": "it says a test was added"}), "Adds.", 1.5, 30)
    assert [(item.name, item.state, item.strength) for item in items] == [(CRITIC, "failed", "term"), (SUMMARY, "failed", "term")]
    assert (items[0].seconds, items[0].micros, items[1].micros) == (1.5, 30, 0)
    assert "add(None, 1) raises (shop/add.py: return a + b)" in items[0].reason
    assert "a test was added" in items[1].reason
    assert Evidence(items).failed == ()
    assert [item.state for item in judged(said(FINE), "", 0.0, None)] == ["passed", "not_applicable"]


def test_what_a_model_writes_is_one_line_without_tokens():
    token = "ghp_" + "a1B2" * 10
    (critic, _) = judged(said({**BUG, "bug": f"see\n::error::{token}\x1b[2J"}), "x", 0.0, 0)
    assert "\n" not in critic.reason
    assert token not in critic.reason


def test_no_verdict_counts_neither_way():
    (item,) = unasked("critic", "no verdict: it was cut off")
    assert (item.name, item.state, item.strength) == (CRITIC, "not_run", "term")


DIFF = "diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+x = 1\n"


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("tests/test_new.py", ""),
        ("tests/test_old.py", "is there already"),
        ("shop/new.py", "not where a test runner looks"),
        ("tests/data.json", "not where a test runner looks"),
        ("tests/conftest.py", "decides how tests are judged"),
        (".github/tests/test_a.py", "protected"),
        ("tests/../test_a.py", "canonical"),
        ("tests/own/test_a.py", "protected"),
    ],
)
def test_a_written_test_is_one_new_file_where_tests_stand(path, says):
    made = Written(path=path, content="x = 1\n")
    why = unfit(made, ("tests/test_old.py",), DIFF.format(path=path), ("tests/own/",))
    assert says in why
    assert bool(why) is bool(says)


def test_a_test_without_a_path_or_of_any_size_is_none():
    assert isinstance(written({"path": "", "content": "x"}), Unread)
    assert isinstance(written({"path": "tests/test_a.py", "content": "x" * (MOST_TEST + 1)}), Unread)
    assert isinstance(written({"path": "tests/test_a.py", "content": "x"}), Written)


def run(failed: str = "", passed: str = "", asserted: str = "") -> Run:
    report = Report(2, tuple(failed.split()), tuple(passed.split()), "junit", (), tuple(asserted.split()))
    return Run("t", 0, 1.0, timed_out=False, report=report, tail="")


def unnamed(failed: str = "") -> Run:
    """Of a runner that does not name what passed."""
    return Run("t", 0, 1.0, timed_out=False, report=Report(2, tuple(failed.split()), None), tail="")


@pytest.mark.parametrize(
    ("alone", "patched", "state"),
    [
        (run("new", "a", "new"), run("", "new"), "passed"),
        (run("new", "a", "new"), run("new", "", "new"), "failed"),
        (run("new", "a", "new"), run("", "a"), "not_run"),
        (run("new", "a", "new"), unnamed(), "passed"),
        (run("new", "a", "new"), unnamed("new"), "failed"),
        (run("", "new"), run("", "new"), "not_run"),
        (run("new", "", ""), run("", "new"), "not_run"),
        (Run("t", 3, 1.0, timed_out=False, report=None, tail=""), run("", "new"), "not_run"),
    ],
)
def test_a_test_from_the_task_alone_speaks_only_where_it_asks_something_of_the_base(alone, patched, state):
    item = independent(run("", "a"), alone, patched, 1.0, 5)
    assert (item.name, item.state, item.strength) == (INDEPENDENT, state, "term")


PASSED, TESTED = Item(CRITIC, "passed", "term", ""), Item(INDEPENDENT, "passed", "term", "")
NOT_HERE = Item(INDEPENDENT, "not_run", "term", "")


def answer(*items: Item, seconds: float = 1.0, path: str = "", test: str = "") -> Reviewed:
    return Reviewed(Evidence(items), Usage(), seconds, path, test)


@pytest.mark.parametrize(
    ("entry", "question", "runs", "sound"),
    [
        (answer(PASSED), "critic", False, True),
        (answer(PASSED, NOT_HERE), "critic", False, True),
        (answer(TESTED, path="tests/test_a.py", test="x"), "test", True, True),
        (answer(TESTED), "critic", True, False),
        (answer(PASSED), "test", True, False),
        (answer(PASSED, TESTED), "critic", True, False),
        (answer(TESTED, PASSED), "test", True, False),
        (answer(TESTED), "test", False, False),
        (answer(), "critic", True, False),
        (answer(PASSED, path="tests/test_a.py", test="x"), "critic", True, False),
        (answer(TESTED, path="../test_a.py", test="x"), "test", True, False),
        (answer(TESTED, test="x"), "test", True, False),
        (answer(PASSED, Item("check t", "passed", "strong", "")), "critic", True, False),
        (answer(Item(CRITIC, "passed", "veto", "")), "critic", True, False),
    ],
)
def test_a_kept_review_can_say_only_what_an_answer_to_its_question_can(
    entry: Reviewed, question: Question, runs: bool, sound: bool
):
    assert (flaw(entry, question, runs=runs) == "") is sound
