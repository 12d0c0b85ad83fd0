"""The hidden lines of our comments, written and read back, and what anybody could write there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.forge import Comment
from bot.core.notes import Note, Posted, ahead, at_work, posted, read, stamped, stopped_by
from bot.core.words import STATES

FULL = Note("c9", "accepted", "a" * 40, "ann-b", "strong", 12, ("c7", "l8"))


@pytest.mark.parametrize(
    "note", [FULL, Note("d1", "routing"), Note("l2", "stopped", lane="fast"), Note("c3", "explained", stops=("c1",))]
)
@pytest.mark.parametrize("text", ["### route-agent", "<!-- lane: strong -->", "<!-- state: error -->\n<!-- stops: c1 -->", ""])
def test_what_is_written_is_read_back_whatever_follows(note, text):
    body = stamped(note, f"said\n{text}")
    assert read(body) == note
    assert read(body.replace("\n", "\r\n")) == note


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<!-- route-agent:c9 -->",
        "<!-- route-agent:c9 -->\n<!-- state: merged -->",
        " <!-- route-agent:c9 -->\n<!-- state: accepted -->",
        "<!-- route-agent:../x -->\n<!-- state: accepted -->",
        "> <!-- route-agent:c9 -->\n<!-- state: accepted -->",
    ],
)
def test_anything_else_is_no_note(body):
    assert read(body) is None


def test_what_makes_no_sense_is_left_out():
    head = "<!-- route-agent:c9 -->\n<!-- state: error -->\n"
    odd = "<!-- commit: xyz -->\n<!-- pull: 0 -->\n<!-- stops: c1 rm l2 -->"
    assert read(f"{head}{odd}") == Note("c9", "error", stops=("c1", "l2"))
    assert read(f"{head}<!-- lane: a -->\n<!-- lane: b -->") == Note("c9", "error", lane="a")


@given(st.text(max_size=200), st.sampled_from(STATES))
def test_no_text_of_a_comment_changes_its_note(text, state):
    note = Note("c9", state, "b" * 40, "ann", "fast", 3, ("c1",), "c9", "77", cut=True)
    assert read(stamped(note, f"### {text}")) == note


def test_of_a_thread_the_commands_at_work_and_who_ended_them():
    made = (
        Comment(1, stamped(Note("c1", "attempting"), "x"), "t1"),
        Comment(2, "hello", "t2"),
        Comment(3, stamped(FULL, "x"), "t3"),
    )
    found = posted((*made, Comment(4, stamped(Note("c4", "explained", stops=("c1",)), "x"), "t4")))
    assert [each.id for each in found] == [1, 3, 4]
    assert at_work(found) == (Posted(1, "t1", Note("c1", "attempting")),)
    assert (stopped_by(found, "c1"), stopped_by(found, "c2")) == ("c4", "")
    assert ahead(found, "c2") == (), "who is told to stop is waited for by nobody"


def test_of_two_at_once_the_one_that_was_heard_first_goes_on():
    found = posted(tuple(Comment(n, stamped(Note(f"c{n}", "attempting", run=str(n)), "x"), "t") for n in (1, 2)))
    assert (ahead(found, "c1"), [each.id for each in ahead(found, "c2")]) == ((), [1])
    assert [each.id for each in ahead(found, "c3")] == [1, 2], "it has no comment yet"


def test_a_command_that_was_at_its_end_and_is_run_again_comes_after_those_at_work():
    cut, other = Note("c1", "error", run="1", cut=True), Note("c2", "attempting", run="2")
    found = posted(tuple(Comment(n, stamped(note, "x"), "t") for n, note in enumerate((cut, other), 1)))
    assert [each.id for each in ahead(found, "c1")] == [2]
    assert ahead(found, "c2") == ()


def test_a_stop_ends_what_was_given_before_it_and_had_no_comment_yet():
    found = posted((Comment(1, stamped(Note("c20", "explained", before="c20"), "x"), "t"),))
    assert [stopped_by(found, command) for command in ("c19", "c9", "c20", "c21", "l3", "d3")] == ["c20", "c20", "", "", "", ""]
