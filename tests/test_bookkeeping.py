"""What a person adds to a local ledger by hand, in a process of its own, and what reports make of it."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import bookkeeping
from bot.arguments import parse
from bot.core.ledger import encode
from bot.core.past.history import Happened
from bot.core.past.lines import Line
from bot.core.past.lives import labelled
from bot.core.past.survey import Books
from bot.core.past.survey import books as read_books
from bot.edge.render import Templates
from bot.ledgers import IMPORTED, OWN, Wanted, gathered, sources
from bot.ports import Denied
from bot.voice import templates
from tests.core.test_history import RECORD
from tests.core.test_publications import BOARD, CSV
from tests.fakes import repos
from tests.fakes.typed import typed

NOW = datetime(2026, 3, 1, tzinfo=UTC)
RUN = replace(RECORD, id="342eabad0d")


def render(template: str, /, **values: object) -> str:
    raise AssertionError(f"nothing is to be said: {template}, {values}")


def at(shop: Path, words: tuple[str, ...]) -> tuple[str, ...]:
    return () if "--ledger" in words else ("--repo", str(shop))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    repos.make(tmp_path / "shop", repos.SHOP)
    own = tmp_path / "shop" / ".git" / OWN
    own.parent.mkdir()
    own.write_text(f"{encode(RUN)}\n{encode(replace(RUN, id='0000000000'))}")  # without a line's end, as a crash leaves it
    return tmp_path / "shop"


def books(shop: Path) -> Books:
    return gathered(Wanted((), (shop,), None), repos.PATH, datetime.now(UTC))[0]


def rows(shop: Path) -> list[str]:
    return (shop / ".git" / OWN).read_text().splitlines()


def test_what_became_of_a_local_run_is_appended_once_and_labels_it(shop):
    before = rows(shop)
    words = ("ledger", "outcome", RUN.id, "merged", "--lines", "3", "--pull", "12", "--at", "2026-02-01T12:00:00+02:00")
    done = typed(*words, cwd=shop)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(
        "run 342eabad0d: merged, 3 lines changed by hand, pull request 12, 2026-02-01T10:00:00Z\nnoted in "
    )
    assert "noted before, and not once more" in typed(*words, cwd=shop).stdout
    assert rows(shop)[:2] == before
    (line,) = rows(shop)[2:]
    assert json.loads(line) == {
        "run": RUN.id,
        "at": "2026-02-01T10:00:00Z",
        "what": "merged",
        "by": json.loads(line)["by"],
        "pull": 12,
        "lines": 3,
        "version": 1,
        "kind": "outcome",
    }
    by_id = {life.run.id: life for life in books(shop).lives}
    assert (by_id[RUN.id].label, by_id[RUN.id].by_hand, by_id[RUN.id].truth) == ("rewritten", 3, "wrong")
    assert by_id["0000000000"].label == "no_pull"


def test_the_same_word_without_a_time_is_noted_once_and_another_word_after_it(shop):
    for what, many in (("merged", 3), ("merged", 3), ("reverted", 4), ("merged", 5)):
        assert typed("ledger", "outcome", RUN.id, what, cwd=shop).returncode == 0
        assert len(rows(shop)) == many
    assert all('"pull":null' in row for row in rows(shop)[2:])


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("342eabad", "merged"), "has no record of a run `342eabad`; the nearest that it has is 342eabad0d"),
        (("x", "merged"), "has no record of a run `x`; `route-agent ledger export --format csv "),
        (("34200bad77", "merged"), "has no record of a run `34200bad77`; `route-agent ledger export --format csv "),
        (("7777777777", "merged"), "/ledger.jsonl` lists those that it has"),
        ((RUN.id, "closed", "--lines", "2"), "closed is no merge; leave it out"),
        ((RUN.id, "closed", "--at", "1999-01-01"), "is not between the run, 2026-01-01T00:00:00Z, and now"),
        ((RUN.id, "closed", "--at", "2999-01-01"), "is not between the run"),
        ((RUN.id, "closed", "--at", "0001-01-01T00:00:00+14:00"), "is no time; give one as"),
        ((RUN.id, "closed", "--at", "soon"), "--at soon is no time"),
        ((RUN.id, "closed", "--pull", "-1"), "-1 is no number; give a whole one from 0 on"),
        ((RUN.id, "closed", "--pull", "x"), "x is no number"),
        ((RUN.id, "lost"), "invalid choice: 'lost'"),
        ((RUN.id, "closed", "--ledger", "/none.jsonl"), "/none.jsonl has no record of a run"),
    ],
)
def test_a_word_that_cannot_be_noted_gets_one_line_and_changes_nothing(shop, words, why):
    before = rows(shop)
    with pytest.raises(Denied, match=re.escape(why)) as error:
        bookkeeping.outcome(parse(["ledger", "outcome", *words, *at(shop, words)]), "ann", repos.PATH, NOW, render)
    assert "\n" not in str(error.value)
    assert rows(shop) == before


def test_a_run_that_left_no_patch_has_nothing_of_which_something_could_become(shop):
    spent = replace(RUN, id="5555555555", result="budget", detail="budget.per_day_usd is spent", branch=None, commit=None)
    own = shop / ".git" / OWN
    own.write_text(f"{encode(spent)}\n")
    done = typed("ledger", "outcome", spent.id, "merged", cwd=shop)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "route-agent: run 5555555555 came to `budget` (budget.per_day_usd is spent) and left no branch with a patch; "
        "note what became of a run that has one\n"
    )
    assert rows(shop) == [encode(spent)]


def test_why_it_left_none_is_one_line_of_bounded_length_whatever_the_record_says(shop):
    spent = replace(RUN, id="5555555555", result="stopped", detail="a\n\x1b[2J" + "b" * 900, branch=None, commit=None)
    (shop / ".git" / OWN).write_text(f"{encode(spent)}\n")
    with pytest.raises(Denied, match="left no branch with a patch") as error:
        bookkeeping.outcome(parse(["ledger", "outcome", spent.id, "merged", "--repo", str(shop)]), "ann", repos.PATH, NOW, render)
    assert not {"\n", "\x1b"} & set(str(error.value))
    assert len(str(error.value)) < 400


def test_a_folder_in_place_of_a_ledger_is_no_bug(shop):
    done = typed("ledger", "outcome", RUN.id, "merged", "--ledger", ".", cwd=shop)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "route-agent: the ledger . cannot be read (Is a directory); give another with --ledger\n"


def test_labels_of_local_runs_follow_the_last_word():
    def label(*what: str) -> str:
        rows = [(each, f"2026-01-0{day}T00:00:00Z") for day, each in enumerate(what, 2)]
        happened = tuple(Happened(RUN.id, at, each, None, None) for each, at in rows)  # type: ignore[arg-type]  # of `What`
        (life,) = read_books([[Line(encode(RUN).encode(), "x")]], NOW).lives
        return labelled(life.run, happened, NOW)[0]

    assert label() == "no_pull"
    assert label("merged") == "merged"
    assert label("reverted") == "reverted", "what was taken back was merged, though nobody noted it"
    assert label("merged", "reverted") == "reverted"
    assert label("merged", "reverted", "merged") == "merged"
    assert label("closed") == "closed"
    assert label("changes_requested", "merged") == "merged"


# ---- results of others -----------------------------------------------------------------------------------------------


def test_published_results_lie_beside_the_ledger_and_count_as_no_run(shop, tmp_path):
    before, runs = rows(shop), books(shop)
    (tmp_path / "board.json").write_text(json.dumps(BOARD))
    words = ("ledger", "import", str(tmp_path / "board.json"), "--source", "the site", "--lane-model", "fast=m-one")
    done = typed(*words, cwd=shop)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(
        "the site: bash-only: m-one (lane fast): 1 of 2 tasks resolved\nthe site: Lite: m-one (lane fast): 0 of 1"
    )
    assert "3 new lines in " in done.stdout
    assert "0 new lines in " in typed(*words, cwd=shop).stdout
    assert rows(shop) == before
    assert len((shop / ".git" / IMPORTED).read_text().splitlines()) == 3
    found = books(shop)
    assert replace(found, imported=(), lines=runs.lines) == runs
    assert [(each.source, each.model, each.result, each.micros) for each in found.imported] == [
        ("the site: Lite", "m-one", "not_resolved", 1_000_000),
        ("the site: bash-only", "m-one", "resolved", 270_000),
        ("the site: bash-only", "m-one", "not_resolved", None),
    ]
    assert [source.shown for source in sources(Wanted((), (shop,), None), repos.PATH)] == [
        f"{shop}/.git/{OWN}",
        f"{shop}/.git/{IMPORTED}",
    ]


def test_a_csv_goes_to_the_file_that_is_named_and_nothing_of_a_wrong_one_does(shop, tmp_path):
    (tmp_path / "lab.csv").write_text(CSV)
    (tmp_path / "wrong.csv").write_text(CSV + "octo/shop,8,m-two,maybe,,\n")
    wrong = typed("ledger", "import", str(tmp_path / "wrong.csv"), "--ledger", "own.jsonl", cwd=shop)
    assert wrong.returncode == 1
    assert wrong.stderr == f"route-agent: {tmp_path}/wrong.csv: line 5: resolved: `maybe` is neither true nor false\n"
    assert not (shop / "own.jsonl").exists()
    assert typed("ledger", "import", str(tmp_path / "lab.csv"), "--ledger", "own.jsonl", cwd=shop).returncode == 0
    assert [json.loads(row)["source"] for row in (shop / "own.jsonl").read_text().splitlines()] == ["lab.csv"] * 3


@pytest.mark.parametrize(
    ("data", "words", "why"),
    [
        (b"\xff\xfe", (), "is no text of UTF-8 (byte 0)"),
        (b"{}", (), "has no result of a single task"),
        (CSV.encode(), ("--lane-model", "m-one"), "--lane-model m-one is no LANE=MODEL"),
        (CSV.encode(), ("--lane-model", "=m-one"), "--lane-model =m-one is no LANE=MODEL"),
        (CSV.encode(), ("--lane-model", "fast="), "--lane-model fast= is no LANE=MODEL"),
        (CSV.encode(), ("--lane-model", "fast=m-one", "--lane-model", "top=m-one"), "or its model has a lane already"),
        (CSV.encode(), ("--lane-model", "a\nb"), "--lane-model a b is no LANE=MODEL"),
        (CSV.encode(), ("--lane-model", "fast=m-onne"), "did you mean `m-one`"),
        (None, (), "cannot be read (No such file or directory)"),
    ],
)
def test_what_cannot_be_imported_gets_one_line(shop, tmp_path, data, words, why):
    if data is not None:
        (tmp_path / "file").write_bytes(data)
    with pytest.raises(Denied, match=re.escape(why)) as error:
        bookkeeping.imported(parse(["ledger", "import", str(tmp_path / "file"), *words, *at(shop, words)]), repos.PATH, render)
    assert "\n" not in str(error.value)
    assert not (shop / ".git" / IMPORTED).exists()


def test_a_file_that_is_too_long_is_not_read(shop, tmp_path):
    with (tmp_path / "file").open("wb") as file:
        file.truncate(bookkeeping.MOST + 1)
    with pytest.raises(Denied, match="has more than 200,000,000 bytes; split it"):
        bookkeeping.imported(parse(["ledger", "import", str(tmp_path / "file"), "--repo", str(shop)]), repos.PATH, render)


def test_a_file_with_a_mark_of_its_encoding_is_read_as_one_without(shop, tmp_path):
    (tmp_path / "lab.csv").write_text(CSV, encoding="utf-8-sig")
    words = parse(["ledger", "import", str(tmp_path / "lab.csv"), "--source", "the lab", "--repo", str(shop)])
    said = bookkeeping.imported(words, repos.PATH, Templates(templates()))
    assert said.startswith("the lab: m-one: 1 of 2 tasks resolved\nthe lab: m-two: 1 of 1 task resolved\n3 new lines in ")
    assert "; 3 were there before" in bookkeeping.imported(words, repos.PATH, Templates(templates()))


def test_a_ledger_with_imported_lines_in_it_is_still_one_that_runs_can_read(shop, tmp_path):
    (tmp_path / "lab.csv").write_text(CSV)
    typed("ledger", "import", str(tmp_path / "lab.csv"), "--ledger", str(shop / ".git" / OWN), cwd=shop)
    assert typed("ledger", "outcome", RUN.id, "merged", cwd=shop).returncode == 0
    assert len(books(shop).imported) == 3
