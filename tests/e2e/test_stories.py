"""The whole product, really run: the workflow that people copy, the image, GitHub's API over HTTP, CI that executes the patch.

Scripted are the models, at a server of their own, and GitHub itself, which remembers; everything between them is real.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.engine import ROOT, Place, execute
from tests.e2e.executed import Executed
from tests.e2e.results import Outcome
from tests.fakes import canaries, shops
from tests.fakes.canaries import Emitted, canary
from tests.fakes.hosted import ME
from tests.fakes.repos import BAD, DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.shops import TEST
from tests.fakes.world import Issue, Repo, World

pytestmark = pytest.mark.engine

ONE, SPLIT = "route-agent.yml", "route-agent-split.yml"
TOKEN, KEY = canary("the token of a real runner"), canary("the models' key of a real runner")
"""Looked for, when a story is over, in all that was sent, said, stored and pushed."""
SCOPES = "contents:write issues:write pull-requests:write checks:read statuses:read actions:write"
FAILING = {
    "tests/test_more.py": (
        "import unittest\nfrom shop.add import add\n\n\nclass MoreTest(unittest.TestCase):\n"
        "    def test_zero(self):\n        self.assertEqual(add(0, 0), 0)\n"
    )
}


@pytest.fixture
def ci() -> Executed:
    return Executed()


@pytest.fixture
def world(tmp_path: Path, ci: Executed) -> Iterator[World]:
    with World(tmp_path / "world") as made:
        made.token(TOKEN, ME, SCOPES)
        made.runner = ci
        yield made


@pytest.fixture
def shop(world: World, models: Server) -> Repo:
    """Its suite is green: the wrong sum has no test yet."""
    tests = {"tests/test_add.py": shops.GREEN}
    return world.repo("octo/shop", shops.files(models.url, more=tests), ann="write", bob="read")


def run(world: World, repo: Repo, workflow: str, event: str, payload: dict[str, Any], actor: str = "ann") -> Outcome:
    text = (ROOT / "templates" / "workflows" / workflow).read_text()
    place = Place(world.url, repo.name, TOKEN, repo.default)
    done = execute(text, event, payload, place, actor=actor, secrets={"OPENAI_API_KEY": KEY})
    assert canaries.leaks([Emitted("what the runner shows", repr(done).encode(errors="replace"))]) == []
    return done


def last(world: World, issue: Issue) -> str:
    (said,) = world.said(issue, ME)
    assert TOKEN not in said
    assert KEY not in said
    return said


def looked(world: World, shop: Repo, issue: Issue) -> None:
    for look in (world.branches, world.pulls, world.runs):
        look(shop)
    world.reacted(shop, issue)
    world.finish()


@pytest.mark.parametrize("workflow", [ONE, SPLIT])
def test_a_labelled_issue_is_fixed_by_the_fast_lane_and_proved_by_ci(world, models, ci, shop, workflow, record_comment):
    issue = world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")
    models.script("m-fast", [GOOD, TEST, DONE])

    outcome = run(world, shop, workflow, "issues", world.label(shop, issue, "ann", "agent:fix"))

    assert set(outcome.conclusions.values()) <= {"success", "skipped"}, str(outcome)
    ci.wait()
    said = last(world, issue)
    assert "### route-agent: accepted" in said, said
    assert "fail without its change, by an assertion" in said
    assert ci.outcomes[0].conclusions == {"base": "success", "tests-only": "success", "patched": "success"}
    (pull,) = world.pulls(shop)
    assert pull.draft
    assert f"Refs #{issue.number}" in pull.body
    record_comment("accepted", workflow, said)
    looked(world, shop, issue)


@pytest.mark.parametrize("workflow", [ONE, SPLIT])
def test_on_a_pull_request_ci_stops_the_fast_lanes_patch_and_proves_the_strong_ones(
    world, models, ci, shop, workflow, record_comment
):
    pull = world.pull(shop, "topic", FAILING, "A test for nothing", "add(0, 0) gives 1, see shop/add.py")
    world.check(shop, str(shop.tip("topic")), "tests", "failure", "E   assert 1 == 0")
    models.script("m-fast", [BAD, DONE])
    models.script("m-strong", [GOOD, DONE])

    outcome = run(world, shop, workflow, "issue_comment", world.comment(shop, pull, "ann", "/agent fix"))

    assert set(outcome.conclusions.values()) <= {"success", "skipped"}, str(outcome)
    ci.wait()
    said = last(world, pull)
    assert "### route-agent: accepted" in said, said
    assert [o.conclusions["patched"] for o in ci.outcomes] == ["failure", "success"]
    assert [o.conclusions["base"] for o in ci.outcomes] == ["failure", "failure"], (
        "red on the base already, and not the patch's fault"
    )
    assert "AssertionError: '4' != 0" in str(models.requests[-1]["messages"]), "the strong lane reads what CI said"
    (made,) = world.pulls(shop)
    assert made.base == "topic"
    assert len([name for name in world.branches(shop) if name.startswith("route-agent/")]) == 1
    record_comment("escalated", workflow, said)
    looked(world, shop, pull)


def test_where_no_lane_proves_a_patch_nothing_is_offered_and_the_last_one_can_be_looked_at(world, models, ci, shop, record_comment):
    issue = world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")
    models.script("m-fast", [BAD, DONE])
    models.script("m-strong", [GOOD, DONE])  # right, and without a test that shows it

    run(world, shop, ONE, "issue_comment", world.comment(shop, issue, "ann", "/agent fix"))

    ci.wait()
    said = last(world, issue)
    assert "### route-agent: not fixed" in said, said
    assert "not shown: green tests that run the change" in said
    assert [o.conclusions["patched"] for o in ci.outcomes] == ["failure", "failure", "success"], "what is red anew is run again"
    assert world.pulls(shop) == []
    record_comment("not_fixed", ONE, said)
    looked(world, shop, issue)


def test_a_person_without_the_permission_starts_nothing(world, models, shop):
    issue = world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")

    outcome = run(world, shop, ONE, "issue_comment", world.comment(shop, issue, "bob", "/agent fix"), actor="bob")

    assert outcome.conclusions == {"gate": "success", "work": "skipped"}, str(outcome)
    assert world.said(issue, ME) == []
    assert world.reacted(shop, issue) == {"-1"}
    assert models.requests == []
    world.finish()


def test_a_repository_without_ci_is_told_so_before_a_model_is_paid(world, models):
    bare = world.repo("octo/bare", shops.files(models.url, ci=False), ann="write")
    issue = world.issue(bare, "add(2, 2) gives 5", "see shop/add.py")

    outcome = run(world, bare, ONE, "issue_comment", world.comment(bare, issue, "ann", "/agent fix"))

    assert outcome.conclusions == {"gate": "success", "work": "skipped"}, str(outcome)
    assert "### route-agent: no CI to prove a patch" in last(world, issue)
    assert models.requests == []
    looked(world, bare, issue)
