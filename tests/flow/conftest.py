"""What the stories on GitHub share: models by script, a GitHub that remembers, a shop with an issue."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import shops
from tests.fakes.server import Server
from tests.fakes.world import Issue, Repo, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """At its end nothing may have happened that the story did not look at."""
    with World(tmp_path / "world") as made:
        yield made
        made.finish()


@pytest.fixture
def shop(world: World, models: Server) -> Repo:
    return world.repo("octo/shop", shops.files(models.url), ann="write", bob="read", cid="maintain")


@pytest.fixture
def issue(world: World, shop: Repo) -> Issue:
    return world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")
