"""The reaction that comes before anything heavy is loaded: only where the gate is certain to give it too."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.event import Commented, Dispatched, Person
from bot.core.policy import Triggers
from bot.edge.github.nod import ROLES, Way, nod
from bot.first import USUAL, USUAL_LABEL, soon
from tests.fakes import shops
from tests.fakes.hosted import ME, Job
from tests.fakes.world import Repo, World

POLICY = ".github/route-agent.yml"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path / "world") as made:
        made.token("ghs_all", ME)
        yield made


@pytest.fixture
def shop(world: World) -> Repo:
    return world.repo("octo/shop", shops.files("http://127.0.0.1:9/v1"), ann="write", mia="maintain", tri="triage")


def command(world: World, shop: Repo, folder: Path, by: str = "ann", body: str = "/agent fix") -> Commented:
    issue = shop.issues.get(1) or world.issue(shop, "T")
    event = Job(world, folder, "issue_comment", world.comment(shop, issue, by, body)).event()
    assert isinstance(event, Commented)
    return event


def way(world: World, token: str = "ghs_all", policy: str = POLICY) -> Way:  # noqa: S107 - of a server on this machine
    return Way(world.api, token, policy)


@pytest.mark.parametrize("by", ["ann", "mia"])
def test_a_person_with_the_permission_sees_at_once_that_the_command_was_heard(world, shop, tmp_path, by):
    event = command(world, shop, tmp_path / "job", by)
    assert nod(event, way(world))
    assert shop.issues[1].reactions == {str(event.comment): {(ME, "eyes")}}


@pytest.mark.parametrize("kind", ["label", "dispatch"])
def test_a_label_and_a_dispatch_are_acknowledged_on_the_issue(world, shop, tmp_path, kind):
    issue = world.issue(shop, "T")
    if kind == "label":
        job = Job(world, tmp_path / "job", "issues", world.label(shop, issue, "ann", "agent:fix"))
    else:
        job = Job(world, tmp_path / "job", "workflow_dispatch", world.dispatched(shop, "ann"), inputs={"issue": "1"})
    event = job.event()
    assert soon(event, "gate")
    assert nod(event, way(world))
    assert world.reacted(shop, issue) == {"eyes"}
    other = Job(world, tmp_path / "other", "issues", world.label(shop, issue, "ann", "bug")).event()
    assert not soon(other, "gate")


@pytest.mark.parametrize("by", ["tri", "zoe", "ghost"])
def test_a_person_without_the_permission_gets_no_sign_from_it(world, shop, tmp_path, by):
    assert not nod(command(world, shop, tmp_path / "job", by), way(world))
    assert shop.issues[1].reactions == {}
    assert not [seen for seen in world.journal if "/contents/" in seen.path], "nothing is read for a stranger"


def test_the_bots_own_words_get_no_sign(world, shop, tmp_path):
    world.token("ghp_ann", "ann")
    assert not nod(command(world, shop, tmp_path / "job"), way(world, "ghp_ann"))
    assert shop.issues[1].reactions == {}


def test_a_policy_with_triggers_of_its_own_or_none_at_all_is_left_to_the_gate(world, tmp_path):
    files = shops.files("http://127.0.0.1:9/v1")
    own = {**files, POLICY: f"{files[POLICY]!s}\ntriggers: {{command: /bot}}\n"}
    shop = world.repo("octo/shop", own, ann="write")
    event = command(world, shop, tmp_path / "job")
    assert not nod(event, way(world))
    assert not nod(event, way(world, policy="elsewhere.yml"))
    assert shop.issues[1].reactions == {}


@pytest.mark.parametrize("path", ["/contents/", "/permission$", "/api/graphql", "/reactions$"])
@pytest.mark.parametrize("fault", [{}, {"drop": True}])
def test_trouble_on_the_way_is_no_error_and_no_sign(world, shop, tmp_path, path, fault):
    event = command(world, shop, tmp_path / "job")
    world.fail("GET", path, **fault)
    world.fail("POST", path, **fault)
    assert not nod(event, way(world))
    assert shop.issues[1].reactions == {}


def test_a_token_that_no_header_can_hold_is_no_error(world, shop, tmp_path):
    assert not nod(command(world, shop, tmp_path / "job"), way(world, "a\nb"))


def test_only_a_command_in_the_usual_word_and_in_ones_own_words_is_answered_so_soon(world, shop, tmp_path):
    event = command(world, shop, tmp_path / "job")
    assert [soon(event, phase) for phase in ("", "auto", "gate", "propose", "apply")] == [True] * 3 + [False] * 2
    assert not soon(replace(event, body="/agnt fix"), "")
    assert not soon(replace(event, body="> /agent fix"), "")
    assert not soon(replace(event, author=Person("eve", 666, "User")), "")
    bot = Person("renovate[bot]", 5, "Bot")
    assert not soon(replace(event, sender=bot, author=bot), "")
    assert soon(Dispatched(event.repo, event.sender, 1, "", ""), "gate")
    assert not soon(Dispatched(event.repo, bot, 1, "", ""), "gate")


def test_what_counts_as_usual_is_what_a_policy_says_that_is_silent_about_it():
    assert Triggers().command == USUAL
    assert Triggers().labels == (USUAL_LABEL,)
    assert Triggers().permission == ROLES[0]
