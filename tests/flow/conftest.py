"""What the stories on GitHub share: models by script, a GitHub that remembers, a shop with an issue."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import repos, shops
from tests.fakes.canaries import Emitted, leaks
from tests.fakes.jobs import Job
from tests.fakes.server import Server
from tests.fakes.world import Issue, Repo, World


@pytest.fixture
def models() -> Iterator[Server]:
    """They repeat their key where they can, and no prompt may hold one."""
    with Server() as running:
        running.repeats = True
        yield running
        told = leaks(Emitted("prompt", json.dumps(body, ensure_ascii=False).encode()) for body in running.requests)
        assert not told, f"a key or a token is told to a model: {told}"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """At its end nothing may have happened that the story did not look at, and no key be told to anybody."""
    with World(tmp_path / "world") as made:
        made.repeats = True
        yield made
        made.finish()


@pytest.fixture
def shop(world: World, models: Server) -> Repo:
    return world.repo("octo/shop", shops.files(models.url), ann="write", bob="read", cid="maintain")


@pytest.fixture
def issue(world: World, shop: Repo) -> Issue:
    return world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """For stories on this machine alone."""
    repos.make(tmp_path / "shop", repos.SHOP)
    return Job(tmp_path / "shop")
