"""The routing frontier on forty made-up rows: that it computes what it says, and that nothing known later can fool it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench.frontier import invent
from bench.frontier.__main__ import DATA
from bench.frontier.bootstrap import DRAWS, Bootstrap
from bench.frontier.cascade import THRESHOLDS, Curve, Gate, Verifier, at_threshold, at_thresholds, expected, sweep
from bench.frontier.data import LANES, Lane, Outcomes, load
from bench.frontier.features import Leak, View
from bench.frontier.gates import best_pair
from bench.frontier.measured import Count, measured
from bench.frontier.measures import Point, held_out, metrics, most_within, picked, point
from bench.frontier.page import page, paragraph
from bench.frontier.report import kept
from bench.frontier.report import run as run_on
from bench.frontier.routers import ROUTERS, SHIPPED, prepare
from bench.frontier.routing import decide, spend
from bench.frontier.table import table
from bench.verifier.table import counts
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


def test_every_figure_of_our_gate_is_the_one_in_the_page_of_the_verifier_bench():
    lines = (ROOT / "bench" / "verifier.md").read_text().splitlines()
    for row in measured().rows:
        (line,) = [line for line in lines if line.startswith("|") and line.lstrip("|* ").startswith(row.name)]
        (caught, away), rejected = re.findall(r"(\d+) of (\d+)", line)[:2], line.split("|")[3]
        assert (caught, away) == ((str(row.caught), str(row.wrong)), (str(row.away), str(row.right))), row.name
        assert int(rejected) == row.rejected, row.name


def test_our_gate_is_claimed_by_its_bounds():
    count = measured().row("headline")
    low, high = wilson(count.caught, count.wrong)[0], wilson(count.away, count.right)[1]
    assert (count.bound().s, count.bound().f) == (low, high)


def test_the_verifier_bench_counts_what_the_frontier_reads():
    verdict = {"regime": "no new test", "base": "green", "held_out": False, "verdict": "accepted", "right": True}
    away, caught = {**verdict, "verdict": "not verified"}, {**verdict, "right": False, "verdict": "rejected", "base": "red"}
    verdicts = [verdict, away, caught, {**caught, "verdict": "not verified", "held_out": True}]
    counted = [Count(**row) for row in counts(verdicts)]
    assert [row.name for row in counted] == [
        "headline",
        "tuning cases",
        "held-out cases",
        "no new test, base red",
        "no new test, base green",
    ]
    assert counted[0] == Count("headline", caught=2, wrong=2, rejected=1, away=1, right=2, away_rejected=0)
    assert counted[2] == Count("held-out cases", caught=1, wrong=1, rejected=0, away=0, right=0, away_rejected=0)


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


@pytest.fixture(scope="module")
def outcomes():
    return load(invent.FILE.parent)


def test_a_threshold_for_each_fold_is_scored_on_that_fold_alone(outcomes):
    chain, verifier = outcomes.lanes(("ds", "mini", "s45")), Verifier(0.8, 0.5)
    picks = (90, 110, 130, 150, 170)
    found = at_thresholds(chain, outcomes.folds, verifier, picks)
    alone = [at_threshold(chain, verifier, float(THRESHOLDS[pick])) for pick in picks]
    curve = sweep(chain, outcomes.folds, verifier, 50_000)
    for fold, one in enumerate(alone):
        mine = outcomes.folds == fold
        assert found.resolved[mine].tolist() == one.resolved[mine].tolist()
        assert found.cost(50_000)[mine].sum() == pytest.approx(curve.cost[picks[fold], fold])
    assert held_out(curve, chain[-1], picks) == point(found, chain[-1], 50_000)


def test_what_is_picked_for_a_fold_does_not_look_at_it():
    """Each of two thresholds is good on one of two folds alone."""
    good = Curve(np.array([[0.0, 10.0], [9.0, 0.0]]), np.zeros((2, 2)))
    strong = lane([1, 1], [1.0, 1.0])
    assert picked(good, strong, np.array([0, 1]), most_within(1.0)) == (0, 1)
    assert held_out(good, strong, (0, 1)) == Point(0.0, 0.0)


@pytest.mark.parametrize("router", [each for each in ROUTERS if "text" not in each.reads], ids=lambda each: each.name)
def test_what_a_router_does_in_a_fold_does_not_hang_on_the_outcomes_there(outcomes, router):
    prepared = prepare(router, outcomes, "mini")
    assert prepared is not None
    fast, strong = outcomes.lanes(("mini", "s45"))
    scores, mask = decide(prepared, fast, strong)
    for fold in range(5):
        mine = outcomes.folds == fold
        other = [
            Lane(np.where(mine, 1 - each.resolved, each.resolved), np.where(mine, 9 * each.micros, each.micros), each.steps)
            for each in (fast, strong)
        ]
        again, dealt = decide(prepared, *other)
        assert again[mine].tolist() == scores[mine].tolist()
        assert dealt[mine].tolist() == mask[mine].tolist()


def test_a_router_ships_every_wrong_patch_of_the_cheap_lane_and_is_judged_like_a_cascade():
    fast, strong = lane([1, 0, 0], [0.1, 0.1, 0.1]), lane([1, 1, 0], [1.0, 1.0, 1.0])
    spent = spend(SHIPPED, np.array([False, True, False]), fast, strong)
    assert spent.wrong.tolist() == [0.0, 0.0, 1.0]
    found = metrics(spent, (fast, strong))
    assert found.found.resolved == 2.0
    assert found.found.share == pytest.approx(0.4)
    assert found.random == pytest.approx(1 + (1.2 - 0.3) / (3.0 - 0.3))
    assert (found.below_oracle, found.checking) == (0.0, 0.0)
    assert found.a_more == pytest.approx(0.9)


def test_the_best_pair_of_a_fold_is_chosen_on_the_others():
    """A gate that accepts everything: a pair resolves what its first lane does, and each lane is good on one fold alone."""
    dear = lane([0, 0, 0, 0, 1], [9.0] * 5)
    models = {"x": lane([1, 1, 1, 0, 0], [0.1] * 5), "y": lane([0, 0, 0, 1, 1], [0.1] * 5), LANES["s45"]: dear}
    outcomes = Outcomes("synthetic", "", np.array([0, 0, 0, 1, 1]), models, {})
    boot = Bootstrap.of(5, 50)
    found = best_pair(outcomes, "any", Gate(0.0, 0.0), 0.45, boot)
    assert [pick.split(" → ")[0] for pick in found.picks] == ["y", "x"]
    assert found.found.resolved == 0.0
    none = best_pair(outcomes, "any", Gate(0.0, 0.0), 0.0, boot)
    assert (none.picks, none.found) == (("none → s45",) * 2, Point(1.0, 1.0))


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "bench.frontier", *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The command on the made-up rows: what it printed, found and drew."""
    folder = tmp_path_factory.mktemp("frontier")
    words = ("--draws", "200", "--json", str(folder / "found.json"), "--picture", str(folder / "drawn.png"))
    return run(str(invent.FILE.parent), *words), folder


