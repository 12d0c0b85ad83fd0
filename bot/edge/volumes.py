"""Ledgers as they lie in files: JSON lines, or a folder laid out as the ledger's branch is. Read, and never written to."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from bot.core.past.lives import Line
from bot.ports import Denied

KEPT = ("records/", "outcomes/")
"""Where on the ledger's branch that lies which a report counts."""
LONGEST = 1_000_000
"""Bytes of one line. What is longer is read so far, and is then no line."""


def lines(place: Path) -> Iterator[Line]:
    """Every line of a file, or of a folder's files. Raises `Denied` where there is none to read."""
    if place.is_dir():
        yield from _folder(place)
    else:
        yield from _file(place, str(place))


def _folder(folder: Path) -> Iterator[Line]:
    """The branch's own folders where it has them, else every file that may be a ledger. Links are not followed."""
    kept = [folder / name for name in KEPT if (folder / name).is_dir()]
    for start in kept or [folder]:
        for parent, folders, names in os.walk(start):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                path = Path(parent, name)
                if name.endswith((".json", ".jsonl")) and not path.is_symlink():
                    yield from _file(path, str(path.relative_to(folder)))


def _file(path: Path, shown: str) -> Iterator[Line]:
    try:
        with path.open("rb") as file:
            number = 0
            while text := file.readline(LONGEST + 1):
                number += 1
                if stripped := text.strip():
                    yield Line(stripped, f"{shown}:{number}")
                if not text.endswith(b"\n") and len(text) > LONGEST:
                    _skip(file)
    except OSError as error:
        raise Denied(f"{path} cannot be read ({error.strerror}); give a ledger's file or folder") from None


def _skip(file: BinaryIO) -> None:
    """The rest of a line that is too long."""
    while (rest := file.readline(LONGEST)) and not rest.endswith(b"\n"):
        pass
