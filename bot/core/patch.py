"""A patch: what it touches, how big it is, and what it may not do."""

from pydantic.dataclasses import dataclass

from bot.core.diff import Diff
from bot.core.strict import STRICT


@dataclass(frozen=True, slots=True, config=STRICT)
class Patch:
    """`text` is the unified diff as computed from the overlay; bytes that are not UTF-8 are surrogate escapes in it."""

    text: str
    diff: Diff

    @property
    def digest(self) -> str:
        """The first 12 hex digits of the SHA-256 of the diff."""
        raise NotImplementedError


def parse(text: str) -> Patch:
    """Raises `DiffError` for what is no diff."""
    raise NotImplementedError


def trespasses(patch: Patch, protected: tuple[str, ...], max_files: int, max_lines: int) -> tuple[str, ...]:
    """Every rule the patch breaks, in words; none if it may go on."""
    raise NotImplementedError
