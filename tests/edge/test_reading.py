"""A ledger's branch, folder or file as anybody may have left it: what is none of ours is named, and all the rest is read."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.ledger import Line as Written
from bot.core.ledger import encode
from bot.core.outcome import Outcome
from bot.core.past.survey import Books
from bot.failures import Denied
from bot.ledgers import Wanted, gathered
from tests.core.test_history import RECORD
from tests.fakes.repos import PATH, git, make

NOW, BRANCH = datetime(2026, 2, 1, tzinfo=UTC), "route-agent-ledger"
REMOTE = f"refs/remotes/origin/{BRANCH}"
GOOD = replace(RECORD, id="good")
ROOT = Path(__file__).resolve().parents[2]


def line(item: Written) -> bytes:
    return encode(item).encode() + b"\n"


def other(**fields: object) -> bytes:
    return json.dumps({**json.loads(encode(GOOD)), "id": "bad", **fields}).encode()


def without(field: str) -> bytes:
    made = json.loads(other())
    del made[field]
    return json.dumps(made).encode()


MONTH = "records/2026-01/"
TORN = line(GOOD)[:700]
FILES: dict[str, tuple[bytes, str]] = {
    "records/README.md": (b"# what this is\n\nlines\n", "no file of a ledger: those end in .json or .jsonl"),
    f"{MONTH}torn.json": (TORN, "no JSON of UTF-8: Input data was truncated"),
    f"{MONTH}empty.json": (b"", "empty"),
    f"{MONTH}package.json": (b'{\n "name": "shop",\n "version": "1.0.0"\n}\n', "missing required field `kind`"),
    f"{MONTH}list.json": (b"[\n1,\n2\n]\n", "Expected `object`, got `array`"),
    f"{MONTH}picture.json": (b"\x89PNG\r\n\x1a\n\x00\x00\n\xff\xfe\n" * 40, "no JSON of UTF-8"),
    f"{MONTH}large.json": (
        b'{"kind": "record", "task": "' + b"x" * 30_000_000,
        "30,000,028 bytes; no file|longer than 1,000,000 bytes",
    ),
    f"{MONTH}v0.json": (other(version=0), "version 0 is not known"),
    f"{MONTH}v2.json": (other(version=2, kind="novel"), "version 2 is not known, only 1: a newer release"),
    f"{MONTH}field.json": (without("score"), "missing required field `score`"),
    f"{MONTH}class.json": (other(task_class="\x1b[31msorcery"), r"Invalid enum value '\\x1b\[31msorcery'|sorcery"),
    f"{MONTH}money.json": (other(cost_micros=-5), "Expected `int` >= 0"),
    f"{MONTH}path.json": (other(id="../../x"), "regex"),
    f"{MONTH}soon.json": (
        other(at="2027-01-01T00:00:00Z"),
        "2027-01-01T00:00:00Z is yet to come: a clock was wrong; it is not counted",
    ),
    f"{MONTH}x.json/inner.json": (line(replace(GOOD, id="inner")), "a folder that is called as a file is"),
    "outcomes/2026-01/odd.json": (b'{"kind": "outcome", "run": "good"}', "missing required field `at`"),
}
PLACES = {path.partition("/inner")[0] for path in FILES}


def well() -> dict[str, bytes]:
    """What has to be read, whatever lies beside it."""
    pretty = json.dumps(json.loads(encode(replace(GOOD, id="pretty"))), indent=2).encode()
    old = encode(Outcome("early", "2025-12-01T00:00:00Z", "merged", "ann", 7, 0)).encode()
    return {
        f"{MONTH}good.json": line(GOOD),
        f"{MONTH}pretty.json": pretty,
        f"{MONTH}early.json": line(replace(GOOD, id="early")),
        "records/2026-01.jsonl": TORN + b"\n" + line(replace(GOOD, id="packed")) + b"\n" + line(replace(GOOD, id="more")),
        "outcomes/2026-01/early-merged.json": old,
    }


READ = ["early", "good", "more", "packed", "pretty"]


@dataclass(frozen=True)
class Place:
    """A repository with a ledger's branch, and the checkout of that branch."""

    clone: Path
    checkout: Path


