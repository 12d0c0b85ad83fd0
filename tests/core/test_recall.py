"""What a job that goes on takes over and what it buys itself: nothing is bought twice, and nothing of another run is taken."""

from dataclasses import replace

import pytest

from bot.core.attempt import Attempt
from bot.core.cost import Tokens, Usage
from bot.core.entries import Audit, Entry, Tried
from bot.core.recall import bought, goes_on, keeps, recalled, spent_here
from bot.core.step import Ask, Prove, Review, next_step
from bot.core.trail import Trail
from tests.core.test_review_trail import BUG, FINE, NONE, TESTED, trail
from tests.core.test_trail import DIFF, GREEN, RED, opened


def paid(lane: str, micros: int) -> Tried:
    return Tried(Attempt(lane, "finished", DIFF, Usage(1, Tokens(10), micros), 1.0))


FAST, STRONG, OTHER = paid("fast", 10), paid("strong", 200), paid("fast", 30)


def story(*entries: Entry) -> Trail:
    return Trail(opened(), entries)


@pytest.mark.parametrize(
    ("now", "before", "taken"),
    [
        ((), (FAST,), FAST),
        ((), (FAST, RED, STRONG), FAST),
        ((FAST, RED), (FAST, RED, STRONG), STRONG),
        ((FAST, RED), (FAST,), None),
        ((FAST, RED), (FAST, RED, OTHER), None),
        ((), (), None),
    ],
)
def test_an_attempt_is_taken_over_in_its_place_and_for_its_lane_alone(now, before, taken):
    made = story(*now)
    step = next_step(made)
    assert isinstance(step, Ask)
    assert recalled(made, step, story(*before)) == taken


@pytest.mark.parametrize(
    ("now", "before", "taken"),
    [
        ((FAST, GREEN), (FAST, GREEN, FINE), FINE),
        ((FAST, GREEN), (FAST, GREEN, FINE, TESTED), FINE),
        ((FAST, GREEN, FINE), (FAST, GREEN, FINE, TESTED), TESTED),
        ((FAST, GREEN, FINE), (FAST, GREEN, FINE), None),
        ((FAST, GREEN), (OTHER, GREEN, FINE), None),
        ((FAST, GREEN), (FAST, GREEN, TESTED), None),
        ((FAST, RED, STRONG, GREEN), (FAST, RED, STRONG, GREEN, BUG), BUG),
        ((FAST, RED, STRONG, GREEN), (FAST, GREEN, FINE, STRONG, GREEN, BUG), BUG),
        ((FAST, RED, STRONG, GREEN), (FAST, GREEN, FINE), None),
    ],
)
def test_a_verifier_s_word_is_taken_over_for_the_same_attempt_and_question_alone(now, before, taken):
    made = trail("sandbox", *now, deep=True)
    step = next_step(made)
    assert isinstance(step, Review)
    assert recalled(made, step, trail("sandbox", *before, deep=True)) == taken


def test_what_costs_nothing_is_done_anew():
    assert recalled(story(FAST), Prove(FAST.attempt), story(FAST, GREEN)) is None


@pytest.mark.parametrize(
    ("now", "before", "mine"),
    [
        ((FAST, GREEN, FINE), None, (FAST, FINE)),
        ((FAST, GREEN, FINE), (), (FAST, FINE)),
        ((FAST, GREEN, FINE), (FAST,), (FINE,)),
        ((FAST, RED, STRONG, GREEN, FINE), (FAST, GREEN, FINE), (STRONG, FINE)),
        ((FAST, GREEN, FINE), (FAST, RED, FINE), ()),
        ((FAST, RED, STRONG), (OTHER,), (FAST, STRONG)),
        ((FAST, GREEN), (FAST, RED, STRONG), ()),
        ((FAST, GREEN, replace(NONE, usage=Usage())), (FAST,), ()),
    ],
)
def test_this_job_has_paid_for_what_it_did_not_take_over(now, before, mine):
    earlier = None if before is None else story(*before)
    made = story(*now)
    assert bought(made, earlier) == mine
    assert spent_here(made, earlier).micros == sum(
        (each.attempt.usage if isinstance(each, Tried) else each.usage).micros for each in mine
    )


def test_only_the_newest_entry_has_to_be_kept_and_only_where_it_was_bought():
    assert keeps(story(FAST), None)
    assert keeps(story(FAST, RED, STRONG), story(FAST))
    assert not keeps(story(FAST, RED), None), "it was kept when it came"
    assert not keeps(story(FAST), story(FAST)), "it was taken over"
    assert not keeps(story(), None)


def test_a_run_goes_on_from_its_own_command_on_its_own_commit():
    before = story(FAST)
    where = (before.opened.request.repo, before.opened.request.number)
    assert goes_on(before, "r1", "0" * 40, where)
    assert not goes_on(before, "r1", "0" * 40, ("evil/evil", 99))
    assert not goes_on(Trail(replace(before.opened, audit=Audit("r1", 0.5))), "r1", "0" * 40, where)
    assert not goes_on(before, "r2", "0" * 40, where)
    assert not goes_on(before, "r1", "1" * 40, where)
    for at in ("2026-01-01T00:00:00", "yesterday", "2026-01-01T00:00:00Z/../x"):
        assert not goes_on(Trail(replace(before.opened, at=at)), "r1", "0" * 40, where), "the instant becomes a part of a path"
