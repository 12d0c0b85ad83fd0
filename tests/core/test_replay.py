"""A replay says what the records show, reckons from them alone, and says what they cannot show."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.core.diff import parse
from bot.core.facts import Facts, Failing, NotApplicable
from bot.core.ledger import Line, Record, encode
from bot.core.past.difference import Micros, Seconds
from bot.core.past.interval import wilson
from bot.core.past.lines import Line as Read
from bot.core.past.replay import SHOWN, replay
from bot.core.past.replayed import Count, Failed, Flow, Proofs, Replay, Spent
from bot.core.policy import Policy
from bot.core.route import Refusal
from bot.core.words import Reason
from tests.fakes.recorded import RULES, Went, happened, lines, policy, record, seen

NOW = datetime(2026, 11, 30, tzinfo=UTC)
LOWER = policy(fast_max_score="2", strong_min_score="3")
"""What starts in `fast` under the old policy with a score above 2 starts in `strong`."""
THREE = seen(files=3)
"""A score of 3."""
UP, WON = Went("fast", "failed_tests", micros=400, seconds=4.0), Went("strong", micros=9_000, seconds=30.0)


def replayed(new: Policy, *items: Line, old: Policy | None = None, **more: Any) -> Replay:
    return replay([lines(*items)], new, NOW, old=old, **more)


# ---- which runs change lane ----------------------------------------------------------------------------------------


def test_under_the_policy_that_was_obeyed_every_run_starts_where_it_did():
    rules = policy(
        RULES + "  weights: {files_touched: 2}\nsignals:\n  paths: {auth_code: [billing/]}\n  labels: {ci_config: [build]}\n"
    )
    facts = [
        seen(files=n, failing=n % 3, labels=("build",) * (n % 2), name=("billing/" if n % 5 == 0 else "") + "a{}.py")
        for n in range(9)
    ]
    runs = [record(n, facts=each, rules=rules, asked_lane="strong" if n == 8 else None) for n, each in enumerate(facts)]
    assert {run.route.lane for run in runs if not isinstance(run.route, Refusal)} == {"fast", "strong"}
    found = replayed(rules, *runs)
    assert (found.runs, found.flows, found.moved) == (9, (), ())


def test_a_run_that_changes_lane_is_listed_with_the_rule_that_decides_now():
    found = replayed(LOWER, record(1, Went("fast"), facts=THREE), record(2, Went("fast"), facts=seen(files=2)))
    assert found.flows == (Flow("fast", "strong", 1),)
    (moved,) = found.moved
    assert (moved.run, moved.before, moved.now) == ("c1", "fast", "strong")
    assert moved.because == "score 3 is at least strong_min_score 3"


def test_all_are_counted_and_the_latest_are_listed():
    found = replayed(LOWER, *(record(n, Went("fast"), facts=THREE) for n in range(SHOWN + 5)))
    assert found.switched == SHOWN + 5
    assert [moved.run for moved in found.moved] == [f"c{n}" for n in range(SHOWN + 4, 4, -1)]


@pytest.mark.parametrize(
    ("more", "facts", "because"),
    [
        ("signals:\n  paths: {auth_code: [src/a0.py]}\n", seen(), "always_strong_if: auth_code (src/a0.py)"),
        (
            "signals:\n  labels: {deploy_config: [urgent]}\n",
            seen(labels=("urgent",)),
            "default_upward: deploy_config (label: urgent)",
        ),
        ("  by_class: {bugfix: {lane: strong}}\n", seen(), "routing.by_class.bugfix: strong"),
        ("  weights: {files_touched: 7}\n", seen(), "score 7 is at least strong_min_score 7"),
    ],
)
def test_each_part_of_the_new_policy_that_can_send_a_run_up_does(more: str, facts: Facts, because: str):
    old = policy(RULES + "signals:\n  labels: {dependency_change: [urgent]}\n")
    new = policy(RULES + more)
    found = replayed(new, record(1, Went("fast"), facts=facts, rules=old))
    assert [moved.because for moved in found.moved] == [because]


def test_of_a_change_every_file_that_was_counted_is_known():
    diff = "".join(f"diff --git a/p{n}.py b/p{n}.py\n--- a/p{n}.py\n+++ b/p{n}.py\n@@ -1 +1 @@\n-a\n+b\n" for n in range(12))
    nothing = NotApplicable("none")
    run = record(
        1,
        Went("fast"),
        facts=Facts(parse(diff), nothing, Failing(()), (), ""),
        rules=policy(fast_max_score="20", strong_min_score="21"),
    )
    new = policy(RULES + "signals:\n  paths: {schema_change: [p11.py]}\n", fast_max_score="20", strong_min_score="21")
    assert run.places == ()
    assert [moved.now for moved in replayed(new, run).moved] == ["strong"]


def test_a_label_that_no_signal_had_found_is_not_in_the_record_and_moves_nothing():
    new = policy(RULES + "signals:\n  labels: {deploy_config: [risky]}\n")
    assert replayed(new, record(1, Went("fast"), facts=seen(labels=("risky",)))).moved == ()


def test_a_reading_that_names_no_findings_keeps_its_number():
    run = record(1, Went("strong"), facts=seen(files=8))
    bare = replace(run, signals=tuple(replace(signal, because=()) for signal in run.signals))
    assert replayed(policy(), bare).moved == ()


def test_a_lane_that_a_person_asked_for_is_asked_for_again():
    lowered = record(1, Went("fast"), facts=seen(files=8), asked_lane="fast")
    raised = record(2, Went("strong"), asked_lane="strong")
    held = record(3, Went("strong"), facts=seen(name="login/a{}.py"), asked_lane="fast")
    assert replayed(policy(), lowered, raised, held).moved == ()
    (moved,) = replayed(policy(RULES + "  always_strong_if: []\n"), lowered, raised, held).moved
    assert (moved.run, moved.now, moved.because) == ("c3", "fast", "lane=fast asks for it")


def test_a_lane_that_was_asked_for_and_is_gone_is_a_refusal_now():
    old = policy(RULES.replace("routing:", RULES.split("\n")[2].replace("fast", "mid") + "\nrouting:"))
    run = record(1, Went("mid"), rules=old, asked_lane="mid")
    (moved,) = replayed(policy(), run).moved
    assert (moved.before, moved.now) == ("mid", None)
    assert moved.because == "there is no lane `mid`; the lanes are fast, strong"


def test_runs_that_were_refused_are_counted_by_why_and_not_replayed():
    found = replayed(
        LOWER,
        record(1, route=Refusal("no_ci", "x")),
        record(2, route=Refusal("no_ci", "y")),
        record(3, route=Refusal("budget", "z")),
    )
    assert (found.runs, found.refused) == (0, (Count("budget", 1), Count("no_ci", 2)))


def test_against_another_policy_what_the_new_one_changes_is_told_from_what_an_earlier_change_did():
    run, other = record(1, Went("fast"), facts=THREE), record(2, Went("fast"))
    found = replayed(LOWER, run, other, old=LOWER)
    assert (found.unlike, found.moved) == (1, ())
    found = replayed(policy(), run, other, old=LOWER)
    (moved,) = found.moved
    assert (moved.run, moved.before, moved.now) == ("c1", "strong", "fast")
    assert [(change.basis, change.why) for change in found.changes] == [
        ("unknown", "the run was made in another lane than the one it is compared with")
    ]


# ---- cost and latency ----------------------------------------------------------------------------------------------


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


def fasts(accepted: int, of: int) -> list[Record]:
    """Runs that started in the fast lane, so many of them accepted there."""
    return [record(n, *((Went("fast", micros=500),) if n < accepted else (replace(UP, micros=500), WON))) for n in range(of)]


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


# ---- what it would have spared -------------------------------------------------------------------------------------


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


# ---- what is read --------------------------------------------------------------------------------------------------


def test_lines_that_do_not_decode_are_named_by_their_place_and_the_rest_is_replayed():
    sound, odd = encode(record(1, Went("fast"))), encode(record(2, Went("fast")))
    rows = (
        sound,
        odd.replace('"sandbox":"none"', '"sandbox":7'),  # a report does not read it, a replay does
        '{"kind":"record","id":"../../x"}',
        "not JSON",
        odd.replace('"version":1', '"version":1,"trusted":true'),
        odd.replace('"value":1', '"value":-5', 1),
    )
    read = [Read(text.encode(), f"x:{number}") for number, text in enumerate(rows, 1)]
    half = odd.encode().replace(b'"sandbox":"none"', b'"sandbox":"\xff"')  # no UTF-8, where a report does not look
    found = replay([[*read, Read(half, "x:7")]], policy(), NOW)
    assert (found.runs, found.unread) == (1, 6)
    assert {gap.place for gap in found.gaps} == {"x:2", "x:3", "x:4", "x:5", "x:6", "x:7"}
    assert next(gap.why for gap in found.gaps if gap.place == "x:2").startswith("record.sandbox: ")


def test_a_run_that_stands_in_two_ledgers_counts_once_as_last_recorded():
    first, later = record(1, Went("fast")), record(1, UP, WON, facts=THREE)
    for sources in ([lines(first), lines(later)], [lines(first, later)]):
        assert [moved.failed for moved in replay(sources, LOWER, NOW).moved] == ["escalated"]


def test_runs_before_the_day_that_was_named_are_left_out():
    old, new = record(1, Went("fast")), record(2_000, Went("fast"))
    assert replayed(policy(), old, new, since=datetime(2026, 11, 2, tzinfo=UTC)).runs == 1


def test_runs_in_which_chance_had_a_say_are_counted():
    assert replayed(policy(), record(1, Went("fast")), record(2, Went("fast"), propensity=0.1)).by_chance == 1
