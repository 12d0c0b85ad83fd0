"""What a policy names to be waited for, and the tokens of persons, who may see no checks."""

import pytest

from tests.fakes import shops
from tests.fakes.hosted import Job
from tests.fakes.repos import DONE, GOOD
from tests.fakes.shops import TEST
from tests.fakes.world import Issue, Repo, Run, World
from tests.fakes.world.runs import Scripted
from tests.flow.test_commands import Meanwhile
from tests.flow.test_door import PROVED, commented
from tests.flow.tokens.checked import PERSON, RULE, checks, job, left


def test_a_person_s_token_may_see_no_checks_and_goes_by_the_jobs(world, models, shop, issue, tmp_path):
    models.script("m-strong", [GOOD, TEST, DONE])  # what fails at the commit is not known either, which weighs as the worst
    scopes = str(Job(world, tmp_path, "x", {}).scopes).replace(" checks:read", "")

    def run(world: World, repo: Repo, pull: Issue) -> None:
        assert pull.head is not None
        made = Run(
            next(world.ids), ".github/workflows/ci.yml", pull.head[1], str(repo.tip(pull.head[1])), {}, "completed", "success"
        )
        made.jobs = [{"id": next(world.ids), "name": "ci", "status": "completed", "conclusion": "success", "steps": [], "log": ""}]
        repo.runs[made.id] = made

    world.on_pull = run
    working = job(world, shop, issue, tmp_path / "job", PERSON)
    working.scopes = scopes
    ended = working.act()
    assert ended.state == "accepted", ended
    left(world, shop, issue, PERSON)


def test_checks_that_the_policy_names_are_waited_for_whatever_the_token(world, models, tmp_path):
    policy = shops.POLICY.format(url=models.url).replace("ci: {min_seconds: 0}", "ci: {min_seconds: 0, required: [external]}")
    shop = world.repo("octo/named", shops.files(models.url, more={".github/route-agent.yml": policy}), ann="write")
    issue = world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")
    working = commented(world, shop, issue, tmp_path / "job")
    working.repo = shop.name

    def green() -> None:
        branch = next(name for name in world.branches(shop) if name.startswith("route-agent/"))
        world.check(shop, str(shop.tip(branch)), "external", "success", app="other-ci")

    working.clock = Meanwhile(green, after=100)
    ended = working.act()
    assert ended.state == "accepted", ended
    left(world, shop, issue, "github-actions[bot]")


def test_a_pull_request_that_is_to_be_no_draft_is_made_ready_when_all_is_proved(world, models, tmp_path):
    policy = shops.POLICY.format(url=models.url) + "publish: {as: pr}\n"
    shop = world.repo("octo/plain", shops.files(models.url, more={".github/route-agent.yml": policy}), ann="write")
    shop.rules = [RULE]
    issue = world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")
    world.on_pull = checks(("ci", "success"))
    working = job(world, shop, issue, tmp_path / "job")
    working.repo = shop.name
    ended = working.act()
    assert ended.state == "accepted", ended
    assert [pull.draft for pull in world.pulls(shop)] == [False]
    left(world, shop, issue)


LINT = "name: lint\non: workflow_dispatch\njobs: {lint: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}}\n"


@pytest.mark.parametrize(
    ("lanes", "judges"),
    [
        ("{strong: [lint]}", {"route-agent-verify.yml", "lint.yml"}),  # the lane at work is not named: all
        ("{fast: [route-agent-verify]}", {"route-agent-verify.yml"}),
        ("{fast: [lint]}", {"route-agent-verify.yml", "lint.yml"}),  # without the first nothing shows which tests ran
        ("{fast: [unit]}", {"route-agent-verify.yml", "lint.yml"}),  # the name of a command, for where checks run beside the bot
    ],
)
def test_a_lane_s_patch_is_judged_by_the_workflows_that_are_named_for_it(world, models, tmp_path, lanes, judges):
    policy = shops.POLICY.format(url=models.url).replace(
        "ci: {min_seconds: 0}", f"ci: {{min_seconds: 0, workflows: [route-agent-verify.yml, lint.yml]}}\n  by_lane: {lanes}"
    )
    files = {".github/route-agent.yml": policy, ".github/workflows/lint.yml": LINT}
    shop = world.repo("octo/lanes", shops.files(models.url, more=files), ann="write")
    issue = world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")
    world.runner = Scripted(PROVED, {"lint": "success"})
    working = commented(world, shop, issue, tmp_path / "job")
    working.repo = shop.name
    ended = working.act()
    assert ended.state == "accepted", ended
    assert {run.path.rpartition("/")[2] for run in world.runs(shop)} == judges
    left(world, shop, issue, "github-actions[bot]")


def test_a_policy_that_wants_a_branch_alone_gets_no_draft_for_checks_that_it_names(world, models, tmp_path):
    policy = shops.POLICY.format(url=models.url).replace("ci: {min_seconds: 0}", "ci: {min_seconds: 0, required: [ci]}")
    files = {".github/route-agent.yml": policy + "publish: {as: branch}\n"}
    shop = world.repo("octo/alone", shops.files(models.url, more=files), ann="write")
    lint = {"required_status_checks": [{"context": "lint"}]}
    shop.rules = [{"type": "required_status_checks", "parameters": lint}]  # which only a pull request would start
    issue = world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")
    working = job(world, shop, issue, tmp_path / "job")
    working.repo = shop.name

    def green() -> None:
        branch = next(name for name in world.branches(shop) if name.startswith("route-agent/"))
        world.check(shop, str(shop.tip(branch)), "ci", "success")

    working.clock = Meanwhile(green, after=60)
    ended = working.act()
    assert ended.state == "accepted", ended
    assert world.pulls(shop) == []
    left(world, shop, issue)
