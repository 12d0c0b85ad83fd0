"""The Trail where CI is the proof: what comes next, and what a job without a way to publish cannot claim in it."""

import base64
import gzip
import hashlib
from dataclasses import replace

import pytest

from bot.core import handover
from bot.core.checks import Run
from bot.core.ci import Verdict
from bot.core.cost import Usage
from bot.core.entries import Awaited, Entry, Proved, Published, Pushed, Reviewed
from bot.core.evidence import FIXES, PATCH_RULES, REPRODUCED, Evidence, Item
from bot.core.notes import Note, mark, read, stamped
from bot.core.recording import record
from bot.core.required import REQUIRED
from bot.core.route import Route
from bot.core.state import ended, running
from bot.core.step import Ask, AwaitCI, Prove, Publish, Push, Step, checked, next_step
from bot.core.trail import Trail
from bot.core.trailfile import TrailError
from bot.core.words import CRITIC, INDEPENDENT, SUMMARY
from tests.core.test_trail import BANNED, BARE, opened, tried

RULES = Proved(Evidence((Item(PATCH_RULES, "passed", "veto", ""),)), 0.1)
PUSHED = Pushed("route-agent/3/c9-1", "1" * 40, 0.1, "2" * 40)
SECOND = replace(PUSHED, branch="route-agent/3/c9-2")
SUITE = Item("check ci", "passed", "strong", "green")
GREEN = Evidence((SUITE, Item(FIXES, "not_applicable", "info", ""), Item(REPRODUCED, "passed", "info", "")))
WEAK = Evidence((SUITE, Item(FIXES, "not_applicable", "info", ""), Item(REPRODUCED, "not_run", "info", "")))
RED = Evidence((Item("check ci", "failed", "veto", "job `patched` is red at step `test`"),))
FAST, STRONG = tried("fast"), tried("strong")


NOTHING = Evidence(())


def awaited(verdict: Verdict, evidence: Evidence = NOTHING) -> Awaited:
    return Awaited(verdict, f"it {verdict}", "u", evidence, 2.0)


PASSED, FAILED = awaited("passed", GREEN), awaited("failed", RED)
ENDED = Published("2026-01-01T00:00:01Z")


def trail(*entries: Entry) -> Trail:
    return Trail(replace(opened(), proof="ci"), entries)


@pytest.mark.parametrize(
    ("entries", "step"),
    [
        ((), Ask("fast")),
        ((FAST,), Prove(FAST.attempt)),
        ((FAST, RULES), Push(FAST.attempt, 1)),
        ((FAST, BANNED), Ask("strong", "`.github/x` is protected")),
        ((tried("fast", "gave_up", ""), BARE), Ask("strong", "no patch (gave_up)")),
        ((FAST, RULES, PUSHED), AwaitCI(PUSHED)),
        ((FAST, RULES, PUSHED, PASSED), Publish()),
        ((FAST, RULES, PUSHED, FAILED), Ask("strong", "check ci: job `patched` is red at step `test`")),
        ((FAST, RULES, PUSHED, awaited("passed", WEAK)), Ask("strong", f"not shown: {REQUIRED['bugfix'].words}")),
        ((FAST, RULES, PUSHED, FAILED, STRONG, RULES), Push(STRONG.attempt, 2)),
        ((FAST, RULES, PUSHED, FAILED, STRONG, BANNED), Publish()),
        ((FAST, RULES, PUSHED, FAILED, STRONG, RULES, SECOND, PASSED), Publish()),
        *(
            ((FAST, RULES, PUSHED, awaited(v)), Publish())
            for v in ("no_ci", "needs_approval", "timeout", "superseded", "infra_error")
        ),
        ((FAST, RULES, PUSHED, PASSED, ENDED), None),
    ],
)
def test_what_comes_next_where_ci_is_the_proof(entries: tuple[Entry, ...], step: Step | None):
    made = trail(*entries)
    assert next_step(made) == step
    assert checked(made) == made


@pytest.mark.parametrize(
    ("entries", "result", "state"),
    [
        ((FAST, RULES, PUSHED, PASSED), "pass", "accepted"),
        ((FAST, RULES, PUSHED, FAILED, STRONG, BANNED), "not_fixed", "not_fixed"),
        ((FAST, RULES, PUSHED, awaited("no_ci")), "no_ci", "no_ci"),
        ((FAST, RULES, PUSHED, awaited("needs_approval")), "needs_approval", "needs_approval"),
        ((FAST, RULES, PUSHED, awaited("timeout")), "ci_timeout", "ci_timeout"),
        ((FAST, RULES, PUSHED, awaited("superseded")), "superseded", "superseded"),
        ((FAST, RULES, PUSHED, awaited("infra_error")), "unavailable", "error"),
    ],
)
def test_only_a_proved_patch_passes(entries: tuple[Entry, ...], result: str, state: str):
    made = record(trail(*entries, ENDED), 5)
    assert made.result == result
    assert ended(made.result) == state


def test_the_branch_of_an_attempt_is_not_that_of_the_next():
    both = trail(FAST, RULES, PUSHED, FAILED, STRONG, RULES, SECOND)
    assert both.pushed == SECOND
    assert both.superseded == (PUSHED.branch,)
    assert trail(FAST, RULES, PUSHED, FAILED, STRONG, BANNED).pushed is None


