"""A shop whose default branch requires a check."""

import pytest

from tests.fakes.repos import DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.shops import TEST
from tests.fakes.world import Repo, World
from tests.fakes.world.runs import Scripted
from tests.flow.test_door import PROVED
from tests.flow.tokens.checked import RULE


@pytest.fixture(autouse=True)
def ready(world: World, models: Server, shop: Repo) -> None:
    shop.rules = [RULE]
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED, PROVED)
