"""Blind audits on GitHub: nothing on the thread, no branch, no pull request; a record on the ledger's branch, and money."""

from dataclasses import replace

import pytest

from bot.ports import Unavailable
from tests.fakes.hosted import GATE, ME, PROPOSE, WORK, Job
from tests.fakes.repos import BAD, DONE
from tests.flow.audit.audited import AS_EVER, money, records, scripted
from tests.flow.beside import at_work
from tests.flow.test_day import capped
from tests.flow.test_door import PROVED, RED, Happened, commented, happened, last, of
from tests.flow.test_kills import closed


def test_an_accepted_fix_is_audited_and_nobody_on_the_thread_hears_of_it(world, models, shop, issue, tmp_path):
    scripted(world, models, PROVED, PROVED)
    seen: list[Happened] = []
    job = commented(world, shop, issue, tmp_path / "job")

    ended = replace(job, told=lambda _: seen.append(happened(world, shop, issue))).act()

    assert ended.state == "accepted", ended
    assert seen == [replace(AS_EVER, runs=1)], "all was told when it began"
    said = last(world, issue)
    assert "### route-agent: accepted" in said
    assert "audit" not in said.lower()
    assert happened(world, shop, issue) == AS_EVER
    run, audit = records(shop)
    assert run == of(ended)
    assert (audit.audits, audit.result, [each.lane for each in audit.attempts]) == (run.id, "pass", ["strong"])
    assert (audit.branch, audit.pull_request, audit.proof, audit.propensity) == (None, None, "ci", 1.0)
    assert {each.run: (each.settled, each.spent) for each in money(shop)} == {
        run.id: ("settled", run.cost_micros),
        audit.id: ("settled", audit.cost_micros),
    }
    world.finish()


def test_what_the_top_lane_is_sent_is_what_the_first_was(world, models, shop, issue, tmp_path):
    scripted(world, models, PROVED, PROVED)
    commented(world, shop, issue, tmp_path / "job").act()
    fast, strong = models.requests[0]["messages"], models.requests[3]["messages"]
    assert [body["model"] for body in models.requests] == ["m-fast"] * 3 + ["m-strong"] * 3
    assert strong == fast
    assert happened(world, shop, issue) == AS_EVER
    world.finish()


def test_a_top_lane_whose_patch_is_red_leaves_no_branch_either(world, models, shop, issue, tmp_path):
    scripted(world, models, PROVED, RED, RED)
    models.script("m-strong", [BAD, DONE])
    ended = commented(world, shop, issue, tmp_path / "job").act()
    run, audit = records(shop)
    assert (ended.state, run.result, audit.result) == ("accepted", "pass", "not_fixed")
    assert happened(world, shop, issue) == AS_EVER
    assert "### route-agent: accepted" in last(world, issue)
    world.finish()


def test_an_app_s_token_opens_one_draft_and_none_for_the_audit(world, models, shop, issue, tmp_path):
    scripted(world, models, PROVED, PROVED)
    job = commented(world, shop, issue, tmp_path / "job")
    job.login = "route-agent-of-octo[bot]"
    assert job.act().state == "accepted"
    assert [record.result for record in records(shop)] == ["pass", "pass"]
    assert happened(world, shop, issue) == replace(AS_EVER, comments=0)
    assert len(world.said(issue, job.login)) == 1
    world.finish()


def test_where_another_run_has_set_the_rest_of_the_day_aside_it_is_not_made_and_its_record_says_so(
    world, models, shop, issue, tmp_path
):
    capped(world, shop, "{per_run_usd: 0.5, per_day_usd: 0.5}")
    scripted(world, models, PROVED)
    other = world.issue(shop, "add(2, 2) gives 5 again", "see shop/add.py")
    payload = world.comment(shop, other, "ann", "/agent fix")
    rival = Job(world, tmp_path / "rival", "issue_comment", payload, scopes=GATE)
    job = commented(world, shop, issue, tmp_path / "job")

    ended = replace(job, told=lambda _: rival.packed("gate")).act()

    run, audit = records(shop)
    assert (ended.state, run.result) == ("accepted", "pass")
    assert (audit.audits, audit.result, audit.attempts, audit.cost_micros) == (run.id, "budget", (), 0)
    assert "budget.per_day_usd is spent" in audit.detail
    assert {body["model"] for body in models.requests} == {"m-fast"}
    assert happened(world, shop, issue, other) == Happened(comments=2, branches=1, pulls=1, runs=1)
    world.finish()


