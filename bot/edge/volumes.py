"""Ledgers as they lie in files: JSON lines, or a folder laid out as the ledger's branch is. Read, and never written to."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bot.core.past import shelves
from bot.core.past.lines import Fault, Line
from bot.core.past.shelves import ENDINGS, KEPT, LONGEST
from bot.failures import Denied

CHUNK = 1 << 17
"""Bytes that are read at a time: what the processor has at hand is cut into lines faster."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole lines of a file, from the byte `start` to before `end`."""

    file: Path
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
    if place.is_dir() and not _kept(place) and next(_within(place), None) is None:
        remedy = "give a ledger's file, a folder with a checkout of its branch, or a repository with --repo"
        raise Denied(f"{place} is a folder, and no ledger lies in it; {remedy}")
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
            size, start = os.fstat(file.fileno()).st_size, 0
            while start < size:
                file.seek(min(start + max(least, -(-size // most)), size) - 1)
                _skip(file)
                found.append(Piece(place, start, file.tell()))
                start = file.tell()
    except OSError as error:
        raise unreadable(place, error) from None
    return found


def piece(of: Piece) -> Iterator[Line | Fault]:
    """Every line of it, by its number in the whole: all who read a piece count the lines before it at once. Raises `OSError`."""
    with of.file.open("rb") as file:
        first = 1
        while left := of.start - file.tell():
            if not (read := file.read(min(CHUNK, left))):
                return
            first += read.count(b"\n")
        yield from _rows(file, str(of.file), first, of.end)


def _skip(file: BinaryIO) -> None:
    """The rest of a line."""
    while (rest := file.readline(CHUNK)) and not rest.endswith(b"\n"):
        pass


def _folder(folder: Path) -> Iterator[Line | Fault]:
    for path in _within(folder):
        yield from _file(path, path.relative_to(folder).as_posix())


def _kept(folder: Path) -> list[Path]:
    """The branch's own folders."""
    return [folder / name for name in KEPT if (folder / name).is_dir()]


def _within(folder: Path) -> Iterator[Path]:
    """What lies in the branch's own folders where it has them, else every file that may be a ledger. Links are not followed."""
    kept = _kept(folder)
    for start in kept or [folder]:
        for parent, folders, names in os.walk(start):
            hidden = [] if kept else [name for name in folders if name.startswith(".")]
            below = [name for name in folders if (Path(parent) / name).is_symlink() or name.endswith(ENDINGS)]
            folders[:] = sorted(set(folders) - set(hidden) - set(below))
            for name in sorted([*names, *below]):
                if kept or name.endswith(ENDINGS):
                    yield Path(parent, name)


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
    for number, row in enumerate(_split(file, end), first):
        if len(row) > LONGEST:
            yield shelves.too_long(f"{shown}:{number}")
        elif text := row.strip():
            yield Line(text, f"{shown}:{number}")


def _split(file: BinaryIO, end: int | None) -> Iterator[bytes]:
    """Line by line, as reading many at once is twice as fast; of one that is too long no more than shows that it is."""
    rest, left = b"", None if end is None else end - file.tell()
    while read := file.read(CHUNK if left is None else min(CHUNK, left)):
        left = None if left is None else left - len(read)
        rows = (rest + read).split(b"\n")
        rest = rows.pop()
        yield from rows
        if len(rest) > LONGEST:
            rest = rest[: LONGEST + 1]
    if rest:
        yield rest
