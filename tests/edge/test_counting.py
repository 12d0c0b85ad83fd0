"""Ledgers that are counted in pieces by several processes: the report is the one that a single reader makes of the same lines."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import datetime, timedelta
from multiprocessing import Pipe
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.msgpack import encode as encoded

from bot.core.imported import Imported
from bot.core.ledger import Begun, Line, Record, encode
from bot.core.outcome import Outcome
from bot.core.past.part import Asked
from bot.core.past.report import report, told
from bot.core.past.survey import books
from bot.core.strict import document
from bot.counting import together
from bot.edge import volumes
from bot.edge.pieces import Counter
from bot.ledgers import Source, picked
from tests.edge.test_pieces import runs
from tests.fakes.typed import ENV, ROOT
from tests.ledgers import ledger
from tests.plans import START, Plan

NOW = START + timedelta(days=60)
ASKED = Asked(NOW, "", ())


def mixed(seed: int, runs: int = 40) -> list[bytes]:
    """Lines as a bad ledger has them: torn, of other versions, out of their order, told twice and otherwise, dated to come."""
    random = Random(seed)  # noqa: S311 - no secret: the same number always makes the same ledger
    items = list(ledger(Plan(runs=runs, seed=1, days=30)))
    records = [item for item in items if isinstance(item, Record)]
    again = [_otherwise(random.choice(records), random) for _ in range(12)]
    rows = [encode(item).encode() for item in [*items, *again, *_beside(records, random)]]
    rows += [random.choice(rows)[: random.randrange(5, 600)] for _ in range(6)]
    rows += [b"", b"  ", b"[]", b'{"kind":"record","version":9}', b"\xff\xfe", b'{"a":' * 2_000, rows[0]]
    random.shuffle(rows)
    return rows


def _otherwise(record: Record, random: Random) -> Record:
    """One more record of a run: the same, one that goes further, of another repository, an audit of it, one of a day to come."""
    return random.choice(
        (
            record,
            replace(record, seconds=record.seconds + random.randrange(-20, 20)),
            replace(record, repo=f"acme/other-{random.randrange(3)}"),
            replace(record, id=f"{record.id}-again", audits=record.id, result=random.choice(("pass", "not_fixed", "budget"))),
            replace(record, at="2031-01-01T00:00:00Z"),
            replace(record, cost_micros=None, always_strong=None),
        )
    )


def _beside(records: list[Record], random: Random) -> list[Line]:
    some = random.sample(records, 6)
    return [
        *(Begun(record.id, record.at, "") for record in some[:2]),
        Begun("c-at-work", some[0].at, ""),
        *(Outcome(record.id, "2020-01-01T00:00:00Z", "merged", "ann", 7, 0) for record in some[2:4]),
        *(Outcome(record.id, "2031-01-01T00:00:00Z", "closed", "ann", 7, 0) for record in some[4:]),
        Outcome("c-nobody", "2026-06-20T00:00:00Z", "closed", "ann", 7, None),
        *(Imported("a board", None, f"task-{n % 2}", "their-model", None, "resolved", n, 9, None) for n in range(4)),
    ]


def files(folder: Path, seed: int, many: int) -> list[Path]:
    """The same ledger's lines, and a second one's that tells some runs too, in so many files."""
    rows = mixed(seed) + mixed(seed + 1)
    made = [folder / f"{number}.jsonl" for number in range(many)]
    for number, place in enumerate(made):
        place.write_bytes(b"\n".join(rows[number::many]) + b"\n")
    return made


def alone(places: list[Path], asked: Asked) -> str:
    """The report of one reader."""
    since = datetime.fromisoformat(asked.first) if asked.first else None
    found = books([list(volumes.lines(place)) for place in places], asked.now, since)
    if asked.named:
        found = picked(found, asked.named)
    return document(report(found, ("it",), asked.now))


def crowd(places: list[Path], asked: Asked, most: int, whole: int = 0) -> str:
    """That of so many pieces a file; the first `whole` files are read here."""
    sources = tuple(Source(str(place), volumes.lines(place), place) for place in places)
    divided = [[] if number < whole else volumes.divided(place, most, 1) for number, place in enumerate(places)]
    counters = [[Counter(piece, None, asked) for piece in pieces] for pieces in divided]
    return document(told(together(sources, counters, asked), ("it",), asked.now))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("many", "most", "whole"), [(1, 2, 0), (1, 7, 0), (3, 3, 1), (2, 1, 0), (2, 40, 0), (2, 1, 2)])
def test_what_pieces_come_to_is_what_one_reader_counts(tmp_path, seed, many, most, whole):
    places = files(tmp_path, seed, many)
    asked = Asked(NOW, "", ())
    found = alone(places, asked)
    said = json.loads(found)
    assert crowd(places, asked, most, whole) == found
    assert min(said["faults"], said["doubled"], said["unknown_outcomes"], said["at_work"], len(said["elsewhere"])) > 0
    assert said["audits"] + said["audits_open"] > 0
    kinds = " ".join(fault["why"] for fault in said["fault_list"])
    assert all(kind in kinds for kind in ("no JSON", "version 9", "yet to come", "is older than the run"))
    assert ("stands in" in kinds) == (many > 1), "one file's last line counts, and is no dispute"


@pytest.mark.parametrize(
    ("first", "named"),
    [("2026-06-15T00:00:00Z", ()), ("", ("acme/other-2", "acme/other-1")), ("2026-06-04T00:00:00Z", ("acme/shop",))],
)
def test_pieces_count_the_same_days_and_repositories(tmp_path, first, named):
    places, asked = files(tmp_path, 9, 2), Asked(NOW, first, named)
    assert crowd(places, asked, 4) == alone(places, asked)
    assert json.loads(alone(places, asked))["runs"] < json.loads(alone(places, Asked(NOW, "", ())))["runs"]


@given(st.lists(st.integers(0, 30), min_size=1, max_size=5), st.integers(1, 6))
def test_an_empty_or_tiny_file_is_counted_too(tmp_path_factory, sizes, most):
    folder, rows = tmp_path_factory.mktemp("counting"), mixed(3, 12)
    places = [folder / f"{number}.jsonl" for number in range(len(sizes))]
    for place, size in zip(places, sizes, strict=True):
        place.write_bytes(b"\n".join(rows[:size]))
    assert crowd(places, ASKED, most) == alone(places, ASKED)


SAME = """
import os, sys
from pathlib import Path
from bot.counting import together
from bot.core.past.report import told
from bot.core.strict import document
from bot.edge import pieces, volumes
from bot.ledgers import Source
from tests.edge.test_counting import ASKED
forks = []
os.register_at_fork(before=lambda: forks.append(1))
os.sched_getaffinity = lambda _: range(3)
places = list(map(Path, sys.argv[1:]))
sources = tuple(Source(str(place), volumes.lines(place), place) for place in places)
with pieces.counters(places, ASKED, 10_000) as counters:
    print(document(told(together(sources, counters, ASKED), ("it",), ASKED.now)), end="")
