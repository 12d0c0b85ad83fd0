"""Checks that have to be green before a merge: which of those that come are taken for them, and what is said of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes import shops
from tests.fakes.hosted import Job
from tests.fakes.repos import DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.shops import TEST
from tests.fakes.world import Issue, Repo, Run, World
from tests.fakes.world.runs import Scripted
from tests.flow.test_commands import Meanwhile
from tests.flow.test_door import PROVED, of
from tests.flow.tokens.checked import RULE, checks, job, left


@pytest.fixture(autouse=True)
def ready(world: World, models: Server) -> None:
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED, PROVED)


@pytest.fixture
def shop(world: World, models: Server) -> Repo:
    """Its branch requires `ci`, by the app of Actions."""
    made = world.repo("octo/shop", shops.files(models.url), ann="write")
    made.rules = [RULE]
    return made


@pytest.fixture
def named(world: World, models: Server) -> Repo:
    """Its branch requires `ci`, and so does its policy, which wants `external`, too."""
    policy = shops.POLICY.format(url=models.url).replace("ci: {min_seconds: 0}", "ci: {min_seconds: 0, required: [ci, external]}")
    made = world.repo("octo/named", shops.files(models.url, more={".github/route-agent.yml": policy}), ann="write")
    made.rules = [RULE]
    return made


def meanwhile(world: World, shop: Repo, do: Callable[[str], object]) -> Meanwhile:
    """Something happens to the branch that the job has pushed while it waits."""

    def late() -> None:
        do(next(name for name in world.branches(shop) if name.startswith("route-agent/")))

    return Meanwhile(late, after=100)


def worked(world: World, shop: Repo, folder: Path, do: Callable[[str], object]) -> tuple[Job, Issue]:
    issue = world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")
    made = job(world, shop, issue, folder)
    made.repo, made.clock = shop.name, meanwhile(world, shop, do)
    return made, issue


@pytest.mark.parametrize(("app", "state"), [("github-actions", "accepted"), ("other-ci", "ci_timeout")])
def test_a_check_that_the_policy_names_has_to_come_from_the_app_that_the_branch_asks_for(world, named, tmp_path, app, state):
    def green(branch: str) -> None:
        world.check(named, str(named.tip(branch)), "ci", "success", app=app)
        world.check(named, str(named.tip(branch)), "external", "success", app="other-ci")

    working, issue = worked(world, named, tmp_path / "job", green)
    ended = working.act()
    assert ended.state == state, ended
    pulls = world.pulls(named)
    assert len(pulls) == (state == "accepted"), "a check that the policy names needs no draft to come"
    assert not [seen for seen in world.sent("POST", "/pulls") if b"Nothing is proved yet" in str(seen).encode()]
    items = [item.name for item in of(ended).attempts[-1].evidence if "(required)" in item.name]
    assert items == (["check ci ci (required)", "check ci external (required)"] if state == "accepted" else [])
    left(world, named, issue)


@pytest.mark.parametrize(("end", "state"), [("success", "accepted"), ("failure", "no_ci")])
def test_where_the_rules_cannot_be_read_what_the_policy_names_counts_and_the_rest_is_unknown(
    world, models, named, tmp_path, end, state
):
    def ended_so(branch: str) -> None:
        world.check(named, str(named.tip(branch)), "ci", "success")
        world.check(named, str(named.tip(branch)), "external", end)

    world.fail("GET", "/rules/branches", status=403, times=1 if end == "success" else 2)
    models.script("m-strong", [GOOD, TEST, DONE])
    working, issue = worked(world, named, tmp_path / "job", ended_so)
    ended = working.act()
    assert ended.state == state, ended  # the branch of the second lane gets no check at all
    first = {item.name: (item.state, item.reason) for item in of(ended).attempts[0].evidence if "(required)" in item.name}
    assert first["check ci external (required)"][0] == ("passed" if end == "success" else "failed")
    assert first["check ci (required)"][0] == "not_run"
    assert "which checks are required is not known: " in first["check ci (required)"][1]
    left(world, named, issue)


def test_a_branch_that_moves_on_while_required_checks_are_at_work_is_not_what_they_judge(world, named, tmp_path):
    def moved(branch: str) -> None:
        pushed = str(named.tip(branch))
        world.commit(named, branch, {"shop/add.py": "def add(a, b):\n    return 4\n"})
        for name in ("ci", "external"):
            world.check(named, pushed, name, "success")

    working, issue = worked(world, named, tmp_path / "job", moved)
    ended = working.act()
    assert ended.state == "superseded", ended
    assert "no longer points at what was judged" in left(world, named, issue)


def held(check: str | None) -> Callable[[World, Repo, Issue], None]:
    """A workflow on the branch waits for a person, beside a required check that came to this end, or none that came."""

    def start(world: World, repo: Repo, pull: Issue) -> None:
        assert pull.head is not None
        sha = str(repo.tip(pull.head[1]))
        made = Run(next(world.ids), ".github/workflows/lint.yml", pull.head[1], sha, {}, "completed", "action_required")
        repo.runs[made.id] = made
        if check is not None:
            world.check(repo, sha, "ci", None if check == "at work" else check)

    return start


@pytest.mark.parametrize(
    ("check", "state"), [(None, "needs_approval"), ("at work", "needs_approval"), ("success", "accepted"), ("failure", "not_fixed")]
)
def test_a_workflow_that_waits_for_a_person_is_why_a_check_does_not_come_and_changes_no_end_of_one_that_did(
    world, models, shop, issue, tmp_path, check, state
):
    world.on_pull = held(check)
    models.script("m-strong", [GOOD, TEST, DONE])
    ended = job(world, shop, issue, tmp_path / "job").act()
    assert ended.state == state, ended
    said = left(world, shop, issue)
    if state == "needs_approval":
        assert "a workflow on the branch waits for a person to approve it" in said
        assert "**Yours to do:** approve the waiting run, and" in said, "it has no check that could be linked"


@pytest.mark.parametrize(("end", "todo"), [("action_required", "approve [the waiting run]"), (None, "look at [the run]")])
def test_the_check_that_a_patch_waits_for_is_linked_to_who_has_to_look_at_it(world, shop, issue, tmp_path, end, todo):
    world.on_pull = checks(("ci", end))
    ended = job(world, shop, issue, tmp_path / "job").act()
    assert ended.state in ("needs_approval", "ci_timeout"), ended
    (check,) = shop.checks[str(shop.tip(of(ended).branch or ""))]
    assert f"**Yours to do:** {todo}({world.url}/octo/shop/runs/{check['id']})" in left(world, shop, issue)


def test_of_several_red_checks_the_first_is_linked_and_the_logs_of_two_are_read(world, models, shop, issue, tmp_path):
    rule = RULE["parameters"]
    assert isinstance(rule, dict)
    wanted = [{"context": name, "integration_id": 15368} for name in ("a", "b", "c")]
    shop.rules = [RULE | {"parameters": rule | {"required_status_checks": wanted}}]

    def red(world: World, repo: Repo, pull: Issue) -> None:
        assert pull.head is not None
        for name in ("a", "b", "c"):
            world.check(repo, str(repo.tip(pull.head[1])), name, "failure", log=f"E   {name} says no")

    world.on_pull = red
    models.script("m-strong", [GOOD, TEST, DONE])
    ended = job(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "not_fixed", ended
    told = next(str(body) for body in models.requests if body["model"] == "m-strong")
    assert [name for name in ("a", "b", "c") if f"E   {name} says no" in told] == ["a", "b"]
    (branch,) = {pull.head[1] for pull in world.pulls(shop) if pull.head} & {of(ended).branch}
    first = shop.checks[str(shop.tip(branch))][0]["id"]
    assert f"CI's own report on the last patch: {world.url}/octo/shop/runs/{first}" in left(world, shop, issue)


def test_a_check_s_name_is_one_line_wherever_it_is_shown(world, shop, issue, tmp_path):
    name = f"ci\nno {'x' * 80}"
    shop.rules = [{"type": "required_status_checks", "parameters": {"required_status_checks": [{"context": name}]}}]
    world.on_pull = checks((name, "success"))
    working = job(world, shop, issue, tmp_path / "job")
    ended = working.act()
    assert ended.state == "accepted", ended
    assert f"check ci ci no {'x' * 53}… (required)" in [item.name for item in of(ended).attempts[-1].evidence]
    assert f"required: ci no {'x' * 33}…\n" in (tmp_path / "job" / "log").read_text()
    left(world, shop, issue)
