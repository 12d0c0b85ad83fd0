"""The Trail as the whole state of a run: what comes next, and what a hostile one cannot claim."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.attempt import Attempt, StopReason
from bot.core.audit import due, foreseen, second
from bot.core.cost import Usage
from bot.core.entries import Audit, Entry, Opened, Proved, Published, Pushed, Tried
from bot.core.evidence import PATCH_RULES, REACHES, REPRODUCED, Evidence, Item
from bot.core.facts import Facts, NotApplicable
from bot.core.patch import parse
from bot.core.policyfile import read
from bot.core.request import Request
from bot.core.route import Refusal, Route
from bot.core.score import Part, Score, weigh
from bot.core.signals import Number, Signal, observe
from bot.core.step import Ask, Prove, Publish, Push, Step, checked, next_step
from bot.core.trail import Trail
from bot.core.trailfile import TrailError, decode, encode
from bot.core.verdict import Accept, Case, Stop, decide
from bot.core.words import TaskClass
from tests.fakes import repos

DIFF = (
    "diff --git a/a.py b/a.py\nindex 1111111111111111111111111111111111111111..2222222222222222222222222222222222222222 100644\n"
    "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-a\n+b\n"
)
NOTHING = NotApplicable("none")


FAST = Route("fast", ())


def opened(route: Route | Refusal = FAST) -> Opened:
    policy = read(repos.POLICY.encode(), "policy.yml")
    signals = observe(Facts(NOTHING, NOTHING, NOTHING, (), ""), policy.signals)
    score = weigh(signals, policy.routing)
    request = Request("r1", "shop", None, "ann", "mend it", (), "0" * 40, None)
    return Opened(request, policy, signals, (), "bugfix", score, route, (), (), "2026-01-01T00:00:00Z", 0.0, "none")


def tried(lane: str, ended: StopReason = "finished", diff: str = DIFF) -> Tried:
    return Tried(Attempt(lane, ended, diff, Usage(), 1.0))


GREEN = Proved(
    Evidence(
        (
            Item(PATCH_RULES, "passed", "veto", ""),
            Item("check t", "passed", "strong", "3 tests"),
            Item(f"t {REACHES}", "passed", "info", ""),
            Item(REPRODUCED, "passed", "term", ""),
        )
    ),
    1.0,
)
RED = Proved(Evidence((Item("check t", "failed", "veto", "1 newly failing: x"),)), 1.0)
RED_TOO = Proved(Evidence((Item("check t", "failed", "veto", "1 newly failing: y"),)), 1.0)
BANNED = Proved(Evidence((Item(PATCH_RULES, "failed", "veto", "`.github/x` is protected"),)), 1.0)
BARE = Proved(Evidence(()), 0.0)
PUSHED = Pushed("route-agent/local/r1-1", "1" * 40, 0.1)


@pytest.mark.parametrize(
    ("entries", "step"),
    [
        ((), Ask("fast")),
        ((tried("fast"),), Prove(tried("fast").attempt)),
        ((tried("fast"), GREEN), Push(tried("fast").attempt, 1)),
        ((tried("fast"), RED), Ask("strong", "check t: 1 newly failing: x")),
        ((tried("fast"), BANNED), Ask("strong", "`.github/x` is protected")),
        ((tried("fast"), RED, tried("strong"), GREEN), Push(tried("strong").attempt, 2)),
        ((tried("fast"), RED, tried("strong"), RED_TOO), Push(tried("strong").attempt, 2)),
        ((tried("fast"), RED, tried("strong"), BANNED), Publish()),
        ((tried("fast", "gave_up", ""), BARE, tried("strong", "no_edit", ""), BARE), Publish()),
        ((tried("fast", "budget", ""), BARE), Publish()),
        ((tried("fast", "denied", ""), BARE), Publish()),
        ((tried("fast", "unavailable", ""), BARE), Publish()),
        ((tried("fast"), GREEN, PUSHED), Publish()),
        ((tried("fast"), GREEN, PUSHED, Published("2026-01-01T00:00:01Z")), None),
    ],
)
def test_what_comes_next_follows_from_what_has_been(entries: tuple[Entry, ...], step: Step | None):
    trail = Trail(opened(), entries)
    assert next_step(trail) == step
    assert checked(trail) == trail


def test_an_audit_pushes_nothing_where_the_sandbox_is_the_proof():
    audit = second(audited(), "2026-01-02T00:00:00Z")
    for proof in (GREEN, RED):
        assert next_step(Trail(audit, (tried("strong"), proof))) == Publish()


def test_an_audit_is_due_after_an_accepted_fix_of_low_risk_below_the_top_lane_that_is_over_and_is_none_itself():
    over, start = (PUSHED, Published("2026-01-01T00:00:01Z")), audited()
    told = (tried("fast"), GREEN, *over)
    assert due(Trail(start, told))
    assert not due(Trail(start, told[:-1])), "it is not over"
    assert not due(Trail(start, (tried("fast"), RED, tried("strong"), GREEN, *over))), "nobody is above the top lane"
    assert not due(Trail(start, (tried("fast", "budget", ""), BARE, over[-1]))), "nothing was accepted"
    assert not due(Trail(audited(Refusal("no_checks", "none")), over[-1:])), "nothing was tried"
    assert not due(Trail(replace(start, audit=Audit("r0", 0.5)), told)), "an audit has none"
    assert not due(Trail(opened(), told)), "chance draws nobody where the share is 0"
    limit = start.policy.routing.fast_max_score
    edge, past = (replace(start, score=Score((Part("files_touched", n, n, ""),))) for n in (limit, limit + 1))
    assert due(Trail(edge, told))
    assert not due(Trail(past, told)), "a score of more is no low risk"
    auth = replace(start, signals=(Signal("auth_code", Number(1), ("src/auth.py",)),))
    assert not due(Trail(auth, told)), "an always-strong rule fires"
    assert [foreseen(each) for each in (start, edge, past, auth)] == ["drawn", "drawn", "never", "never"]
    assert foreseen(opened()) == "not drawn"
    assert [foreseen(audited(route)) for route in (Route("strong", ()), Refusal("lane", "none"))] == ["never", "never"]


def audited(route: Route | Refusal = FAST) -> Opened:
    """A run under a policy that has every accepted one of low risk audited."""
    share = repos.POLICY.replace("strong_min_score: 7", "strong_min_score: 7\n  audit_share: 1")
    return replace(opened(route), policy=read(share.encode(), "p"))


def test_a_refused_request_and_a_shadowed_one_are_only_written_down():
    assert next_step(Trail(opened(Refusal("no_checks", "none")))) == Publish()
    shadowed = repos.POLICY.replace("strong_min_score: 7", "strong_min_score: 7\n  shadow: true")
    assert next_step(Trail(replace(opened(), policy=read(shadowed.encode(), "p")))) == Publish()


@pytest.mark.parametrize(
    "entries",
    [
        (GREEN,),
        (PUSHED,),
        (Published("x"),),
        (tried("strong"),),
        (tried("fast"), tried("fast")),
        (tried("fast"), RED, PUSHED),
        (tried("fast"), RED, tried("fast")),
        (tried("fast"), GREEN, Published("x")),
        (tried("fast"), GREEN, tried("strong")),
        (tried("fast"), RED, tried("strong"), BANNED, PUSHED),
        (tried("fast"), GREEN, PUSHED, Published("x"), Published("x")),
    ],
)
def test_an_entry_that_no_step_asked_for_is_refused(entries: tuple[Entry, ...]):
    with pytest.raises(TrailError, match=r"entries\.\d: `\w+` cannot stand there"):
        checked(Trail(opened(), entries))


FULL = Trail(opened(), (tried("fast"), RED, tried("strong"), GREEN, PUSHED, Published("2026-01-01T00:00:01Z")))


def test_what_was_written_is_read_again():
    assert decode(encode(FULL)) == FULL


def changed(part: str, value: Any) -> bytes:
    plain = json.loads(encode(FULL))
    plain["opened"]["policy"][part] = value
    return json.dumps(plain).encode()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "Invalid JSON"),
        (b"[]", "Input should be"),
        (b" " * 20_000_001, "at most 20000000"),
        (encode(replace(FULL, entries=FULL.entries * 11)), "at most 60"),
        (encode(FULL).replace(b'"version":1},"entries"', b'"version":2},"entries"'), "opened.version"),
        (encode(FULL).replace(b'"version":1},"entries"', b'"trusted":true},"entries"'), "opened.trusted"),
        (encode(FULL).replace(b'"rates":[]', b'"rates":[{"lane":"fast","model":"m","right":1.5,"weight":9.0}]'), "opened.standing"),
        (encode(FULL).replace(b'"seconds":0.0', b'"seconds":Infinity'), "opened.seconds"),
        (changed("models", {}), "opened.policy.models: the lane `fast` has no model"),
        (encode(replace(FULL, opened=opened(Route("other", ())))), "opened.route.lane: is none of the policy's"),
        (encode(FULL).replace(b'"micros":0', b'"micros":-9', 1), r"\.micros: Input should be greater"),
        (encode(FULL).replace(b'"seconds":1.0', b'"seconds":-9e9'), r"entries.0.Tried.attempt.seconds"),
        (encode(Trail(opened(), (tried("fast", diff=DIFF.replace("+1 @@", "+1,9 @@")),))), r"entries.0.attempt.diff"),
    ],
)
def test_what_is_no_trail_says_where(data: bytes, said: str):
    with pytest.raises(TrailError, match=said):
        decode(data)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _places(inner, (*path, key))


PLAIN = json.loads(encode(FULL))
PLACES = [path for path in _places(PLAIN) if path]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(PLACES), JSON)
def test_a_damaged_trail_is_refused_or_its_next_step_can_be_told(place: tuple[Any, ...], value: Any):
    """Nothing else can be raised, and what is accepted reads back as the same."""
    plain = deepcopy(PLAIN)
    spot = plain
    for key in place[:-1]:
        spot = spot[key]
    spot[place[-1]] = value
    try:
        trail = checked(decode(json.dumps(plain).encode()))
    except TrailError:
        return
    next_step(trail)
    assert decode(encode(trail)) == trail


@pytest.mark.parametrize("score", range(0, 40, 3))
@pytest.mark.parametrize("task_class", get_args(TaskClass))
def test_at_every_score_and_class_there_is_evidence_that_clears_the_bar_and_a_lazy_one_that_does_not(score, task_class):
    start = opened()
    policy, before = start.policy, start.prior("strong")
    diff = parse(DIFF).diff

    def decision(proved: Proved) -> object:
        return decide(Case(policy, task_class, score, tried("strong").attempt, proved.evidence, diff, (), before))

    lazy = Proved(Evidence((Item(PATCH_RULES, "passed", "veto", ""), Item("check lint", "passed", "weak", ""))), 1.0)
    assert isinstance(decision(GREEN), Accept)
    assert isinstance(decision(lazy), Stop)
