"""A unified diff, as far as the rules need it. Any size, any git header; what cannot be read is said, never guessed."""

import re
from collections.abc import Iterator
from dataclasses import field
from typing import Literal

from pydantic.dataclasses import dataclass
from unidiff.errors import UnidiffParseError
from unidiff.patch import PatchedFile, PatchSet

from bot.core.strict import STRICT

Kind = Literal["added", "deleted", "modified", "renamed", "mode", "binary", "submodule"]
SUBMODULE = "160000"


@dataclass(frozen=True, slots=True, config=STRICT)
class FileDiff:
    """One file of a diff. `added_text` and `removed_text` are the changed lines without their sign, one a line."""

    path: str
    kind: Kind
    old_path: str | None = None
    """Where a renamed or copied file came from."""
    added: int = 0
    removed: int = 0
    added_text: str = field(default="", repr=False)
    removed_text: str = field(default="", repr=False)
    old_mode: str | None = None
    new_mode: str | None = None
    added_at: tuple[int, ...] = field(default=(), repr=False)
    """Where the added lines stand in the new file, counted from 1."""
    cut_at: tuple[int, ...] = field(default=(), repr=False)
    """The lines of the new file before which lines were taken away and none put in their place."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Every name the file has in the diff: a rename touches both."""
        return (self.path,) if self.old_path is None else (self.old_path, self.path)


@dataclass(frozen=True, slots=True, config=STRICT)
class Diff:
    files: tuple[FileDiff, ...]

    @property
    def lines(self) -> int:
        """Changed lines, added and removed."""
        return sum(file.added + file.removed for file in self.files)


class DiffError(ValueError):
    """The text is no whole unified diff; says where it stops being one."""


_HUNK = re.compile(r"^(?:@@ -|\+\+\+ )", re.MULTILINE)
_SECTION = re.compile(r"^diff --(?:git|cc|combined) ", re.MULTILINE)


def parse(text: str) -> Diff:
    """Read a unified diff, file by file: memory stays small. Raises `DiffError` where it is cut off or contradicts itself."""
    starts = [found.start() for found in _SECTION.finditer(text)]
    if not starts:
        return Diff(_plain(text))
    if _HUNK.search(text, 0, starts[0]):
        raise DiffError("a change stands before the first `diff --git` line")
    ends = [*starts[1:], len(text)]
    return Diff(tuple(_section(text[start:end]) for start, end in zip(starts, ends, strict=True)))


def _plain(text: str) -> tuple[FileDiff, ...]:
    """A diff without git's headers, as `diff -u` writes it."""
    if not text.strip():
        return ()
    found = _unidiff(_lines(text), "the diff")
    if not found or not all(found):
        raise DiffError("the text is no unified diff: no file with a hunk was found in it")
    return tuple(_bare(file) for file in found)


def _bare(file: PatchedFile) -> FileDiff:
    source, target = unquoted(file.source_file), unquoted(file.target_file)
    kind: Kind = "added" if source == "/dev/null" else "deleted" if target == "/dev/null" else "modified"
    name = source if kind == "deleted" else target
    return FileDiff(_without_prefix(name), kind, None, *_changes(file), added_at=_added_at(file), cut_at=_cut_at(file))


def _section(text: str) -> FileDiff:
    """One file of a git diff."""
    lines = _lines(text)
    first = next((n for n, line in enumerate(lines) if line.startswith("@@")), len(lines))
    header = _header(lines[:first])
    if lines[0].startswith(("diff --cc ", "diff --combined ")):
        return _combined(lines[0], lines[first:])
    path, old = header.names(lines[0])
    hunks = () if first == len(lines) or header.binary else _unidiff(["--- a\n", "+++ b\n", *lines[first:]], path)
    if len(hunks) > 1:
        raise DiffError(f"{path}: a second file is changed under one `diff --git` line")
    changes = _changes(hunks[0]) if hunks else (0, 0, "", "")
    at = (_added_at(hunks[0]), _cut_at(hunks[0])) if hunks else ((), ())
    return FileDiff(path, header.kind(hunks=bool(hunks)), old, *changes, header.old_mode, header.new_mode, *at)


def _lines(text: str) -> list[str]:
    """Only a line feed ends a line: carriage returns and Unicode line ends are part of it."""
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _unidiff(lines: list[str], name: str) -> PatchSet:
    try:
        return PatchSet(lines)
    except (UnidiffParseError, ValueError) as error:
        raise DiffError(f"{name}: {' '.join(str(error).split())[:120]}") from None


def _changes(file: PatchedFile) -> tuple[int, int, str, str]:
    added: list[str] = []
    removed: list[str] = []
    for hunk in file:
        for line in hunk:
            if line.line_type == "+":
                added.append(line.value)
            elif line.line_type == "-":
                removed.append(line.value)
    return len(added), len(removed), "".join(added), "".join(removed)


def _added_at(file: PatchedFile) -> tuple[int, ...]:
    return tuple(line.target_line_no for hunk in file for line in hunk if line.is_added and line.target_line_no is not None)


