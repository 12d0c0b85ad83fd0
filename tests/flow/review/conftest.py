"""A job whose policy names a verifier."""

from pathlib import Path

import pytest

from tests.fakes import repos
from tests.fakes.jobs import Job
from tests.flow.review.verdicts import POLICY


@pytest.fixture
def job(tmp_path: Path) -> Job:
    repos.make(tmp_path / "shop", repos.SHOP)
    return Job(tmp_path / "shop", POLICY)
