"""Drift of thresholds: scores, confidence, attempts, reasons and caps that no longer fit."""

from dataclasses import replace

from bot.core.past import telling
from tests.core.past.drifts import found, named
from tests.plans import AREAS, POLICY, Area, Plan


def test_a_first_lane_that_does_well_past_the_threshold_argues_for_one_step_more():
    plan = Plan(asked_fast=0.6, areas=tuple(replace(area, fails=0.1, rejected=0.05) for area in AREAS))
    seen = found(plan)
    assert named(seen) == {("routing.fast_max_score", "scores 7 to 8")}
    assert "+  fast_max_score: 7 " in seen.diff
    assert "+  strong_min_score: 8" in seen.diff


def test_patches_past_the_threshold_that_people_refuse_argue_for_nothing():
    plan = Plan(asked_fast=0.6, areas=tuple(replace(area, fails=0.1, rejected=0.4) for area in AREAS))
    looked = next(look for look in found(plan).thresholds if look.asks == "too_low")
    assert (looked.share.cases > 50, looked.standing) == (True, "nothing beyond chance")


def test_confidence_that_claims_too_much_raises_the_threshold_past_the_bands_below_it():
    seen = found(Plan(overconfident=0.25))
    bands = [look for look in seen.argued if look.key == "routing.min_confidence"]
    assert [look.about for look in bands] == ["0.65 to 0.75", "0.75 to 0.85", "0.85 to 0.95"]
    assert [look.proposed for look in bands] == ["0.75", "0.85", None]
    assert "+  min_confidence: 0.85\n" in seen.diff
    assert {look.key for look in seen.argued} == {"routing.min_confidence"}


def test_below_the_threshold_nothing_is_accepted_so_nothing_can_be_said():
    below = next(look for look in found(Plan()).thresholds if look.about == "below 0.65")
    assert (below.share.cases, below.standing) == (0, "not enough data")


def test_a_last_attempt_that_never_succeeds_is_one_too_many():
    seen = found(Plan(later_fail=1.0))
    assert ("routing.max_attempts", "attempt 2") in named(seen)
    assert "+  max_attempts: 1\n" in seen.diff


def test_where_one_attempt_is_suggested_no_reason_to_escalate_is_taken_out_as_well():
    seen = found(Plan(runs=1_500, later_fail=1.0, reasons={"patch_rejected": 1.0}))
    futile = [look for look in seen.argued if look.key == "routing.escalate_on"]
    assert futile, "the same attempts argue against reasons, too"
    assert {look.proposed for look in futile} == {None}
    assert ("+  max_attempts: 1\n" in seen.diff, "escalate_on" in seen.diff) == (True, False)
    whys = {each.why for each in seen.unwritten if each.about.startswith("routing.escalate_on, ")}
    assert whys == {"with `max_attempts: 1`, which is suggested, no reason leads to another attempt"}


def test_none_of_a_hundred_can_be_chance_and_is_not_said_to_be_fine():
    plan = Plan(runs=420, later_fail=1.0)
    look = next(look for look in found(plan).thresholds if look.asks == "last_attempt")
    assert (look.share.hits, look.share.cases < 130, look.standing) == (0, True, "nothing beyond chance")


def test_runs_that_were_cut_off_are_not_said_to_have_been_so_under_the_cap_of_now():
    other = found(Plan(out_of_money=0.15), policy=POLICY + b"budget:\n  per_run_usd: 0\n")
    look = next(look for look in other.thresholds if look.asks == "cut_off")
    assert telling.look(look, "fast").startswith("$0.00 a run: ")
    assert "runs were cut off, under whatever cap they had; more than 5 % is often" in telling.look(look, "fast")


def test_a_reason_whose_escalations_never_help_is_taken_out_alone():
    reasons = {"failed_tests": 1.0, "patch_rejected": 1.0}
    seen = found(Plan(runs=3_000, reasons=reasons, hopeless=("patch_rejected",)))  # type: ignore[arg-type]
    assert named(seen) == {("routing.escalate_on", "patch_rejected")}
    assert "+  escalate_on: [failed_tests, low_confidence_summary]\n" in seen.diff


def test_a_cap_that_is_often_hit_is_doubled_as_far_as_the_day_leaves_room():
    plan = Plan(out_of_money=0.15)
    assert "+  per_run_usd: 2.00\n" in found(plan).diff
    assert "+  per_run_usd: 1.5" in found(plan, policy=POLICY + b"budget:\n  per_day_usd: 1.5\n").diff
    full = found(plan, policy=POLICY + b"budget:\n  per_day_usd: 1.0\n")
    assert named(full) == {("budget.per_run_usd", "$1.00")}
    assert (full.diff, "leave no room" in full.unwritten[0].why) == ("", True)


def test_runs_that_lie_in_a_bad_area_do_not_speak_against_a_threshold_once_more():
    """Refused patches of the area alone would make a whole band of confidence look wrong."""
    seen = found(Plan(areas=(*AREAS, Area("payments", 4, rejected=0.9))))
    assert named(seen) == {("payments/", "reviewers_reject")}