@pytest.fixture
def place(tmp_path: Path) -> Place:
    checkout, clone = tmp_path / "checkout", tmp_path / "clone"
    make(checkout, {"README.md": "the ledger"})
    for path, content in [*well().items(), *((path, content) for path, (content, _) in FILES.items())]:
        (checkout / path).parent.mkdir(parents=True, exist_ok=True)
        (checkout / path).write_bytes(content)
    (checkout / f"{MONTH}link.json").symlink_to("good.json")
    (checkout / "records/away").symlink_to("/etc")
    make(checkout / "records/module", {"c9.json": line(replace(GOOD, id="nested"))})
    git(checkout, "add", ".")
    git(checkout, "commit", "-qm", "as it may be")
    git(checkout, "branch", "-m", BRANCH)
    make(clone, {"a.py": "x = 1\n"})
    git(clone, "fetch", "-q", str(checkout), f"{BRANCH}:{REMOTE}")
    return Place(clone, checkout)


def faults(books: Books) -> dict[str, str]:
    return {fault.place.partition(":")[0]: fault.why for fault in books.faults}


def matched(found: dict[str, str]) -> None:
    for path, (_, why) in FILES.items():
        named = path.partition("/inner")[0]
        assert re.search(why, found[named]), (named, found[named])


def test_on_a_branch_everything_that_is_no_line_of_a_ledger_is_named_and_the_rest_is_read(place):
    books, (shown,) = gathered(Wanted((), (place.clone,), None), PATH, NOW)
    assert [life.run.id for life in books.lives] == READ
    found = faults(books)
    matched(found)
    assert found[f"{MONTH}link.json"] == found["records/away"] == "a link, which is not followed"
    assert found["records/module"] == "another repository (a submodule)"
    assert found["records/2026-01.jsonl"].startswith("no JSON")
    assert found["run early of shop"].endswith("a clock was wrong; it is counted")
    assert set(found) == PLACES | {
        f"{MONTH}link.json",
        "records/away",
        "records/module",
        "records/2026-01.jsonl",
        "run early of shop",
    }
    assert len(books.faults) == len(found), "one for each, however many lines it has"
    assert all(fault.place.isprintable() and fault.why.isprintable() for fault in books.faults)
    assert shown == f"{place.clone}: origin/{BRANCH} (whether it was rewritten cannot be known here)"


def test_in_a_checkout_the_same_is_named_and_read(place):
    (place.checkout / f"{MONTH}pipe.json").unlink(missing_ok=True)
    os.mkfifo(place.checkout / f"{MONTH}pipe.json")
    books, _ = gathered(Wanted((place.checkout,), (), None), PATH, NOW)
    found = faults(books)
    assert {life.run.id for life in books.lives} == {*READ, "nested"}, "git sees no files in another repository, a folder has them"
    matched(found)
    assert found[f"{MONTH}link.json"] == found["records/away"] == "a link, which is not followed"
    assert found[f"{MONTH}pipe.json"] == "no regular file"
    assert len(books.faults) == len(found)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_named(place):
    (place.checkout / f"{MONTH}torn.json").chmod(0)
    books, _ = gathered(Wanted((place.checkout,), (), None), PATH, NOW)
    assert faults(books)[f"{MONTH}torn.json"] == "cannot be read (Permission denied)"
    assert {life.run.id for life in books.lives} == {*READ, "nested"}


