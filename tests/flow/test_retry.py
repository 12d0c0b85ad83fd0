"""What another try begins with, when more has happened on the thread than one run: which run, and whose reviews."""

import pytest

from tests.fakes.repos import DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.shops import TEST
from tests.fakes.world import Issue
from tests.fakes.world.runs import Scripted
from tests.flow.test_commands import seen
from tests.flow.test_door import PROVED, commented


@pytest.fixture
def pull(world, models, shop, issue, tmp_path) -> Issue:
    """What a run of the lower lane offers; the upper one is ready for another try."""
    models.script("m-fast", [GOOD, TEST, DONE])
    models.script("m-strong", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED, PROVED)
    assert commented(world, shop, issue, tmp_path / "one").act().state == "accepted"
    made: list[Issue] = world.pulls(shop)
    return made[0]


def prompt(models: Server, model: str) -> str:
    return next(str(body) for body in models.requests if body["model"] == model)


def test_the_five_newest_reviews_are_heard_of_those_whose_permission_just_suffices(pull, world, models, shop, issue, tmp_path):
    for number in range(1, 7):
        world.user(f"writer{number}")
        shop.collaborators[f"writer{number}"] = "write"
        world.review(pull, f"writer{number}", "CHANGES_REQUESTED", f"wish number {number}")

    assert commented(world, shop, issue, tmp_path / "two", "/agent retry").act().state == "accepted"

    told = prompt(models, "m-strong")
    assert [number for number in range(1, 7) if f"wish number {number}" in told] == [2, 3, 4, 5, 6]
    seen(world, shop, issue)


def test_a_command_that_made_no_patch_does_not_hide_the_run_before_it_and_its_reviews(pull, world, models, shop, issue, tmp_path):
    world.review(pull, "cid", "CHANGES_REQUESTED", "Not for text, please.")
    assert commented(world, shop, issue, tmp_path / "help", "/agent help").act().state == "explained"

    assert commented(world, shop, issue, tmp_path / "two", "/agent retry").act().state == "accepted"

    assert "Not for text, please." in prompt(models, "m-strong")
    seen(world, shop, issue)
