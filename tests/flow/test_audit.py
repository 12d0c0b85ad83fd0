"""Blind audits on the command line: the top lane makes an accepted fix once more, and only the ledger knows of it."""

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot import local, tell
from bot.core.lane import Lane
from bot.core.ledger import Record
from bot.core.spend import Charge, Reserved, accounts
from bot.core.trail import Trail
from bot.demo.scripted import Scripted
from bot.edge.store import Runs
from bot.ports import Prompt, Reply, Unavailable
from bot.shop import Wall
from tests.fakes import repos
from tests.fakes.jobs import Job
from tests.fakes.repos import BAD, DONE, GOOD

KILLED = 9
AUDITED: dict[str, list[Any]] = {"fast": [GOOD, DONE], "strong": [GOOD, DONE]}


@pytest.fixture
def job(tmp_path: Path) -> Job:
    repos.make(tmp_path / "shop", repos.SHOP)
    return shared(Job(tmp_path / "shop"), "1")


def shared(job: Job, share: str) -> Job:
    return replace(job, policy=job.policy.replace("strong_min_score: 7", f"strong_min_score: 7\n  audit_share: {share}"))


def audits(job: Job) -> list[Record]:
    return [record for record in job.ledger.records() if record.audits]


def own(job: Job) -> list[Record]:
    return [record for record in job.ledger.records() if not record.audits]


def test_an_accepted_low_risk_fix_is_made_once_more_by_the_top_lane(job):
    record, _ = job.run(Scripted(AUDITED))

    assert (record.result, [each.lane for each in record.attempts]) == ("pass", ["fast"])
    (mine,), (found,) = own(job), audits(job)
    assert mine == record, "the record of the run itself is as it was told"
    assert (found.audits, found.result, [each.lane for each in found.attempts]) == (record.id, "pass", ["strong"])
    assert found.id != record.id
    assert (found.propensity, record.propensity) == (1.0, 1.0)
    assert found.base == record.base
    assert found.cost_micros is not None
    assert found.cost_micros > 0


def test_it_leaves_neither_a_branch_nor_anything_else_that_a_person_sees(job):
    before = repos.snapshot(job.repo)
    record, _ = job.run(Scripted(AUDITED))
    (found,) = audits(job)
    assert job.branches() == [record.branch]
    assert (found.branch, found.commit, found.pull_request) == (None, None, None)
    assert repos.snapshot(job.repo) == before


def test_the_top_lane_is_shown_what_the_first_lane_was_and_nothing_of_what_it_did(job):
    model = Scripted(AUDITED)
    job.run(model)
    first, second = (next(prompt for lane, prompt in model.heard if lane == name) for name in ("fast", "strong"))
    assert (second.system, second.turns) == (first.system, first.turns)
    assert "audit" not in f"{second.system} {second.turns}"


def test_without_a_share_there_is_none_and_nothing_is_spent(job):
    for share in ("0", "0.0"):
        model = Scripted(AUDITED)
        shared(replace(job, policy=repos.POLICY), share).run(model)
        assert {lane for lane, _ in model.heard} == {"fast"}
    assert audits(job) == []
    assert {each.lane for each in job.charges()} == {"fast"}


def test_what_the_top_lane_made_or_nobody_accepted_is_not_audited(job):
    escalated, _ = job.run(Scripted({"fast": [BAD, DONE], "strong": [GOOD, DONE, GOOD, DONE]}))
    assert escalated.result == "pass"
    failed, _ = job.run(Scripted({"fast": [BAD, DONE], "strong": [BAD, DONE, GOOD, DONE]}))
    assert failed.result == "not_fixed"
    assert audits(job) == []


def test_what_is_of_more_than_low_risk_is_not_audited_though_a_person_sent_it_to_the_first_lane(job):
    red = "weights: {test_failures: 20}\n  caps: {test_failures: 20}\n  strong_min_score: 7"
    job.policy = job.policy.replace("strong_min_score: 7", red)
    job.more = {"lane": "fast"}
    record, _ = job.run(Scripted(AUDITED))
    assert (record.result, record.attempts[-1].lane) == ("pass", "fast")
    assert record.score.total == 21
    assert audits(job) == []


def test_a_top_lane_that_fails_is_the_finding_and_the_run_stands(job):
    record, _ = job.run(Scripted({"fast": [GOOD, DONE], "strong": [BAD, DONE]}))
    (found,) = audits(job)
    assert (record.result, found.result) == ("pass", "not_fixed")
    assert job.branches() == [record.branch], "a patch that is not proved is not left there to be looked at either"


def test_the_result_is_told_before_the_audit_begins(job):
    heard: list[str] = []
    model = Scripted(AUDITED)

    def told(record: Record) -> None:
        heard.extend((record.result, *(lane for lane, _ in model.heard)))

    local.fix(job.wanted(), job.outside(), model, told)
    assert heard == ["pass", "fast", "fast"]


# ---- money -------------------------------------------------------------------------------------------------------


def test_its_money_counts_against_the_caps_like_that_of_any_run(job):
    record, _ = job.run(Scripted(AUDITED))
    (found,) = audits(job)
    lines = list(job.ledger.lines())
    assert [line.run for line in lines if isinstance(line, Reserved)] == [record.id, found.id]
    assert {(each.run, each.lane) for each in job.charges()} == {(record.id, "fast"), (found.id, "strong")}
    counted = {each.run: each.counted for each in accounts(job.ledger.movements())}
    assert counted == {record.id: record.cost_micros, found.id: found.cost_micros}, "both are settled"
    assert {line.actor for line in lines if isinstance(line, Charge)} == {record.actor}


