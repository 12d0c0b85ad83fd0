"""Stories of the door: a comment or a label comes in, and the thread shows how it ended. Real PyGithub, git and HTTP."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.core.handover import unpack
from bot.core.ledger import Record
from bot.ending import Ended
from tests.fakes.hosted import GATE, ME, PROPOSE, Job
from tests.fakes.repos import BAD, DONE, GOOD
from tests.fakes.shops import TEST
from tests.fakes.world import Issue, Repo, World
from tests.fakes.world.runs import Scripted

PROVED = {"base": "success", "tests-only": "success", "patched": "success"}
RED = {"base": "success", "tests-only": "success", "patched": "failure"}


def commented(world: World, shop: Repo, issue: Issue, folder: Path, body: str = "/agent fix", by: str = "ann") -> Job:
    return Job(world, folder, "issue_comment", world.comment(shop, issue, by, body))


def of(ended: Ended) -> Record:
    assert ended.record is not None, ended
    return ended.record


def last(world: World, issue: Issue) -> str:
    (said,) = world.said(issue, ME)
    return said


@dataclass(frozen=True)
class Happened:
    """Everything that a story left behind on GitHub; the money is looked at elsewhere."""

    comments: int = 1
    branches: int = 0
    pulls: int = 0
    runs: int = 0
    reactions: frozenset[str] = frozenset({"eyes"})


def happened(world: World, shop: Repo, *threads: Issue) -> Happened:
    comments = sum(len(world.said(thread, ME)) for thread in threads)
    branches = [name for name in world.branches(shop) if name.startswith("route-agent/")]
    reactions = frozenset(reaction for thread in threads for reaction in world.reacted(shop, thread))
    return Happened(comments, len(branches), len(world.pulls(shop)), len(world.runs(shop)), reactions)


def test_a_label_on_an_issue_ends_in_a_pull_request_by_the_fast_lane(world, models, shop, issue, tmp_path):
    """Complaint 6: CI did not run on what the bot had pushed, unless a person lent it a token of their own."""
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    job = Job(world, tmp_path / "job", "issues", world.label(shop, issue, "ann", "agent:fix"))

    ended = job.act()

    assert ended.state == "accepted", ended
    assert "### route-agent: accepted" in last(world, issue)
    (pull,) = world.pulls(shop)
    assert (pull.base, pull.draft, pull.head) == ("main", True, (shop.name, of(ended).branch))
    assert f"Refs #{issue.number}" in pull.body
    (branch,) = [name for name in world.branches(shop) if name.startswith("route-agent/")]
    assert shop.git("log", "--format=%s", f"main..{branch}").split("\n") == ["add(2, 2) gives 5", "Tests for: add(2, 2) gives 5"]
    assert shop.git("diff", "--name-only", f"{branch}~1", branch) == "shop/add.py"
    (run,) = world.runs(shop)
    assert run.inputs == {
        "base": shop.tip("main"),
        "tests-only": shop.git("rev-parse", f"{branch}~1"),
        "patched": shop.tip(branch),
        "request": of(ended).id,
    }
    assert world.reacted(shop, issue) == {"eyes"}
    world.finish()


def test_a_red_branch_escalates_and_the_strong_lane_reads_the_log(world, models, shop, issue, tmp_path):
    models.script("m-fast", [BAD, DONE])
    models.script("m-strong", [GOOD, TEST, DONE])
    red = {"base": "success", "tests-only": "success", "patched": "failure"}
    world.runner = Scripted(red, red, PROVED, log="E   assert '4' == 4")

    ended = commented(world, shop, issue, tmp_path / "job").act()

    assert ended.state == "accepted", ended
    assert [a.lane for a in of(ended).attempts] == ["fast", "strong"]
    assert "E   assert '4' == 4" in str(models.requests[2]["messages"])
    assert "job `patched` is red" in last(world, issue)
    assert [name for name in world.branches(shop) if name.startswith("route-agent/")] == [of(ended).branch], "the first one is gone"
    assert len(world.runs(shop)) == 2
    assert len(world.pulls(shop)) == 1
    world.reacted(shop, issue)
    world.finish()


def test_what_is_red_by_chance_is_run_again_before_a_lane_is(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted({"base": "success", "tests-only": "success", "patched": "failure"}, PROVED)
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "accepted", ended
    assert [a.lane for a in of(ended).attempts] == ["fast"]
    assert "some test is flaky" in last(world, issue)
    (run,) = world.runs(shop)
    assert run.attempt == 2
    assert happened(world, shop, issue) == Happened(branches=1, runs=1, pulls=1)


def test_where_github_runs_nothing_again_the_first_verdict_stands(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    models.script("m-strong", [GOOD, TEST, DONE])
    world.runner, world.reruns = Scripted(RED, RED), False
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "not_fixed", ended
    assert happened(world, shop, issue) == Happened(branches=1, runs=2)


def test_a_patch_without_a_test_that_shows_it_is_not_enough(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, DONE])
    models.script("m-strong", [GOOD, DONE])
    world.runner = Scripted({"base": "success", "tests-only": "success", "patched": "success"}, PROVED)

    ended = commented(world, shop, issue, tmp_path / "job").act()

    assert ended.state == "not_fixed"
    assert "not shown: green tests that run the change" in last(world, issue)
    assert world.pulls(shop) == []
    assert [name for name in world.branches(shop) if name.startswith("route-agent/")] == [of(ended).branch], "left to be looked at"
    world.runs(shop)
    world.reacted(shop, issue)
    world.finish()


def test_on_a_pull_request_the_patch_goes_into_its_own_branch_and_failing_checks_are_read(world, models, shop, tmp_path):
    pull = world.pull(shop, "topic", {"shop/extra.py": "x = 1\n"}, "More sums", "adds x")
    check = world.check(
        shop, str(shop.tip("topic")), "tests", "failure", "E   assert 5 == 4", annotations=(("shop/add.py", 2, "wrong sum"),)
    )
    models.script("m-fast", [GOOD, DONE])
    world.runner = Scripted({"base": "failure", "tests-only": "success", "patched": "success"})

    ended = commented(world, shop, pull, tmp_path / "job").act()

    assert ended.state == "accepted", ended
    assert check
    prompt = str(models.requests[0]["messages"])
    assert "shop/add.py:2: wrong sum" in prompt
    assert "E   assert 5 == 4" in prompt
    readings = {signal.name: signal.because for signal in of(ended).signals}
    assert readings["files_touched"] == ("shop/extra.py",)
    assert readings["test_failures"] == ("tests",)
    (made,) = world.pulls(shop)
    assert made.base == "topic"
    for look in (world.branches, world.runs):
        look(shop)
    last(world, pull)
    world.reacted(shop, pull)
    world.finish()


def commented_again(job: Job, folder: Path) -> Job:
    return Job(job.world, folder, job.name, job.payload, job.repo)


def test_where_pull_requests_may_not_be_opened_the_page_to_open_one_is_given(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    job = commented(world, shop, issue, tmp_path / "job")
    job.may_open_pulls = False
    ended = job.act()
    assert ended.state == "accepted"
    assert f"{world.url}/octo/shop/compare/main...{of(ended).branch}?expand=1" in last(world, issue)
    assert world.pulls(shop) == []
    assert happened(world, shop, issue) == Happened(branches=1, runs=1)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("/agent help", "what can be asked"),
        ("/agent fxi", "did you mean `/agent fix`?"),
        ("/agent explain", "would start in lane **fast**"),
    ],
)
def test_what_costs_nothing_is_answered_by_the_gate(world, models, shop, issue, tmp_path, body, says):
    job = commented(world, shop, issue, tmp_path / "job", body)
    job.scopes = GATE
    assert job.act("gate").state == "explained"
    assert says in last(world, issue)
    assert models.requests == []
    assert not world.sent("POST", "/git/")
    assert happened(world, shop, issue) == Happened()


def test_in_three_jobs_no_job_holds_both_the_models_key_and_the_right_to_write(world, models, shop, issue, tmp_path):
    models.script("m-fast", [BAD, DONE])
    models.script("m-strong", [GOOD, TEST, DONE])
    world.runner = Scripted(RED, RED, PROVED)
    payload = world.comment(shop, issue, "ann", "/agent fix")

    def job(name: str, scopes: str | None = None) -> Job:
        made = Job(world, tmp_path / name, "issue_comment", payload)
        made.scopes = scopes or made.scopes
        return made

    gate = job("gate", GATE).packed("gate")
    assert gate["result"] == "routing"
    first = job("propose", PROPOSE).packed("propose", handover=gate["handover"])
    applied = job("apply").packed("apply", handover=first["handover"], before=gate["handover"])
    assert applied["result"] == "attempting"
    second = job("propose-again", PROPOSE).packed("propose", handover=applied["handover"])
    ended = job("apply-again").packed("apply", handover=second["handover"], before=applied["handover"])

    assert ended["result"] == "accepted"
    assert ended["attempts"] == "2"
    said = last(world, issue)
    assert "job `patched` is red" in said
    costs = [float(each["cost_usd"]) for each in (first, applied, ended)]
    assert 0 < costs[0] == costs[1] < costs[2], "what the other jobs spent is counted, and told by each"
    for look in (world.pulls, world.branches, world.runs):
        look(shop)
    world.reacted(shop, issue)
    world.finish()


def test_a_failing_test_that_the_patch_loosens_is_no_fix(world, models, shop, issue, tmp_path):
    loose = {"action": "edit", "path": "tests/test_add.py", "old": "add(2, 2), 4", "new": "add(2, 2), 5"}
    decoy = {"action": "write", "path": "shop/version.py", "content": "V = 1\n"}
    models.script("m-fast", [loose, decoy, DONE])
    models.script("m-strong", [loose, decoy, DONE])
    told = {"base": "failure", "tests-only": "success", "patched": "success"}
    world.runner = Scripted(told, told)
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "not_fixed", ended.why
    assert "takes lines from tests/test_add.py" in last(world, issue)
    assert happened(world, shop, issue) == Happened(branches=1, runs=2)


def test_an_issue_is_worked_on_at_the_commit_at_which_it_was_heard(world, models, shop, issue, tmp_path):
    payload = world.comment(shop, issue, "ann", "/agent fix")
    gate = Job(world, tmp_path / "gate", "issue_comment", payload, scopes=GATE).packed("gate")
    heard = unpack(gate["handover"]).opened.request.base
    world.commit(shop, "main", {"README": "another\n"})
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    ended = Job(world, tmp_path / "work", "issue_comment", payload).act()
    assert (ended.state, of(ended).base) == ("accepted", heard)
    assert happened(world, shop, issue) == Happened(branches=1, pulls=1, runs=1)
