"""Jobs of one command at the same moment: one of them answers. Real PyGithub, git and HTTP."""

import itertools
import re
from dataclasses import replace

import pytest

from bot.core.notes import read
from bot.edge import actions
from bot.hosted import close
from bot.ports import Unavailable
from tests.fakes.hosted import ME, Job
from tests.fakes.repos import DONE, GOOD
from tests.fakes.shops import TEST
from tests.fakes.world.runs import Scripted
from tests.fakes.world.things import Comment
from tests.flow.beside import at_work, first_time, records
from tests.flow.test_commands import seen
from tests.flow.test_door import PROVED, commented


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


@pytest.fixture(params=["/agent help", "/agent stop"])
def doubled(world, shop, issue, tmp_path, request) -> Job:
    """A job that has commented beside its twin, and did not come to take that back."""
    job = commented(world, shop, issue, tmp_path / "one", request.param)
    twin = Job(world, tmp_path / "two", job.name, job.payload, run="78")
    first_time(world, r"POST .*/issues/1/comments", twin.act)
    world.fail("DELETE", "/issues/comments/")
    with pytest.raises(Unavailable):
        job.act()
    assert [read(body).run for body in seen(world, shop, issue)] == ["78", "77"]  # type: ignore[union-attr]  # ours
    return job


def test_the_comment_of_a_job_that_was_cut_off_before_it_could_take_it_back_goes_when_that_job_is_run_again(
    doubled, world, shop, issue
):
    doubled.attempt = "2"
    assert doubled.act().why == "this command has had its answer; give a new one for another run"
    assert [read(body).run for body in seen(world, shop, issue)] == ["78"]  # type: ignore[union-attr]  # ours


def test_it_goes_when_any_other_command_is_given_there(doubled, world, shop, issue, tmp_path):
    other = commented(world, shop, issue, tmp_path / "other", "/agent status")
    other.run = "79"
    assert other.act().state == "explained"
    assert [read(body).run for body in seen(world, shop, issue)] == ["78", "79"]  # type: ignore[union-attr]  # ours


def test_it_goes_in_the_last_phase_of_that_very_job(doubled, world, shop, issue, monkeypatch):
    for name, value in doubled.env().items():
        monkeypatch.setenv(name, value)
    assert close() == 0
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
