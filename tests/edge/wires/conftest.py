"""A server that speaks every format, and an adapter that asks it."""

from collections.abc import Iterator

import pytest

from tests.edge.test_model import Bed
from tests.fakes.server import Server


@pytest.fixture
def bed() -> Iterator[Bed]:
    with Server() as server:
        yield Bed(server)