def _cut_at(file: PatchedFile) -> tuple[int, ...]:
    found: list[int] = []
    for hunk in file:
        target, cut, put = hunk.target_start, False, False
        for line in hunk:
            if line.is_removed:
                cut = True
                continue
            put = put or line.is_added
            if line.is_context:
                found += [target] if cut and not put else []
                cut = put = False
            target += 1
        found += [target] if cut and not put else []
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Header:
    """git's extended header lines of one file."""

    old_name: str | None = None
    new_name: str | None = None
    moved_from: str | None = None
    moved_to: str | None = None
    old_mode: str | None = None
    new_mode: str | None = None
    binary: bool = False

    def names(self, first: str) -> tuple[str, str | None]:
        """The path, and where it came from for a rename or copy."""
        if self.moved_from is not None and self.moved_to is not None:
            return self.moved_to, self.moved_from
        for name in (self.new_name, self.old_name):
            if name is not None and name != "/dev/null":
                return (_without_prefix(name) if _prefixed(first) else name), None
        return _same_name(first), None

    def kind(self, *, hunks: bool) -> Kind:
        if SUBMODULE in (self.old_mode, self.new_mode):
            return "submodule"
        if self.binary:
            return "binary"
        if self.moved_to is not None:
            return "renamed"
        if self.old_mode is None and self.new_mode is not None:
            return "added"
        if self.new_mode is None and self.old_mode is not None:
            return "deleted"
        return "modified" if hunks or self.old_mode == self.new_mode else "mode"


_EXTENDED = (
    ("--- ", "old_name"),
    ("+++ ", "new_name"),
    ("rename from ", "moved_from"),
    ("rename to ", "moved_to"),
    ("copy from ", "moved_from"),
    ("copy to ", "moved_to"),
    ("old mode ", "old_mode"),
    ("new mode ", "new_mode"),
    ("deleted file mode ", "old_mode"),
    ("new file mode ", "new_mode"),
)


def _header(lines: list[str]) -> _Header:
    found: dict[str, str | bool] = {}
    for line in lines[1:]:
        for start, name in _EXTENDED:
            if line.startswith(start):
                found[name] = unquoted(line[len(start) :].rstrip("\n").removesuffix("\t"))
        if line.startswith(("Binary files ", "GIT binary patch")):
            found["binary"] = True
        if line.startswith("index ") and (mode := re.search(r" (\d{6})$", line.rstrip("\n"))):
            found["old_mode"] = found["new_mode"] = mode[1]
    return _Header(**found)  # type: ignore[arg-type]  # names and modes are texts, `binary` is a bool


_ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}
_ESCAPE = re.compile(r'\\([0-7]{3}|[abtnvfr"\\])')


def unquoted(name: str) -> str:
    """A path as git writes it: in quotes with C escapes where it holds unusual bytes."""
    if not (name.startswith('"') and name.endswith('"') and len(name) > 1):
        return name
    raw = bytearray()
    rest = 0
    inner = name[1:-1]
    for escape in _ESCAPE.finditer(inner):
        raw += inner[rest : escape.start()].encode(errors="surrogateescape")
        code = escape[1]
        raw.append(_ESCAPES[code] if code in _ESCAPES else int(code, 8) & 255)
        rest = escape.end()
    raw += inner[rest:].encode(errors="surrogateescape")
    return raw.decode(errors="surrogateescape")


_PREFIXES = ("a/", "b/", "i/", "w/", "c/", "o/")


def _without_prefix(name: str) -> str:
    return name[2:] if name.startswith(_PREFIXES) else name


def _prefixed(first: str) -> bool:
    """Whether `diff --git` names its files as a/… and b/…, or another pair of git's prefixes."""
    rest = first.rstrip("\n").removeprefix("diff --git ")
    return bool(re.match(r'^"?[aiwco]/.* "?[biwco]/', rest))


def _same_name(first: str) -> str:
    """The name in `diff --git a/NAME b/NAME`, where no other line has it: both halves are alike."""
    rest = first.rstrip("\n").removeprefix("diff --git ")
    left = unquoted(rest[: len(rest) // 2]) if rest.startswith('"') else rest[: (len(rest) - 1) // 2]
    name = _without_prefix(left) if _prefixed(first) else left
    if not name:
        raise DiffError(f"no file name in {first.strip()[:120]!r}")
    return name


def _combined(first: str, lines: list[str]) -> FileDiff:
    """A merge's diff: one sign a parent. A line counts once, as added where any sign is + and as removed where any is -."""
    path = unquoted(first.rstrip("\n").split(" ", 2)[2])
    added: list[str] = []
    removed: list[str] = []
    for signs, body in _signed(lines):
        if "+" in signs:
            added.append(body)
        elif "-" in signs:
            removed.append(body)
    return FileDiff(path, "modified", None, len(added), len(removed), "".join(added), "".join(removed))


def _signed(lines: list[str]) -> Iterator[tuple[str, str]]:
    parents = 1
    for line in lines:
        if line.startswith("@@"):
            parents = len(line) - len(line.lstrip("@")) - 1
        else:
            yield line[:parents], line[parents:]
