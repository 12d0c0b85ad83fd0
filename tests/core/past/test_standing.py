"""What a run learns of the runs before it, read as what anybody may have written."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.evidence import EXECUTED, REPRODUCED
from bot.core.past.calibration import calibration, priors
from bot.core.past.history import Happened, Run, Try
from bot.core.past.lives import Label, Life, labelled, lived
from bot.core.past.taught import taught
from bot.core.standing import LEAST, MOST, LaneRate, Standing, StandingError, decode, encode, prior
from bot.core.verdict import Accept
from bot.core.weights import PRIOR_FIRST, PRIOR_LATER
from bot.core.words import CRITIC
from tests.core.test_confidence import SUITE, decided, term
from tests.core.test_trail import opened

NOW = datetime(2026, 11, 26, tzinfo=UTC)
POLICY = opened().policy
FAST, STRONG = POLICY.lane("fast").model, POLICY.lane("strong").model


def attempt(decision: str = "accept", lane: str = "fast", **more: object) -> Try:
    told = {
        "lane": lane,
        "asked": FAST if lane == "fast" else STRONG,
        "model": "m-2026",
        "ended": "finished",
        "micros": 1_000,
        "seconds": 10.0,
        "confidence": 0.8,
        "decision": decision,
        "reason": "" if decision == "accept" else "failed_tests",
        "failed": () if decision == "accept" else ("check tests",),
        "files": ("src/a.py",),
        "lines": 10,
        "critic": None,
        "judging": 0.0,
    }
    return Try(**told | more)  # type: ignore[arg-type]


def past(*tries: Try, label: Label = "open", number: int = 0, **more: object) -> Life:
    told = {
        "id": f"c{number}",
        "at": "2026-11-01T00:00:00Z",
        "repo": "octo/shop",
        "task_class": "bugfix",
        "fired": (),
        "labels": (),
        "places": (),
        "score": 3,
        "lane": tries[0].lane,
        "because": (),
        "propensity": 1.0,
        "tries": tries,
        "result": "pass" if tries[-1].decision == "accept" else "not_fixed",
        "threshold": 0.65,
        "micros": sum(each.micros or 0 for each in tries),
        "verification": 0,
        "strong": 20_000,
        "seconds": 60.0,
        "pull": 7,
        "proof": "sandbox",
        "audits": "",
    }
    run = Run(**told | more)  # type: ignore[arg-type]
    return lived(run, (), label, None)


def many(right: int, wrong: int, against: int, unknown: int = 0) -> tuple[Life, ...]:
    """Accepted patches that were right, wrong and unjudged, and such that a check spoke against."""
    return (
        *(past(attempt(), label="as_is", number=n) for n in range(right)),
        *(past(attempt(), label="closed", number=1_000 + n) for n in range(wrong)),
        *(past(attempt("stop"), number=2_000 + n) for n in range(against)),
        *(past(attempt(), label="open", number=3_000 + n) for n in range(unknown)),
    )


def test_a_lane_s_prior_counts_what_checks_turned_away_as_wrong_and_the_unjudged_as_the_judged():
    (found,) = priors(many(right=18, wrong=2, against=20, unknown=20))
    assert (found.lane, found.model, found.known) == ("fast", FAST, 20)
    assert found.value == pytest.approx(40 * 0.9 / 60)
    assert found.weight == pytest.approx(20 * 60 / 40), "sixty patches, of which half of the accepted ones are judged"


def test_nineteen_judged_patches_say_nothing():
    (found,) = priors(many(right=19, wrong=0, against=50))
    assert (found.value, found.weight, found.known) == (None, 0.0, 19)
    assert taught(many(right=19, wrong=0, against=50)).rates == ()


def test_a_patch_that_was_never_made_is_no_wrong_one():
    nothing = past(attempt("stop", files=(), failed=(), ended="gave_up"), number=9)
    assert priors((*many(20, 0, 0), nothing)) == priors(many(20, 0, 0))


def test_what_was_taught_is_read_again_and_moves_the_prior_of_that_lane_and_model_alone():
    found = decode(encode(taught(many(right=10, wrong=30, against=60))))
    assert LEAST <= prior(found, POLICY, "fast") < PRIOR_FIRST
    assert prior(found, POLICY, "strong") == PRIOR_LATER
    other = Standing(tuple(LaneRate(each.lane, "another/model", each.right, each.weight) for each in found.rates))
    assert prior(other, POLICY, "fast") == PRIOR_FIRST


def test_few_patches_move_it_little_and_many_do():
    small = Standing((LaneRate("fast", FAST, 0.9, 20.0),))
    large = Standing((LaneRate("fast", FAST, 0.8, 200.0),))
    assert prior(small, POLICY, "fast") == 0.75, "half the published rate, half the ledger's"
    assert prior(large, POLICY, "fast") == pytest.approx((0.8 * 200 + 0.6 * 20) / 220, abs=1e-4)


@given(st.floats(0, 1), st.floats(0, 1_000_000))
def test_whatever_a_branch_says_no_prior_leaves_its_range_and_the_top_lane_is_never_held_lower(right, weight):
    said = decode(encode(Standing((LaneRate("fast", FAST, right, weight), LaneRate("strong", STRONG, right, weight)))))
    assert LEAST <= prior(said, POLICY, "fast") <= MOST
    assert PRIOR_LATER <= prior(said, POLICY, "strong") <= MOST


@pytest.mark.parametrize("right", [0.0, 1.0])
@pytest.mark.parametrize("score", [0, 6, 7, 12, 40])
def test_under_any_ledger_a_proof_is_accepted_and_a_green_suite_alone_is_none(right, score):
    worst = Standing((LaneRate("fast", FAST, right, 1e6), LaneRate("strong", STRONG, right, 1e6)))
    shown = (SUITE, term(REPRODUCED), term(EXECUTED))
    assert isinstance(decided(shown, "bugfix", score, past=worst), Accept)
    assert not isinstance(decided((SUITE,), "bugfix", score, past=worst), Accept)
    assert not isinstance(decided((SUITE, term(CRITIC, "failed")), "bugfix", score, past=worst), Accept)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"right": 1.01}, "rates.0.right"),
        ({"right": -0.1}, "rates.0.right"),
        ({"right": True}, "rates.0.right"),
        ({"weight": 2e6}, "rates.0.weight"),
        ({"lane": "x" * 201}, "rates.0.lane"),
        ({"trusted": 1}, "rates.0.trusted"),
    ],
)
def test_what_is_out_of_range_is_not_believed_and_says_where(change, where):
    told = json.loads(encode(Standing((LaneRate("fast", FAST, 0.5, 30.0),))))
    told["rates"][0] |= change
    with pytest.raises(StandingError, match=where):
        decode(json.dumps(told))


@pytest.mark.parametrize("text", ["", "[]", "{", "null", " " * 100_001, '{"version":2}', '{"rates":' + "[" * 5000])
def test_what_is_no_standing_is_none(text):
    with pytest.raises(StandingError):
        decode(text)


def test_costs_are_medians_of_three_or_more_attempts_of_a_kind():
    lives = [past(attempt(micros=micros), number=n, task_class="docs") for n, micros in enumerate((10, 30, 20))]
    lives += [past(attempt(micros=5), number=9), past(attempt(micros=None), number=8)]
    (found,) = taught(lives).costs
    assert (found.lane, found.task_class, found.micros, found.cases) == ("fast", "docs", 20, 3)


def test_what_a_ledger_may_hold_and_a_standing_may_not_is_left_out_and_the_rest_is_learned():
    strange = [past(*[attempt(lane="x" * 201)] * 3, number=5_000 + n) for n in range(3)]
    strange += [past(attempt(micros=10**12), number=6_000 + n, task_class="docs") for n in range(3)]
    strange += [past(attempt(asked="y" * 201), label="as_is", number=7_000 + n) for n in range(30)]
    found = decode(encode(taught((*many(right=10, wrong=10, against=0), *strange))))
    assert [(each.lane, each.model) for each in found.rates] == [("fast", FAST)]
    assert {(each.task_class, each.micros) for each in found.costs} == {("bugfix", 1_000), ("docs", 10**9)}


def test_of_more_than_a_standing_can_hold_what_is_frequent_is_kept_and_it_is_read_again():
    lives = [
        past(*[attempt(lane=f"{n:03}\u0007{'x' * 190}")] * 3, number=n, task_class=kind)
        for n in range(700)
        for kind in ("docs", "tests")
    ]
    lives += [past(*[attempt()] * 9, number=9_000)]
    found = taught(lives)
    assert decode(encode(found)) == found
    assert (found.costs[0].lane, found.costs[0].cases) == ("fast", 9)
    assert 10 < len(found.costs) < 600


def test_of_many_lanes_those_are_learned_that_most_patches_speak_of():
    lives = [past(attempt(asked=f"a/{n:02}"), label="as_is", number=100 * n + k) for n in range(60) for k in range(20)]
    lives += [past(attempt(lane="strong"), label="as_is", number=9_000 + k) for k in range(21)]
    rates = taught(lives).rates
    assert (len(rates), rates[0].lane) == (50, "strong")


# ---- labels ------------------------------------------------------------------------------------------------------


def happened(what: str, day: int, lines: int | None = None, month: int = 11) -> Happened:
    return Happened("c0", f"2026-{month:02}-{day:02}T00:00:00Z", what, 7, lines)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("story", "label", "by_hand"),
    [
        ((), "open", None),
        ((happened("merged", 3, 0),), "as_is", 0),
        ((happened("merged", 3),), "merged", None),
        ((happened("merged", 3, 9),), "edited", 9),
        ((happened("merged", 3, 10),), "rewritten", 10),
        ((happened("closed", 3),), "closed", None),
        ((happened("closed", 3), happened("merged", 4, 0)), "as_is", 0),
        ((happened("changes_requested", 3), happened("merged", 4, 2)), "edited", 2),
        ((happened("changes_requested", 3),), "changes_requested", None),
        ((happened("merged", 3, 0), happened("reverted", 5)), "reverted", 0),
        ((happened("merged", 3, 0), happened("reverted", 4, month=12)), "as_is", 0),
        ((happened("reverted", 2), happened("merged", 3, 0)), "as_is", 0),
    ],
)
def test_the_last_word_on_a_pull_request_is_its_label(story, label, by_hand):
    assert labelled(past(attempt()).run, story, NOW) == (label, by_hand)


def test_what_nobody_judged_in_thirty_days_is_ignored_and_what_was_not_accepted_has_no_label():
    run = past(attempt(), at="2026-10-20T00:00:00Z").run
    assert labelled(run, (), NOW) == ("ignored", None)
    assert labelled(past(attempt(), pull=None).run, (), NOW) == ("no_pull", None)
    assert labelled(past(attempt("stop")).run, (happened("merged", 3, 0),), NOW) == ("no_pull", None)


# ---- calibration ---------------------------------------------------------------------------------------------------


def test_brier_and_bins_are_of_judged_patches_alone():
    lives = [past(attempt(confidence=0.9), label="as_is", number=n) for n in range(15)]
    lives += [past(attempt(confidence=0.7), label="reverted", number=20 + n) for n in range(5)]
    lives += [past(attempt(confidence=0.1), label="open", number=40 + n) for n in range(50)]
    found = calibration(lives)
    assert found.cases == 20
    assert found.brier == pytest.approx((15 * 0.01 + 5 * 0.49) / 20)
    assert found.plain == pytest.approx(0.75 * 0.25)
    assert found.gap == pytest.approx((15 * 0.1 + 5 * 0.7) / 20)
    assert [(each.low, round(each.claimed, 9), each.right.hits, each.right.cases) for each in found.bins] == [
        (0.7, 0.7, 0, 5),
        (0.9, 0.9, 15, 15),
    ]
    (sure,) = calibration([past(attempt(confidence=1.0), label="as_is")]).bins
    assert (sure.low, sure.high, sure.right.hits) == (0.9, 1.0, 1)


def test_with_too_few_there_is_no_score():
    assert calibration([past(attempt(), label="as_is", number=n) for n in range(19)]).brier is None
