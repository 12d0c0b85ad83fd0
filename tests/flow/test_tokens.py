"""CI by the kind of token: a workflow's own, an app's, a person's. Real PyGithub, git and HTTP."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import shops
from tests.fakes.hosted import Job
from tests.fakes.repos import DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.shops import TEST
from tests.fakes.world import Issue, Repo, Run, World
from tests.fakes.world.runs import Scripted
from tests.flow.test_commands import Meanwhile
from tests.flow.test_door import PROVED, commented, of

APP, PERSON = "route-agent-of-octo[bot]", "machine-of-octo"
RULE = {"type": "required_status_checks", "parameters": {"required_status_checks": [{"context": "ci", "integration_id": 15368}]}}


def job(world: World, shop: Repo, issue: Issue, folder: Path, login: str = APP) -> Job:
    made = commented(world, shop, issue, folder)
    made.login = login
    return made


def left(world: World, shop: Repo, issue: Issue, login: str = APP) -> str:
    """What the comment says; everything else is looked at, too."""
    world.reacted(shop, issue)
    world.branches(shop)
    world.runs(shop)
    world.pulls(shop)
    (said,) = world.said(issue, login)
    return said


@pytest.fixture(autouse=True)
def ready(world: World, models: Server, shop: Repo) -> None:
    shop.rules = [RULE]
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED, PROVED)


def checks(*ends: tuple[str, str | None], **more: Any) -> Callable[[World, Repo, Issue], None]:
    """The checks that a pull request starts."""

    def start(world: World, repo: Repo, pull: Issue) -> None:
        assert pull.head is not None
        for name, end in ends:
            world.check(repo, str(repo.tip(pull.head[1])), name, end, **more)

    return start


def test_an_app_s_pull_request_is_opened_first_and_its_required_checks_are_waited_for(world, models, shop, issue, tmp_path):
    world.on_pull = checks(("ci", None))
    working = job(world, shop, issue, tmp_path / "job")

    def green() -> None:
        (pull,) = world.pulls(shop)
        assert pull.draft
        assert "Nothing is proved yet" in pull.body
        (check,) = shop.checks[str(shop.tip(pull.head[1]))]
        check["conclusion"] = "success"

    working.clock = Meanwhile(green, after=100)
    ended = working.act()

    assert ended.state == "accepted", ended
    (pull,) = world.pulls(shop)
    assert (pull.state, pull.draft) == ("open", True)
    assert "Nothing is proved yet" not in pull.body
    assert "The checks that the branch requires are green, too." in pull.body
    said = left(world, shop, issue)
    assert "The checks that its branch requires are green." in said
    assert "Approve and run" not in said
    assert ("check ci ci (required)", "passed") in [(item.name, item.state) for item in of(ended).attempts[-1].evidence]


def test_a_workflow_s_own_token_waits_for_no_check_that_a_person_has_to_let_run_and_says_so(world, shop, issue, tmp_path):
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "accepted", ended
    assert world.sent("GET", "/rules/") == []
    assert "press *Approve and run*" in left(world, shop, issue, "github-actions[bot]")


def test_a_red_required_check_escalates_with_its_log_and_its_draft_is_closed(world, models, shop, issue, tmp_path):
    world.on_pull = checks(("ci", "failure"), log="E   lint says no")
    models.script("m-strong", [GOOD, TEST, DONE])
    ended = job(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "not_fixed", ended
    assert [each.lane for each in of(ended).attempts] == ["fast", "strong"]
    told = next(str(body) for body in models.requests if body["model"] == "m-strong")
    assert "E   lint says no" in told
    assert [(pull.state, pull.draft) for pull in world.pulls(shop)] == [("closed", True)] * 2
    assert "red: required check `ci`" in left(world, shop, issue) or "check ci ci" in left(world, shop, issue)


def test_a_check_of_the_right_name_by_another_app_opens_no_gate(world, shop, issue, tmp_path):
    world.on_pull = checks(("ci", "success"), app="other-ci")
    ended = job(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "no_ci", ended
    assert "one of that name is by another app, and does not count" in left(world, shop, issue)


def test_a_status_counts_for_the_app_that_sent_it(world, shop, issue, tmp_path):
    rule = {"context": "other/build", "integration_id": 42}
    shop.rules = [{"type": "required_status_checks", "parameters": {"required_status_checks": [rule]}}]

    def sent(world: World, repo: Repo, pull: Issue) -> None:
        assert pull.head is not None
        made = {"context": "other/build", "state": "success", "description": ""}
        by = {"evil[bot]": "failure", "other-ci[bot]": "success"}
        repo.statuses[str(repo.tip(pull.head[1]))] = [
            {**made, "id": next(world.ids), "state": state, "creator": {"login": login}} for login, state in by.items()
        ]

    world.on_pull = sent
    ended = job(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "accepted", ended
    left(world, shop, issue)


@pytest.mark.parametrize(
    ("ends", "state", "why"),
    [
        ((), "no_ci", "required check `ci` did not begin within 3 minutes"),
        ((("ci", "skipped"),), "no_ci", "every required check was skipped"),
        ((("ci", "action_required"),), "needs_approval", "waits for a person"),
        ((("ci", "cancelled"),), "error", "was cut off before its end"),
        ((("ci", None),), "ci_timeout", "required check `ci` did not end within 30 minutes"),
    ],
)
def test_what_is_no_green_required_check_accepts_nothing(world, shop, issue, tmp_path, ends, state, why):
    world.on_pull = checks(*ends)
    ended = job(world, shop, issue, tmp_path / "job").act()
    assert ended.state == state, ended
    assert why in left(world, shop, issue)
    looked_at = state in ("needs_approval", "ci_timeout")  # by a person, who is asked to
    assert [pull.state for pull in world.pulls(shop)] == ["open" if looked_at else "closed"]


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


def test_rules_that_cannot_be_read_are_said_to_be_unknown(world, shop, issue, tmp_path):
    world.fail("GET", "/rules/branches", status=403)
    ended = job(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "accepted", ended
    assert "which checks are required is not known" in left(world, shop, issue)


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


def test_a_run_that_breaks_off_leaves_no_draft_open(world, shop, issue, tmp_path):
    world.on_pull = checks(("ci", "success"))
    world.fail("POST", "/dispatches", status=404)
    ended = job(world, shop, issue, tmp_path / "job").act()
    assert (ended.state, ended.broken) == ("error", True)
    left(world, shop, issue)
    assert [pull.state for pull in world.pulls(shop)] == ["closed"]


def test_where_no_early_draft_can_be_opened_the_proof_counts_and_the_checks_are_said_to_be_unknown(world, shop, issue, tmp_path):
    working = job(world, shop, issue, tmp_path / "job")
    working.may_open_pulls = False
    ended = working.act()
    assert ended.state == "accepted", ended
    assert "no draft of a pull request could be opened" in left(world, shop, issue)


def test_without_drafts_nothing_unproved_is_opened(world, shop, issue, tmp_path):
    world.drafts = False
    ended = job(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "accepted", ended
    (pull,) = world.pulls(shop)
    assert "Nothing is proved yet" not in pull.body
    left(world, shop, issue)


def test_a_moment_s_silence_about_the_rules_is_not_none(world, shop, issue, tmp_path):
    world.fail("GET", "/rules/branches", times=4)
    ended = job(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "error", ended
    assert "run all jobs of this workflow run again, and it goes on" in left(world, shop, issue)


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


def test_of_two_rules_for_a_name_the_one_that_asks_for_its_app_decides(world, shop, issue, tmp_path):
    shop.required = ("ci",)
    world.on_pull = checks(("ci", "success"), app="other-ci")
    ended = job(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "no_ci", ended
    left(world, shop, issue)
