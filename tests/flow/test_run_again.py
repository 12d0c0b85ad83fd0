"""Runs that break off in the middle, and what is taken up of them. Real PyGithub, git and HTTP."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from bot.core.instant import written
from bot.core.notes import read
from bot.ending import Ended
from bot.ports import Unavailable
from tests.fakes.hosted import GATE, ME, PROPOSE, WORK, Hurried, Job
from tests.fakes.repos import BAD, DONE, GOOD
from tests.fakes.shops import TEST
from tests.fakes.world import World
from tests.fakes.world.runs import Scripted
from tests.flow.beside import at_work, cut_off, first_time, records, settled
from tests.flow.test_commands import seen
from tests.flow.test_door import PROVED, RED, commented, of


def test_a_no_of_github_s_after_a_model_was_paid_is_booked_and_settled(world: World, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.fail("POST", "/dispatches", status=404)
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert (ended.state, ended.broken) == ("error", True)
    (record,) = records(shop)
    assert record == of(ended)
    assert "actions: write" in record.detail
    assert settled(shop) == [record.cost_micros]
    assert record.cost_micros
    seen(world, shop, issue)


def test_a_github_that_falls_silent_after_a_model_was_paid_is_asked_again_by_the_same_job(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    job = commented(world, shop, issue, tmp_path / "job")
    gate = job.packed("gate")
    world.fail("POST", "/git/trees", times=2)
    ended = job.act("auto", handover=gate["handover"])
    assert (ended.state, ended.broken) == ("error", False)
    assert "run all jobs of this workflow run again, and it goes on" in world.said(issue, ME)[0]
    assert "run all jobs of this workflow run again, and it goes on" in ended.text, "the job's summary has it, too"
    assert ended.trail is not None
    assert records(shop) == []
    spent = settled(shop)
    assert spent != [0]
    job.attempt = "2"
    ended = job.act()
    assert ended.state == "accepted", ended
    assert len(models.requests) == 3
    assert [of(ended)] == records(shop)
    assert settled(shop) == spent == [of(ended).cost_micros]
    seen(world, shop, issue)


def test_a_job_that_cannot_begin_says_so_on_the_comment_that_another_has_begun(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    job = commented(world, shop, issue, tmp_path / "job")
    job.act("gate")
    world.fail("GET", "/collaborators/", times=4)
    with pytest.raises(Unavailable, match="asking what ann may do: GitHub did not answer"):
        job.act("auto")
    (said,) = world.said(issue, ME)
    assert "state: error" in said
    assert job.act().state == "accepted", "the same job, run again"
    seen(world, shop, issue)


def test_a_job_that_is_cut_off_a_second_time_forgets_nothing_that_the_first_has_paid_for(world, models, shop, issue, tmp_path):
    models.script("m-fast", [BAD, DONE])
    models.script("m-strong", [GOOD, TEST, DONE])
    world.runner = Scripted(RED, RED, PROVED)
    job = commented(world, shop, issue, tmp_path / "job")
    gate = job.packed("gate")

    def silence(model: str) -> None:
        if model == "m-strong" and not world.faults:
            world.fail("POST", "/git/trees", times=2)

    models.meanwhile = silence
    assert job.act("auto", handover=gate["handover"]).state == "error"
    assert len(models.requests) == 5
    models.meanwhile = lambda model: None
    world.fail("POST", "/git/trees", times=2)
    job.attempt = "2"
    assert job.act().state == "error", "it did not come as far as the first"
    job.attempt = "3"
    ended = job.act()
    assert ended.state == "accepted", ended
    assert len(models.requests) == 5
    assert of(ended).cost_micros == 2 * 1_200 + 3 * 12_000
    seen(world, shop, issue)


def test_a_ledger_that_cannot_be_read_for_a_moment_buys_nothing_again(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    job = commented(world, shop, issue, tmp_path / "job")
    gate = job.packed("gate")
    world.fail("POST", "/git/trees", times=2)
    assert job.act("auto", handover=gate["handover"]).state == "error"
    job.attempt = "2"
    world.fail("GET", "/contents/records", times=4)
    assert job.act().state == "error"
    assert job.act().state == "accepted"
    assert len(models.requests) == 3
    seen(world, shop, issue)


def test_a_no_to_the_read_of_what_is_kept_is_not_the_run_s_end(world, models, shop, issue, tmp_path):
    job = cut_off(world, models, shop, issue, tmp_path / "one")
    world.runner = Scripted(PROVED)
    job.attempt = "2"
    world.fail("GET", "/contents/records", status=403)
    ended = job.act()
    assert (ended.state, records(shop)) == ("error", [])
    assert "403" in ended.why
    assert "run all jobs of this workflow run again" in world.said(issue, ME)[0]
    assert job.act().state == "accepted", "the same job, run again"
    assert len(models.requests) == 3
    seen(world, shop, issue)


def test_that_nothing_was_kept_is_not_believed_at_once(world, models, shop, issue, tmp_path):
    """A 404 that is not true, once: else the job would buy again what it has paid for."""
    job = cut_off(world, models, shop, issue, tmp_path / "one")
    world.runner = Scripted(PROVED)
    job.attempt = "2"
    world.fail("GET", "/contents/records", status=404)
    assert job.act().state == "accepted"
    assert len(models.requests) == 3
    seen(world, shop, issue)


def test_a_no_to_the_last_word_is_told_as_nothing_else_than_what_the_record_says(world, models, shop, issue, tmp_path):
    """First to the job that came to the end, then to the one that is run again to say so."""
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    job = commented(world, shop, issue, tmp_path / "job")
    no = partial(world.fail, "PATCH", "/issues/comments/", status=403, times=2)
    for job.attempt, ahead in (("1", r"POST .*/pulls"), ("2", r"GET .*/contents/records")):
        first_time(world, ahead, no)
        ended = job.act()
        assert (ended.state, [record.result for record in records(shop)]) == ("error", ["pass"])
        assert "403" in ended.why
        assert "run all jobs of this workflow run again" in world.said(issue, ME)[0]
    job.attempt = "3"
    assert job.act().state == "accepted"
    assert len(models.requests) == 3
    seen(world, shop, issue)


def test_what_an_earlier_job_had_offered_is_withdrawn_where_the_run_ends_without_a_proof(world, models, shop, issue, tmp_path):
    """Its record could not be written, and before it is run again somebody stops it."""
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    job = commented(world, shop, issue, tmp_path / "job")
    first_time(world, r"POST .*/pulls", lambda: world.fail("PUT", "/contents/", times=40))
    job.act()
    (offer,) = world.pulls(shop)
    assert (offer.state, records(shop)) == ("open", [])
    world.faults.clear()
    commented(world, shop, issue, tmp_path / "stop", "/agent stop").act("gate")
    job.attempt = "2"
    assert job.act().state == "stopped"
    assert offer.state == "closed"
    assert [record.result for record in records(shop)] == ["stopped"]
    seen(world, shop, issue)


def test_a_run_that_is_being_run_again_is_not_taken_up_by_another_for_the_same_command(world, models, shop, issue, tmp_path):
    job = cut_off(world, models, shop, issue, tmp_path / "one")
    at_work(shop, 77)
    twin = Job(world, tmp_path / "two", job.name, job.payload, run="78")
    assert twin.act().why == "another job is answering this very command"
    assert len(models.requests) == 3
    seen(world, shop, issue)


def test_what_a_clock_that_was_fast_has_kept_is_found_when_the_job_is_run_again(world, models, shop, issue, tmp_path):
    job = cut_off(world, models, shop, issue, tmp_path / "one", Ahead())
    job.clock, job.attempt = Hurried(), "2"
    world.runner = Scripted(PROVED)
    assert job.act().state == "accepted"
    assert len(models.requests) == 3
    seen(world, shop, issue)


class Ahead(Hurried):
    """A month fast."""

    def now(self) -> str:
        return written(datetime.now(UTC) + timedelta(days=31))


def test_another_run_for_the_same_command_takes_up_what_one_that_is_over_has_paid_for(world, models, shop, issue, tmp_path):
    job = cut_off(world, models, shop, issue, tmp_path / "one")
    world.runner = Scripted(PROVED)
    twin = Job(world, tmp_path / "two", job.name, job.payload, run="78")
    ended = twin.act()
    assert ended.state == "accepted", ended
    assert len(models.requests) == 3
    assert len(seen(world, shop, issue)) == 1
    assert [name for name in world.branches(shop) if name.startswith("route-agent/")] == [of(ended).branch]


def test_a_run_that_is_ended_before_it_comes_to_its_branch_again_leaves_none(world, models, shop, issue, tmp_path):
    job = cut_off(world, models, shop, issue, tmp_path / "one")
    assert [name for name in world.branches(shop) if name.startswith("route-agent/")]
    commented(world, shop, issue, tmp_path / "stop", "/agent stop").act("gate")
    job.attempt = "2"
    assert job.act().state == "stopped"
    assert [name for name in world.branches(shop) if name.startswith("route-agent/")] == []
    assert [record.result for record in records(shop)] == ["stopped"]
    seen(world, shop, issue)


def test_a_split_run_that_is_run_again_takes_over_what_its_model_job_had_paid_for(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    payload = world.comment(shop, issue, "ann", "/agent fix")

    def job(name: str, attempt: str, scopes: str) -> Job:
        return Job(world, tmp_path / f"{name}{attempt}", "issue_comment", payload, scopes=scopes, attempt=attempt)

    def through(attempt: str) -> dict[str, str]:
        gate = job("gate", attempt, GATE).packed("gate")
        made = job("propose", attempt, PROPOSE).packed("propose", handover=gate["handover"])
        return job("apply", attempt, WORK).packed("apply", handover=made["handover"], before=gate["handover"])

    world.fail("POST", "/dispatches", times=2)
    world.fail("GET", "/actions/runs$", times=8)
    assert through("1")["result"] == "error"
    world.faults.clear()
    assert through("2")["result"] == "accepted"
    assert len(models.requests) == 3
    assert len(seen(world, shop, issue)) == 1
    assert len([name for name in world.branches(shop) if name.startswith("route-agent/")]) == 1


@pytest.mark.parametrize("when", ["what is kept", "the last word"])
def test_a_no_to_the_second_job_of_a_split_run_is_not_its_end(world, models, shop, issue, tmp_path, when):
    """Neither to the read of what is kept nor to the last word: its comment says that it may be run again, which tells the end."""
    models.script("m-fast", [GOOD, TEST, DONE] * 2)
    world.runner = Scripted(PROVED)
    payload = world.comment(shop, issue, "ann", "/agent fix")

    def through(attempt: str, *no: object) -> dict[str, str]:
        def job(name: str, scopes: str) -> Job:
            return Job(world, tmp_path / f"{name}{attempt}", "issue_comment", payload, scopes=scopes, attempt=attempt)

        gate = job("gate", GATE).packed("gate")
        made = job("propose", PROPOSE).packed("propose", handover=gate["handover"])
        if no and when == "what is kept":
            world.fail("GET", "/contents/records", status=403)
        elif no:
            first_time(world, r"POST .*/pulls", partial(world.fail, "PATCH", "/issues/comments/", status=403, times=2))
        return job("apply", WORK).packed("apply", handover=made["handover"], before=gate["handover"])

    first = "1"
    if when == "what is kept":  # only a job that is run again reads it
        world.fail("GET", "/collaborators/", times=4)
        with pytest.raises(Unavailable):
            Job(world, tmp_path / "none", "issue_comment", payload, scopes=GATE).act("gate")
        world.faults.clear()
        first = "2"
    assert through(first, "no")["result"] == "error"
    assert "run all jobs of this workflow run again" in world.said(issue, ME)[0]
    again = Job(world, tmp_path / "again", "issue_comment", payload, scopes=GATE, attempt="3")
    ended = again.act("gate") if when == "the last word" else through("3")
    assert (ended.state if isinstance(ended, Ended) else ended["result"]) == "accepted"
    seen(world, shop, issue)


def test_the_job_that_tells_what_an_earlier_one_came_to_does_all_that_was_left_to_do(world, models, shop, issue, tmp_path):
    """The record was written, and after it GitHub took nothing more: neither the money's end, nor a branch's, nor the last word."""
    models.script("m-fast", [BAD, DONE])
    models.script("m-strong", [GOOD, TEST, DONE])
    world.runner = Scripted(RED, RED, PROVED)
    job = commented(world, shop, issue, tmp_path / "job")

    def silenced() -> None:
        for method, path in (("PUT", "/contents/spend"), ("DELETE", "/git/refs/"), ("PATCH", "/issues/comments/")):
            world.fail(method, path, times=20)

    first_time(world, r"POST .*/pulls", silenced)
    with pytest.raises(Unavailable):
        job.act()
    (record,) = records(shop)
    assert (record.result, settled(shop), len(shop.git("branch", "--list", "route-agent/*/c*").split())) == ("pass", [], 2)
    world.faults.clear()
    job.attempt = "2"
    ended = job.act()
    assert (ended.state, ended.record) == ("accepted", record)
    assert settled(shop) == [record.cost_micros]
    assert shop.git("branch", "--list", "--format=%(refname:short)", "route-agent/*/c*").split() == [record.branch]
    note = read(seen(world, shop, issue)[0])
    assert note is not None
    assert (note.lane, note.pull, len(models.requests)) == ("strong", world.pulls(shop)[0].number, 5)
