"""What the stories leave behind for people to look at."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.engine import KEPT


@pytest.fixture
def record_comment() -> Callable[[str, str, str], None]:
    """Keeps a comment as the story ended with it; the pictures in the docs are made from these."""

    def keep(name: str, workflow: str, text: str) -> None:
        folder: Path = KEPT / "comments"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}-{workflow.removesuffix('.yml')}.md").write_text(text)

    return keep
