"""Whatever the bytes are that come in by a door, they are read as what they are or refused in the parser's own words."""

import json
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.agent.tools import action
from bot.core import ci
from bot.core.command import MOST_INSTRUCTIONS, Command, heard, may_be
from bot.core.contexts import Seen, Wanted
from bot.core.contexts import judge as required
from bot.core.handover import unpack
from bot.core.ledger import decode
from bot.core.payload import EventError, Typed, read
from bot.core.trailfile import TrailError
from bot.edge.git.repository import find
from bot.edge.git.trees import Trees
from bot.ports import Call, Denied
from tests.fakes import repos

PERSON = {"login": "ann", "id": 7, "type": "User"}
ISSUE = {"number": 3, "title": "T", "body": None, "state": "open", "locked": False, "user": PERSON, "labels": [{"name": "a"}]}
PULL = ISSUE | {"head": {"ref": "x", "sha": "a" * 40, "repo": {"full_name": "octo/shop"}}, "created_at": "2026-01-01T00:00:00Z"}
PAYLOAD: dict[str, Any] = {
    "action": "created",
    "repository": {"full_name": "octo/shop", "default_branch": "main", "private": False},
    "sender": PERSON,
    "issue": ISSUE,
    "pull_request": PULL | {"closed_at": "2026-01-01T00:00:00Z", "merged": True},
    "comment": {"id": 9, "user": PERSON, "body": "/agent fix", "created_at": "2026-01-01T00:00:00Z"},
    "label": {"name": "agent:fix"},
    "review": {"state": "changes_requested", "submitted_at": "2026-01-01T00:00:00Z"},
}
EVENTS = (
    ("issue_comment", "created"),
    ("pull_request_review_comment", "created"),
    ("issues", "labeled"),
    ("pull_request", "closed"),
    ("pull_request", "opened"),
    ("pull_request_review", "submitted"),
    ("workflow_dispatch", ""),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def places(value: Any, at: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    inner = [place for key, part in value.items() for place in places(part, (*at, key))] if isinstance(value, dict) else []
    return [at, *inner]


def changed(value: Any, at: tuple[str, ...], to: Any) -> Any:
    return {**value, at[0]: changed(value[at[0]], at[1:], to)} if at else to


@given(st.sampled_from(EVENTS), st.sampled_from(places(PAYLOAD)), JSON, st.sampled_from(["", "replay"]), st.text(max_size=14))
def test_an_event_with_anything_in_any_place_is_read_or_is_none(event, place, value, phase, issue):
    name, did = event
    payload = changed(PAYLOAD | {"action": did}, place, value)
    with suppress(EventError):
        read(name, json.dumps(payload).encode(), Typed(issue, phase=phase))


@given(st.binary(max_size=200) | st.text(st.sampled_from('{}[]":,0'), max_size=200).map(str.encode))
def test_bytes_that_are_no_event_are_said_to_be_none(data):
    """Or, as `{}` is, of no concern."""
    with suppress(EventError):
        assert read("issue_comment", data, Typed()) is None


@pytest.mark.parametrize("deep", [b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5_000, b'"\\ud800"'])
def test_an_event_that_is_made_to_break_the_reader_is_none(deep):
    with pytest.raises(EventError):
        read("issue_comment", deep, Typed())


@given(st.text(st.sampled_from("/agentfixhelp \t\n\r>`<!-\u200b\u00a0=lane"), max_size=60) | st.text(max_size=60))
def test_a_command_stands_at_the_very_start_of_a_line_with_nothing_above_it(body):
    found = heard(body, "/agent")
    if found is None:
        return
    assert may_be(body), "the first look lets it through"
    assert body.lstrip().lower().startswith("/agent")
    assert not isinstance(found, Command) or len(found.instructions) <= MOST_INSTRUCTIONS


@given(st.text(max_size=80) | st.binary(max_size=80).map(lambda data: data.decode("latin-1")))
def test_no_text_but_a_trail_is_one(text):
    with pytest.raises(TrailError):
        unpack(text)


@given(st.text(max_size=10) | st.sampled_from(["read", "edit", "write", "search", "delete", "check", "finish", "give_up"]), JSON)
def test_whatever_a_model_calls_it_is_an_action_or_a_word_to_the_model(name, arguments):
    action(Call("1", name, arguments if isinstance(arguments, dict) else {"path": arguments, "summary": arguments}))


ENDS = (None, "success", "failure", "skipped", "neutral", "cancelled", "timed_out", "action_required", "stale", "new thing", "")
STATES = ("queued", "in_progress", "completed", "waiting", "requested", "pending", "new thing")
JOBS = st.lists(st.tuples(st.sampled_from(["patched", "base", "x"]), st.sampled_from(ENDS)), max_size=4)


@given(st.sampled_from(STATES), st.sampled_from(ENDS), JOBS, st.booleans(), st.sampled_from([None, "patched"]), st.floats(0, 9_000))
def test_no_answer_of_ci_is_green_but_a_green_job_of_our_commit_at_its_end(status, end, jobs, ours, deciding, elapsed):
    run = ci.CiRun(1, "a" * 40, status, end, "", tuple(ci.Job(n, name, how) for n, (name, how) in enumerate(jobs)), 60.0)
    said = ci.judge(run, ("a" if ours else "b") * 40, ci.Limits(1_800.0, 0.0), elapsed, deciding)
    if isinstance(said, ci.Said) and said.verdict == "passed":
        ends = {how for name, how in jobs if deciding in (None, name)}
        assert ours
        assert status == "completed"
        assert "success" in ends
        assert not ends & {"failure", "timed_out", "cancelled", "action_required", "stale"}


@given(st.lists(st.tuples(st.sampled_from(["ci", "other"]), st.sampled_from([None, 1, 2]), st.sampled_from(ENDS)), max_size=5))
def test_no_check_opens_a_gate_but_a_green_one_of_its_name_by_its_app(found):
    seen = tuple(Seen(n, name, app, "completed" if end else "queued", end) for n, (name, app, end) in enumerate(found))
    said = required((Wanted("ci", 1),), seen, ci.Limits(1_800.0, 0.0), 9_000.0)
    if isinstance(said, ci.Said) and said.verdict == "passed":
        last = [end for name, app, end in found if (name, app) == ("ci", 1)][-1]
        assert last == "success"


LINE = {"kind": "settled", "run": "c1", "at": "2026-01-01T00:00:00Z", "who": "ann", "micros": 5}


@given(st.text(max_size=100) | st.sampled_from(sorted(LINE)).flatmap(lambda key: JSON.map(lambda v: json.dumps({**LINE, key: v}))))
def test_a_line_of_a_ledger_is_read_or_is_a_value_error(text):
    with suppress(ValueError):
        decode(text)


NAMES = st.binary(min_size=0, max_size=6) | st.sampled_from([b"..", b".", b".git", b".GIT", b"/x", b"a/../b", b"x", b"git~1"])
MODES = st.sampled_from([b"100644", b"100755", b"120000", b"040000", b"40000", b"160000", b"104755", b"0", b"100600"])


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(MODES, NAMES), max_size=4))
def test_no_tree_object_however_made_is_unpacked_outside_its_folder(rows, tmp_path):
    with tempfile.TemporaryDirectory(dir=tmp_path) as place:
        repo, out = Path(place) / "repo", Path(place) / "a" / "b" / "out"
        repos.make(repo, {"a": "a\n"})
        blob = bytes.fromhex(repos.git(repo, "hash-object", "-w", "--stdin", stdin=b"../../../escaped"))
        inner = bytes.fromhex(repos.git(repo, "hash-object", "-t", "tree", "-w", "--stdin", stdin=b"100644 x\0" + blob))
        data = b"".join(m + b" " + n.replace(b"\0", b"") + b"\0" + (inner if m.endswith(b"40000") else blob) for m, n in rows)
        tree = repos.git(repo, "hash-object", "-t", "tree", "-w", "--stdin", "--literally", stdin=data)
        commit = repos.git(repo, "commit-tree", tree, "-m", "hostile")
        (Path(place) / "own").mkdir()
        trees = Trees(Path(place) / "own", find(repo, repos.PATH).objects, repos.PATH)
        before = {path for path in Path(place).rglob("*") if repo not in path.parents and Path(place) / "own" not in path.parents}
        try:
            trees.open(commit).unpack(str(out))
        except (Denied, OSError):
            pass
        finally:
            trees.close()
        after = {path for path in Path(place).rglob("*") if repo not in path.parents and Path(place) / "own" not in path.parents}
        assert [path for path in after - before if path not in (out, *out.parents) and out not in path.parents] == []
