"""The one number: every term shown, what it cannot exceed, and that for every mode, class and score it can be reached."""

import math
from dataclasses import replace
from typing import get_args

import pytest

from bot.core.account import reckoned, took
from bot.core.confidence import Confidence, confidence
from bot.core.diff import parse
from bot.core.evidence import DOUBTS, EXECUTED, FIXES, MUTANTS, PATCH_RULES, REACHES, REPRODUCED, Evidence, Item, State
from bot.core.required import REQUIRED, missing
from bot.core.standing import Standing, prior
from bot.core.verdict import Accept, Case, decide
from bot.core.weights import PRIOR_FIRST, PRIOR_LATER, SHRINK, UNEXECUTED_MOST, WEIGHTS
from bot.core.words import CRITIC, INDEPENDENT, SUMMARY, TaskClass
from tests.core.test_trail import DIFF, opened, tried

NONE = Standing()
RULES = Item(PATCH_RULES, "passed", "veto", "")
SUITE = Item("check tests", "passed", "strong", "")


def term(name: str, state: State = "passed") -> Item:
    return Item(name, state, "term", "")


def number(*items: Item, first: bool = True) -> Confidence:
    return confidence(Evidence((RULES, *items)), PRIOR_FIRST if first else PRIOR_LATER)


def test_the_value_is_the_prior_s_odds_times_every_shrunk_ratio_and_nothing_else():
    found = number(SUITE, term(REPRODUCED), term(EXECUTED), term(CRITIC))
    odds = PRIOR_FIRST / (1 - PRIOR_FIRST)
    for each in found.terms:
        odds *= each.ratio**each.shrink
    assert math.isclose(found.value, odds / (1 + odds))
    assert {each.shrink for each in found.terms} == {SHRINK}
    assert [each.name for each in found.terms] == ["suite green", "shown to work", EXECUTED, CRITIC]


@pytest.mark.parametrize("name", [REPRODUCED, EXECUTED, MUTANTS, DOUBTS, CRITIC, INDEPENDENT])
def test_what_speaks_for_a_patch_raises_it_and_what_speaks_against_lowers_it(name):
    without = number(SUITE).value
    assert number(SUITE, term(name)).value >= without
    assert number(SUITE, term(name, "failed")).value < without
    assert number(SUITE, term(name, "not_applicable")).value == without, "what does not apply says nothing"


def test_old_tests_that_pass_and_new_ones_that_do_are_one_term():
    assert number(SUITE, term(FIXES), term(REPRODUCED)).value == number(SUITE, term(FIXES)).value
    assert number(SUITE, term(FIXES), term(REPRODUCED, "not_run")).value == number(SUITE, term(FIXES)).value


def test_caps():
    everything = [SUITE, *map(term, (FIXES, EXECUTED, MUTANTS, CRITIC, INDEPENDENT))]
    assert number(*everything, first=False).value == 0.95
    assert number(*everything, term(EXECUTED, "failed")).value == 0.95, "the first says that all lines ran"
    assert number(SUITE, term(FIXES), term(CRITIC), term(EXECUTED, "failed")).value == UNEXECUTED_MOST
    assert number(term(CRITIC), term(FIXES)).value <= PRIOR_FIRST, "without an executed test it stays below the prior"
    assert number(SUITE, Item("check tests", "failed", "veto", "")).value == 0.0


def test_what_a_model_says_of_itself_and_a_missing_critic_weigh_nothing():
    assert SUMMARY not in WEIGHTS
    assert number(SUITE, term(CRITIC, "not_run")).value == number(SUITE).value


def test_every_weight_has_a_source_and_points_the_right_way():
    for name, weight in WEIGHTS.items():
        assert weight.source, name
        assert weight.passed is None or weight.passed >= 1
        assert weight.failed is None or weight.failed <= 1
        assert weight.not_run is None or weight.not_run <= 1
    assert 0.5 < PRIOR_FIRST < PRIOR_LATER < 0.95


def test_it_is_told_term_by_term():
    said = reckoned(number(SUITE, term(REPRODUCED, "not_run")))
    assert said.startswith("prior 0.60, its odds x 1.33 suite green x ")
    assert said.endswith("shown to work (not)")
    assert "never above 0.95" in reckoned(number(SUITE, *map(term, (FIXES, EXECUTED, MUTANTS, CRITIC, INDEPENDENT)), first=False))
    assert took(Item("a", "passed", "info", "", 1.25, 2_000)) == "1.2 s, $0.002"
    assert took(Item("a", "passed", "info", "", 0.0, None)) == "cost unknown"


# ---- what must have been shown -----------------------------------------------------------------------------------

ALL: tuple[TaskClass, ...] = get_args(TaskClass)


