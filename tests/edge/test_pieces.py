"""A ledger's file in pieces, and read by several processes: what comes of it is what one reader sees, line by line."""

import json
import os
import subprocess
import sys
import time
from multiprocessing import Pipe
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bot.core.past.lines import Line, parsed
from bot.core.past.shelves import LONGEST
from bot.edge import volumes
from bot.edge.pieces import received
from tests.fakes.typed import ENV, ROOT
from tests.ledgers import ledger, text
from tests.plans import Plan

LINES = st.lists(st.sampled_from([b"", b"{}", b"x" * 40, b"\xff", b" ", b"\r", b"y" * (LONGEST + 5)]), max_size=12)


@given(LINES, st.booleans(), st.integers(1, 5), st.integers(1, 60))
def test_the_lines_of_all_pieces_are_the_file_s_each_by_its_number(tmp_path_factory, lines, ended, most, least):
    place = tmp_path_factory.mktemp("pieces") / "ledger.jsonl"
    place.write_bytes(b"\n".join(lines) + (b"\n" if ended else b""))
    pieces = volumes.divided(place, most, least)
    assert len(pieces) <= most
    assert [line for piece in pieces for line in volumes.piece(piece)] == list(volumes.lines(place))


def test_there_are_as_many_pieces_as_were_asked_for(tmp_path):
    place = tmp_path / "ledger.jsonl"
    place.write_bytes(b"{}\n" * 4_000)
    pieces = volumes.divided(place, 4, 1_000)
    assert [(piece.start, piece.end) for piece in pieces] == [(3_000 * n, 3_000 * n + 3_000) for n in range(4)]
    assert len(volumes.divided(place, 4, 6_000)) == 2
    assert volumes.divided(tmp_path, 4, 1) == [], "a folder has none"


SAME = """
import json, os, sys
from pathlib import Path
from bot.core.past.lines import parsed
from bot.edge import pieces, volumes
forks = []
os.register_at_fork(before=lambda: forks.append(1))
place = Path(sys.argv[1])
os.sched_getaffinity = lambda _: range(3)
alone = [said for line in volumes.lines(place) if (said := line if isinstance(line, pieces.Fault) else parsed(line))]
crowd = list(pieces.read(place, 10_000))
print(json.dumps([len(forks), len(alone), crowd == alone]))
"""


def test_what_several_processes_read_is_what_one_reads(tmp_path):
    place = tmp_path / "ledger.jsonl"
    place.write_bytes(text(ledger(Plan(runs=60))) + b"torn\n" + text(ledger(Plan(runs=60, seed=2))))
    done = subprocess.run([sys.executable, "-c", SAME, str(place)], cwd=ROOT, env=ENV, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    forks, lines, same = json.loads(done.stdout)
    assert (forks, same) == (2, True)
    assert lines > 120


def test_a_piece_whose_reader_came_to_an_end_is_read_here(tmp_path: Path):
    place = tmp_path / "ledger.jsonl"
    place.write_bytes(text(ledger(Plan(runs=3))))
    (piece,) = volumes.divided(place, 1, 1)
    ours, theirs = Pipe(duplex=False)
    theirs.close()
    with ours:
        found = list(received(piece, ours))
    assert found == [parsed(line) for line in volumes.lines(place) if isinstance(line, Line)]
    assert len(found) >= 3


def test_a_reader_that_dies_in_the_middle_of_a_word_is_read_after(tmp_path: Path):
    place = tmp_path / "ledger.jsonl"
    place.write_bytes(text(ledger(Plan(runs=3))))
    (piece,) = volumes.divided(place, 1, 1)
    ours, theirs = Pipe(duplex=False)
    os.write(theirs.fileno(), (1_000).to_bytes(4, "big") + b"half")
    theirs.close()
    with ours:
        assert len(list(received(piece, ours))) >= 3


KILLED = """
import multiprocessing, os, sys
from pathlib import Path
from bot.edge import pieces
os.sched_getaffinity = lambda _: range(2)
lines = pieces.read(Path(sys.argv[1]), 10_000)
next(lines)
print(*(child.pid for child in multiprocessing.active_children()), flush=True)
os.kill(os.getpid(), 9)
"""


def test_readers_of_somebody_who_was_killed_end_too(tmp_path):
    place = tmp_path / "ledger.jsonl"
    place.write_bytes(text(ledger(Plan(runs=400))))  # more than a pipe holds: the reader waits until it is heard
    words = [sys.executable, "-c", KILLED, str(place)]
    done = subprocess.run(words, cwd=ROOT, env=ENV, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == -9, done.stderr
    (child,) = map(int, done.stdout.split())
    for _ in range(100):
        if not runs(child):
            return
        time.sleep(0.1)
    os.kill(child, 9)
    raise AssertionError("it still waits to be heard")


def runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False
