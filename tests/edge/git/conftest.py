"""Such a repository, found, and its trees."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.edge.git.repository import Repository, find
from bot.edge.git.trees import Trees
from tests.edge.git.repositories import FILES, PATH
from tests.fakes import repos


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    repos.make(tmp_path / "repo", FILES)
    return tmp_path / "repo"


@pytest.fixture
def found(repo: Path) -> Repository:
    return find(repo, PATH)


@pytest.fixture
def trees(found: Repository, tmp_path: Path) -> Iterator[Trees]:
    (tmp_path / "own").mkdir()
    made = Trees(tmp_path / "own", found.objects, PATH)
    yield made
    made.close()