def test_every_class_of_task_has_its_row():
    assert set(REQUIRED) == set(ALL)


@pytest.mark.parametrize(
    ("task_class", "items", "enough"),
    [
        ("bugfix", (SUITE, term(EXECUTED)), False),
        ("bugfix", (SUITE, term(EXECUTED), term(CRITIC)), True),
        ("bugfix", (SUITE, term(EXECUTED), term(INDEPENDENT)), True),
        ("bugfix", (SUITE, term(EXECUTED), term(REPRODUCED)), True),
        ("bugfix", (SUITE, term(REPRODUCED, "failed"), term(EXECUTED)), False),
        ("bugfix", (term(REPRODUCED), term(CRITIC)), False),
        ("auth", (SUITE, term(EXECUTED)), False),
        ("refactor", (SUITE, term(EXECUTED)), True),
        ("refactor", (SUITE,), False),
        ("refactor", (SUITE, Item(f"tests {REACHES}", "passed", "info", "")), True),
        ("feature", (SUITE, term(EXECUTED, "failed")), True),
        ("docs", (), True),
    ],
)
def test_what_a_class_of_task_requires(task_class, items, enough):
    assert (missing(Evidence(items), task_class) == "") is enough


BEST: dict[str, tuple[Item, ...]] = {
    "sandbox": (SUITE, term(DOUBTS), term(FIXES), term(EXECUTED)),
    "sandbox, other languages": (SUITE, term(DOUBTS), term(REPRODUCED), Item(f"tests {REACHES}", "passed", "info", "")),
    "ci": (SUITE, term(DOUBTS), term(REPRODUCED)),
    "nothing failed, so a critic": (SUITE, term(DOUBTS), term(REPRODUCED, "not_run"), term(EXECUTED), term(CRITIC), term(SUMMARY)),
}
LAZY: dict[str, tuple[Item, ...]] = {
    "lint alone": (Item("check lint", "passed", "weak", ""),),
    "a green suite that runs none of it": (SUITE,),
    "a critic alone": (term(CRITIC), term(SUMMARY)),
    "a green suite of which one test fails anew": (Item("check tests", "failed", "veto", ""), term(FIXES), term(CRITIC)),
}


@pytest.mark.parametrize("score", range(0, 40, 3))
@pytest.mark.parametrize("task_class", ALL)
@pytest.mark.parametrize("mode", BEST)
def test_for_every_mode_class_and_score_there_is_evidence_that_clears_the_bar(mode, task_class, score):
    assert isinstance(decided(BEST[mode], task_class, score), Accept)


@pytest.mark.parametrize("score", range(0, 40, 13))
@pytest.mark.parametrize("task_class", ALL)
@pytest.mark.parametrize("lazy", LAZY)
def test_for_every_mode_class_and_score_there_is_lazy_evidence_that_does_not(lazy, task_class, score):
    assert not isinstance(decided(LAZY[lazy], task_class, score), Accept)


@pytest.mark.parametrize("score", range(0, 40, 3))
def test_a_refactoring_at_which_nothing_can_turn_green_clears_the_bar_by_suite_and_coverage(score):
    assert isinstance(decided((SUITE, term(DOUBTS), term(EXECUTED)), "refactor", score), Accept)


@pytest.mark.parametrize(
    ("against", "lane", "accepted"),
    [
        ((term(REPRODUCED),), "fast", False),
        ((term(REPRODUCED),), "strong", True),
        ((term(FIXES),), "fast", True),
        ((term(REPRODUCED, "not_run"), term(INDEPENDENT)), "fast", True),
        ((term(REPRODUCED), term(INDEPENDENT, "failed")), "fast", False),
    ],
)
def test_a_bug_that_the_critic_finds_is_not_outvoted_by_the_patchs_own_test_while_a_stronger_lane_is_left(against, lane, accepted):
    items = (SUITE, term(EXECUTED), Item(CRITIC, "failed", "term", "add(0, 0) raises"), *against)
    found = decided(items, "bugfix", 0, lane)
    assert isinstance(found, Accept) is accepted
    assert accepted or "add(0, 0) raises" in getattr(found, "detail", "")


def decided(items: tuple[Item, ...], task_class: TaskClass, score: int, lane: str = "", past: Standing = NONE) -> object:
    """In the lane in which such a score starts, unless another is named."""
    policy = opened().policy
    lane = lane or ("fast" if score <= policy.routing.fast_max_score else "strong")
    attempt = replace(tried(lane).attempt, lane=lane)
    return decide(Case(policy, task_class, score, attempt, Evidence((RULES, *items)), parse(DIFF), (), prior(past, policy, lane)))
