"""The routing frontier on forty made-up rows: that it computes what it says, and that nothing known later can fool it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench.frontier import invent
from bench.frontier.cascade import Gate, expected
from bench.frontier.data import Lane, load
from bench.frontier.features import Leak, View
from bench.frontier.measured import measured
from bot.core.past.interval import wilson
from bot.ports import Denied

ROOT = Path(__file__).resolve().parents[1]


def lane(resolved: list[int], dollars: list[float]) -> Lane:
    return Lane(np.array(resolved), np.array([round(each * 1e6) for each in dollars]), np.ones(len(resolved), dtype=np.int64))


def test_the_made_up_rows_are_those_that_are_invented():
    assert invent.FILE.read_text() == invent.text()
    found = load(invent.FILE.parent)
    assert (len(found), len(found.models), found.kind) == (40, 6, "synthetic")
    assert set(found.folds) == {0, 1, 2, 3, 4}


def test_a_cascade_by_hand():
    fast, strong = lane([1, 0], [0.1, 0.2]), lane([1, 1], [1.0, 2.0])
    found = expected((fast, strong), Gate(s=0.75, f=0.25))
    assert found.resolved.tolist() == [1.0, 0.75], "right and kept, or turned away and right again; wrong, and caught"
    assert (found.micros / 1e6).tolist() == [pytest.approx(0.1 + 0.25 * 1.0), pytest.approx(0.2 + 0.75 * 2.0)]
    assert found.checks.tolist() == [1.0, 1.0]
    assert found.wrong.tolist() == [0.0, 0.25]
    assert found.cost(50_000).sum() == pytest.approx((0.35 + 1.7 + 0.1) * 1e6)


@pytest.mark.parametrize(
    ("reads", "door"),
    [("gold_lines", "before"), ("difficulty", "before"), ("f2p", "after"), ("steps", "before"), ("never_heard_of", "after")],
)
def test_a_policy_that_reads_what_is_known_later_is_an_error(reads, door):
    columns = {reads: (1, 2)}
    with pytest.raises(Leak, match=reads):
        View(columns, np.array([0, 1]), frozenset({reads}), door)


def test_what_is_not_declared_cannot_be_read():
    view = View({"urls": (1,), "text": ("a",)}, np.array([0]), frozenset({"urls"}), "before")
    assert view.values("urls") == (1,)
    with pytest.raises(Leak, match="not declared"):
        view.values("text")


def test_our_gate_is_the_one_that_the_verifier_bench_measured_by_its_bounds():
    told = (ROOT / "bench" / "verifier.md").read_text()
    row = re.search(r"\*\*headline\*\*.*?\| (\d+) of (\d+), .*?\| (\d+) of (\d+), ", told)
    assert row is not None
    caught, wrong, away, right = map(int, row.groups())
    count = measured().rows[0]
    assert (count.caught, count.wrong, count.away, count.right) == (caught, wrong, away, right)
    low, high = wilson(caught, wrong)[0], wilson(away, right)[1]
    assert (count.bound().s, count.bound().f) == (low, high)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "no file with outcomes is there; get data/leaderboards.json of"),
        ({"verified_matrix.json.gz": b"x"}, "is another version"),
        ({"synthetic.json": b"{"}, "cannot be read as JSON"),
        ({"synthetic.json": b'{"rows": []}'}, "0 issues and 0 lanes, and not 40 and 6"),
    ],
)
def test_data_that_are_missing_or_others_are_refused_with_the_place_to_get_them(tmp_path, files, says):
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(Denied, match=re.escape(says)):
        load(tmp_path)


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "bench.frontier", *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )


def test_one_command_prints_the_tables_and_draws_the_picture(tmp_path):
    done = run(str(invent.FILE.parent), "--draws", "200", "--json", str(tmp_path / "f.json"), "--picture", str(tmp_path / "f.png"))
    assert done.returncode == 0, done.stdout[-600:] + done.stderr[-600:]
    for part in ("## A: a router alone", "## B: a cascade", "**The aim**", "had execution in the loop", "On 40 made-up issues"):
        assert part in done.stdout
    assert "hindsight is refused: holds (3 of 3 planted policies)" in done.stdout
    assert "FAILS" not in done.stdout
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((tmp_path / "f.json").read_text())["kind"] == "synthetic"


def test_without_data_one_line_says_where_they_are():
    done = run("/nowhere")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
