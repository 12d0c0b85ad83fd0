"""Jobs with the token of an app, the checks that a pull request starts, and what is left when a job is over."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fakes.hosted import Job
from tests.fakes.world import Issue, Repo, World
from tests.flow.test_door import commented

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


def checks(*ends: tuple[str, str | None], **more: Any) -> Callable[[World, Repo, Issue], None]:
    """The checks that a pull request starts."""

    def start(world: World, repo: Repo, pull: Issue) -> None:
        assert pull.head is not None
        for name, end in ends:
            world.check(repo, str(repo.tip(pull.head[1])), name, end, **more)

    return start
