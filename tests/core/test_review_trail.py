"""Where the verifier's answers stand in a Trail, what follows from them, and what cannot stand there."""

from dataclasses import replace

import pytest

from bot.core.cost import Usage
from bot.core.entries import Entry, Opened, Proof, Proved, Pushed, Reviewed
from bot.core.evidence import PATCH_RULES, Evidence, Item, State
from bot.core.policyfile import read
from bot.core.signals import Number, Signal
from bot.core.step import Ask, AwaitCI, Push, Review, Step, checked, next_step
from bot.core.trail import Trail
from bot.core.trailfile import TrailError, decode, encode
from bot.core.words import CRITIC, INDEPENDENT, SUMMARY
from tests.core.test_trail import BANNED, DIFF, GREEN, RED, opened, tried
from tests.fakes import repos

JUDGE = "  verifier: {provider: vllm, model: m-judge, base_url: 'http://127.0.0.1:9/v1', price: {input: 1, output: 2}}\nrouting:"
RULES = Proved(Evidence((Item(PATCH_RULES, "passed", "veto", ""),)), 0.1)
FAST, STRONG = tried("fast"), tried("strong")
WITH_TEST = tried("fast", diff=DIFF + DIFF.replace("a.py", "tests/test_a.py"))
PUSHED = Pushed("route-agent/local/r1-1", "1" * 40, 0.1)


def said(critic: State, summary: State = "passed") -> Reviewed:
    told = Item(SUMMARY, summary, "term", "it says more than it does" if summary == "failed" else "")
    items = (Item(CRITIC, critic, "term", ""), *((told,) if critic != "not_run" else ()))
    return Reviewed(Evidence(items), Usage(1, micros=7), 1.0)


FINE, BUG, NONE, LIE = said("passed"), said("failed"), said("not_run"), said("passed", "failed")
TESTED = Reviewed(Evidence((Item(INDEPENDENT, "passed", "term", ""),)), Usage(1, micros=5), 1.0, "tests/test_x.py", "x = 1\n")
UNTESTED = Reviewed(Evidence((Item(INDEPENDENT, "not_run", "term", ""),)), Usage(), 1.0)


def trail(proof: Proof, *entries: Entry, deep: bool = False, red: bool = False) -> Trail:
    text = repos.POLICY.replace("routing:", JUDGE, 1)
    text = text.replace("verification:", "verification:\n  deep: {independent_test: true}", 1) if deep else text
    start: Opened = replace(opened(), policy=read(text.encode(), "policy.yml"), proof=proof)
    signals = tuple(Signal(s.name, Number(int(red)), ("t",)) if s.name == "test_failures" else s for s in start.signals)
    return Trail(replace(start, signals=signals), entries)


CRITICS = Review(FAST.attempt, "critic")
FUTILE = "nothing that CI could show of this patch outweighs what the critic says: "


@pytest.mark.parametrize(
    ("made", "step"),
    [
        (trail("sandbox", FAST, GREEN), CRITICS),
        (trail("sandbox", FAST, RED), Ask("strong", "check t: 1 newly failing: x")),
        (trail("sandbox", FAST, GREEN, FINE), Push(FAST.attempt, 1)),
        (trail("sandbox", FAST, GREEN, NONE), Push(FAST.attempt, 1)),
        (trail("sandbox", FAST, GREEN, LIE), Ask("strong", "it says more than it does")),
        (trail("ci", FAST, RULES, LIE), Ask("strong", "it says more than it does")),
        (trail("sandbox", FAST, GREEN, FINE, deep=True), Review(FAST.attempt, "test")),
        (trail("sandbox", FAST, GREEN, FINE, TESTED, deep=True), Push(FAST.attempt, 1)),
        (trail("sandbox", FAST, GREEN, NONE, UNTESTED, deep=True), Push(FAST.attempt, 1)),
        (trail("ci", FAST, RULES), CRITICS),
        (trail("ci", FAST, RULES, deep=True), CRITICS),
        (trail("ci", FAST, BANNED), Ask("strong", "`.github/x` is protected")),
        (trail("ci", FAST, RULES, FINE), Push(FAST.attempt, 1)),
        (trail("ci", FAST, RULES, FINE, deep=True), Push(FAST.attempt, 1)),
        (trail("ci", FAST, RULES, NONE), Push(FAST.attempt, 1)),
        (trail("ci", FAST, RULES, FINE, PUSHED), AwaitCI(PUSHED)),
        (trail("ci", FAST, RULES, BUG), Ask("strong", FUTILE)),
        (trail("ci", FAST, RULES, BUG, red=True), Push(FAST.attempt, 1)),
        (trail("ci", WITH_TEST, RULES, BUG), Ask("strong", FUTILE)),
        (trail("ci", FAST, RULES, BUG, STRONG, RULES, BUG), Push(STRONG.attempt, 2)),
    ],
)
def test_what_comes_next_where_a_verifier_is_named(made: Trail, step: Step):
    assert next_step(made) == step
    assert checked(made) == made
    assert decode(encode(made)) == made


@pytest.mark.parametrize(
    "made",
    [
        trail("sandbox", FAST, FINE),
        trail("sandbox", FAST, RED, FINE),
        trail("sandbox", FAST, GREEN, PUSHED),
        trail("sandbox", FAST, GREEN, FINE, FINE),
        trail("sandbox", FAST, GREEN, FINE, TESTED),
        trail("sandbox", FAST, GREEN, TESTED, FINE, deep=True),
        trail("sandbox", FAST, GREEN, FINE, PUSHED, deep=True),
        trail("ci", FAST, RULES, PUSHED),
        trail("ci", FAST, RULES, FINE, TESTED, deep=True),
        trail("ci", FAST, RULES, BUG, PUSHED),
        trail("ci", FAST, BANNED, FINE),
        Trail(opened(), (FAST, GREEN, FINE)),
        trail("sandbox", FAST, GREEN, replace(FINE, evidence=GREEN.evidence)),
    ],
)
def test_an_answer_that_was_not_asked_for_is_refused(made: Trail):
    with pytest.raises(TrailError, match=r"entries\.\d: `\w+` cannot stand there"):
        checked(made)


def test_what_it_cost_is_part_of_what_the_run_cost():
    made = trail("sandbox", FAST, GREEN, FINE, TESTED, deep=True)
    assert (made.verification.micros, made.usage.micros) == (12, 12)
