"""Models on this machine, and a shop whose policy names them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import repos
from tests.fakes.server import Server


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def shop(tmp_path: Path, server: Server) -> Path:
    policy = repos.POLICY.replace("http://127.0.0.1:9/v1", server.url)
    repos.make(tmp_path / "shop", repos.SHOP | {".github/route-agent.yml": policy})
    return tmp_path / "shop"
