"""A shop whose accepted patches are all audited."""

import pytest

from tests.fakes import shops
from tests.fakes.server import Server
from tests.fakes.world import Issue, Repo, World
from tests.flow.audit.audited import policy


@pytest.fixture
def shop(world: World, models: Server) -> Repo:
    return world.repo("octo/shop", shops.files(models.url, more={".github/route-agent.yml": policy(models.url)}), ann="write")


@pytest.fixture
def issue(world: World, shop: Repo) -> Issue:
    return world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")
