"""From lines to figures: what is read, what is refused, and what the report makes of it."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import pytest

from bot.core.estimate import Estimate
from bot.core.evidence import Item, State
from bot.core.imported import Imported
from bot.core.ledger import Begun, Record, encode
from bot.core.outcome import Outcome
from bot.core.past.history import Run
from bot.core.past.interval import rate, spread, wilson
from bot.core.past.lines import Line
from bot.core.past.report import report
from bot.core.past.survey import Books, books
from bot.core.past.tables import Report
from bot.core.past.wire import Unread, read
from bot.core.recording import record
from bot.core.spend import Reserved
from bot.core.words import CRITIC
from tests.core.test_trail import FULL

NOW = datetime(2026, 11, 26, tzinfo=UTC)
STRONG = 20_000
MADE = replace(record(FULL, 5_000), always_strong=Estimate(STRONG, "tokens"))


def lines(*items: object) -> list[Line]:
    texts = [item if isinstance(item, bytes) else encode(item).encode() + b"\n" for item in items]  # type: ignore[arg-type]
    return [Line(text, f"ledger.jsonl:{number}") for number, text in enumerate(texts, 1)]


def kept(*items: object, now: datetime = NOW) -> Books:
    return books([lines(*items)], now)


def made(number: int, **more: object) -> Record:
    return replace(MADE, id=f"c{number}", **more)  # type: ignore[arg-type]


def figures(*items: object) -> Report:
    return report(kept(*items), ("ledger.jsonl",), NOW)


def test_a_record_is_read_as_it_was_written():
    (life,) = kept(MADE).lives
    run = life.run
    assert (run.id, run.at, run.repo, run.task_class, run.result) == (MADE.id, MADE.at, MADE.repo, MADE.task_class, MADE.result)
    assert (run.score, run.lane, run.micros, run.strong) == (MADE.score.total, "fast", 5_000, STRONG)
    assert [(t.lane, t.decision, t.micros, t.confidence) for t in run.tries] == [
        (a.lane, a.decision.kind, a.cost_micros, a.confidence.value) for a in MADE.attempts
    ]
    assert run.tries[0].failed
    assert run.accepted is run.tries[-1]


def test_the_last_record_of_a_run_counts_wherever_it_lies_and_once():
    cut = made(1, result="stopped", detail="cut off", attempts=())
    found = books([lines(cut), lines(made(1))], NOW)
    assert [life.run.result for life in found.lives] == ["pass"]


def test_an_outcome_belongs_to_the_ledger_it_is_in():
    merged = Outcome("c1", MADE.at, "merged", "ann", 7, 0)
    here, elsewhere = made(1, repo="octo/a"), made(1, repo="octo/b")
    found = books([lines(here, merged), lines(elsewhere)], NOW)
    assert {(life.run.repo, life.label) for life in found.lives} == {("octo/a", "as_is"), ("octo/b", "no_pull")}
    assert kept(merged).unknown == 1


def test_money_counts_nothing_and_a_run_at_work_is_counted_until_its_record_is_there():
    reserved = Reserved("c1", MADE.at, "ann", 1_000_000)
    assert kept(reserved, Begun("c1", MADE.at, "x")).at_work == 1
    assert kept(reserved, Begun("c1", MADE.at, "x"), made(1)).at_work == 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"cost_micros": -1}, "cost_micros"),
        ({"cost_micros": 10**13}, "cost_micros"),
        ({"seconds": -1}, "seconds"),
        ({"threshold": 1.5}, "threshold"),
        ({"version": 2}, "version"),
        ({"task_class": "magic"}, "task_class"),
        ({"id": "../../etc"}, "id"),
        ({"at": "yesterday"}, "at"),
        ({"repo": "x" * 301}, "repo"),
        ({"attempts": [{}] * 17}, "attempts"),
        ({"kind": "poem"}, "kind"),
        ({"number": 10**30}, "number"),
        ({"confidence": {"value": 1e300}}, "confidence"),
    ],
)
def test_what_is_out_of_range_or_of_another_version_is_named_by_line_and_the_rest_is_read(change, why):
    torn = json.dumps(json.loads(encode(MADE)) | change).encode()
    found = kept(made(1), torn, made(2))
    assert [life.run.id for life in found.lives] == ["c1", "c2"]
    (fault,) = found.faults
    assert fault.place == "ledger.jsonl:2"
    assert why in fault.why


@pytest.mark.parametrize(
    "text", [b"{", b"\xff\xfe", b"[]", b"null", b'{"kind":"record"}', encode(MADE).encode()[:-20], b"[" * 9_999]
)
def test_what_is_no_line_is_named(text):
    with pytest.raises(Unread):
        read(text)
    assert kept(text).faults[0].place == "ledger.jsonl:1"


def test_an_empty_line_is_no_fault_and_other_places_of_the_kind_are_no_hindrance():
    plain = json.loads(encode(MADE))
    first = json.dumps({"kind": plain.pop("kind")} | plain).encode()
    assert isinstance(read(first), Run)
    assert kept(b"\n", first).faults == ()


def test_what_is_dated_to_come_is_not_counted_and_what_is_older_than_its_run_is_counted_and_named():
    early = Outcome("c1", "2025-01-01T00:00:00Z", "merged", "ann", 7, 0)
    found = kept(made(1), early, made(2, at="2027-01-01T00:00:00Z"))
    assert [(life.run.id, life.label) for life in found.lives] == [("c1", "as_is")]
    assert "ledger.jsonl:3" in [fault.place for fault in found.faults]
    assert any("a clock was wrong; it is counted" in fault.why for fault in found.faults)


def test_runs_before_a_day_are_left_out():
    late = books(
        [lines(made(1, at="2026-01-01T00:00:00Z"), made(2, at="2026-02-01T00:00:00Z"))],
        NOW,
        datetime(2026, 1, 15, tzinfo=UTC),
    )
    assert [life.run.id for life in late.lives] == ["c2"]


# ---- figures -------------------------------------------------------------------------------------------------------


def test_wilsons_interval_is_the_published_one():
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4), "Newcombe 1998, table I"
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 20)[0] == 0.0
    assert wilson(20, 20)[1] == 1.0
    assert rate(3, 19).value is None
    assert rate(3, 20).value == 0.15


def test_a_spread_of_nothing_is_unknown():
    assert (spread([]).median, spread([]).p90) == (None, None)
    assert (spread([4.0]).median, spread([4.0]).p90) == (4.0, 4.0)
    found = spread([float(n) for n in range(101)])
    assert (found.p10, found.p25, found.median, found.p75, found.p90) == (10.0, 25.0, 50.0, 75.0, 90.0)


def test_rows_add_up():
    merged = [Outcome(f"c{n}", MADE.at, "merged" if n < 20 else "closed", "ann", 7, 0) for n in range(25)]
    stopped = replace(MADE, id="c90", result="not_fixed", attempts=MADE.attempts[:1], cost_micros=1_000)
    found = figures(*(made(n) for n in range(25)), *merged, stopped)
    fast, strong = found.lanes
    assert (fast.name, fast.attempts, fast.accepted, fast.passed.hits, fast.escalated.hits) == ("fast", 26, 0, 0, 26)
    assert (strong.name, strong.attempts, strong.accepted) == ("strong", 25, 25)
    assert (strong.precision.hits, strong.precision.cases) == (20, 25)
    assert (strong.rejected.hits, strong.rejected.cases) == (5, 25)
    assert found.whole.micros == 25 * 5_000 + 1_000
    assert found.whole.per_fix == found.whole.micros // 25
    assert [(each.what, each.cases) for each in found.labels] == [("as_is", 20), ("closed", 5)]
    assert fast.failures[0].cases == 26
    assert found.calibration.cases == 25
    assert found.repositories == ()
    assert [(day.day, day.runs, day.accepted) for day in found.days] == [("2026-01-01", 26, 25)]


def test_the_cascade_is_laid_beside_the_top_lane_over_runs_for_which_both_are_known():
    dear, alone = made(1, cost_micros=40_000), made(4, cost_micros=STRONG + 9, attempts=MADE.attempts[1:])
    assert len(dear.attempts) == 2
    only = figures(alone).whole.compared
    assert (only.saved, only.dearer, only.lost) == (-9, 0, 0), "no lane below was tried: judging made it dearer"
    found = figures(dear, made(2, cost_micros=None), made(3, always_strong=None)).whole.compared
    assert (found.runs, found.spent, found.strong, found.saved, found.lost, found.dearer) == (
        1,
        40_000,
        STRONG,
        STRONG - 40_000,
        40_000 - STRONG,
        1,
    )


def test_what_nobody_knows_the_cost_of_makes_no_fix_cheaper():
    found = figures(made(1, cost_micros=1_000), made(2, cost_micros=None)).whole
    assert (found.accepted, found.unpriced, found.per_fix) == (2, 1, 1_000)


def test_a_review_that_asked_for_changes_is_a_rejection_whatever_came_after():
    asked = [Outcome(f"c{n}", "2026-01-02T00:00:00Z", "changes_requested", "ann", 7) for n in range(5)]
    merged = [Outcome(f"c{n}", "2026-01-03T00:00:00Z", "merged", "ann", 7, 1) for n in range(20)]
    whole = figures(*(made(n) for n in range(20)), *asked, *merged).whole
    assert (whole.rejected.hits, whole.precision.hits, whole.precision.cases) == (5, 20, 20)
    assert whole.escalated.hits == 20


def test_the_verifier_is_right_where_it_spoke_for_a_patch_that_was():
    last = MADE.attempts[-1]
    told = [
        replace(last, evidence=(*(item for item in last.evidence if item.name != CRITIC), Item(CRITIC, state, "term", "", 2.0, 70)))
        for state in get_args(State)
    ]
    assert get_args(State) == ("passed", "failed", "not_run", "not_applicable")
    runs = [made(n, attempts=(told[n % 4],), verification_micros=70) for n in range(80)]
    merged = [Outcome(run.id, MADE.at, "merged" if n % 8 else "closed", "ann", 7, 0) for n, run in enumerate(runs)]
    judge = figures(*runs, *merged).judge
    assert (judge.asked, judge.verdicts, judge.against.hits, judge.micros) == (60, 40, 20, 80 * 70)
    assert (judge.precision.hits, judge.precision.cases) == (10, 20), "ten that it spoke for were closed"


def test_two_files_of_one_ledger_that_tell_a_run_otherwise_are_named():
    here, there = (
        Line(encode(item).encode(), f"records/{n}.json:1") for n, item in enumerate((made(1), made(1, result="not_fixed")))
    )
    found = books([[here, there]], NOW)
    assert [life.run.result for life in found.lives] == ["not_fixed"]
    (fault,) = found.faults
    assert fault.place == "records/1.json:1"
    assert "stands in records/0.json:1 too, and otherwise" in fault.why


def test_a_thousand_repositories_are_a_table_with_an_end():
    found = figures(*(made(n, repo=f"octo/{n}") for n in range(1_000)))
    assert (len(found.repositories), found.repositories[-1].name, found.repositories[-1].runs) == (101, "(900 others)", 900)


def test_a_repository_has_a_row_where_there_are_several_and_an_audit_is_no_run_of_a_users():
    found = figures(made(1, repo="octo/a"), made(2, repo="octo/b"), made(3, repo="octo/b"))
    assert [(row.name, row.runs) for row in found.repositories] == [("octo/b", 2), ("octo/a", 1)]
    assert found.whole.runs == 3


def test_audits_are_counted_apart_by_what_the_top_lane_came_to():
    audits = [replace(MADE, id=f"c{n}-again", audits=f"c{n}", propensity=0.05, cost_micros=70_000) for n in range(20)]
    audits[0] = replace(audits[0], result="not_fixed")
    unheard = [replace(audits[1], id=f"c{n}-again", audits=f"c{n}", result="budget", attempts=()) for n in (20, 21)]
    users = [made(n) for n in range(30)]

    found = figures(*users, *audits, *unheard)

    assert (found.runs, found.whole.micros, sum(row.attempts for row in found.lanes)) == (30, 30 * 5_000, 30 * len(MADE.attempts))
    assert (found.audits, found.audits_agreed.hits, found.audits_agreed.cases, found.audits_open) == (20, 19, 20, 2)
    assert figures(*users).audits_open == 0
    assert found.audits_micros == found.days[0].micros - figures(*users).days[0].micros > 0
    assert found.whole.micros == figures(*users).whole.micros
    assert {life.run.propensity for life in kept(*audits).audits} == {0.05}


def test_an_empty_ledger_has_figures_too():
    found = figures()
    assert (found.runs, found.lanes, found.whole.per_fix, found.whole.compared.runs) == (0, (), None, 0)


def test_what_others_have_published_is_apart_and_a_copy_of_a_record_is_counted_once_and_named():
    import_ = Imported("a board", None, "task-1", "their-model", None, "resolved", 30_000, 9, None)
    found = books([lines(made(1), import_), lines(made(1))], NOW)
    said = report(found, (), NOW)
    assert (said.runs, said.doubled) == (1, 1)
    assert [(row.source, row.model, row.resolved.hits, row.mean_micros) for row in said.elsewhere] == [
        ("a board", "their-model", 1, 30_000)
    ]
