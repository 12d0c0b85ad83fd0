"""A run killed after any step goes on where it stopped, and buys nothing twice."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.core.ledger import Record
from bot.core.spend import Charge, Held
from bot.core.step import Ask, next_step
from bot.core.trail import Trail
from bot.core.trailfile import decode, encode
from bot.demo.scripted import Scripted
from bot.edge.store import Runs
from bot.ports import Denied
from tests.fakes.jobs import Job
from tests.fakes.repos import BAD, DONE, GOOD

LANES: dict[str, list[Any]] = {"fast": [BAD, DONE], "strong": [GOOD, DONE]}
STEPS = 6
"""Two attempts, each asked and proved; the push; the publication."""


class Killed(BaseException):
    """The machine goes away."""


class KillingRuns(Runs):
    """Keeps Trails as ever, and dies right after the n-th time."""

    def __init__(self, folder: Path, left: int) -> None:
        super().__init__(folder)
        self.left = left

    def keep(self, trail: Trail) -> None:
        super().keep(trail)
        self.left -= 1
        if self.left == 0:
            raise Killed


@pytest.mark.parametrize("kills", range(1, STEPS + 2))
def test_a_run_killed_after_any_step_resumes_and_buys_nothing_twice(job, kills):
    first = Scripted(LANES)
    job.runs = partial(KillingRuns, left=kills)
    with pytest.raises(Killed):
        job.run(first)
    asked = {lane for lane, _ in first.heard}
    other = "a model that answers otherwise after the restart"
    left: dict[str, list[Any]] = {lane: [other] * 9 if lane in asked else turns for lane, turns in LANES.items()}
    after = Scripted(left)
    job.runs = Runs

    record, trail = job.run(after) if kills <= STEPS else _again(job)

    assert record.result == "pass"
    assert [a.lane for a in record.attempts] == ["fast", "strong"]
    assert len(job.branches()) == 1
    assert {lane for lane, _ in after.heard} & asked == set(), "no attempt was bought again"
    assert record.cost_micros == sum(c.micros or 0 for c in job.charges())
    assert trail.finished


def _again(job: Job) -> tuple[Record, Trail]:
    """Killed after the last step: everything is done, so what is left is only to look."""
    runs = Runs(job.repo / ".git" / "route-agent" / "runs")
    (name,) = [path.stem for path in (job.repo / ".git" / "route-agent" / "runs").glob("*.json")]
    trail = runs.find(name)
    assert trail is not None
    (record,) = [r for r in job.ledger.records() if r.result != "stopped"]
    return record, trail


def test_the_same_command_after_its_end_is_a_new_run(job):
    first, _ = job.run(Scripted(LANES))
    second, _ = job.run(Scripted({"fast": [GOOD, DONE]}))

    assert second.id == f"{first.id}-2"
    assert len(job.branches()) == 2


def test_a_killed_run_leaves_a_record_of_what_was_spent(job):
    class Dies(Scripted):
        def ask(self, lane, prompt):
            if len(self.heard) == 1:
                raise KeyboardInterrupt
            return super().ask(lane, prompt)

    with pytest.raises(KeyboardInterrupt):
        job.run(Dies({"fast": [GOOD, DONE]}))

    (record,) = job.ledger.records()
    assert (record.result, record.detail) == ("stopped", "interrupted")
    assert record.cost_micros == sum(c.micros or 0 for c in job.charges()) > 0
    assert job.branches() == []


def test_what_was_spent_before_a_kill_counts_against_the_budget_of_the_resumed_run(job):
    class Dies(Scripted):
        def ask(self, lane, prompt):
            if len(self.heard) == 1:
                raise KeyboardInterrupt
            return super().ask(lane, prompt)

    job.policy += "budget: {per_run_usd: 0.06}\n"
    with pytest.raises(KeyboardInterrupt):
        job.run(Dies({"fast": [GOOD, DONE]}))
    spent = sum(c.micros or 0 for c in job.charges())
    job.run(Scripted({"fast": [GOOD, DONE], "strong": [GOOD, DONE]}))

    assert spent > 0
    assert sum(c.micros or 0 for c in job.charges()) <= 60_000


def test_what_a_call_may_cost_at_most_is_in_the_ledger_before_it_is_sent_and_no_other_is_open(job):
    open_: list[list[Held]] = []

    class Watched(Scripted):
        def ask(self, lane, prompt):
            lines = list(job.ledger.lines())
            answered = sum(isinstance(line, Charge) for line in lines)
            open_.append([line for line in lines if isinstance(line, Held)][answered:])
            return super().ask(lane, prompt)

    job.run(Watched(LANES))
    assert [[(held.lane, held.micros > 0) for held in one] for one in open_] == [[("fast", True)]] * 2 + [[("strong", True)]] * 2
    for (held,), charge in zip(open_, job.charges(), strict=True):
        assert held.micros >= (charge.micros or 0) > 0


def test_a_trail_survives_being_written_and_read(job):
    _, trail = job.run(Scripted(LANES))

    assert decode(encode(trail)) == trail


def test_every_prefix_of_a_trail_names_the_next_step(job):
    _, trail = job.run(Scripted(LANES))

    steps = [next_step(Trail(trail.opened, trail.entries[:n])) for n in range(len(trail.entries) + 1)]

    assert [type(step).__name__ for step in steps] == ["Ask", "Prove", "Ask", "Prove", "Push", "Publish", "NoneType"]
    second = steps[2]
    assert isinstance(second, Ask)
    assert second.lane == "strong"


@pytest.mark.parametrize("field", ["task", "repo", "actor"])
def test_a_kept_trail_that_somebody_changed_is_not_gone_on_from(job, field):
    class Dies(Scripted):
        def ask(self, lane, prompt):
            raise Killed

    with pytest.raises(Killed):
        job.run(Dies({}))
    (path,) = (job.repo / ".git" / "route-agent" / "runs").glob("*.json")
    plain = json.loads(path.read_text())
    plain["opened"]["request"][field] = "something else"
    path.write_text(json.dumps(plain))
    model = Scripted(LANES)
    with pytest.raises(Denied, match="of another request"):
        job.run(model)
    assert model.heard == []
    assert job.branches() == []