def test_where_the_budget_has_no_room_it_is_not_made_and_its_record_says_so(job):
    job.policy += "budget: {per_run_usd: 0.5, per_day_usd: 0.5}\n"

    def told(_: Record) -> None:
        job.ledger.append(Reserved("another", Wall().now(), "bob", 500_000))

    model = Scripted(AUDITED)
    record, _ = local.fix(job.wanted(), job.outside(), model, told)
    assert record.result == "pass", record.detail
    (found,) = audits(job)
    assert (found.audits, found.result, found.attempts, found.cost_micros) == (record.id, "budget", (), 0)
    assert "budget.per_day_usd is spent" in found.detail
    assert {lane for lane, _ in model.heard} == {"fast"}
    assert "per_day_usd is spent" in job.progress.getvalue()


# ---- what goes wrong ---------------------------------------------------------------------------------------------


class Interrupted(Scripted):
    """Somebody presses ^C while the top lane thinks."""

    def ask(self, lane: Lane, prompt: Prompt) -> Reply:
        if lane.name == "strong" and any(name == "strong" for name, _ in self.heard):
            raise KeyboardInterrupt
        return super().ask(lane, prompt)


@pytest.mark.parametrize(
    ("model", "result"),
    [(Scripted({"fast": [GOOD, DONE], "strong": [GOOD, Unavailable("away")]}), "unavailable"), (Interrupted(AUDITED), "stopped")],
)
def test_whatever_ends_an_audit_the_run_stands_and_what_was_spent_is_booked(job, model, result):
    record, _ = job.run(model)
    (found,) = audits(job)
    assert (record.result, found.result) == ("pass", result)
    assert own(job) == [record]
    assert all(each.settled == "settled" for each in accounts(job.ledger.movements()))
    assert found.cost_micros
    assert job.branches() == [record.branch]


def test_a_bug_in_an_audit_is_told_as_one_when_all_is_booked(job):
    told: list[Record] = []
    model = Scripted({"fast": [GOOD, DONE], "strong": [GOOD, ZeroDivisionError("ours")]})
    with pytest.raises(ZeroDivisionError):
        local.fix(job.wanted(), job.outside(), model, told.append)
    (found,) = audits(job)
    assert (told, found.result, found.detail) == (own(job), "stopped", "cut off: ZeroDivisionError")
    assert all(each.settled == "settled" for each in accounts(job.ledger.movements()))


class KillingRuns(Runs):
    """The process goes away when an audit has been kept so many times: nothing that it would do afterwards is done."""

    def __init__(self, folder: Path, left: int) -> None:
        super().__init__(folder)
        self.left = left

    def keep(self, trail: Trail) -> None:
        super().keep(trail)
        if trail.opened.audit is not None:
            self.left -= 1
            if self.left == 0:
                os._exit(KILLED)


def died(job: Job, told: Callable[[Record], None]) -> None:
    """The job in a process of its own, which does not come to its end."""
    child = os.fork()
    if child == 0:
        try:
            local.fix(job.wanted(), job.outside(), Scripted(AUDITED), told)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == KILLED


@pytest.mark.parametrize("left", [1, 2, 3])
def test_a_run_whose_audit_was_killed_stands_and_the_same_command_is_a_new_run(job, left):
    died(replace(job, runs=partial(KillingRuns, left=left)), lambda _: None)
    (first,) = own(job)
    assert (first.result, audits(job)) == ("pass", [])

    again, _ = job.run(Scripted(AUDITED))

    assert again.id == f"{first.id}-2"
    assert own(job) == [first, again]
    assert [each.audits for each in audits(job)] == [again.id], "what was cut off is not taken up again"
    found = accounts(job.ledger.movements())
    assert len(found) == 4
    assert all(each.settled == "settled" for each in found), "of a killed audit no more counts than it spent"


def test_killed_between_the_result_and_the_audit_it_leaves_no_trace_of_one(job):
    died(job, lambda _: os._exit(KILLED))
    (record,) = own(job)
    assert (record.result, audits(job)) == ("pass", [])
    assert {account.run for account in accounts(job.ledger.movements())} == {record.id}
    assert {each.lane for each in job.charges()} == {"fast"}


# ---- explained ---------------------------------------------------------------------------------------------------


def explained(job: Job) -> str:
    model = Scripted({})
    return tell.explanation(local.explained(job.wanted(), job.outside(), model), job.outside().render, model)


def test_explain_says_the_share_and_whether_this_very_run_would_be_drawn(job):
    draws: list[bool] = []
    half = shared(replace(job, policy=repos.POLICY), "0.5")
    for _ in range(4):
        said = explained(half)
        assert "50 % of accepted low-risk fixes are made once more by strong, blind" in said
        assert ("is drawn" in said) != ("is not drawn" in said)
        before = len(audits(job))
        half.run(Scripted(AUDITED))
        draws.append(len(audits(job)) > before)
        assert draws[-1] == ("is drawn" in said)
    assert "audit" not in explained(replace(job, policy=repos.POLICY)).lower()


def test_explain_says_of_a_run_that_starts_in_the_top_lane_that_it_is_not_audited(job):
    job.more = {"lane": "strong"}
    assert "this run would not be audited" in explained(job)
