"""A patch: what it touches, how big it is, and what it may not do."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Literal

from pathspec import GitIgnoreSpec

from bot.core import diff as diffs
from bot.core.clean import line
from bot.core.diff import Diff, FileDiff
from bot.core.guarded import HIDDEN_PATHS, PROTECTED
from bot.core.paths import is_code, is_test

BRANCH = re.compile(r"^route-agent/[a-z0-9]+/[a-z0-9-]+\Z")
"""The names of our own branches; no other is ever written or deleted."""

REGULAR = frozenset({"100644", "100755"})


@dataclass(frozen=True, slots=True)
class Patch:
    """`text` is the unified diff as computed from the overlay; bytes that are not UTF-8 are surrogate escapes in it."""

    text: str
    diff: Diff

    @property
    def digest(self) -> str:
        """The first 12 hex digits of the SHA-256 of the diff."""
        return hashlib.sha256(self.text.encode(errors="surrogateescape")).hexdigest()[:12]


def parse(text: str) -> Patch:
    """Raises `DiffError` for what is no diff."""
    return Patch(text, diffs.parse(text))


_GRADERS = (
    "conftest.py",
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
    ".pytest.toml",
    "unittest.cfg",
    "tox.ini",
    "tox.toml",
    "noxfile.py",
    ".coveragerc",
    "Makefile",
    "makefile",
    "GNUmakefile",
    "jest.config.*",
    "vitest.config.*",
    "vitest.workspace.*",
    "karma.conf.*",
    ".mocharc*",
    "phpunit.xml*",
    ".rspec",
    "junit-platform.properties",
    "pytest.py",
    "pytest/",
    "_pytest/",
    "pluggy/",
    "pluggy.py",
    "unittest.py",
    "unittest/",
    "iniconfig.py",
    "iniconfig/",
    "/packaging.py",
    "/packaging/",
    "/pygments.py",
    "/pygments/",
)
_MANIFESTS = ("pyproject.toml", "setup.cfg", "setup.py", "package.json", "Cargo.toml", "vite.config.*")
_REQUIRED = ("*requirements*.txt", "*requirements*.in", "requirements/*.txt", "requirements/*.in", "constraints*.txt", "Pipfile")
_NAME = re.compile(r"^\s*[\"']?([A-Za-z0-9][A-Za-z0-9._-]*)", re.MULTILINE)
"""What a line of requirements begins with."""
_ABOUT_TESTS = re.compile(r"pytest|unittest|\b(?:pre|post)?test(?:s|paths|ing)?\b|coverage|jest|vitest|mocha", re.IGNORECASE)


_ABOUT_REPORTS = re.compile(
    r"PYTEST_(?:ADDOPTS|CURRENT_TEST|PLUGINS)|junit_?xml|report\.xml|\b_pytest\b|_exit\b|\batexit\b"
    r"|RUNNER_TEMP|GITHUB_(?:PATH|ENV|OUTPUT|STATE|ACTIONS)",
    re.IGNORECASE,
)
"""What code names that would end the runner early, or write its report for it."""


def graders(patch: Patch, links: Mapping[str, str]) -> tuple[str, ...]:
    """Files that decide how a patch is judged: what configures and hooks into a runner, and a manifest's lines about tests."""
    return tuple(path for file in patch.diff.files for path in file.paths if _grades(path, file, links))


def _grades(path: str, file: FileDiff, links: Mapping[str, str]) -> bool:
    if any(map(_spec(_GRADERS).match_file, (path, *(aliases(path, links) or ())))):
        return True
    if is_code(path) and _ABOUT_REPORTS.search(file.added_text):
        return True
    if _spec(_REQUIRED).match_file(path):  # another version of what is there already is none of it
        new = {*_NAME.findall(file.added_text)} - {*_NAME.findall(file.removed_text)}
        return any(map(_ABOUT_TESTS.search, new))
    return _spec(_MANIFESTS).match_file(path) and bool(_ABOUT_TESTS.search(f"{file.added_text}\n{file.removed_text}"))


def rewritten(patch: Patch) -> tuple[str, ...]:
    """The test files in which a patch takes lines away: there an assertion may be another than it was."""
    tests = (file for file in patch.diff.files if is_test(file.path))
    return tuple(file.path for file in tests if file.removed or file.kind == "deleted")


_SECTION = re.compile(r"^diff --git ", re.MULTILINE)


def part(text: str, wanted: Callable[[str], bool]) -> str:
    """The sections of a git diff whose file is wanted, as a diff of their own."""
    starts = [found.start() for found in _SECTION.finditer(text)]
    sections = [text[start:end] for start, end in pairwise([*starts, len(text)])]
    return "".join(section for section in sections if all(wanted(file.path) for file in diffs.parse(section).files))


def trespasses(patch: Patch, protected: tuple[str, ...], max_files: int, max_lines: int) -> tuple[str, ...]:
    """Every rule the patch breaks, in words, in the order of its files; none if it may go on."""
    found = [problem for file in patch.diff.files for problem in _file_problems(file, protected)]
    if len(patch.diff.files) > max_files:
        found.append(f"{len(patch.diff.files)} files changed; protect.max_files is {max_files}")
    if patch.diff.lines > max_lines:
        found.append(f"{patch.diff.lines} lines changed; protect.max_lines is {max_lines}")
    return tuple(found)


