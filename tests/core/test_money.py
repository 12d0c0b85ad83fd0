"""What a run cost, in words, and what always asking the top lane would have cost."""

import pytest

from bot.core.attempt import Attempt
from bot.core.cost import Cost, Price, Tokens, Usage
from bot.core.entries import LanePrice, Opened, Proved, Reviewed, Tried
from bot.core.estimate import Estimate, always_strong
from bot.core.evidence import Evidence, Item
from bot.core.lane import Lane
from bot.core.money import by_attempt, compared, doubtful, span
from bot.core.recording import record
from bot.core.standing import ClassCost, Standing
from bot.core.trail import Trail
from tests.core.test_trail import opened

NONE = Standing()
PAST = Standing(costs=(ClassCost("strong", "bugfix", 20_000, 3),))


def usage(micros: int, reckoned: int | None = None) -> Usage:
    return Usage().plus(Tokens(1_000, output=100), Cost(micros, "provider", reckoned))


def trail(*lanes: str, priced: bool = True, spent: Usage | None = None, past: Standing = NONE) -> Trail:
    start = opened()
    prices = (LanePrice("fast", Price(1, 2)), LanePrice("strong", Price(3_000_000, 15_000_000) if priced else None))
    start = Opened(**{name: getattr(start, name) for name in Opened.__dataclass_fields__} | {"prices": prices, "standing": past})
    return Trail(start, tuple(Tried(Attempt(lane, "gave_up", "", spent or usage(10_000), 1.0)) for lane in lanes))


def test_an_attempt_of_the_top_lane_is_the_estimate_itself():
    assert always_strong(trail("fast", "strong", past=PAST)) == Estimate(10_000, "attempt")


def test_else_the_median_of_enough_earlier_ones_else_the_tokens_at_its_price_else_nobody_knows():
    assert always_strong(trail("fast", past=PAST)) == Estimate(20_000, "ledger", 3)
    assert always_strong(trail("fast", past=Standing(costs=(ClassCost("strong", "docs", 20_000, 3),)))) == Estimate(4_500, "tokens")
    assert always_strong(trail("fast")) == Estimate(4_500, "tokens")
    assert always_strong(trail("fast", priced=False)) is None
    assert always_strong(trail(past=PAST)) is None


@pytest.mark.parametrize(
    ("lanes", "spent", "said"),
    [
        (("fast", "strong"), 20_000, "$0.01, by its own attempt; the cascade lost $0.01"),
        (("fast",), 2_000, "$0.0045, by the first lane's tokens at its price; the cascade saved $0.0025"),
        (("fast",), None, "$0.0045, by the first lane's tokens at its price"),
        ((), 0, ""),
    ],
)
def test_a_cascade_is_laid_beside_its_rival_whichever_is_dearer(lanes, spent, said):
    story = trail(*lanes)
    whole = record(_judged(story), spent)
    assert compared(whole) == said


def _judged(story: Trail) -> Trail:
    """Every attempt with what was shown of it, so that it counts as tried."""
    shown = Proved(Evidence((Item("patch rules", "not_applicable", "info", "no patch"),)), 0.0)
    entries = [entry for tried in story.entries for entry in (tried, shown)]
    return Trail(story.opened, tuple(entries))


def test_the_parts_add_up_to_the_whole_and_what_was_cut_off_is_a_part():
    whole = record(_judged(trail("fast", "strong")), 25_000)
    assert by_attempt(whole) == "fast $0.01 + strong $0.01 + cut off $0.005 + verification $0.00"
    assert by_attempt(record(_judged(trail("fast")), 10_000)) == "fast $0.01 + verification $0.00"
    assert by_attempt(record(_judged(trail("fast")), None)) == "fast $0.01 + verification $0.00", (
        "of an unknown sum there is no rest"
    )


def test_figures_that_differ_are_both_kept_and_said():
    whole = record(_judged(trail("fast", spent=usage(10_000, 13_000))), 10_000)
    assert (whole.attempts[0].disputed, whole.attempts[0].reckoned_micros) == (1, 13_000)
    said = "provider's figure and known price differ by more than 5 % in 1 call; by the price: $0.013"
    assert doubtful(whole) == said
    assert doubtful(record(_judged(trail("fast")), 10_000)) == ""


def test_a_sum_that_rests_on_a_guess_says_so():
    guess = Usage().plus(Tokens(), Cost(50_000, "worst_case"))
    whole = record(_judged(trail("fast", spent=guess + guess)), 100_000)
    assert whole.attempts[0].guessed == 2
    assert doubtful(whole) == "2 calls counted at the worst: no answer said what it cost"


def test_what_the_verifier_was_paid_is_a_part_of_the_sum_and_of_its_doubts():
    story = _judged(trail("fast"))
    guess = Usage().plus(Tokens(), Cost(5_000, "worst_case"))
    said = Reviewed(Evidence((Item("critic", "not_run", "term", "cut off"),)), guess, 1.0)
    whole = record(Trail(story.opened, (*story.entries, said)), 15_000)
    assert by_attempt(whole) == "fast $0.01 + verification $0.005"
    assert doubtful(whole) == "1 call counted at the worst: no answer said what it cost"


def test_by_the_known_price_the_verifier_s_calls_cost_what_they_cost_by_it_too():
    story = _judged(trail("fast"))
    said = Reviewed(Evidence((Item("critic", "passed", "term", "no bug"),)), usage(5_000, 7_000), 1.0)
    whole = record(Trail(story.opened, (*story.entries, said)), 15_000)
    price = "by the price: $0.017"
    assert doubtful(whole) == f"provider's figure and known price differ by more than 5 % in 1 call; {price}"


def test_a_lane_that_made_no_call_is_no_rival_and_a_run_in_the_top_lane_alone_is_no_cascade():
    assert always_strong(trail("strong", spent=Usage())) is None
    assert compared(record(_judged(trail("strong")), 90_000)) == "$0.01, by its own attempt"


def test_what_an_attempt_can_cost_is_bounded_by_the_budget():
    lane = Lane(name="fast", provider="vllm", model="m")
    assert span(lane, Price(1_000_000, 4_000_000), 1_000_000) == (
        "an attempt costs $0.0074 to $1.00, the run's budget; $0.08 for 8 calls of 8,000 tokens sent and 500 made"
    )
    assert span(lane, Price(1_000_000, 4_000_000), 1_000) == (
        "an attempt costs $0.0074 at the least, more than the run's budget of $0.001"
    )
    assert span(lane, Price(1_000, 4_000), 1_000_000) == (
        "an attempt costs $0.000008 to $0.00294; $0.00008 for 8 calls of 8,000 tokens sent and 500 made"
    )
