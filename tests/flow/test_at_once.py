"""Commands that meet on one thread, and runs that break off in the middle. Real PyGithub, git and HTTP."""

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.handover import pack, unpack
from bot.core.instant import written
from bot.core.ledger import Record, decode
from bot.core.notes import read
from bot.core.spend import Settled
from bot.edge import actions
from bot.hosted import close
from bot.ports import Unavailable
from tests.fakes.hosted import GATE, ME, PROPOSE, WORK, Hurried, Job
from tests.fakes.repos import BAD, DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.shops import TEST
from tests.fakes.world import Issue, Repo, Run, World
from tests.fakes.world.http import Fault
from tests.fakes.world.runs import Scripted
from tests.fakes.world.state import Comment
from tests.flow.test_commands import Meanwhile, seen
from tests.flow.test_door import PROVED, RED, commented, of

LEDGER = "route-agent-ledger"


def at_work(shop: Repo, run: int) -> None:
    shop.runs[run] = Run(run, ".github/workflows/route-agent.yml", "main", "", {}, "in_progress")


def records(shop: Repo) -> list[Record]:
    paths = shop.git("ls-tree", "-r", "--name-only", LEDGER, "records/").split()
    found = [decode(shop.file(LEDGER, path) or "") for path in paths]
    return [each for each in found if isinstance(each, Record)]


def settled(shop: Repo) -> list[int | None]:
    (path,) = shop.git("ls-tree", "-r", "--name-only", LEDGER, "spend/").split()
    return [line.micros for line in map(decode, (shop.file(LEDGER, path) or "").splitlines()) if isinstance(line, Settled)]


def test_a_fix_while_another_is_at_work_waits_for_a_new_word(world, models, shop, issue, tmp_path):
    assert commented(world, shop, issue, tmp_path / "one").act("gate").state == "routing"
    at_work(shop, 77)
    second = commented(world, shop, issue, tmp_path / "two", "/agent fix it another way")
    second.run = "78"
    ended = second.act("gate")
    assert ended.state == "refused"
    assert "A command that ann gave here is at work" in seen(world, shop, issue)[-1]
    shop.runs[77].status = "completed"  # its job is gone, whatever its comment says
    third = commented(world, shop, issue, tmp_path / "three", "/agent fix it another way")
    third.run = "79"
    assert third.act("gate").state == "routing"
    seen(world, shop, issue)


def test_of_two_that_no_gate_saw_beside_each_other_the_later_one_ends_and_has_spent_nothing(world, models, shop, issue, tmp_path):
    first, second = (commented(world, shop, issue, tmp_path / name) for name in ("one", "two"))
    second.run = "78"
    assert second.act("gate").state == "routing", "heard first, though given later"
    assert first.act("gate").state == "routing", "its run has not begun for GitHub yet"
    at_work(shop, 78)
    ended = first.act()
    assert ended.state == "refused", ended
    assert models.requests == []
    assert settled(shop) == [0], "what its gate has set aside is free again"
    seen(world, shop, issue)


def test_the_same_command_delivered_twice_is_answered_by_one_job(world, models, shop, issue, tmp_path):
    job = commented(world, shop, issue, tmp_path / "one")
    assert job.act("gate").state == "routing"
    at_work(shop, 77)
    twin = commented(world, shop, issue, tmp_path / "two")
    twin.payload, twin.run = job.payload, "78"
    assert twin.act().state is None
    assert "another job is answering" in twin.act().why
    assert [read(body).state for body in seen(world, shop, issue)] == ["routing"]  # type: ignore[union-attr]  # ours


def test_a_stop_that_is_quicker_than_the_fix_before_it_ends_it(world, models, shop, issue, tmp_path):
    fix = commented(world, shop, issue, tmp_path / "fix")
    assert commented(world, shop, issue, tmp_path / "stop", "/agent stop").act("gate").state == "explained"
    ended = fix.act()
    assert (ended.state, models.requests) == ("refused", [])
    assert "`/agent stop` was quicker" in seen(world, shop, issue)[-1]
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    assert commented(world, shop, issue, tmp_path / "later").act().state == "accepted", "what is given after it is done"
    seen(world, shop, issue)


