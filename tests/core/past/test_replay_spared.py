"""What another policy would have spared, and what its bars would have held."""

from dataclasses import replace

from bot.core.past.replayed import Failed, Proofs, Spent
from bot.core.words import Reason
from tests.core.past.replays import LOWER, THREE, UP, WON, replayed
from tests.fakes.recorded import RULES, Went, happened, policy, record, seen


def test_failures_that_would_have_started_higher_stand_beside_the_successes_that_would_too():
    found = replayed(
        LOWER,
        record(1, UP, WON, facts=THREE),
        record(2, UP, WON),
        record(3, Went("fast", "failed_tests"), facts=THREE),
        record(4, Went("fast"), facts=THREE),
        happened(4, "merged"),
        happened(4, "reverted"),
        record(5, Went("fast"), facts=THREE),
        happened(5, "closed"),
        record(6, Went("fast"), facts=THREE),
        happened(6, "merged"),
        record(7, Went("fast")),
        record(8, Went("fast"), facts=THREE, result="unavailable"),
    )
    assert found.failures == (
        Failed("escalated", 2, 1),
        Failed("not_accepted", 1, 1),
        Failed("wrong", 2, 2),
        Failed("none", 2, 1),
    )
    assert [moved.failed for moved in found.moved] == [None, None, "wrong", "wrong", "not_accepted", "escalated"]


def test_what_starts_lower_is_spared_nothing():
    run = record(1, Went("strong", "failed_tests"), facts=THREE, rules=LOWER)
    assert replayed(policy(), run).failures[1] == Failed("not_accepted", 1, 0)


def test_bars_of_runs_that_stay_are_compared_with_what_was_shown():
    low: Reason = "low_confidence_summary"
    doubted = replace(WON, confidence=0.95)
    runs = (
        record(1, Went("fast", confidence=0.70)),
        record(2, Went("fast", confidence=0.85)),
        record(3, Went("fast", low, confidence=0.55), doubted),
        record(4, Went("fast", "failed_tests", confidence=0.55), doubted),
    )
    assert replayed(policy(RULES + "  min_confidence: 0.8\n"), *runs).proofs == Proofs(4, 1, 0, 0, 0, 0)
    assert replayed(policy(RULES + "  min_confidence: 0.5\n"), *runs).proofs == Proofs(4, 0, 0, 0, 1, 0)
    assert replayed(policy(RULES + "  by_class: {bugfix: {min_confidence: 0.9}}\n"), *runs).proofs == Proofs(4, 2, 0, 0, 0, 0)
    assert replayed(policy(), *runs).proofs == Proofs(0, 0, 0, 0, 0, 0)


def test_the_bar_of_a_run_that_moves_is_that_of_another_patch():
    runs = record(1, Went("fast", confidence=0.7)), record(2, Went("fast", confidence=0.7), task_class="feature")
    new = policy(RULES + "  min_confidence: 0.8\n  by_class: {feature: {lane: strong}}\n")
    assert replayed(new, *runs).proofs == Proofs(1, 1, 0, 0, 0, 0)


def test_a_patch_whose_files_its_lane_may_not_change_now_is_counted():
    new = policy(RULES + "signals:\n  paths: {schema_change: [models/]}\n")
    kept, barred = record(1, Went("fast")), record(2, Went("fast", files=("models/x.py",)))
    top = record(3, Went("strong", files=("models/x.py",)), facts=seen(files=8))
    assert replayed(new, kept, barred, top).proofs.barred == 1


def test_runs_above_the_new_cap_are_counted_and_those_of_unknown_cost_are_named():
    new = policy(RULES + "budget: {per_run_usd: 0.009}\n")
    runs = record(1, UP, WON), record(2, WON, facts=seen(files=8)), record(3, Went("fast", micros=None))
    together = sum(run.cost_micros or 0 for run in runs)
    assert together > 9_000
    assert replayed(new, *runs).spent == Spent(9_000, together, 1, 1)
