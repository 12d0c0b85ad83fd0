"""Which files a text is about: paths and stack frames it names, else symbols it names, else its rarest words.

Pure: this module says what to search for and reads what the search brought; the shell does the searching.
"""

import re
from collections.abc import Mapping

from pathspec import GitIgnoreSpec

from bot.core.areas import CI_PATHS, DEPENDENCY_PATHS, DEPLOY_PATHS
from bot.core.facts import Place
from bot.core.paths import is_code, is_test

MOST_TEXT = 20_000
"""Characters of a text that are looked at. A longer one counts as truncated."""
MOST_PLACES = 8
MOST_TERMS = 12
COMMON = 8
"""A word that stands in more files than this says nothing about where to look."""

_FRAMES = (
    re.compile(r'File "([^"\n]+)", line \d+'),  # Python
    re.compile(r"\bat (?:[^\s(]+ )?\(?([^\s()]+?\.\w+):\d+(?::\d+)?\)?"),  # JavaScript
    re.compile(r"^[ \t]*(\S+\.(?:go|rs|rb|php|c|cc|cpp)):\d+", re.MULTILINE),
    re.compile(r"\(([A-Z]\w+\.(?:java|kt|scala)):\d+\)"),
)
_PATH = re.compile(r"(?<![\w/.@+-])((?:[\w.@+-]+/)*[\w.@+-]+\.[A-Za-z]\w{0,9})(?![\w/])")
_QUOTED = re.compile(r"`([^`\n]{2,80})`")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w{2,}")
_SYMBOL = re.compile(
    r"\b(?:[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+|[a-z]+(?:_[a-z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]+)+)\b|\b([A-Za-z_]\w+)\("
)
_WORD = re.compile(r"[A-Za-z][A-Za-z]{3,}")
_STOP = frozenset(
    (
        "about above after again against also always another because been before being below between both bug cannot case "
        "change could does doing done down during each error even every example expected fail fails failed failing file "
        "files fine first fix fixed fixes for from give gives given goes happen happens have having here into issue "
        "itself just keep know like line lines look looks made make makes many message more most much must need needs "
        "never none nothing only other over package packages please problem raise raised raises really report result "
        "return returned returns same seems should shows simple since some still such sure take test tests than that their "
        "them then there these they thing this those through trying under until upon used user users using value values very want "
        "wants were what when where which while will with without work works would write wrong your "
    ).split()
)


def named(text: str, paths: tuple[str, ...]) -> tuple[Place, ...]:
    """Files that the text names, in a stack frame or by their path. A name that fits more than three files fits none."""
    found: dict[str, str] = {}
    for pattern in _FRAMES:
        for name in pattern.findall(text[:MOST_TEXT]):
            for path in _fitting(name, paths):
                found.setdefault(path, "in a stack frame")
    for name in _PATH.findall(text[:MOST_TEXT]):
        for path in _fitting(name, paths):
            found.setdefault(path, "named in the text")
    return _places(found)


def paths_in(text: str) -> tuple[str, ...]:
    """Every path that a text names, whether there is such a file or not; a bare file name is one too."""
    return tuple(dict.fromkeys(_PATH.findall(text[:MOST_TEXT])))


def _fitting(name: str, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Paths that end like the name; the longest common ending wins, since frames hold paths of other machines."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    for start in range(len(parts)):
        tail = "/".join(parts[start:])
        fits = tuple(path for path in paths if path == tail or path.endswith(f"/{tail}"))
        if fits:
            return fits if len(fits) <= 3 else ()
    return ()


def symbols(text: str) -> tuple[str, ...]:
    """Names of code that the text mentions: in backticks, called, or written in CamelCase or snake_case."""
    text = text[:MOST_TEXT]
    quoted = [name for part in _QUOTED.findall(text) for name in _IDENTIFIER.findall(part)]
    plain = [found[1] or found[0] for found in _SYMBOL.finditer(text)]
    return tuple(dict.fromkeys(name for name in quoted + plain if name.lower() not in _STOP))[:MOST_TERMS]


def definition(names: tuple[str, ...]) -> str:
    """A Perl regex for a line that defines one of the names."""
    any_of = "|".join(map(re.escape, names))
    keyword = r"(?:def|class|function|func|fn|interface|struct|enum|trait|type|module|const|let|var|val)"
    return rf"^\s*(?:[\w@]+\s+)*{keyword}\s+(?:\([^)]*\)\s*)?(?:{any_of})\b|^\s*(?:{any_of})\s*(?::[^=]+)?=[^=]"


def defining(names: tuple[str, ...], hits: tuple[tuple[str, str], ...]) -> tuple[Place, ...]:
    """From (path, line) pairs that a search for `definition` brought; sources before tests."""
    found: dict[str, str] = {}
    for name in names:
        word = re.compile(rf"\b{re.escape(name)}\b")
        files = dict.fromkeys(path for path, text in hits if word.search(text) and is_code(path))
        if len(files) <= COMMON:
            for path in files:
                found.setdefault(path, f"defines `{name}`")
    return _places({path: found[path] for path in sorted(found, key=is_test)})


def words(text: str) -> tuple[str, ...]:
    """The text's telling words, longest first."""
    found = dict.fromkeys(word.lower() for word in _WORD.findall(text[:MOST_TEXT]))
    telling = [word for word in found if word not in _STOP]
    return tuple(sorted(telling, key=len, reverse=True)[:MOST_TERMS])


def packages(paths: tuple[str, ...]) -> frozenset[str]:
    """The folders of a repository's own code, in lower case: its issues use such names in passing."""
    return frozenset(folder.lower() for path in paths if is_code(path) and not is_test(path) for folder in path.split("/")[:-1])


_TELLING_NOTHING = GitIgnoreSpec.from_lines(glob.casefold() for glob in (*DEPENDENCY_PATHS, *CI_PATHS, *DEPLOY_PATHS))
"""Files in which a repository's own name stands, whatever they are about."""


_OURS = re.compile(r"\.github/(?:workflows/)?route-agent[\w-]*\.ya?ml")
"""What we have people put into their repository: its words are ours, and say nothing of theirs."""


def _own(word: str, every: tuple[str, ...], own: frozenset[str]) -> tuple[str, ...]:
    """Without our own files, and without those that would hold the word anyway, where it begins the name of a package of theirs."""
    files = tuple(path for path in every if not _OURS.fullmatch(path))
    if not any(name.startswith(word) for name in own):
        return files
    return tuple(path for path in files if not _TELLING_NOTHING.match_file(path.casefold()))


def mentioning(mentions: Mapping[str, tuple[str, ...]], own: frozenset[str] = frozenset()) -> tuple[Place, ...]:
    """From the files that mention each word: rarer words count more, code before the rest, tests last. `own` are the packages."""
    points: dict[str, float] = {}
    said: dict[str, list[str]] = {}
    for word, every in mentions.items():
        files = _own(word, every, own)
        if 0 < len(files) <= COMMON:
            for path in files:
                points[path] = points.get(path, 0) + 1 / len(files) * (1.0 if is_code(path) else 0.3) * (
                    0.5 if is_test(path) else 1
                )
                said.setdefault(path, []).append(word)
    best = sorted(points, key=lambda path: (-points[path], path))[: MOST_PLACES // 2]
    return tuple(
        Place(path, "has the rare " + ("word " if len(said[path]) == 1 else "words ") + ", ".join(said[path][:3])) for path in best
    )


def _places(found: Mapping[str, str]) -> tuple[Place, ...]:
    return tuple(Place(path, why) for path, why in list(found.items())[:MOST_PLACES])
