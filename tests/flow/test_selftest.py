"""The self-test, against a GitHub that does all of it, and one that refuses a part. Real PyGithub, git and HTTP."""

from pathlib import Path

from bot.core.ledger import decode
from bot.core.spend import Movement, accounts
from tests.fakes.hosted import ME, Job
from tests.fakes.world import Issue, Repo, World
from tests.fakes.world.runs import Scripted
from tests.flow.test_door import PROVED


def started(world: World, shop: Repo, issue: Issue, folder: Path, by: str = "ann", *, opens: bool = True) -> Job:
    job = Job(world, folder, "workflow_dispatch", world.dispatched(shop, by, issue=str(issue.number)), may_open_pulls=opens)
    job.inputs = {"issue": str(issue.number)}
    return job


def said(world: World, shop: Repo, issue: Issue) -> str:
    (text,) = world.said(issue, ME)
    world.reacted(shop, issue)
    world.runs(shop)
    world.pulls(shop)
    assert [name for name in world.branches(shop) if name.startswith("route-agent/")] == [], "what was made is gone"
    return text


def test_where_everything_holds_it_says_so_and_leaves_nothing(world, models, shop, issue, tmp_path):
    world.runner = Scripted(PROVED)
    ended = started(world, shop, issue, tmp_path / "job").act("selftest")
    assert (ended.state, ended.why) == ("explained", "self-test: 6 of 6 held")
    text = said(world, shop, issue)
    assert text.count("✅") == 6
    assert models.requests == []
    (pull,) = world.pulls(shop)
    assert (pull.state, pull.draft) == ("closed", True)
    (path,) = shop.git("ls-tree", "-r", "--name-only", "route-agent-ledger").split()
    lines = [decode(row) for row in (shop.file("route-agent-ledger", path) or "").splitlines()]
    assert [account.counted for account in accounts(line for line in lines if isinstance(line, Movement))] == [0]


def test_red_tests_are_the_repository_s_own_and_said(world, shop, issue, tmp_path):
    world.runner = Scripted({"base": "failure", "tests-only": "success", "patched": "failure"})
    started(world, shop, issue, tmp_path / "job").act("selftest")
    text = said(world, shop, issue)
    assert "its tests are red on the commit as it is" in text
    assert text.count("✅") == 6


def test_a_workflow_that_may_open_no_pull_request_is_told(world, shop, issue, tmp_path):
    world.runner = Scripted(PROVED)
    ended = started(world, shop, issue, tmp_path / "job", opens=False).act("selftest")
    assert (ended.why, ended.broken) == ("self-test: 5 of 6 held", True)
    assert "GitHub lets this workflow open none" in said(world, shop, issue)


def test_what_hangs_on_a_failed_step_is_not_reached(world, shop, issue, tmp_path):
    world.fail("POST", "/git/trees", status=403)
    world.fail("POST", "/git/trees", status=403)  # the ledger's branch needs one, too
    ended = started(world, shop, issue, tmp_path / "job").act("selftest")
    assert ended.why == "self-test: 1 of 6 held"
    text = said(world, shop, issue)
    assert text.count("not reached") == 3
    assert "contents: write" in text


def test_without_the_right_to_comment_the_job_s_summary_has_the_table(world, shop, issue, tmp_path):
    world.runner = Scripted(PROVED)
    job = started(world, shop, issue, tmp_path / "job")
    job.scopes = str(job.scopes).replace("issues:write", "issues:read")
    ended = job.act("selftest")
    assert "issues: write" in ended.text
    assert ended.text.count("✅") == 5
    assert world.said(issue, ME) == []
    world.runs(shop)
    world.pulls(shop)
    world.reacted(shop, issue)
    assert [name for name in world.branches(shop) if name.startswith("route-agent/")] == []


def test_on_a_pull_request_nothing_is_tried(world, shop, tmp_path):
    pull = world.fork_pull(shop, "bob/shop", {"shop/add.py": "x = 1\n"}, "From a fork", by="bob")
    assert started(world, shop, pull, tmp_path / "job").act("selftest").state == "refused"
    (text,) = world.said(pull, ME)
    assert "the number of an open issue" in text
    assert not [name for name in world.branches(shop) if name.startswith("route-agent/")]
    world.reacted(shop, pull)


def test_who_may_give_no_command_starts_no_self_test(world, shop, issue, tmp_path):
    assert started(world, shop, issue, tmp_path / "job", by="bob").act("selftest").state is None
    assert world.said(issue, ME) == []
    world.reacted(shop, issue)
