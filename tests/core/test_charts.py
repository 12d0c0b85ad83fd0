"""What the plots of a report show, and where there is too little to draw."""

from dataclasses import replace

import pytest

from bot.core.past.charts import MOST_DAYS, MOST_POINTS, Counts, Curves, Reliability, Spending, Times, figures
from bot.core.past.tables import Day, Growth, Report, Total
from tests.pages import CAP, made
from tests.plans import Plan


def chart(report: Report, name: str) -> object:
    return next(figure for figure in figures(report) if figure.name == name).chart


def says(report: Report, name: str) -> str:
    return next(figure for figure in figures(report) if figure.name == name).says


@pytest.fixture(scope="module")
def report() -> Report:
    return made()


def test_a_lane_s_curve_ends_at_what_its_row_says(report):
    found = chart(report, "cost")
    assert isinstance(found, Curves)
    ends = [(round(curve.xs[-1] * 1_000_000), curve.ys[-1]) for curve in found.curves]
    compared = report.whole.compared
    lanes = [(row.micros, row.accepted) for row in report.lanes]
    assert ends == [*lanes, (compared.spent, report.whole.accepted), (compared.strong, report.whole.accepted)]
    assert all(list(curve.xs) == sorted(curve.xs) and list(curve.ys) == sorted(curve.ys) for curve in found.curves)


def test_a_curve_of_many_days_is_thinned_and_keeps_its_end(report):
    totals = tuple(Total(f"day {n}", n, n * 1_000_000) for n in range(1, 1_000))
    found = chart(replace(report, growth=(Growth("fast", totals),)), "cost")
    assert isinstance(found, Curves)
    assert MOST_POINTS / 2 < len(found.curves[0].xs) <= MOST_POINTS + 2
    assert (found.curves[0].xs[-1], found.curves[0].ys[-1]) == (999.0, 999)


def test_a_ledger_of_a_few_runs_is_said_to_be_too_small_and_nothing_is_drawn():
    few = made(Plan(runs=5, days=1))
    undrawn = {figure.name: figure.says for figure in figures(few) if figure.chart is None}
    assert set(undrawn) == {"cost", "calibration", "latency", "spend"}
    assert all(text.startswith("Not enough data: ") for text in undrawn.values())


def test_a_ledger_without_a_run_draws_nothing():
    assert [figure.chart for figure in figures(made(Plan(runs=0)))] == [None] * 6


def test_calibration_has_a_point_for_each_bin_with_its_interval(report):
    found = chart(report, "calibration")
    assert isinstance(found, Reliability)
    assert sum(point.cases for point in found.points) == report.calibration.cases
    assert all(point.low <= point.right <= point.high for point in found.points)
    assert found.start <= min(point.claimed for point in found.points)


def test_a_lane_with_few_attempts_is_named_without_a_box(report):
    row = report.lanes[0]
    few = replace(row, latency=replace(row.latency, cases=19))
    found = chart(replace(report, lanes=(few, *report.lanes[1:])), "latency")
    assert isinstance(found, Times)
    assert [timed.drawn for timed in found.rows] == [False, True, True]
    assert found.rows[0].said == "not enough data (19)"


def test_days_without_a_run_cost_nothing_and_stand_in_their_place(report):
    days = (Day("2026-06-01", 1, 1, 3_000_000), Day("2026-06-04", 1, 1, 6_000_000))
    found = replace(report, days=days, first="2026-06-01", last="2026-06-04")
    drawn = chart(found, "spend")
    assert isinstance(drawn, Spending)
    assert drawn.dollars == (3.0, 0.0, 0.0, 6.0)
    assert "1 day of 4 went above the cap" in says(found, "spend")


def test_no_more_days_are_drawn_than_a_phone_has_room_for(report):
    days = (Day("2024-01-01", 1, 1, 1), Day("2026-06-04", 1, 1, 6_000_000))
    drawn = chart(replace(report, days=days, first="2024-01-01", last="2026-06-04"), "spend")
    assert isinstance(drawn, Spending)
    assert (len(drawn.dollars), drawn.dollars[-1], str(drawn.first)) == (MOST_DAYS, 6.0, "2026-03-07")


def test_without_a_policy_there_is_no_line_and_it_says_so(report):
    drawn = chart(report, "spend")
    assert isinstance(drawn, Spending)
    assert drawn.cap == CAP / 1_000_000
    bare = replace(report, per_day=None)
    drawn = chart(bare, "spend")
    assert isinstance(drawn, Spending)
    assert drawn.cap is None
    assert "No policy is known" in says(bare, "spend")


def test_every_accepted_patch_is_in_the_outcomes_once(report):
    found = chart(report, "outcomes")
    assert isinstance(found, Counts)
    assert sum(row.cases for row in found.rows) == report.whole.accepted
    right = sum(row.cases for row in found.rows if row.truth == "right")
    assert right == report.whole.precision.hits