def test_a_folder_without_a_ledger_is_said_to_be_one_and_not_read_as_an_empty_ledger(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("no ledger\n")
    make(tmp_path / "shop", {"a": "b"})
    (tmp_path / "shop" / ".git" / "route-agent" / "ledger.jsonl").mkdir(parents=True)
    for wanted in (Wanted((tmp_path / "empty",), (), None), Wanted((), (tmp_path / "shop",), None)):
        with pytest.raises(Denied, match="is a folder, and no ledger lies in it; give a ledger's file, "):
            gathered(wanted, PATH, NOW)
    (tmp_path / "empty" / "records").mkdir()
    assert gathered(Wanted((tmp_path / "empty",), (), None), PATH, NOW)[0].lives == (), "a branch to which nothing was written"


def test_a_local_ledger_with_torn_and_endless_lines_is_read_around_them(tmp_path):
    file = tmp_path / "ledger.jsonl"
    rows = [line(GOOD), TORN + b"\n", b"x" * 3_000_000 + b"\n", b"\0" * 512 + b"\n", line(replace(GOOD, id="late")), TORN]
    file.write_bytes(b"".join(rows))
    books, _ = gathered(Wanted((file,), (), None), PATH, NOW)
    assert [life.run.id for life in books.lives] == ["good", "late"]
    assert [fault.place for fault in books.faults] == [f"{file}:{number}" for number in (2, 3, 4, 6)]
    assert "longer than 1,000,000 bytes" in books.faults[1].why


def test_a_report_of_a_broken_ledger_ends_well(place):
    words = [sys.executable, "-m", "bot", "ledger", "report", "--repo", str(place.clone)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "5 runs" in done.stdout


def fetched(place: Place) -> None:
    git(place.clone, "fetch", "-q", str(place.checkout), f"+{BRANCH}:{REMOTE}")


def grow(place: Place, name: str) -> None:
    (place.checkout / f"{MONTH}{name}.json").write_bytes(line(replace(GOOD, id=name)))
    git(place.checkout, "add", ".")
    git(place.checkout, "commit", "-qm", name)


def of_branch(books: Books) -> list[str]:
    return [fault.why for fault in books.faults if fault.place == f"the branch origin/{BRANCH}"]


def test_a_branch_that_only_grew_is_not_called_rewritten(place):
    grow(place, "next")
    fetched(place)
    books, (shown,) = gathered(Wanted((), (place.clone,), None), PATH, NOW)
    assert of_branch(books) == []
    assert shown == f"{place.clone}: origin/{BRANCH}"
    assert len(books.lives) == len(READ) + 1


def test_a_branch_whose_tip_was_thrown_away_since_the_last_fetch_is_named_with_what_is_gone_and_read(place):
    grow(place, "lost")
    fetched(place)
    old = git(place.clone, "rev-parse", REMOTE)
    git(place.checkout, "reset", "-q", "--hard", "HEAD~1")
    grow(place, "instead")
    fetched(place)
    grow(place, "later")
    fetched(place)
    new = git(place.clone, "rev-parse", REMOTE)
    books, _ = gathered(Wanted((), (place.clone,), None), PATH, NOW)
    assert of_branch(books) == [
        f"rewritten: {old[:12]}, which was its tip, is no ancestor of {new[:12]}; 1 file that was there is gone"
    ]
    assert {life.run.id for life in books.lives} == {*READ, "instead", "later"}


def _no_log(place: Place) -> None:
    (place.clone / ".git" / "logs" / REMOTE).unlink()


def _shallow(place: Place) -> None:
    grow(place, "next")
    git(place.clone, "update-ref", "-d", REMOTE)
    for name in ("one", "two"):
        git(place.clone, "fetch", "-q", "--depth=1", place.checkout.as_uri(), f"+{BRANCH}:{REMOTE}")
        grow(place, name)


@pytest.mark.parametrize("change", [_no_log, _shallow])
def test_where_no_log_of_the_branch_is_kept_or_its_past_is_cut_off_nobody_can_know(place, change: Callable[[Place], None]):
    change(place)
    books, (shown,) = gathered(Wanted((), (place.clone,), None), PATH, NOW)
    assert shown.endswith("(whether it was rewritten cannot be known here)")
    assert of_branch(books) == []
