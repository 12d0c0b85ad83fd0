"""A collector on loopback, and a shop whose runs it is told of."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.collector import Collector
from tests.fakes.server import Server
from tests.flow.telemetry.observed import shop_in


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path, models: Server) -> Path:
    return shop_in(tmp_path, models)
