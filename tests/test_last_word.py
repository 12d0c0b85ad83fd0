"""When something became of a patch, and whether that was noted before: what `ledger outcome` takes, by hand, for the same word."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import bookkeeping
from bot.arguments import parse
from bot.core.ledger import encode
from bot.core.outcome import Outcome
from bot.edge.render import Templates
from bot.edge.store import Lines
from bot.ledgers import OWN
from bot.ports import Denied
from bot.voice import templates
from tests.core.test_history import RECORD
from tests.fakes import repos
from tests.fakes.typed import typed

NOW = datetime(2026, 3, 1, tzinfo=UTC)
RUN = replace(RECORD, id="342eabad0d", at="2026-01-01T10:00:00Z")
OTHER = replace(RUN, id="0000000000")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    repos.make(tmp_path / "shop", repos.SHOP)
    for each in (RUN, OTHER):
        Lines(tmp_path / "shop" / ".git" / OWN).append(each)
    return tmp_path / "shop"


def say(shop: Path, *words: str, run: str = RUN.id, now: datetime = NOW) -> str:
    typed_in = parse(["ledger", "outcome", run, *words, "--repo", str(shop)])
    return bookkeeping.outcome(typed_in, "ann", repos.PATH, now, Templates(templates()))


def noted(shop: Path) -> list[Outcome]:
    return [line for line in Lines(shop / ".git" / OWN).lines() if isinstance(line, Outcome)]


@pytest.mark.parametrize(
    ("at", "written"),
    [
        ("2026-01-01", "2026-01-01T00:00:00Z"),  # a day is no earlier than a run on that day
        ("2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z"),
        ("2026-01-01T12:00:00+02:00", "2026-01-01T10:00:00Z"),
        ("2026-03-02T00:00:00Z", "2026-03-02T00:00:00Z"),  # clocks may be apart by so much
        ("2025-12-31", None),
        ("2026-01-01T09:59:59Z", None),
        ("2026-03-02T00:00:01Z", None),
    ],
)
def test_what_happened_lies_between_the_run_and_now(shop, at, written):
    if written is None:
        with pytest.raises(Denied, match="is not between the run, 2026-01-01T10:00:00Z, and now"):
            say(shop, "closed", "--at", at)
    else:
        assert written in say(shop, "closed", "--at", at)
    assert [each.at for each in noted(shop)] == ([] if written is None else [written])


def test_a_time_without_a_zone_is_one_of_utc_wherever_it_is_typed(shop):
    words = ("ledger", "outcome", RUN.id, "merged", "--at", "2026-02-01T12:00:00")
    assert typed(*words, cwd=shop, more={"TZ": "EAST-9"}).returncode == 0
    assert [each.at for each in noted(shop)] == ["2026-02-01T12:00:00Z"]


def test_a_word_that_is_noted_already_is_told_as_it_was_noted(shop):
    say(shop, "merged")
    said = say(shop, "merged", now=NOW + timedelta(days=3))
    assert "2026-03-01T00:00:00Z\nnoted before, and not once more, in" in said
    assert [each.at for each in noted(shop)] == ["2026-03-01T00:00:00Z"]


@pytest.mark.parametrize("more", [("--pull", "12"), ("--lines", "3"), ("--at", "2026-02-28")])
def test_the_same_word_with_more_to_it_is_another(shop, more):
    say(shop, "merged")
    assert "\nnoted in" in say(shop, "merged", *more)
    assert len(noted(shop)) == 2


def test_what_is_said_of_one_run_is_not_said_of_another(shop):
    say(shop, "merged")
    assert "\nnoted in" in say(shop, "merged", run=OTHER.id)
    assert [each.run for each in noted(shop)] == [RUN.id, OTHER.id]


def test_the_last_word_of_several_is_what_the_next_is_compared_with(shop):
    for day, what in enumerate(("merged", "reverted", "merged")):
        say(shop, what, now=NOW + timedelta(days=day))
    assert "noted before" in say(shop, "merged", now=NOW + timedelta(days=3))
    assert [each.what for each in noted(shop)] == ["merged", "reverted", "merged"]


def test_an_unknown_run_is_named_in_one_line_also_where_something_was_noted_before(shop):
    say(shop, "merged")
    with pytest.raises(Denied, match=r"has no record of a run `342ea bad`; the nearest that it has is 342eabad0d$"):
        say(shop, "closed", run="342ea\nbad")
    with pytest.raises(Denied, match="--at so on is no time"):
        say(shop, "closed", "--at", "so\non")


def test_a_ledger_without_a_run_has_no_nearest_one(tmp_path):
    words = parse(["ledger", "outcome", RUN.id, "closed", "--ledger", str(tmp_path / "own.jsonl")])
    with pytest.raises(Denied, match="it has none; give the one with it by --ledger or --repo"):
        bookkeeping.outcome(words, "ann", repos.PATH, NOW, Templates(templates()))


def test_of_two_records_of_a_run_the_newer_says_when_it_was(shop):
    Lines(shop / ".git" / OWN).append(replace(RUN, at="2026-01-05T10:00:00Z"))
    with pytest.raises(Denied, match="is not between the run, 2026-01-05T10:00:00Z"):
        say(shop, "closed", "--at", "2026-01-03")
    assert encode(RUN) in (shop / ".git" / OWN).read_text()
