"""What a comment's last word holds for later commands: which lane was at work, and which pull request offers the patch."""

from pathlib import Path

import pytest

from bot.ports import Unavailable
from tests.fakes.hosted import Job
from tests.fakes.repos import DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.shops import TEST
from tests.fakes.world import Issue, Repo, World
from tests.fakes.world.http import Fault
from tests.fakes.world.runs import Scripted
from tests.flow.beside import records
from tests.flow.test_commands import Meanwhile, seen
from tests.flow.test_door import PROVED, commented, of
from tests.flow.test_unkept import refusing


@pytest.fixture(autouse=True)
def ready(world: World, models: Server) -> None:
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)


def again(world: World, models: Server, shop: Repo, issue: Issue, folder: Path) -> None:
    """The same words are told of the pull request that waits, and `retry` starts one lane up."""
    same = commented(world, shop, issue, folder / "same")
    same.run = "78"
    ended = same.act("gate")
    assert ended.state == "refused", ended
    assert "offers a patch that is proved, and is open" in ended.why
    tried_again(world, models, shop, issue, folder)


def tried_again(world: World, models: Server, shop: Repo, issue: Issue, folder: Path) -> None:
    world.runner = Scripted(PROVED)
    models.script("m-strong", [GOOD, TEST, DONE])
    retry = commented(world, shop, issue, folder / "retry", "/agent retry")
    retry.run = "79"
    ended = retry.act()
    assert [each.lane for each in of(ended).attempts] == ["strong"], ended
    seen(world, shop, issue)


def test_after_a_stop_retry_starts_one_lane_above_the_one_that_was_at_work(world, models, shop, issue, tmp_path):
    world.runner = lambda *_: None
    job = commented(world, shop, issue, tmp_path / "job")
    job.clock = Meanwhile(lambda: commented(world, shop, issue, tmp_path / "stop", "/agent stop").act("gate"))
    assert job.act().state == "stopped"
    tried_again(world, models, shop, issue, tmp_path)


def test_where_the_record_could_not_be_kept_later_commands_know_what_the_run_came_to(world, models, shop, issue, tmp_path):
    refusing(world, "PUT .*/contents/records/", after=1)
    assert commented(world, shop, issue, tmp_path / "job").act().state == "accepted"
    world.turn = lambda token, line: None
    (said,) = seen(world, shop, issue)
    assert "**No record of this run** could be kept" in said
    again(world, models, shop, issue, tmp_path)


def unheard(world: World, shop: Repo, job: Job) -> None:
    """The run comes to its end, and its record is kept; GitHub takes no word about it any more."""

    def turn(_token: str, line: str) -> Fault | None:
        over = len(shop.issues) > 1 and records(shop)
        return Fault("", "", 502, 1) if over and line.startswith("PATCH") and "/issues/comments/" in line else None

    world.turn = turn
    with pytest.raises(Unavailable):
        job.act()
    world.turn = lambda token, line: None


def test_what_another_job_tells_of_a_run_that_is_over_is_what_later_commands_know(world, models, shop, issue, tmp_path):
    job = commented(world, shop, issue, tmp_path / "job")
    unheard(world, shop, job)
    job.attempt = "2"
    assert job.act().state == "accepted"
    assert len(models.requests) == 3
    again(world, models, shop, issue, tmp_path)


def test_a_run_that_github_s_no_has_ended_says_that_it_has_no_record(world, shop, issue, tmp_path):
    world.fail("POST", "/dispatches", status=404)
    refusing(world, "PUT .*/contents/records/", after=1)
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert (ended.state, ended.broken) == ("error", True)
    (said,) = seen(world, shop, issue)
    assert "**No record of this run** could be kept" in said
    assert "actions: write" in said
