"""What a GitHub Enterprise Server lacks, or has under other addresses, ends no run. Real PyGithub, git and HTTP."""

import pytest

from tests.fakes.hosted import ME
from tests.fakes.repos import BAD, DONE, GOOD
from tests.fakes.shops import TEST
from tests.fakes.world.runs import Scripted
from tests.flow.test_commands import seen
from tests.flow.test_door import PROVED, RED, commented, happened, of


@pytest.mark.parametrize("details", ["left out", "refused"])
def test_a_server_that_does_not_say_which_run_it_started_is_asked_what_runs_on_the_commit(
    world, models, shop, issue, tmp_path, details
):
    world.run_details, world.lists_late = details, 2
    models.script("m-fast", [BAD, DONE])
    models.script("m-strong", [GOOD, TEST, DONE])
    world.runner = Scripted(RED, RED, PROVED, log="E   assert '4' == 4")

    ended = commented(world, shop, issue, tmp_path / "job").act()

    assert ended.state == "accepted", ended
    assert [attempt.lane for attempt in of(ended).attempts] == ["fast", "strong"]
    assert "E   assert '4' == 4" in str(models.requests), "the log was read"
    left = happened(world, shop, issue)
    assert (left.comments, left.branches, left.pulls, left.runs) == (1, 1, 1, 2), "no run was started twice"


def test_a_run_that_is_never_listed_ends_the_command_by_name(world, models, shop, issue, tmp_path):
    world.run_details, world.lists_late = "left out", 99
    models.script("m-fast", [GOOD, TEST, DONE])
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "error", ended
    assert "took the word to start route-agent-verify.yml" in ended.why
    assert "give the command again later" in seen(world, shop, issue)[0]


def test_without_reactions_a_command_is_done_all_the_same(world, models, shop, issue, tmp_path):
    world.fail("POST", "/reactions", status=404)
    assert commented(world, shop, issue, tmp_path / "job", "/agent status").act("gate").state == "explained"
    world.fail("POST", "/reactions", status=404)
    assert commented(world, shop, issue, tmp_path / "bob", "/agent fix", by="bob").act("gate").state is None
    assert len(seen(world, shop, issue)) == 1


def test_without_graphql_a_person_s_token_is_known_by_the_other_way_and_a_workflow_s_is_refused_with_the_reason(
    world, models, shop, issue, tmp_path
):
    world.graphql = False
    job = commented(world, shop, issue, tmp_path / "job", "/agent help")
    job.login, job.scopes = "robot", None
    assert job.act("gate").state == "explained"
    assert world.said(issue, "robot")
    ended = commented(world, shop, issue, tmp_path / "own", "/agent help").act("gate")
    assert (ended.state, ended.broken) == ("error", True)
    assert "asking who this token is: GitHub answers 403" in ended.why
    assert world.said(issue, ME) == []
    seen(world, shop, issue)
