"""Records and shares that cannot be kept. Real PyGithub, git and HTTP."""

import itertools
import re

from tests.fakes.repos import DONE, GOOD
from tests.fakes.shops import TEST
from tests.fakes.world import World
from tests.fakes.world.http import Fault
from tests.fakes.world.runs import Scripted
from tests.flow.beside import records, settled
from tests.flow.test_commands import seen
from tests.flow.test_door import PROVED, commented


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
