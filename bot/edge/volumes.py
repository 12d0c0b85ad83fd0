"""Ledgers as they lie in files: JSON lines, or a folder laid out as the ledger's branch is. Read, and never written to."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from bot.core.past.lives import Line
from bot.ports import Denied

KEPT = ("records/", "outcomes/")
"""Where on the ledger's branch that lies which a report counts."""
BUFFER = 1 << 20
LONGEST = 1_000_000
"""Bytes of one line. What is longer is read so far, and is then no line."""


@dataclass(frozen=True, slots=True)
class Part:
    """The lines of a file that begin at `start` or later, and before `end`."""

    path: Path
    shown: str
    start: int
    end: int


def files(place: Path) -> tuple[Part, ...]:
    """Every file of a ledger, whole: the branch's own folders where a folder has them, else all that may be a ledger.

    Links are not followed. Raises `Denied` where there is nothing.
    """
    if not place.is_dir():
        return (_whole(place, str(place)),)
    kept = [place / name for name in KEPT if (place / name).is_dir()]
    found = [path for start in kept or [place] for path in _below(start)]
    if not found:
        raise Denied(f"{place} holds no ledger: no file that ends in .json or .jsonl")
    return tuple(_whole(path, str(path.relative_to(place))) for path in found)


def _below(start: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(start):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if name.endswith((".json", ".jsonl")) and path.is_file() and not path.is_symlink():
                yield path


def _whole(path: Path, shown: str) -> Part:
    try:
        return Part(path, shown, 0, path.stat().st_size)
    except OSError as error:
        raise _unreadable(path, error) from None


def split(part: Part, pieces: int) -> tuple[Part, ...]:
    """Parts of about the same size that together hold the same lines."""
    cuts = [part.start + (part.end - part.start) * number // pieces for number in range(pieces + 1)]
    return tuple(Part(part.path, part.shown, start, end) for start, end in pairwise(cuts))


def lines(part: Part) -> Iterator[Line]:
    """Every line of a part, numbered from 1 within it."""
    try:
        with part.path.open("rb", buffering=BUFFER) as file:
            at = _seek(file, part.start)
            number = 0
            while at < part.end and (text := file.readline(LONGEST)):
                number += 1
                at += len(text)
                yield Line(text, part.shown, number)
                if len(text) == LONGEST and not text.endswith(b"\n"):
                    at += _rest(file)
    except OSError as error:
        raise _unreadable(part.path, error) from None


def _seek(file: BinaryIO, start: int) -> int:
    """Where the first line begins that does so at `start` or later."""
    if start == 0:
        return 0
    file.seek(start - 1)
    return start - 1 + _rest(file)


def _rest(file: BinaryIO) -> int:
    """Bytes up to the end of a line, which are passed over."""
    passed = 0
    while rest := file.readline(LONGEST):
        passed += len(rest)
        if rest.endswith(b"\n"):
            break
    return passed


def _unreadable(path: Path, error: OSError) -> Denied:
    return Denied(f"{path} cannot be read ({error.strerror}); give a ledger's file or folder")
