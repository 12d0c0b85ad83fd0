"""From signals to score and route: what each counts, which rules decide, and what a person may ask for."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import locate
from bot.core.facts import Facts, Located, NotRun, Unreadable
from bot.core.policy import Signals
from bot.core.route import Refusal, Route, asked_for, choose, ineligible
from bot.core.score import WEIGHTS, Part, Score, in_words, weigh
from bot.core.signals import RULES, Signal, observe
from tests.core.routing import NOTHING, PLAIN, POLICY, changed, facts, routed, values, with_rules


def test_the_numbers_of_the_contract_make_score_11_and_the_strong_lane():
    given = facts(*(changed(f"src/{n}.py") for n in range(3)), changed("src/new.py", kind="added"), failing=2)
    signals = observe(given, Signals())
    score = weigh(signals, POLICY.routing)
    assert score.total == 11
    assert in_words(score) == "4 (4 files) + 4 (2 test failures) + 3 (new code) = 11"
    assert routed(given) == Route("strong", ("score 11 is at least strong_min_score 7",))


@pytest.mark.parametrize("given", [facts(labels=("Sev1",)), facts(text="the site is down since noon"), facts(labels=("p0",))])
def test_an_incident_starts_in_the_strong_lane(given):
    assert values(given)["production_incident"] == 1
    assert isinstance(found := routed(given), Route)
    assert found.lane == "strong"


def test_what_cannot_be_read_counts_at_its_worst_and_starts_in_strong():
    given = replace(facts(), diff=Unreadable("truncated"), failing=Unreadable("no answer"))
    signals = observe(given, Signals())
    assert weigh(signals, POLICY.routing).total == 8 + 5 + 5 + 6 + 3 + 2
    assert isinstance(found := routed(given), Route)
    assert found.lane == "strong"


def test_a_rule_that_cannot_be_read_fires_whatever_the_score():
    unread = (Signal("auth_code", Unreadable("truncated"), ()),)
    assert isinstance(found := choose(unread, 0, "docs", POLICY), Route)
    assert found.lane == "strong"
    assert found.because[0].startswith("always_strong_if: auth_code")


def test_the_lane_that_a_person_asked_for_is_read_back_from_the_rules_whichever_lane_it_came_to():
    small, auth = facts(changed("a.py")), facts(changed("src/auth.py"))
    for task, asked in ((small, "strong"), (small, "fast"), (auth, "fast"), (small, None)):
        found = routed(task, asked=asked)
        assert isinstance(found, Route)
        assert asked_for(found) == asked


def test_what_was_not_run_makes_the_score_a_range():
    score = weigh(observe(replace(facts(changed("a.py")), failing=NotRun("explain")), Signals()), POLICY.routing)
    assert (score.total, score.highest) == (1, 7)


@pytest.mark.parametrize(("total", "lane"), [(0, "fast"), (6, "fast"), (7, "strong"), (40, "strong")])
def test_the_score_alone_starts_in_fast_up_to_its_limit_and_in_strong_from_there(total, lane):
    assert isinstance(found := choose((), total, "bugfix", POLICY), Route)
    assert found.lane == lane
    assert len(found.because) == 1


def test_the_rules_that_decide_are_named_before_the_score_and_the_others_not():
    policy = with_rules("  by_class: {docs: {lane: fast}}\n")
    auth = observe(facts(changed("src/auth.py")), policy.signals)
    score = "score 3 is at most fast_max_score 6"
    assert choose(auth, 3, "docs", policy) == Route("strong", ("always_strong_if: auth_code (src/auth.py)", score))


def test_a_class_of_its_own_lane_is_raised_and_lowered_to_it_and_lowered_past_no_rule():
    policy = with_rules("  by_class: {docs: {lane: fast}, bugfix: {lane: strong}, tests: {min_confidence: 0.9}}\n")
    assert choose((), 9, "docs", policy) == Route(
        "fast", ("routing.by_class.docs: fast", "score 9 is at least strong_min_score 7")
    ), "the class lowers"
    assert choose((), 1, "bugfix", policy) == Route(
        "strong", ("routing.by_class.bugfix: strong", "score 1 is at most fast_max_score 6")
    ), "the class raises"
    assert choose((), 9, "tests", policy) == choose((), 9, "tests", POLICY), "a class without a lane changes none"
    assert choose((), 9, "docs", policy, asked="strong") == Route(
        "strong", ("lane=strong asks for it", "score 9 is at least strong_min_score 7")
    )
    assert choose((), 1, "bugfix", policy, asked="fast") == Route(
        "fast", ("lane=fast lowers it", "routing.by_class.bugfix: strong", "score 1 is at most fast_max_score 6")
    )


LANES = PLAIN.replace("  strong:\n", "  top: {provider: openai, model: m, max_context_tokens: 9000}\n  strong:\n", 1)


def test_a_patch_past_the_limits_of_fast_is_for_strong_and_for_what_lies_above_it_alone():
    policy = with_rules("  order: [fast, strong, top]\n", LANES)
    plain, auth = (observe(facts(changed(path)), policy.signals) for path in ("a.py", "src/auth.py"))
    small, edge, large = (Score((Part("files_touched", n, n, ""),)) for n in (1, 6, 7))
    assert [ineligible("fast", plain, score, policy) for score in (small, edge)] == [None, None]
    assert ineligible("fast", plain, large, policy) == "has a score of 7, past fast_max_score 6"
    assert ineligible("fast", auth, small, policy) == "touches what only `strong` may: always_strong_if: auth_code (src/auth.py)"
    assert [ineligible(lane, auth, large, policy) for lane in ("strong", "top")] == [None, None]


def test_a_policy_s_weights_and_caps_take_the_place_of_the_usual_ones():
    signals = observe(facts(*(changed(f"{n}.py") for n in range(5)), failing=4), Signals())
    told = [(part.signal, part.points) for part in weigh(signals, POLICY.routing).parts if part.points]
    assert told == [("files_touched", 5), ("test_failures", 6)]
    own = with_rules("  weights: {files_touched: 2}\n  caps: {files_touched: 9, test_failures: 3}\n")
    assert [part.points for part in weigh(signals, own.routing).parts if part.points] == [9, 3]


def test_a_score_is_told_in_words_of_one_and_of_many():
    assert in_words(weigh(observe(facts(changed("a.py"), failing=1), Signals()), POLICY.routing)) == (
        "1 (1 file) + 2 (1 test failure) = 3"
    )
    assert in_words(weigh(observe(facts(), Signals()), POLICY.routing)) == "0: nothing was found"


def test_a_lane_that_is_like_none_gets_no_guess():
    assert isinstance(unknown := routed(facts(changed("a.py")), asked="zzz"), Refusal)
    assert unknown.detail == "there is no lane `zzz`; the lanes are fast, strong"


def test_a_person_may_raise_the_lane_and_lower_it_only_where_no_rule_forbids_it():
    small, auth = facts(changed("a.py")), facts(changed("src/auth.py"))
    assert isinstance(raised := routed(small, asked="strong"), Route)
    assert raised.lane == "strong"
    assert isinstance(kept := routed(auth, asked="fast"), Route)
    assert kept.lane == "strong"
    assert "may not lower" in kept.because[-1]
    assert isinstance(lowered := routed(facts(*(changed(f"{n}.py") for n in range(9))), asked="fast"), Route)
    assert lowered.lane == "fast"
    assert isinstance(unknown := routed(small, asked="stong"), Refusal)
    assert "did you mean `strong`?" in unknown.detail


paths = st.sampled_from(["a.py", "src/auth.py", "docs/x.md", "m/migrations/1.py", "pyproject.toml", "t/test_a.py", ".github/w.yml"])
pieces = (*"abc `_.()/\n", "outage ", "add a ", "typo ", "src/auth.py ", "flaky ")
words = st.lists(st.sampled_from(pieces), max_size=30).map("".join)


@given(st.lists(paths, max_size=9), st.integers(0, 4), words, words, st.lists(words, max_size=3))
@settings(max_examples=300, deadline=None)
def test_text_and_labels_can_only_raise_the_score_and_the_lane(files, failing, before, more, labels):
    quiet = facts(*map(changed, files), failing=failing, text=before)
    loud = replace(quiet, text=before + more, labels=tuple(labels))
    low, high = (weigh(observe(f, Signals()), POLICY.routing).total for f in (quiet, loud))
    first, second = routed(quiet), routed(loud)
    assert low <= high
    assert isinstance(first, Route)
    assert isinstance(second, Route)
    assert POLICY.lanes.index(first.lane) <= POLICY.lanes.index(second.lane)


@given(words, st.lists(words, max_size=3))
@settings(max_examples=200, deadline=None)
def test_without_a_diff_a_text_never_lowers_the_score_below_no_text(text, labels):
    places = locate.named(text, ("src/auth.py", "a.py"))
    empty = Facts(NOTHING, NOTHING, NOTHING, (), "")
    loud = Facts(NOTHING, Located(places) if places else NOTHING, NOTHING, tuple(labels), text)
    assert weigh(observe(empty, Signals()), POLICY.routing).total <= weigh(observe(loud, Signals()), POLICY.routing).total


def test_every_signal_has_a_weight():
    assert set(WEIGHTS) == {name for name, *_ in RULES}, "give it a weight in bot/core/score.py, 0 where it acts by rule alone"
