"""Ledgers as they lie in files: JSON lines, or a folder laid out as the ledger's branch is. Read, and never written to."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bot.core.past import shelves
from bot.core.past.lives import Fault, Line
from bot.core.past.shelves import ENDINGS, KEPT, LONGEST
from bot.ports import Denied

CHUNK = 1 << 22
"""Bytes that are counted at a time."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole lines of a file, from the byte `start` to before `end`; the first of them is the file's line `first`."""

    file: Path
    first: int
    start: int
    end: int


def lines(place: Path) -> Iterator[Line | Fault]:
    """Every line of a file, or of a folder's files. Raises `Denied` where there is none to read."""
    if place.is_dir():
        yield from _folder(place)
        return
    try:
        with place.open("rb") as file:
            yield from _rows(file, str(place))
    except OSError as error:
        raise unreadable(place, error) from None


def look(place: Path) -> None:
    """Raises `Denied` where there is nothing to read. A pipe gives what it holds but once, so it is not opened."""
    try:
        if stat.S_ISREG(place.stat().st_mode):
            place.open("rb").close()
    except OSError as error:
        raise unreadable(place, error) from None


def unreadable(place: Path, error: OSError) -> Denied:
    return Denied(f"{place} cannot be read ({error.strerror}); give a ledger's file or folder")


def divided(place: Path, most: int, least: int) -> list[Piece]:
    """A file in up to `most` pieces, of `least` bytes or more; none of what is no file. Raises `Denied` where it cannot be read."""
    found: list[Piece] = []
    if not place.is_file():
        return found
    try:
        with place.open("rb") as file:
            size, first, start = os.fstat(file.fileno()).st_size, 1, 0
            while start < size:
                lines, end = _share(file, max(least, -(-size // most)))
                found.append(Piece(place, first, start, end))
                first, start = first + lines, end
    except OSError as error:
        raise unreadable(place, error) from None
    return found


def piece(of: Piece) -> Iterator[Line | Fault]:
    """Every line of it, by its number in the whole. Raises `OSError`."""
    with of.file.open("rb") as file:
        file.seek(of.start)
        yield from _rows(file, str(of.file), of.first, of.end)


def _share(file: BinaryIO, size: int) -> tuple[int, int]:
    """From where one stands so many bytes and the rest of their last line: how many lines, and where they end."""
    lines = 0
    while size > 0 and (read := file.read(min(size, CHUNK))):
        size -= len(read)
        lines += read.count(b"\n")
    _skip(file)
    return lines + 1, file.tell()


def _folder(folder: Path) -> Iterator[Line | Fault]:
    """The branch's own folders where it has them, else every file that may be a ledger. Links are not followed."""
    kept = [folder / name for name in KEPT if (folder / name).is_dir()]
    for start in kept or [folder]:
        for parent, folders, names in os.walk(start):
            hidden = [] if kept else [name for name in folders if name.startswith(".")]
            below = [name for name in folders if (Path(parent) / name).is_symlink() or name.endswith(ENDINGS)]
            folders[:] = sorted(set(folders) - set(hidden) - set(below))
            for name in sorted([*names, *below]):
                path = Path(parent, name)
                if kept or name.endswith(ENDINGS):
                    yield from _file(path, path.relative_to(folder).as_posix())


def _file(path: Path, shown: str) -> Iterator[Line | Fault]:
    """One of a folder's: what cannot be read is a fault, and the others still are."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            yield Fault(shown, "a link, which is not followed")
        elif stat.S_ISDIR(mode):
            yield shelves.foreign(f"{shown}/") or Fault(shown, "a folder")
        elif not stat.S_ISREG(mode):
            yield Fault(shown, "no regular file")
        elif (strange := shelves.foreign(shown)) is not None:
            yield strange
        else:
            with path.open("rb") as file:
                yield from _rows(file, shown) if shown.endswith(".jsonl") else _document(file, shown)
    except OSError as error:
        yield Fault(shown, f"cannot be read ({error.strerror})")


def _document(file: BinaryIO, shown: str) -> Iterator[Line | Fault]:
    content = file.read(LONGEST + 1)
    if len(content) > LONGEST and content.partition(b"\n")[0].rstrip().endswith(b"}"):
        file.seek(0)
        yield from _rows(file, shown)
    else:
        yield from shelves.lines(shown, content)


def _rows(file: BinaryIO, shown: str, first: int = 1, end: int | None = None) -> Iterator[Line | Fault]:
    """Up to the byte `end`, at which a line ends; `first` is the number of the line that comes now."""
    number = first - 1
    while (end is None or file.tell() < end) and (text := file.readline(LONGEST + 1)):
        number += 1
        if len(text) > LONGEST and not text.endswith(b"\n"):
            _skip(file)
            yield shelves.too_long(f"{shown}:{number}")
        elif stripped := text.strip():
            yield Line(stripped, f"{shown}:{number}")


def _skip(file: BinaryIO) -> None:
    """The rest of a line."""
    while (rest := file.readline(LONGEST)) and not rest.endswith(b"\n"):
        pass