print(len(forks), sum(map(len, counters)), file=sys.stderr)
"""


def test_processes_count_what_one_reader_counts(tmp_path):
    places = files(tmp_path, 20, 2)
    done = subprocess.run(
        [sys.executable, "-c", SAME, *map(str, places)], cwd=ROOT, env=ENV, capture_output=True, text=True, check=False
    )
    assert done.stderr.split() == ["6", "6"], done.stderr
    assert done.stdout == alone(places, ASKED)


@pytest.mark.parametrize("word", [b"", (1_000).to_bytes(4, "big") + b"half"])
def test_a_piece_whose_counter_came_to_an_end_is_counted_here(tmp_path, word):
    (place,) = files(tmp_path, 4, 1)
    (piece,) = volumes.divided(place, 1, 1)
    ours, theirs = Pipe()
    os.write(theirs.fileno(), word)
    theirs.close()
    with ours:
        counter = Counter(piece, ours, ASKED)
        found = counter.ids()
        counter.share({next(iter(found))})
        left = counter.settled().left
    assert found == Counter(piece, None, ASKED).ids()
    assert len(found) > 30
    assert left, "what was shared is left to whoever counts together"


def test_a_counter_that_dies_after_its_first_word_is_missed_and_its_piece_counted_here(tmp_path):
    (place,) = files(tmp_path, 4, 1)
    (piece,) = volumes.divided(place, 1, 1)
    ours, theirs = Pipe()
    theirs.send_bytes(encoded({"c1000000"}))
    theirs.close()
    with ours:
        counter = Counter(piece, ours, ASKED)
        assert counter.ids() == {"c1000000"}
        counter.share(set())
        assert counter.settled().counts.runs > 30


KILLED = """
import multiprocessing, os, sys
from pathlib import Path
from bot.edge import pieces
from tests.edge.test_counting import ASKED
os.sched_getaffinity = lambda _: range(2)
with pieces.counters([Path(sys.argv[1])], ASKED, 10_000) as ((first, *_),):
    first.ids()
    print(*(child.pid for child in multiprocessing.active_children()), flush=True)
    os.kill(os.getpid(), 9)
"""


def test_counters_of_somebody_who_was_killed_end_too(tmp_path):
    (place,) = files(tmp_path, 4, 1)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(place)], cwd=ROOT, env=ENV, capture_output=True, text=True, check=False
    )
    assert done.returncode == -9, done.stderr
    children = list(map(int, done.stdout.split()))
    assert len(children) == 2
    for _ in range(100):
        if not any(map(runs, children)):
            return
        time.sleep(0.1)
    raise AssertionError("they still wait to be told")
