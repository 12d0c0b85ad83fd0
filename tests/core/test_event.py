"""Payloads as GitHub sends them, and as nobody should."""

import json
from typing import Any

import pytest

from bot.core.event import Commented, Dispatched, Labelled, Person
from bot.core.payload import EventError, Typed, read

REPO = {"full_name": "octo/shop", "default_branch": "main", "private": False}
ANN = {"login": "ann", "id": 7, "type": "User"}
ISSUE = {"number": 3, "title": "T", "body": None, "state": "open", "locked": False, "user": ANN, "labels": [{"name": "bug"}]}


def payload(**more: Any) -> bytes:
    return json.dumps({"repository": REPO, "sender": ANN, **more}).encode()


def comment(**more: Any) -> bytes:
    said = {"id": 99, "user": ANN, "body": "/agent fix", "created_at": "2026-11-25T20:00:00Z"}
    return payload(action="created", issue=ISSUE | {"pull_request": {}}, comment=said) if not more else payload(**more)


def test_a_comment_is_an_event_with_its_thread():
    found = read("issue_comment", comment(), Typed())
    assert isinstance(found, Commented)
    assert (found.comment, found.body, found.author.login, found.repo.full_name) == (99, "/agent fix", "ann", "octo/shop")
    assert (found.thread.number, found.thread.body, found.thread.labels, found.thread.pull) == (3, "", ("bug",), True)


def test_a_label_on_an_issue_is_an_event():
    found = read("issues", payload(action="labeled", issue=ISSUE, label={"name": "agent:fix"}), Typed())
    assert isinstance(found, Labelled)
    assert (found.label, found.thread.pull) == ("agent:fix", False)


def test_a_dispatch_takes_its_number_from_the_workflow():
    found = read("workflow_dispatch", payload(inputs={"issue": "8"}), Typed("#3", "do it", "strong"))
    assert found == Dispatched(found.repo, found.sender, 3, "do it", "strong") if isinstance(found, Dispatched) else False


def test_a_workflow_that_others_call_or_that_comes_by_the_clock_names_its_issue():
    found = read("issues", payload(action="opened", issue=ISSUE), Typed("12"))
    assert isinstance(found, Dispatched)
    assert (found.number, found.sender.login) == (12, "ann")
    clock = {key: value for key, value in json.loads(payload(schedule="0 3 * * *")).items() if key != "sender"}
    by_clock = read("schedule", json.dumps(clock).encode(), Typed("12", actor="cid", actor_id="7"))
    assert isinstance(by_clock, Dispatched)
    assert by_clock.sender == Person("cid", 7, "User")
    assert read("schedule", json.dumps(clock).encode(), Typed()) is None
    with pytest.raises(EventError, match="whose doing this is"):
        read("schedule", json.dumps(clock).encode(), Typed("12"))
    assert found.key("123") != by_clock.key("12")
    assert (found.key("77"), len(found.key("9" * 12))) == ("d7700000012", 21)


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("issue_comment", "edited"),
        ("issue_comment", "deleted"),
        ("issues", "opened"),
        ("push", None),
    ],
)
def test_what_can_never_be_a_command_is_no_event(name, action):
    assert read(name, payload(action=action), Typed()) is None


@pytest.mark.parametrize(
    ("name", "data", "where"),
    [
        ("issue_comment", b"{", "no JSON"),
        ("issue_comment", b"[]" * 3, "no JSON"),
        ("issue_comment", b"[[" * 100_000, "no JSON"),
        ("issue_comment", payload(action="created", issue=ISSUE), "event.comment is no object"),
        ("issue_comment", payload(action="created", issue=ISSUE, comment={"id": True}), "event.comment.id is no number"),
        ("issue_comment", json.dumps({"action": "created", "issue": ISSUE}).encode(), "event"),
        ("workflow_dispatch", payload(), "the input `issue`"),
    ],
)
def test_a_payload_that_is_none_is_an_error_with_its_place(name, data, where):
    with pytest.raises(EventError, match=where):
        read(name, data, Typed())


@pytest.mark.parametrize("number", ["", "0x3", "3; rm", "٣", "-1", "9" * 12])
def test_only_digits_are_a_number(number):
    with pytest.raises(EventError):
        read("workflow_dispatch", payload(), Typed(number))
