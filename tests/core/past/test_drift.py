"""Drift, planted in ledgers of a thousand runs and looked for; and how often it is found where there is none."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from pydantic import TypeAdapter

from bot.core.past.drift import Drift
from bot.core.past.regions import regions
from bot.core.past.survey import Books
from bot.core.policyfile import read
from tests.core.past.drifts import BAD, DEAR, NAME, WASTED, found, named
from tests.ledgers import read_books
from tests.plans import AREAS, POLICY, Plan

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
