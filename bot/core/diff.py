"""A unified diff, as far as the rules need it. Any size, any git header; what cannot be read is said, never guessed."""

from typing import Literal

from pydantic.dataclasses import dataclass

from bot.core.strict import STRICT

Kind = Literal["added", "deleted", "modified", "renamed", "mode", "binary", "submodule"]


@dataclass(frozen=True, slots=True, config=STRICT)
class FileDiff:
    """One file of a diff. `added_text` and `removed_text` are the changed lines without their sign, one a line."""

    path: str
    kind: Kind
    old_path: str | None = None
    """Where a renamed or copied file came from."""
    added: int = 0
    removed: int = 0
    added_text: str = ""
    removed_text: str = ""
    old_mode: str | None = None
    new_mode: str | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """Every name the file has in the diff: a rename touches both."""
        return (self.path,) if self.old_path in (None, self.path) else (self.old_path or "", self.path)


@dataclass(frozen=True, slots=True, config=STRICT)
class Diff:
    files: tuple[FileDiff, ...]

    @property
    def lines(self) -> int:
        """Changed lines, added and removed."""
        return sum(file.added + file.removed for file in self.files)


class DiffError(ValueError):
    """The text is no whole unified diff; says where it stops being one."""


def parse(text: str) -> Diff:
    """Read a unified diff. Raises `DiffError` where it is truncated or contradicts itself."""
    raise NotImplementedError
