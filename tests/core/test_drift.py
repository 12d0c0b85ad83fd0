"""Drift, planted in ledgers of a thousand runs and looked for; and how often it is found where there is none."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from msgspec import structs
from pydantic import TypeAdapter

from bot.core.ledger import Record
from bot.core.past.drift import Drift, drift
from bot.core.past.history import Run
from bot.core.past.lives import Books, Life, books, lived
from bot.core.past.regions import regions
from bot.core.policyfile import read
from tests.ledgers import ledger, lines, read_books
from tests.plans import AREAS, POLICY, START, Area, Plan

NAME = ".github/route-agent.yml"
BAD = Area("payments", 1.5, fails=0.7, rejected=0.6)
WASTED = {5: 0.97, 6: 0.97}
DEAR = 110_000
"""Micro-dollars of a first lane that is not cheap: what it saves, one accepted patch in twenty does not pay for."""


def found(*plans: Plan, policy: bytes = POLICY) -> Drift:
    return drift(read_books(*plans), policy, NAME)


def named(seen: Drift) -> set[tuple[str, ...]]:
    areas = {(area.path, area.what) for area in seen.areas}
    return areas | {(look.key, look.about) for look in seen.argued} | {(glob.key, glob.glob) for glob in seen.globs}


AREA = {("payments/", "fast_fails"), ("payments/", "reviewers_reject")}
SCORE = {("routing.fast_max_score", "scores 5 to 6")}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_bad_area_and_a_wrong_threshold_in_a_thousand_runs_are_both_found_and_nothing_else_is(seed):
    seen = found(Plan(seed=seed, areas=(*AREAS, BAD), fails_at=WASTED, fast_micros=DEAR))

    assert seen.runs == 1_000
    assert named(seen) == AREA | SCORE
    assert all(area.here.low > area.elsewhere.high and area.known_by == () for area in seen.areas)


def test_each_of_the_two_is_found_alone():
    assert named(found(Plan(areas=(*AREAS, BAD)))) == AREA
    assert named(found(Plan(fails_at=WASTED, fast_micros=DEAR))) == SCORE


def test_a_first_lane_that_fails_is_still_worth_trying_where_it_is_cheap_enough():
    """One in twelve accepted pays for a lane at a fiftieth of the price."""
    assert named(found(Plan(fails_at={5: 0.9, 6: 0.9}, fast_micros=4_000, judging_micros=1_000))) == set()


def test_a_score_that_pays_is_not_given_up_for_one_above_it_that_does_not():
    """Both together do not pay; the lower one alone does."""
    assert named(found(Plan(runs=3_000, fails_at={5: 0.4, 6: 1.0}, fast_micros=220_000))) == {("routing.fast_max_score", "score 6")}


def test_of_forty_unremarkable_ledgers_at_most_one_yields_anything():
    """Measured over seeds 0 to 399: two did, both for the right rate of one band of confidence."""
    assert sum(found(Plan(seed=seed)).drifted > 0 for seed in range(40)) <= 1


def test_few_runs_are_not_enough_data_for_anything_and_that_is_said():
    seen = found(Plan(runs=15, areas=(BAD,), fails_at=WASTED))

    assert (seen.drifted, seen.areas_looked_at, seen.diff) == (0, 0, "")
    assert {look.standing for look in seen.thresholds} == {"not enough data"}
    assert seen.silent == ()


# ---- areas -------------------------------------------------------------------------------------------------------


def areas(*bad: Area, **more: object) -> list[tuple[str, str]]:
    return [(area.path, area.what) for area in found(Plan(areas=(*AREAS, *bad), **more)).areas]  # type: ignore[arg-type]


def test_a_folder_is_not_named_for_what_one_folder_in_it_did():
    assert areas(Area("shop/payments", 1.5, fails=0.8)) == [("shop/payments/", "fast_fails")]


def test_folders_that_are_bad_alike_are_named_once_by_the_one_above_them():
    assert areas(*(Area(f"payments/{name}", 0.6, fails=0.8) for name in ("card", "bank", "cash"))) == [("payments/", "fast_fails")]


def test_an_ending_is_named_where_its_files_are_bad_in_every_folder():
    vue = (Area("site/a", 0.8, fails=0.8, endings=("vue",)), Area("extras/b", 0.8, fails=0.8, endings=("vue",)))
    assert areas(*vue) == [("*.vue", "fast_fails")]


def test_an_area_says_which_rules_know_it():
    seen = found(Plan(areas=(*AREAS, Area("db/migrate", 1.5, fails=0.8))))
    assert [(area.path, area.known_by) for area in seen.areas] == [("db/migrate/", ("schema_change",))]

    own = POLICY + b'signals: {paths: {deploy_config: ["payments/"]}}\n'
    assert {area.known_by for area in found(Plan(areas=(*AREAS, BAD)), policy=own).areas} == {("deploy_config",)}


def test_a_repository_is_compared_with_itself_alone():
    """Every run of the second one fails, which says nothing of an area in either."""
    good, bad = Plan(runs=500), Plan(runs=500, seed=2, repo="acme/old", areas=tuple(replace(area, fails=0.9) for area in AREAS))
    assert found(good, bad).areas == ()


def test_several_repositories_have_several_policies_so_no_area_is_edited():
    seen = found(Plan(areas=(*AREAS, BAD)), Plan(runs=300, seed=2, repo="acme/old"))
    assert {area.repo for area in seen.areas} == {"acme/shop"}
    assert "payments" not in seen.diff
    assert any("several repositories" in each.why for each in seen.unwritten)


def cut(folder: str, cases: int, failed: int, template: Life) -> list[Life]:
    """Runs in a folder, of which so many failed, cut to a single attempt."""
    tried = structs.replace(template.run.tries[0], files=())
    ends = (structs.replace(tried, decision="accept", reason=""), structs.replace(tried, decision="stop", reason="failed_tests"))
    runs = [structs.replace(template.run, places=(f"{folder}/a.py",), tries=(end,)) for end in ends]
    made = [lived(run, template.happened, template.label, template.by_hand) for run in runs]
    return [made[number < failed] for number in range(cases)]


@pytest.fixture(scope="module")
def template() -> Life:
    return next(life for life in read_books(Plan(runs=20)).lives if life.run.lane == "fast")


def test_a_difference_that_is_sure_and_small_is_none(template: Life):
    policy = read(POLICY, NAME)
    sure = [*cut("a", 20_000, 5_600, template), *cut("b", 20_000, 5_000, template)]
    large = [*cut("a", 20_000, 7_600, template), *cut("b", 20_000, 5_000, template)]
    assert regions(tuple(sure), policy).areas == ()
    assert [area.path for area in regions(tuple(large), policy).areas] == ["a/"]


def test_ends_that_say_nothing_of_the_patch_are_no_failures(template: Life):
    """Out of money, out of reach: the area had bad luck."""
    policy = read(POLICY, NAME)
    bad = cut("a", 100, 90, template)
    unlucky = [lived(budget(life.run), life.happened, life.label, life.by_hand) for life in bad]
    assert [area.path for area in regions((*bad, *cut("b", 100, 10, template)), policy).areas] == ["a/"]
    assert regions((*unlucky, *cut("b", 100, 10, template)), policy).areas == ()


def budget(run: Run) -> Run:
    tries = [structs.replace(tried, reason="budget") if tried.decision == "stop" else tried for tried in run.tries]
    return structs.replace(run, tries=tuple(tries))


def test_what_reviewers_refuse_of_the_top_lane_is_named_and_starting_there_is_not_suggested():
    strict = POLICY.replace(b"fast_max_score: 6", b"fast_max_score: 0").replace(b"strong_min_score: 7", b"strong_min_score: 1")
    plan = Plan(areas=(*AREAS, Area("payments", 1.5, rejected=0.7)), policy=read(strict, NAME))
    seen = found(plan, policy=strict)
    assert named(seen) == {("payments/", "reviewers_reject")}
    assert seen.diff == ""
    assert "later lane" in seen.unwritten[0].why


# ---- thresholds --------------------------------------------------------------------------------------------------


def test_a_first_lane_that_does_well_past_the_threshold_argues_for_one_step_more():
    plan = Plan(asked_fast=0.6, areas=tuple(replace(area, fails=0.1, rejected=0.05) for area in AREAS))
    seen = found(plan)
    assert named(seen) == {("routing.fast_max_score", "scores 7 to 8")}
    assert "+  fast_max_score: 7 " in seen.diff
    assert "+  strong_min_score: 8" in seen.diff


def test_patches_past_the_threshold_that_people_refuse_argue_for_nothing():
    plan = Plan(asked_fast=0.6, areas=tuple(replace(area, fails=0.1, rejected=0.4) for area in AREAS))
    looked = next(look for look in found(plan).thresholds if look.asks == "too_low")
    assert (looked.share.cases > 50, looked.standing) == (True, "nothing against it")


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


# ---- rules -------------------------------------------------------------------------------------------------------


def test_rules_that_no_run_met_are_listed_and_are_no_drift():
    text = POLICY + b"  by_class: {migration: {min_confidence: 0.7}, docs: {lane: fast}}\nsignals: {labels: {auth_code: [sso]}}\n"
    nothing = dict.fromkeys(("auth_code", "ci_config"), 0.9)
    seen = found(Plan(found=nothing), policy=text)  # type: ignore[arg-type]
    silent = {(rule.key, rule.rule) for rule in seen.silent}
    assert silent == {
        ("routing.always_strong_if", "schema_change"),
        ("routing.always_strong_if", "production_incident"),
        ("routing.default_upward", "secrets_handling"),
        ("routing.default_upward", "deploy_config"),
        ("routing.by_class", "migration"),
        ("routing.by_class", "docs"),
        ("signals.labels.auth_code", "sso"),
    }
    assert seen.drifted == 0


def test_a_label_that_a_run_had_is_not_silent():
    """In whatever case, as the rules take it."""
    policy = POLICY + b"signals: {labels: {auth_code: [SSO, oauth]}}\n"
    written = ledger(Plan(runs=300))
    first = next(item for item in written if isinstance(item, Record))
    labelled = replace(first, signals=(*first.signals[:-1], replace(first.signals[-1], because=("the text", "label: sso"))))
    read_again = books([lines((labelled, *written[1:]))], START + timedelta(days=150))
    assert [rule.rule for rule in drift(read_again, policy, NAME).silent if rule.key.startswith("signals")] == ["oauth"]


def test_a_glob_that_fits_no_file_is_drift_and_one_that_fits_is_none():
    text = POLICY + b'signals: {paths: {auth_code: ["SHOP/cart/", "/shop/crat/"]}}\n'
    seen = found(Plan(runs=300), policy=text)
    assert [(glob.key, glob.glob) for glob in seen.globs] == [("signals.paths.auth_code", "/shop/crat/")]
    assert seen.drifted == 1


def test_the_folders_most_worked_in_that_no_rule_knows_are_listed_with_their_runs():
    seen = found(Plan(areas=(Area("web", 3), Area("lib", 1), Area("auth/login", 6), Area("rare", 0.02))))
    assert [folder.path for folder in seen.unmatched] == ["web/", "lib/"]
    assert seen.unmatched[0].runs > 2 * seen.unmatched[1].runs


def test_runs_that_lie_in_a_bad_area_do_not_speak_against_a_threshold_once_more():
    """Refused patches of the area alone would make a whole band of confidence look wrong."""
    seen = found(Plan(areas=(*AREAS, Area("payments", 4, rejected=0.9))))
    assert named(seen) == {("payments/", "reviewers_reject")}


def test_what_is_found_is_json_that_reads_back_as_the_same():
    seen = found(Plan(areas=(*AREAS, BAD)))
    adapter = TypeAdapter(Drift)
    assert adapter.validate_json(adapter.dump_json(seen)) == seen
    assert json.loads(adapter.dump_json(seen))["kind"] == "drift"


def test_the_drawn_ledgers_are_what_their_plan_says():
    """The ground on which all of this stands: shares, outcomes and days come out as planned."""
    drawn = read_books(Plan(areas=(replace(BAD, share=7.0), *AREAS)))
    seen = {area.what: area for area in regions(drawn.lives, read(POLICY, NAME)).areas if area.path == "payments/"}
    assert seen["fast_fails"].here.value == pytest.approx(0.7, abs=0.05)
    assert seen["fast_fails"].elsewhere.value == pytest.approx(0.25, abs=0.06)
    assert seen["reviewers_reject"].here.value == pytest.approx(0.6, abs=0.06)
    assert (drawn.faults, drawn.unknown, drawn.at_work) == ((), 0, 0)
    assert {life.label for life in drawn.lives} >= {
        "as_is",
        "edited",
        "rewritten",
        "reverted",
        "closed",
        "changes_requested",
        "ignored",
    }
    assert timedelta(days=80) < span(drawn) < timedelta(days=91)


def span(drawn: Books) -> timedelta:
    first, last = (datetime.fromisoformat(drawn.lives[n].run.at) for n in (0, -1))
    return last - first
