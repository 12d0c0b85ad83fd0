"""GitHub's settings over the real PyGithub: each read with what it needs, and left as it was."""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from bot.core.rights import About, Area, Protection
from bot.edge.github.client import connect
from bot.edge.github.setup import MOST_FILES, Setup
from bot.ports import Denied, Unavailable
from tests.fakes import shops
from tests.fakes.hosted import ME, WORK
from tests.fakes.world import Repo, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path / "world") as made:
        yield made
        assert {seen.method for seen in made.journal} <= {"GET"}, "a look changes nothing"
        made.finish()


@pytest.fixture
def shop(world: World) -> Repo:
    return world.repo("octo/shop", shops.files("http://127.0.0.1:9/v1"), ann="write")


def setup(world: World, scopes: str | None = WORK) -> Setup:
    return Setup(connect(world.api, world.url, world.token(f"ghs_{scopes}".replace(" ", ""), ME, scopes), "octo/shop", 0))


def test_each_area_is_looked_at_with_the_right_that_it_is_about(world, shop):
    everything = {f"{area}:read" for area in get_args(Area)} | {"contents:read"}
    for area in get_args(Area):
        setup(world, " ".join(everything)).look(area, "main")
        less = everything - {f"{area}:read"}
        with pytest.raises(Denied, match=f"{area}: GitHub answers 403|reading the branch main: GitHub answers 403"):
            setup(world, " ".join(less)).look(area, "main")


def test_the_repository_is_known_by_its_branch_and_who_may_see_it(world, shop):
    shop.private = True
    assert setup(world).about() == About("main", private=True)


def test_workflows_come_with_their_text_and_github_own_ones_not_at_all(world, shop):
    world.commit(
        shop, "main", {".github/workflows/ci.yml": "on: push\n", **{f".github/workflows/x{n:02}.yml": "a: 1\n" for n in range(40)}}
    )
    shop.disabled.add("ci.yml")
    found = {workflow.path.rpartition("/")[2]: workflow for workflow in setup(world).workflows("main")}
    assert len(found) == 42
    assert (found["ci.yml"].active, found["ci.yml"].text) == (False, "on: push\n")
    assert found["route-agent-verify.yml"].text == shops.verify()
    assert sum(workflow.text is not None for workflow in found.values()) == MOST_FILES


def test_a_workflow_that_may_not_be_read_or_is_too_long_has_no_text(world, shop):
    world.commit(shop, "main", {".github/workflows/long.yml": "#" * 300_000})
    found = {w.path.rpartition("/")[2]: w.text for w in setup(world).workflows("main")}
    assert found["long.yml"] is None
    assert all(workflow.text is None for workflow in setup(world, "actions:read").workflows("main"))


def test_whether_pull_requests_may_be_opened_is_told_to_administrators_alone(world, shop):
    assert setup(world).may_open_pulls() is None
    for setting in (True, False):
        shop.opens_pulls = setting
        assert setup(world, "administration:read").may_open_pulls() is setting


def test_a_branch_is_protected_by_its_settings_or_by_rules(world, shop):
    assert setup(world).protection("main") == Protection(False, ())
    shop.required = ("ci",)
    shop.rules = [
        {"type": "deletion"},
        {"type": "required_status_checks", "parameters": {"required_status_checks": [{"context": "ci"}, {"context": "lint"}, 7]}},
    ]
    assert setup(world).protection("main") == Protection(True, ("ci", "lint", "?"))
    shop.required, shop.rules = (), shop.rules[:1]
    assert setup(world).protection("main") == Protection(True, ())


def test_a_server_without_rules_of_branches_has_none_and_the_branch_s_own_protection_counts(world, shop):
    shop.required = ("ci",)
    world.fail("GET", "/rules/branches/", status=404)
    assert setup(world).protection("main") == Protection(True, ("ci",))


def test_a_github_that_is_down_is_not_taken_for_a_no(world, shop):
    world.fail("GET", "/rules/branches", status=503, times=4)
    with pytest.raises(Unavailable, match="protection"):
        setup(world).protection("main")
