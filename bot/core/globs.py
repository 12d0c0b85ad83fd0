"""A policy's globs: what .gitignore reads otherwise than people mean it, and which of them match no file there is."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

from pathspec import GitIgnoreSpec

MOST_STARS, MOST_WILD = 4, 5
"""Each more multiplies what a long path takes to be looked at by its length: with ten it is a minute for forty letters."""
_BRACES = re.compile(r"\{[^{}/]*,[^{}]*\}")
_TAKEN_WORD_FOR_WORD = re.compile(r"\\[*?\[\]!# \\]")
_ESCAPED = re.compile(r"\\.|\[[^]]*\]")
_SPECIAL = re.compile(r"[*?\[\\]")


def wrong(glob: str) -> tuple[str, str] | None:
    """Why a glob cannot do what it says, and the remedy. A limit that matches nothing would be none."""
    body = glob.removeprefix("!")
    found: tuple[tuple[bool, str, str], ...] = (
        (not _reads(glob), "is no pattern", "write it as .gitignore would"),
        (not body.strip("/ "), "names no file", "write `*` for every file, or a folder as `src/`"),
        (body.startswith("#"), "is a comment to .gitignore, so it matches nothing", r"write `\#` for a name that begins so"),
        (bool({".", ".."} & set(body.split("/"))), "holds `.` or `..`, so it matches nothing", "begin at the repository's top"),
        (bool(_BRACES.search(glob)), "has braces, which .gitignore takes for letters", "write one pattern for each"),
        ("\\" in _TAKEN_WORD_FOR_WORD.sub("", glob), "has a `\\`, which parts no folders", "write `/` between folders"),
        ("[" in _ESCAPED.sub("", glob), "has a `[` that nothing closes", r"close it with `]`, or write `\[` for the letter"),
        (
            _slow(glob),
            "takes too long to look for",
            f"write at most {MOST_STARS} `*` between two `/`, and {MOST_WILD} of them and of `**` in all",
        ),
    )
    return next(((what, remedy) for broken, what, remedy in found if broken), None)


def _reads(glob: str) -> bool:
    try:
        GitIgnoreSpec.from_lines([glob])
    except ValueError:
        return False
    return True


def _slow(glob: str) -> bool:
    stars = [_ESCAPED.sub("", part).replace("**", "*").count("*") for part in glob.split("/")]
    return max(stars) > MOST_STARS or sum(stars) > MOST_WILD


def unmatched(places: Iterable[tuple[str, str]], files: tuple[str, ...]) -> tuple[str, ...]:
    """One line for each glob that matches none of the files, with what may be meant. `places`: the key of each, and the glob."""
    folded = tuple(path.casefold() for path in files)
    found: list[str] = []
    for key, glob in places:
        if not glob.startswith("!") and not any(map(GitIgnoreSpec.from_lines([glob.casefold()]).match_file, folded)):
            near = _near(glob, files)
            found.append(f"{key}: `{glob[:60]}` matches no file{f'; did you mean `{near[:60]}`?' if near else ''}")
    return tuple(found)


def _near(glob: str, files: tuple[str, ...]) -> str:
    """The glob with the first part that leads nowhere spelled as a name that is there; empty where none is near."""
    parts, there = glob.strip("/").split("/"), files
    for depth, part in enumerate(parts):
        if _SPECIAL.search(part):
            return ""
        names = {path.split("/")[depth] for path in there if path.count("/") >= depth}
        if part not in names:
            near = get_close_matches(part, sorted(names), 1, 0.6)
            return "/".join((*parts[:depth], *near, *parts[depth + 1 :])) if near else ""
        there = tuple(path for path in there if path.split("/")[depth : depth + 1] == [part])
    return ""