def test_one_command_prints_the_tables_and_draws_the_picture(made):
    done, folder = made
    assert done.returncode == 0, done.stdout[-600:] + done.stderr[-600:]
    for part in ("## A: a router alone", "## B: a cascade", "**The aim**", "had execution in the loop", "On 40 made-up issues"):
        assert part in done.stdout
    assert "hindsight is refused: holds (3 of 3 planted policies)" in done.stdout
    assert "FAILS" not in done.stdout
    assert (folder / "drawn.png").read_bytes().startswith(b"\x89PNG")


def test_the_aim_is_printed_for_every_chain_with_checks_paid(made):
    aims = re.findall(
        r"^- (.+ → .+): (?:met|\*\*MISSED\*\*), [\d.]+ of \d+ at [\d.]+ % .*, with checks free ", made[0].stdout, re.MULTILINE
    )
    assert aims == ["mini → s45", "mini → gpt5", "mini → opus45", "mini → gem3", "ds → s45", "ds → mini → s45"]


def test_what_is_kept_is_read_back_as_it_was_and_says_the_same(made):
    report = kept(made[1] / "found.json")
    assert (report.kind, report.draws, report.sound, report.publishable) == ("synthetic", 200, True, False)
    assert {each.chain for each in report.folds} == {each.chain for each in report.pairs}
    assert len(report.folds) == 6 * 5
    assert table(report).split("\n## ")[-2] in made[0].stdout


def test_the_documents_say_what_was_found_with_our_gate_as_it_is_measured_now():
    report = kept()
    assert report.publishable
    assert report.gate == measured(), "the verifier bench was run anew: python3 dev.py frontier DATA"
    assert (ROOT / "bench" / "frontier.md").read_text() == page(report)
    assert paragraph(report) in (ROOT / "README.md").read_text()


def test_the_picture_is_shown_and_is_light():
    picture = ROOT / "docs" / "frontier.png"
    assert "docs/frontier.png" in (ROOT / "README.md").read_text()
    assert picture.stat().st_size <= 60_000


@pytest.mark.skipif(
    not os.environ.get(DATA), reason=f"{DATA} names no folder with the public outcomes; they are not ours to hand out"
)
def test_on_the_real_data_the_page_is_what_is_found():
    assert page(run_on(load(Path(os.environ[DATA])), DRAWS)) == (ROOT / "bench" / "frontier.md").read_text()


def test_without_data_one_line_says_where_they_are():
    done = run("/nowhere")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