def test_a_hundred_comments_of_strangers_mute_no_stop(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = lambda *_: None  # CI never gets to its end

    def crowd() -> None:
        for number in range(120):
            world.comment(shop, issue, f"stranger{number}", "look here")
            issue.comments[-1].at = "2100-01-01T00:00:00Z"  # while the run is at work, and before the answer to the stop
        commented(world, shop, issue, tmp_path / "stop", "/agent stop").act("gate")

    job = commented(world, shop, issue, tmp_path / "job")
    job.clock = Meanwhile(crowd)
    assert job.act().state == "stopped"
    world.read.update(f"comment {comment.id}" for comment in issue.comments)
    seen(world, shop, issue)


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


# ---- from the gate's job to the one that works --------------------------------------------------------------------------


def test_what_the_gate_has_found_is_not_asked_for_again_and_is_of_this_command_alone(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    one, two = (commented(world, shop, issue, tmp_path / name) for name in ("one", "two"))
    gate = one.packed("gate")["handover"]
    asked = [each.path for each in world.journal]
    wrong = two.act("auto", handover=gate)
    assert (wrong.state, wrong.broken) == ("error", True)
    assert "is not the Trail of this command" in wrong.why
    del world.journal[:]
    ended = one.act("auto", handover=gate)
    assert ended.state == "accepted", ended
    again = {each.path for each in world.sent("GET")}
    facts = [path for path in asked if path.endswith(("/check-runs", "/permission")) or "/statuses/" in path]
    assert len(facts) == 3
    assert again.isdisjoint(facts)
    seen(world, shop, issue)


def test_a_permission_that_was_asked_for_long_ago_or_of_another_person_is_asked_for_again(world, models, shop, issue, tmp_path):
    job = commented(world, shop, issue, tmp_path / "job")
    found = unpack(job.packed("gate")["handover"])
    old = replace(found, opened=replace(found.opened, at="2026-01-01T00:00:00Z"))
    shop.collaborators["ann"] = "read"
    assert job.act("auto", handover=pack(old)).state is None
    bob = commented(world, shop, issue, tmp_path / "bob", by="bob")
    assert bob.act("auto", handover=pack(found)).state is None
    assert models.requests == []
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


# ---- at the same moment --------------------------------------------------------------------------------------------


def first_time(world: World, wanted: str, do: Callable[[], object]) -> None:
    """Something happens after a job has sent a request that is like this one, and before GitHub looks at it."""

    def turn(_token: str, line: str) -> None:
        if re.search(wanted, line):
            world.turn = lambda token, line: None
            do()

    world.turn = turn


@pytest.mark.parametrize("words", ["/agent fix", "/agent help", "/agent stop"])
def test_of_two_jobs_that_begin_their_comments_at_once_the_one_with_the_older_comment_answers(
    world, models, shop, issue, tmp_path, words
):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    job = commented(world, shop, issue, tmp_path / "one", words)
    twin = commented(world, shop, issue, tmp_path / "two", words)
    issue.comments.pop()
    twin.payload, twin.run = job.payload, "78"
    ends: list[str | None] = []
    first_time(world, r"POST .*/issues/1/comments", lambda: ends.append(twin.act().state))

    ended = job.act()

    assert ends == ["accepted" if words == "/agent fix" else "explained"]
    assert (ended.state, ended.why) == (None, "another job is answering this very command")
    assert [read(body).run for body in seen(world, shop, issue)] == ["78"]  # type: ignore[union-attr]  # ours
    assert len(models.requests) == (3 if words == "/agent fix" else 0)
    assert len(world.sent("DELETE", "/issues/comments/")) == 1


def test_the_comment_of_a_job_that_was_cut_off_before_it_could_take_it_back_goes_when_that_job_is_run_again(
    world, models, shop, issue, tmp_path
):
    job = commented(world, shop, issue, tmp_path / "one", "/agent help")
    twin = commented(world, shop, issue, tmp_path / "two", "/agent help")
    issue.comments.pop()
    twin.payload, twin.run = job.payload, "78"
    first_time(world, r"POST .*/issues/1/comments", twin.act)
    world.fail("DELETE", "/issues/comments/")
    with pytest.raises(Unavailable):
        job.act()
    assert len(seen(world, shop, issue)) == 2
    job.attempt = "2"
    assert job.act().why == "this command has had its answer; give a new one for another run"
    assert [read(body).run for body in seen(world, shop, issue)] == ["78"]  # type: ignore[union-attr]  # ours


def test_the_last_phase_closes_no_comment_of_another_job(world, models, shop, issue, tmp_path, monkeypatch):
    job = commented(world, shop, issue, tmp_path / "one")
    assert job.act("gate").state == "routing"
    twin = commented(world, shop, issue, tmp_path / "two")
    issue.comments.pop()
    twin.payload, twin.run = job.payload, "78"
    step = actions.step(twin.env())
    actions.leave_open(step, actions.Left("78", issue.number, f"c{job.payload['comment']['id']}", ME))
    for name, value in twin.env().items():
        monkeypatch.setenv(name, value)
    assert close() == 0
    assert [read(body).state for body in seen(world, shop, issue)] == ["routing"]  # type: ignore[union-attr]  # ours


def test_a_label_that_was_set_again_since_is_no_reason_to_take_up_another_s_run(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    first = Job(world, tmp_path / "first", "issues", world.label(shop, issue, "ann", "agent:fix"))
    models.meanwhile = lambda _: world.fail("POST", "/git/trees", times=2) if len(models.requests) == 3 else None
    assert first.act().state == "error", "a moment's silence: the same job may go on later"
    models.meanwhile = lambda model: None
    second = Job(world, tmp_path / "second", "issues", world.label(shop, issue, "ann", "agent:fix"), run="78")
    models.script("m-fast", [])
    assert second.act().state == "quota"
    world.runner = Scripted(PROVED)
    first.attempt = "2"
    assert first.act().state == "accepted"
    notes = [read(body) for body in seen(world, shop, issue)]
    assert [(note.run, note.state) for note in notes if note] == [("77", "accepted"), ("78", "quota")]
    assert len({note.command for note in notes if note}) == 2


def test_two_gates_of_one_command_leave_one_comment_and_no_false_record(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    job = commented(world, shop, issue, tmp_path / "one")
    twin = Job(world, tmp_path / "two", job.name, job.payload, run="78")
    at_work(shop, 77)
    at_work(shop, 78)
    ends: list[str | None] = []
    first_time(world, r"POST .*/issues/1/comments", lambda: ends.append(twin.act("gate").state))
    ended = job.act("gate")
    assert (ends, ended.state) == (["routing"], None)
    assert [read(body).run for body in seen(world, shop, issue)] == ["78"]  # type: ignore[union-attr]  # ours
    assert records(shop) == []
    shop.runs[77].status = "completed"
    assert replace(twin, folder=tmp_path / "work").act().state == "accepted"
    seen(world, shop, issue)


def test_of_two_gates_the_one_with_the_older_comment_goes_on_also_where_the_other_has_set_money_aside(
    world, models, shop, issue, tmp_path
):
    job = commented(world, shop, issue, tmp_path / "one")
    twin = Job(world, tmp_path / "two", job.name, job.payload, run="78")
    at_work(shop, 77)
    at_work(shop, 78)
    ends: list[str | None] = []

    def later(_token: str, line: str) -> None:
        """The second comments after the first, having seen nothing of it, and is quicker with the money."""
        if re.search(r"GET .*/contents/spend/", line):
            world.turn = lambda token, line: None
            older = issue.comments.pop()
            first_time(world, r"POST .*/issues/1/comments", lambda: issue.comments.append(older))
            ends.append(twin.act("gate").state)

    world.turn = later
    ended = job.act("gate")
    assert (ends, ended.state) == (["routing"], "routing"), ended
    assert [read(body).run for body in seen(world, shop, issue)] == ["77"]  # type: ignore[union-attr]  # ours
    assert records(shop) == []


def test_a_comment_that_github_made_and_shows_late_is_the_job_s_own(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    job = commented(world, shop, issue, tmp_path / "one")
    world.fail("POST", r"/issues/1/comments$", after=True)
    late: list[Comment] = []
    posts = itertools.count(1)

    def turn(_token: str, line: str) -> None:
        if re.search(r"POST .*/issues/1/comments$", line) and next(posts) == 2:
            issue.comments.extend(late)  # the first is there for everybody by now
            world.turn = lambda token, line: None
        elif re.search(r"GET .*/issues/1/comments", line):
            late.extend(comment for comment in issue.comments if comment.user.login == ME)
            issue.comments[:] = [comment for comment in issue.comments if comment.user.login != ME]

    world.turn = turn
    assert job.act().state == "accepted"
    assert len(seen(world, shop, issue)) == 1


def test_a_run_that_is_being_run_again_is_not_taken_up_by_another_for_the_same_command(world, models, shop, issue, tmp_path):
    job = cut_off(world, models, shop, issue, tmp_path / "one")
    at_work(shop, 77)
    twin = Job(world, tmp_path / "two", job.name, job.payload, run="78")
    assert twin.act().why == "another job is answering this very command"
    assert len(models.requests) == 3
    seen(world, shop, issue)


def test_a_commit_that_the_default_branch_does_not_have_is_not_what_a_command_was_given_for(world, models, shop, issue, tmp_path):
    """Somebody else's workflow repeats a stranger's words in the name of ours, and is quicker."""
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    names = ("-c", "user.name=x", "-c", "user.email=x@x.invalid")
    strange = shop.git(*names, "commit-tree", "main^{tree}", "-p", "main", "-m", "a stranger's")
    job = commented(world, shop, issue, tmp_path / "one")
    said = f"<!-- route-agent:c{job.payload['comment']['id']} -->\n<!-- state: routing -->\n<!-- commit: {strange} -->\nwords"
    world.comment(shop, issue, ME, said)
    ended = job.act()
    assert ended.trail is not None
    assert ended.trail.opened.request.base == shop.tip("main")
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


def cut_off(world: World, models: Server, shop: Repo, issue: Issue, folder: Path, clock: Hurried | None = None) -> Job:
    """A run that has paid and made its branch when GitHub falls silent."""
    models.script("m-fast", [GOOD, TEST, DONE])
    job = commented(world, shop, issue, folder)
    job.clock = clock or job.clock
    world.fail("POST", "/dispatches", times=2)
    world.fail("GET", "/actions/runs$", times=8)
    assert job.act().state == "error"
    world.faults.clear()
    assert len(models.requests) == 3
    return job


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


# ---- a record that cannot be kept ----------------------------------------------------------------------------------


def refusing(world: World, wanted: str, after: int) -> None:
    """GitHub says no to each such request but the first few."""
    count = itertools.count()
    world.turn = lambda _token, line: Fault("", "", 403, 1) if re.search(wanted, line) and next(count) >= after else None


def test_a_record_that_cannot_be_kept_is_said_and_is_written_when_the_job_is_run_again(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    job = commented(world, shop, issue, tmp_path / "job")
    refusing(world, "PUT .*/contents/records/", after=1)
    ended = job.act()
    assert ended.state == "accepted"
    (said,) = seen(world, shop, issue)
    assert "**No record of this run** could be kept" in said
    assert "nothing is bought again" in said
    assert records(shop) == []
    world.turn = lambda token, line: None
    job.attempt = "2"
    assert job.act().state == "accepted"
    assert len(models.requests) == 3
    (said,) = seen(world, shop, issue)
    assert "No record" not in said
    assert [record.result for record in records(shop)] == ["pass"]
    assert len(world.pulls(shop)) == 1


def test_a_share_that_cannot_be_given_back_changes_nothing_of_how_the_run_ended(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    job = commented(world, shop, issue, tmp_path / "job")
    refusing(world, "PUT .*/contents/spend/", after=2)
    assert job.act().state == "accepted"
    assert len(seen(world, shop, issue)) == 1
    assert [record.result for record in records(shop)] == ["pass"]
    assert settled(shop) == [], "all of it counts as spent"


def test_where_nothing_of_a_run_could_be_kept_running_it_again_would_buy_it_again_and_is_not_advised(
    world, models, shop, issue, tmp_path
):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    job = commented(world, shop, issue, tmp_path / "job")
    refusing(world, "PUT .*/contents/records/", after=0)
    assert job.act().state == "accepted"
    (said,) = seen(world, shop, issue)
    assert "**No record of this run** could be kept" in said
    assert "job's own log" in said
    job.attempt = "2"
    assert job.act().why == "this command has had its answer; give a new one for another run"


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