@pytest.mark.parametrize(
    ("entries", "state"),
    [((), "attempting"), ((FAST,), "verifying"), ((FAST, RULES), "verifying"), ((FAST, RULES, PUSHED), "waiting_for_ci")],
)
def test_a_run_says_what_it_is_about_to_do(entries: tuple[Entry, ...], state: str):
    assert running(trail(*entries)) == state


@pytest.mark.parametrize(("state", "final"), [("accepted", True), ("error", True), ("routing", False), ("waiting_for_ci", False)])
def test_a_comment_says_whether_its_command_has_ended(state, final):
    body = stamped(Note("c9", state), "text\n<!-- state: accepted -->")
    assert body.startswith(mark("c9"))
    for text in (body, body.replace("\n", "\r\n")):
        found = read(text)
        assert found == Note("c9", state)
        assert found.final is final
    assert read("<!-- state: accepted -->") is None


# ---- from job to job ---------------------------------------------------------------------------------------------


def test_a_trail_travels_and_arrives_as_it_was():
    made = trail(FAST, RULES, PUSHED, FAILED)
    packed = handover.pack(made)
    assert "\n" not in packed
    assert handover.unpack(packed) == made


@pytest.mark.parametrize(
    "text", ["", "x", "!!!!", base64.b64encode(b"not gzip").decode(), base64.b64encode(gzip.compress(b"{}", mtime=0)).decode()]
)
def test_what_is_no_trail_is_refused(text):
    with pytest.raises(TrailError):
        handover.unpack(text)


def test_a_bomb_does_not_go_off():
    with pytest.raises(TrailError, match="more than 20000000 bytes"):
        handover.unpack(base64.b64encode(gzip.compress(b" " * 200_000_000)).decode())


def test_a_trail_that_is_too_long_to_travel_says_so():
    noise = "".join(hashlib.sha256(str(n).encode()).hexdigest() for n in range(4_000))
    with pytest.raises(TrailError, match="can travel between jobs"):
        handover.pack(trail(replace(FAST, attempt=replace(FAST.attempt, summary=noise))))


BEFORE = trail(FAST, RULES, PUSHED, FAILED)


def test_the_job_with_the_models_key_adds_an_attempt_and_nothing_else():
    assert handover.continued(BEFORE, trail(*BEFORE.entries, STRONG)) == (trail(*BEFORE.entries, STRONG), None)
    assert handover.continued(BEFORE, trail(*BEFORE.entries, STRONG, RULES)) == (trail(*BEFORE.entries, STRONG), None)
    assert handover.continued(BEFORE, BEFORE) == (BEFORE, None)


REVIEW = Reviewed(Evidence((Item(CRITIC, "passed", "term", "none found"),)), Usage(), 1.0)


def test_what_its_model_said_in_review_is_kept_apart_until_its_step_comes():
    assert handover.continued(BEFORE, trail(*BEFORE.entries, STRONG, RULES, REVIEW)) == (trail(*BEFORE.entries, STRONG), REVIEW)


@pytest.mark.parametrize(
    "review",
    [
        Evidence((Item("check ci", "passed", "strong", "green"),)),
        Evidence((Item(CRITIC, "passed", "strong", "green"),)),
        Evidence((Item(CRITIC, "passed", "term", ""), Item(CRITIC, "passed", "term", ""))),
        Evidence((Item(CRITIC, "passed", "term", ""), Item(INDEPENDENT, "passed", "term", "no test of its runs here"))),
        Evidence((Item(SUMMARY, "not_run", "term", ""),)),
        Evidence((), (Run("tests", 0, 1.0, timed_out=False, report=None, tail=""),)),
    ],
)
def test_a_review_that_says_what_no_review_can_is_refused(review: Evidence):
    with pytest.raises(TrailError, match="review"):
        handover.continued(BEFORE, trail(*BEFORE.entries, STRONG, RULES, replace(REVIEW, evidence=review)))


@pytest.mark.parametrize(
    "after",
    [
        trail(FAST, RULES, PUSHED, PASSED),
        trail(FAST, RULES, PUSHED),
        trail(FAST, RULES, replace(PUSHED, commit="9" * 40), FAILED, STRONG),
        trail(replace(FAST, attempt=replace(FAST.attempt, lane="strong"))),
        Trail(replace(BEFORE.opened, seconds=9.0), (*BEFORE.entries, STRONG)),
        Trail(replace(BEFORE.opened, route=Route("fast", ("a rule of my own",))), (*BEFORE.entries, STRONG)),
    ],
)
def test_what_was_handed_out_cannot_be_changed_on_the_way(after: Trail):
    with pytest.raises(TrailError, match="does not go on from"):
        handover.continued(BEFORE, after)


@pytest.mark.parametrize("added", [(RULES,), (PASSED,), (ENDED,), (SECOND,)])
def test_evidence_branches_and_verdicts_cannot_be_handed_in(added: tuple[Entry, ...]):
    before = trail(FAST) if added == (RULES,) else trail(FAST, RULES)
    with pytest.raises(TrailError, match="can add an attempt"):
        handover.continued(before, trail(*before.entries, *added))
