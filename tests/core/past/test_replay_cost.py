"""What a replay reckons that another policy would have cost and taken, from the records alone."""

from dataclasses import replace

from bot.core.past.difference import Micros, Seconds
from bot.core.past.interval import wilson
from tests.core.past.replays import LOWER, THREE, UP, WON, fasts, replayed
from tests.fakes.recorded import RULES, Went, policy, record, seen


def test_a_run_that_went_up_and_would_start_there_saves_what_came_before_as_it_was_observed():
    found = replayed(LOWER, record(1, UP, WON, facts=THREE))
    (change,) = found.changes
    assert (change.basis, change.micros, change.seconds) == ("observed", Micros(-400, -400, -400), Seconds(-4.0, -4.0, -4.0))
    assert found.total is not None
    assert (found.total.runs, found.total.micros) == (1, change.micros)


def test_a_lane_that_a_run_never_tried_is_reckoned_from_the_attempts_on_that_class_there():
    there = [record(n, Went("strong", micros=1_000 * n, seconds=10.0 * n), facts=seen(files=8)) for n in range(1, 6)]
    other = record(6, Went("strong", micros=900_000), facts=seen(files=8), task_class="feature")
    found = replayed(LOWER, *there, other, record(7, Went("fast", micros=100, seconds=1.0), facts=THREE))
    (change,) = found.changes
    assert (change.basis, change.tries, change.runs) == ("estimated", 5, 1)
    assert change.micros is not None
    assert change.micros.value == 3_000 - 100
    half = 1.959964 * (2_500_000 * (1 / 5 + 1)) ** 0.5
    assert (change.micros.low, change.micros.high) == (round(max(0, 3_000 - half) - 100), round(3_000 + half - 100))
    assert change.seconds is not None
    assert change.seconds.value == 29.0


def test_of_fewer_than_five_attempts_no_mean_is_made():
    there = [record(n, Went("strong"), facts=seen(files=8)) for n in range(1, 5)]
    found = replayed(LOWER, *there, record(7, Went("fast"), facts=THREE))
    (change,) = found.changes
    assert (change.basis, change.micros) == ("unknown", None)
    assert change.why == "not enough data: 4 attempts of this class in lane strong with its model, of 5"
    assert found.total is None


def test_a_run_that_starts_lower_saves_its_own_cost_as_often_as_that_lane_is_accepted():
    run = record(90, Went("strong", micros=9_000), facts=THREE, rules=LOWER)
    (change,) = replayed(policy(), *fasts(15, 20), run).changes
    assert (change.before, change.now, change.basis, change.tries) == ("strong", "fast", "estimated", 20)
    low, high = wilson(15, 20)
    assert change.micros == Micros(round(500 - 0.75 * 9_000), round(500 - high * 9_000), round(500 - low * 9_000))


def test_how_often_a_lane_is_accepted_takes_twenty_attempts():
    run = record(90, Went("strong", micros=9_000), facts=THREE, rules=LOWER)
    (change,) = replayed(policy(), *fasts(15, 19), run).changes
    assert (change.basis, change.why) == ("unknown", "not enough data on how often lane fast is accepted: 15 of 19 attempts")


def test_what_a_provider_did_or_what_came_after_a_failure_is_no_word_on_how_often_a_lane_is_accepted_first():
    run = record(90, Went("strong", micros=9_000), facts=THREE, rules=LOWER)
    gone = [record(n, Went("fast", gone=True), result="unavailable") for n in range(30, 40)]
    (change,) = replayed(policy(), *fasts(15, 19), *gone, run).changes
    assert change.why == "not enough data on how often lane fast is accepted: 15 of 19 attempts"
    both = [record(n, UP, Went("mid", micros=2_000)) for n in range(20)]
    middle = RULES.replace("routing:", RULES.split("\n")[2].replace("fast", "mid") + "\nrouting:")
    high = record(91, Went("strong"), facts=seen(files=8))
    (change,) = replayed(policy(middle + "  by_class: {bugfix: {lane: mid}}\n"), *both, high, old=policy(middle)).changes[-1:]
    assert (change.before, change.now) == ("strong", "mid")
    assert change.why == "not enough data on how often lane mid is accepted: 0 of 0 attempts"


def test_a_run_of_unknown_cost_makes_no_sum():
    found = replayed(LOWER, record(1, replace(UP, micros=None), WON, facts=THREE), record(2, UP, WON, facts=THREE))
    assert [(change.basis, change.runs, change.why) for change in found.changes] == [
        ("observed", 1, ""),
        ("unknown", 1, "what the run cost is unknown"),
    ]
    assert found.total is not None
    assert found.total.runs == 1


def test_a_run_that_was_only_explained_changes_lane_and_costs_nobody_knows_what():
    (change,) = replayed(LOWER, record(1, facts=THREE)).changes
    assert (change.basis, change.why) == ("unknown", "no lane was tried")


def test_a_lane_with_another_model_is_one_that_the_ledger_never_saw():
    new = policy(RULES.replace("m-strong", "m-new"), fast_max_score="2", strong_min_score="3")
    there = [record(n, Went("strong"), facts=seen(files=8)) for n in range(1, 9)]
    found = replayed(new, *there, record(10, UP, WON, facts=THREE))
    assert [(one.lane, one.model, one.runs, one.others) for one in found.unseen] == [("strong", "m-new", 9, ("m-strong",))]
    (change,) = found.changes
    assert (change.basis, change.why) == (
        "unknown",
        "not enough data: 0 attempts of this class in lane strong with its model, of 5",
    )


def test_from_a_lane_that_is_gone_nothing_is_reckoned():
    old = policy(
        RULES.replace("routing:", RULES.split("\n")[2].replace("fast", "mid") + "\nrouting:")
        + "  by_class: {bugfix: {lane: mid}}\n"
    )
    (change,) = replayed(policy(), *fasts(20, 20), record(80, Went("mid"), rules=old)).changes
    assert (change.basis, change.why) == ("unknown", "lane mid is none of the new policy")
