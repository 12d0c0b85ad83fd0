"""Blind audits on GitHub: nothing on the thread, no branch, no pull request; a record on the ledger's branch, and money."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.ledger import Record, decode
from bot.core.spend import Account, Movement, accounts
from bot.edge.actions import OWN
from bot.ports import Unavailable
from tests.fakes import shops
from tests.fakes.hosted import GATE, ME, PROPOSE, WORK, Job
from tests.fakes.repos import BAD, DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.shops import TEST
from tests.fakes.world import Issue, Repo, World
from tests.fakes.world.runs import Scripted
from tests.flow import test_host as hosts
from tests.flow.beside import at_work
from tests.flow.test_day import capped
from tests.flow.test_door import PROVED, RED, Happened, commented, happened, last, of
from tests.flow.test_kills import closed, forked

SHARE = "strong_min_score: 7\n  audit_share: 1"


def policy(url: str) -> str:
    return shops.POLICY.format(url=url).replace("strong_min_score: 7", SHARE)


@pytest.fixture
def shop(world: World, models: Server) -> Repo:
    return world.repo("octo/shop", shops.files(models.url, more={".github/route-agent.yml": policy(models.url)}), ann="write")


@pytest.fixture
def issue(world: World, shop: Repo) -> Issue:
    return world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")


def scripted(world: World, models: Server, *ci: dict[str, str]) -> None:
    models.script("m-fast", [GOOD, TEST, DONE])
    models.script("m-strong", [GOOD, TEST, DONE])
    world.runner = Scripted(*ci)


def records(shop: Repo) -> list[Record]:
    """The run's own first."""
    paths = shop.git("ls-tree", "-r", "--name-only", "route-agent-ledger", "records/").split()
    found = [decode(shop.file("route-agent-ledger", path) or "") for path in paths]
    made = [item for item in found if isinstance(item, Record)]
    assert len(made) == len(found), "nothing is left of a run at work"
    return sorted(made, key=lambda record: record.audits or "")


def money(shop: Repo) -> tuple[Account, ...]:
    (month,) = shop.git("ls-tree", "-r", "--name-only", "route-agent-ledger", "spend/").split()
    lines = [decode(row) for row in (shop.file("route-agent-ledger", month) or "").splitlines()]
    return accounts(line for line in lines if isinstance(line, Movement))


AS_EVER = Happened(comments=1, branches=1, pulls=1, runs=2)
"""What an audited run leaves: what any run does, and one more run of CI, whose branch is gone."""


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


# ---- the machine goes away ---------------------------------------------------------------------------------------


@contextmanager
def place(folder: Path) -> Iterator[tuple[World, Server, Job]]:
    with Server() as models, World(folder / "world") as world:
        shop = world.repo("octo/shop", shops.files(models.url, more={".github/route-agent.yml": policy(models.url)}), ann="write")
        issue = world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")
        scripted(world, models, PROVED, PROVED)
        job = commented(world, shop, issue, folder / "first")
        job.env()  # its token is known to this side, too
        yield world, models, job


def looked_at(world: World, models: Server) -> None:
    """The run is as it was told, whatever became of its audit."""
    shop = world.repos["octo/shop"]
    issue = shop.issues[1]
    found = happened(world, shop, issue)
    assert found in (AS_EVER, replace(AS_EVER, runs=1))
    assert "### route-agent: accepted" in last(world, issue)
    assert [body["model"] for body in models.requests][:3] == ["m-fast"] * 3
    assert len(models.requests) <= 6, "an audit that was cut off is not bought again"
    run, *audit = records(shop)
    assert run.result == "pass"
    assert {each.result for each in audit} <= {"pass"}
    accounted = {account.run: account for account in money(shop)}
    assert (accounted[run.id].settled, accounted[run.id].spent) == ("settled", run.cost_micros)
    if len(models.requests) > 3:
        spent = 12_000 * (len(models.requests) - 3)
        assert spent <= (accounted[f"{run.id}-again"].counted or 0)
    world.finish()


def test_killed_after_any_call_from_the_last_word_on_nothing_is_left_and_the_run_stands(tmp_path):
    told: list[int] = []
    with place(tmp_path / "undisturbed") as (world, models, job):
        replace(job, told=lambda _: told.append(len(world.journal))).act()
        looked_at(world, models)
        total = len(world.journal)
    for left in range(told[0], total + 1):
        with place(tmp_path / str(left)) as (world, models, job):
            assert forked(job.act, world, left) == -9, f"killed after request {left} of {total}"
            assert forked(lambda job=job: closed(job), world, 0) == 0  # type: ignore[misc]  # bound here and now
            again = Job(world, tmp_path / str(left) / "second", job.name, job.payload, attempt="2")
            assert forked(again.act, world, 0) == 0
            try:
                looked_at(world, models)
            except BaseException as error:
                error.add_note(f"killed after request {left} of {told[0]} to {total}: {world.journal[left - 1].line}")
                raise


# ---- on the runner, as the process that it is --------------------------------------------------------------------


@pytest.fixture
def housed(world: World, models: Server, tmp_path: Path) -> tuple[Repo, Job]:
    """A job of the host action whose patch is proved there."""
    shop = hosts.stocked(world, hosts.policy(models.url).replace("strong_min_score: 7", SHARE))
    issue = world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")
    scripted(world, models)
    return shop, hosts.commented(world, shop, issue, tmp_path / "job")


def whole(world: World, shop: Repo) -> None:
    """One comment, which says that it was accepted, one pull request, its branch, and no CI."""
    assert happened(world, shop, shop.issues[1]) == Happened(branches=1, pulls=1)
    assert "### route-agent: accepted" in last(world, shop.issues[1])
    assert records(shop)[0].result == "pass"
    world.finish()


def test_where_the_gate_on_the_runner_is_the_proof_no_branch_is_pushed_at_all(world, housed):
    shop, job = housed
    job.act()
    run, audit = records(shop)
    assert (audit.audits, audit.result, audit.proof) == (run.id, "pass", "sandbox")
    assert len([seen for seen in world.journal if seen.path.endswith("/git/refs") and "heads/route-agent/" in str(seen.body)]) == 1
    whole(world, shop)


def test_an_audit_that_breaks_down_makes_no_job_red(world, models, housed):
    shop, job = housed
    own = job.folder / "workspace" / OWN

    def broken(model: str) -> None:
        if model == "m-strong" and own.is_dir():
            own.rename(own.with_name("away"))
            own.write_text("in the way")

    models.meanwhile = broken
    done = hosts.process(job)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "::warning title=route-agent::this is a bug in route-agent" in done.stdout
    assert "result<<" in (job.folder / "output").read_text()
    whole(world, shop)