def _file_problems(file: FileDiff, protected: tuple[str, ...]) -> list[str]:
    found = [f"`{line(path)}`: {problem}" for path in file.paths if (problem := path_problem(path))]
    if file.kind == "added" and any(map(_ON_WINDOWS.match, file.path.split("/"))):
        found.append(f"`{line(file.path)}`: a part of the path means another file, or a device, on Windows")
    found += [f"`{line(path)}` is protected by `{rule}`" for path in file.paths if (rule := protecting(path, protected))]
    modes = {mode for mode in (file.old_mode, file.new_mode) if mode is not None}
    if file.kind in ("binary", "submodule", "renamed"):
        found.append(f"`{line(file.path)}`: a patch may not hold a {file.kind} change")
    elif modes - REGULAR:
        found.append(f"`{line(file.path)}`: only regular files may be changed, not mode {', '.join(sorted(modes - REGULAR))}")
    elif len(modes) > 1 or (file.kind == "added" and file.new_mode != "100644"):
        found.append(f"`{line(file.path)}`: a patch may not change or set file modes")
    return found


@cache
def _spec(globs: tuple[str, ...]) -> GitIgnoreSpec:
    return GitIgnoreSpec.from_lines(globs)


def folded(path: str, form: Literal["NFKC", "NFD"] = "NFKC") -> str:
    """Without case. NFKC is the widest form, for what a name may mean; NFD is how macOS compares names."""
    return unicodedata.normalize(form, path).casefold()


def protecting(path: str, globs: tuple[str, ...]) -> str | None:
    """The rule that protects a path, whatever its case or Unicode form; None if none does."""
    name = folded(path)
    for rules in (PROTECTED, globs):  # one after the other: a policy's own `!glob` takes nothing from the built-in ones
        result = _spec(tuple(rule.casefold() for rule in rules)).check_file(name)
        if result.include and result.index is not None:
            return rules[result.index]
    return None


MOST_LINKS, MOST_NAMES = 5, 1_000
"""So many links one behind the other are followed, to so many names."""


def aliases(path: str, links: Mapping[str, str]) -> tuple[str, ...] | None:
    """The other names by which the repository's own links lead to a file, whatever its case; None where they are too many."""
    leading: dict[str, list[str]] = {}
    for link, to in links.items():
        leading.setdefault(folded(to, "NFD"), []).append(link)
    found, new = {path}, [path]
    for _ in range(MOST_LINKS):
        before, new = new, []
        for name in before:
            for end in (*(cut.start() for cut in re.finditer("/", name)), len(name)):
                new += [link + name[end:] for link in leading.get(folded(name[:end], "NFD"), ())]
        new = [name for name in dict.fromkeys(new) if name not in found]
        found.update(new)
        if len(found) > MOST_NAMES:
            return None
    return tuple(sorted(found - {path}))


def linked(patch: Patch, links: Mapping[str, str], protected: tuple[str, ...]) -> str:
    """What the patch changes that is protected under another name, in words; empty where nothing is."""
    for path in (path for file in patch.diff.files for path in file.paths):
        names = aliases(path, links)
        if names is None:
            return f"more links of the repository lead to `{line(path)}` than are followed"
        for name in names:
            if rule := protecting(name, protected):
                return f"`{line(path)}` is what the link `{line(name)}` leads to, which is protected by `{rule}`"
    return ""


def hidden(path: str) -> bool:
    """Whether no model is shown the file, since its name says that it holds credentials."""
    return bool(_spec(tuple(rule.casefold() for rule in HIDDEN_PATHS)).match_file(folded(path)))


def shown(diff: str) -> str:
    """What of a git diff a model is shown; nothing of what is none."""
    try:
        return part(diff, lambda path: not hidden(path))
    except diffs.DiffError:
        return ""


_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|]')
_GIT_NAMES = re.compile(r"^(?:\.git|git~\d+|\.git[ .]*)$", re.IGNORECASE)
_ON_WINDOWS = re.compile(
    r"^(?:[^.~]{1,6}~\d{1,6}(?:\.[^.]{0,3})?|(?:con|prn|aux|nul|(?:com|lpt)[\d¹²³]|conin\$|conout\$) *(?:\..*)?)$", re.IGNORECASE
)
"""The short name of another, as `husky~1` is of `.husky`; and devices, for which a checkout breaks off."""
_IGNORED_BY_FILE_SYSTEMS = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
"""HFS+ leaves these out of names, so that `.g\u200cit` means `.git` there."""


def path_problem(path: str) -> str | None:
    """Why no patch may have this path; None for a canonical relative one."""
    if not path or path.startswith("/") or len(path.encode(errors="surrogateescape")) > 1_024:
        return "not a relative path of at most 1,024 bytes"
    if found := _FORBIDDEN.search(path):
        return f"the character {found[0]!r} may not stand in a path"
    for part in path.split("/"):
        bare = _IGNORED_BY_FILE_SYSTEMS.sub("", unicodedata.normalize("NFKC", part))
        if part in ("", ".", ".."):
            return "not a canonical path"
        if part != part.strip(" ") or part.endswith("."):
            return "a part of the path begins or ends with a space, or ends with a dot"
        if bare != unicodedata.normalize("NFKC", part) or _GIT_NAMES.match(bare):
            return "a part of the path means `.git` on some file systems"
        if len(part.encode(errors="surrogateescape")) > 255:
            return "a part of the path is longer than 255 bytes"
    return None
