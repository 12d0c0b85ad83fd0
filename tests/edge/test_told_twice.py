"""Runs that stand in two ledgers, or twice in one: which line of them counts."""

from dataclasses import replace

from bot.core.outcome import Outcome
from bot.ledgers import Wanted, gathered
from tests.edge.test_reading import GOOD, NOW, line
from tests.fakes.repos import PATH


def test_a_run_that_stands_word_for_word_in_two_ledgers_counts_once_with_what_either_knows_of_it(tmp_path):
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    one.write_bytes(line(GOOD) + line(GOOD))
    two.write_bytes(line(GOOD) + line(Outcome("good", "2026-01-03T00:00:00Z", "merged", "ann", 7, 0)))
    for files in ((one, two), (two, one)):
        books, _ = gathered(Wanted(files, (), None), PATH, NOW)
        assert [(life.run.id, life.label) for life in books.lives] == [("good", "as_is")]
        assert (books.doubled, books.unknown, books.faults) == (2, 0, ())


def test_of_two_records_of_a_run_that_differ_the_one_that_goes_further_counts_and_the_place_is_named(tmp_path):
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    further = replace(GOOD, cost_micros=77, seconds=GOOD.seconds + 9)
    one.write_bytes(line(GOOD))
    two.write_bytes(line(further))
    for files, last in (((one, two), two), ((two, one), one)):
        books, _ = gathered(Wanted(files, (), None), PATH, NOW)
        assert [life.run.micros for life in books.lives] == [77]
        (fault,) = books.faults
        assert fault.place == f"{last}:1"
        assert "stands in" in fault.why


def test_of_two_records_of_a_run_in_one_ledger_the_later_line_counts(tmp_path):
    file = tmp_path / "one.jsonl"
    file.write_bytes(line(replace(GOOD, result="stopped", seconds=99.0)) + line(GOOD))
    books, _ = gathered(Wanted((file,), (), None), PATH, NOW)
    assert [life.run.result for life in books.lives] == ["pass"]
    assert books.faults == ()
