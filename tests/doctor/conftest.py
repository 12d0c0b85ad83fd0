"""A place that `doctor` finds sound: models that answer, and a repository whose policy names them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.checkups import READY, place, policy
from tests.fakes.server import Server


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        running.script("m-fast", [READY])
        running.script("m-strong", [READY])
        yield running


@pytest.fixture
def shop(tmp_path: Path, server: Server) -> Path:
    return place(tmp_path, policy(server))
