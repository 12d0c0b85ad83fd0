"""A GitHub that remembers and can fail on demand, with one shop, and what is fetched of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.edge.git.fetch import Fetched, fetched
from tests.fakes import repos, shops
from tests.fakes.hosted import ME
from tests.fakes.world import Repo, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path / "world") as made:
        made.token("ghs_all", ME)
        yield made


@pytest.fixture
def shop(world: World) -> Repo:
    return world.repo("octo/shop", shops.files("http://127.0.0.1:9/v1"), ann="write", mia="maintain")


@pytest.fixture
def sources(world: World, shop: Repo, tmp_path: Path) -> Iterator[Fetched]:
    (tmp_path / "own").mkdir()
    with fetched(tmp_path / "own", f"{world.url}/octo/shop.git", "ghs_all", repos.PATH) as made:
        yield made
