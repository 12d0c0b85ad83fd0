"""The ledger file and the kept Trails: what a crash, a stranger or a second process may leave there."""

import multiprocessing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.budget import Wish
from bot.core.ledger import LedgerError, decode, encode
from bot.core.policy import Budget
from bot.core.route import Refusal
from bot.core.spend import Charge, Held
from bot.core.trail import Trail
from bot.edge.store import Lines, Runs
from bot.ports import Denied
from tests.core.test_trail import FULL, opened, tried

CHARGE = Charge("r1", "2026-01-02T00:00:00Z", "ann", "fast", 5, "policy")


@pytest.fixture
def lines(tmp_path: Path) -> Lines:
    return Lines(tmp_path / "deep" / "ledger.jsonl")


def charge(run: str = "r1", at: str = "2026-01-02", actor: str = "ann", micros: int | None = 5) -> Charge:
    return Charge(run, f"{at}T00:00:00Z", actor, "fast", micros, "policy")


def test_what_was_spent_is_summed_by_run_and_what_was_never_answered_counts_at_its_worst(lines):
    held = Held("r1", "2026-01-02T00:00:00Z", "ann", "fast", 9)
    for item in (charge(), charge("r2", micros=7), held, charge(micros=3), held, held, charge(micros=4)):
        lines.append(item)
    assert lines.spent("r1") == 5 + 3 + 9 + 4
    assert lines.spent("r2") == 7
    assert lines.spent("nobody") == 0
    lines.append(held)
    assert lines.spent("r1") == 21 + 9


def test_one_charge_of_unknown_cost_makes_the_sum_of_its_run_unknown(lines):
    lines.append(charge(micros=None))
    lines.append(charge("r2"))
    assert lines.spent("r1") is None
    assert lines.spent("r2") == 5


def test_a_line_torn_by_a_crash_is_named_and_the_next_one_is_not_lost(lines, tmp_path):
    lines.append(charge())
    path = tmp_path / "deep" / "ledger.jsonl"
    path.write_bytes(path.read_bytes() + encode(charge("r2")).encode()[:20])
    lines.append(charge("r3"))

    with pytest.raises(Denied, match=r"ledger\.jsonl:2 is no ledger line \(Invalid JSON: .* mend or remove that line"):
        lines.spent("r1")

    rows = path.read_text().splitlines()
    path.write_text("\n".join((rows[0], rows[2])) + "\n")
    assert [item.run for item in lines.lines() if isinstance(item, Charge)] == ["r1", "r3"]


@pytest.mark.parametrize(
    "text", ["", "{}", "null", '{"kind": "charge"}', encode(CHARGE)[:-1], encode(CHARGE).replace(":5,", ":-5,")]
)
def test_what_is_no_ledger_line_says_so(text: str):
    with pytest.raises(LedgerError):
        decode(text)


@settings(max_examples=200)
@given(st.text(max_size=60) | st.integers(0, 100).map(lambda n: encode(CHARGE)[:n] + "x" + encode(CHARGE)[n:]))
def test_a_line_is_read_as_it_was_written_or_refused(text: str):
    try:
        item = decode(text)
    except LedgerError:
        return
    assert decode(encode(item)) == item


def _append(path: Path, start: int) -> None:
    for number in range(start, start + 50):
        Lines(path).append(charge(f"r{number}", micros=1))


def test_processes_that_write_at_once_tear_nothing(tmp_path):
    path = tmp_path / "ledger.jsonl"
    fork = multiprocessing.get_context("spawn")
    writers = [fork.Process(target=_append, args=(path, start)) for start in (0, 100, 200)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sum(item.micros or 0 for item in Lines(path).lines() if isinstance(item, Charge)) == 150


def test_what_a_killed_run_left_set_aside_is_settled_by_what_it_spent_and_a_run_at_work_keeps_its_share(tmp_path):
    caps = Budget.model_validate({"per_run_usd": 1, "per_day_usd": 1})
    runs = Runs(tmp_path / "runs")
    lines = Lines(tmp_path / "ledger.jsonl", runs.over)
    now = "2026-01-02T10:00:00Z"
    with runs.alone("r1"):
        assert lines.reserve(caps, Wish("r1", "ann", now)) == 1_000_000
        lines.append(Held("r1", now, "ann", "fast", 70_000))
        assert isinstance(lines.reserve(caps, Wish("r2", "ann", now)), Refusal), "it is at work"
    assert lines.reserve(caps, Wish("r2", "ann", now)) == 930_000
    assert isinstance(Lines(tmp_path / "ledger.jsonl").reserve(caps, Wish("r3", "ann", now)), Refusal), (
        "who cannot know does not guess"
    )


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "runs")


def test_a_trail_is_kept_whole_and_found_again(runs, tmp_path):
    assert runs.find("r1") is None
    runs.keep(Trail(FULL.opened))
    runs.keep(FULL)
    assert runs.find("r1") == FULL
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["r1.json"], "nothing half-written stays"


@pytest.mark.parametrize("trail", [b"", b"{}", b"\xff\xfe"])
def test_a_file_that_is_no_trail_is_named_with_the_remedy(runs, tmp_path, trail):
    runs.keep(FULL)
    (tmp_path / "runs" / "r1.json").write_bytes(trail)
    with pytest.raises(Denied, match=r"r1\.json cannot be resumed .* remove it to start over"):
        runs.find("r1")


def test_a_trail_that_skips_a_step_is_not_resumed(runs):
    runs.keep(Trail(opened(), (tried("strong"),)))
    with pytest.raises(Denied, match="`tried` cannot stand there"):
        runs.find("r1")


def test_two_processes_never_work_on_one_run(runs, tmp_path):
    other = Runs(tmp_path / "runs")
    with runs.alone("r1"), other.alone("r2"), pytest.raises(Denied, match="at work already"), other.alone("r1"):
        pass
    with other.alone("r1"):
        pass
