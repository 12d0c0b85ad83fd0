"""A replay says which runs would change lane, by which rule, and what of the ledger it could read."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.core.diff import parse
from bot.core.facts import Facts, Failing, NotApplicable
from bot.core.ledger import encode
from bot.core.past.lines import Line as Read
from bot.core.past.replay import SHOWN, replay
from bot.core.past.replayed import Count, Flow
from bot.core.route import Refusal
from tests.core.past.replays import LOWER, NOW, THREE, UP, WON, replayed
from tests.fakes.recorded import RULES, Went, lines, policy, record, seen


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