@pytest.mark.parametrize("begun", ["by a comment", "by a label"])
def test_a_stop_on_the_thread_ends_it_and_the_run_stands(world, models, shop, issue, tmp_path, begun):
    scripted(world, models, PROVED, PROVED)
    if begun == "by a label":
        job = Job(world, tmp_path / "fix", "issues", world.label(shop, issue, "ann", "agent:fix"))
    else:
        job = commented(world, shop, issue, tmp_path / "fix", "/agent fix")
    stop = replace(commented(world, shop, issue, tmp_path / "stop", "/agent stop"), run="78")
    at_work(shop, 77)

    def told(_: object) -> None:
        stop.act()
        job.clock.sleep(60)

    ended = replace(job, told=told).act()
    run, audit = records(shop)
    assert (ended.state, run.result, audit.result) == ("accepted", "pass", "stopped")
    assert "ended by `/agent stop`" in audit.detail
    found = happened(world, shop, issue)
    assert (found.comments, found.branches, found.pulls) == (2, 1, 1)
    assert "### route-agent: accepted" in world.said(issue, ME)[0]
    world.finish()


def test_what_could_not_be_booked_is_booked_by_the_last_phase(world, models, shop, issue, tmp_path):
    scripted(world, models, PROVED, PROVED)
    job = commented(world, shop, issue, tmp_path / "job")

    def lost(model: str) -> None:
        if model == "m-strong":
            models.meanwhile = lambda _: None
            world.fail("PUT", "/repos/octo/shop/contents/spend/", 500, times=99)

    models.meanwhile = lost
    with pytest.raises(Unavailable):
        job.act()
    world.faults.clear()
    run, audit = records(shop)
    before = {each.run: each for each in money(shop)}[audit.id]
    assert (before.settled, before.counted) == ("open", 1_000_000), "its whole share counts for now"
    closed(job)
    after = {each.run: each for each in money(shop)}
    assert (after[run.id].settled, after[run.id].spent) == ("settled", run.cost_micros)
    assert 0 < (after[audit.id].counted or 0) < 1_000_000
    closed(job)
    assert {each.run: each for each in money(shop)} == after, "booked once, however often the phase runs"
    found = happened(world, shop, issue)
    assert (found.comments, found.branches, found.pulls) == (1, 1, 1)
    assert "### route-agent: accepted" in last(world, issue)
    world.finish()


def test_the_split_workflow_makes_none(world, models, shop, issue, tmp_path):
    scripted(world, models, PROVED)
    payload = world.comment(shop, issue, "ann", "/agent fix")

    def job(name: str, scopes: str = WORK) -> Job:
        return Job(world, tmp_path / name, "issue_comment", payload, scopes=scopes)

    gate = job("gate", GATE).packed("gate")
    first = job("propose", PROPOSE).packed("propose", handover=gate["handover"])
    ended = job("apply").packed("apply", handover=first["handover"], before=gate["handover"])

    assert ended["result"] == "accepted"
    assert [record.audits for record in records(shop)] == [None]
    assert {body["model"] for body in models.requests} == {"m-fast"}
    assert happened(world, shop, issue) == replace(AS_EVER, runs=1)
    world.finish()


def test_explain_says_the_share(world, models, shop, issue, tmp_path):
    assert commented(world, shop, issue, tmp_path / "job", "/agent explain").act().state == "explained"
    said = last(world, issue)
    assert "| audit | 100 % of accepted low-risk fixes are made once more by `strong`, blind" in said
    assert happened(world, shop, issue) == Happened()
    world.finish()
