"""A repository in which `init` is run."""

from pathlib import Path

import pytest

from tests.fakes import repos


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    repos.make(tmp_path / "shop", repos.SHOP)
    return tmp_path / "shop"
