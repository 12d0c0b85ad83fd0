"""A shop whose checks run on the runner."""

from typing import Any

import pytest

from tests.fakes.server import Server
from tests.fakes.world import Issue, Repo, World
from tests.flow.host.hosting import policy, stocked


@pytest.fixture
def shop(world: World, models: Server) -> Repo:
    return stocked(world, policy(models.url))


@pytest.fixture
def issue_of(world: World) -> Any:
    def made(text: str) -> tuple[Repo, Issue]:
        shop = stocked(world, text)
        return shop, world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")

    return made
