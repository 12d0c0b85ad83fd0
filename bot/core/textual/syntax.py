"""Whether a file is what its ending says, by a parser that builds nothing and runs nothing.

Not seen: a file of another kind, YAML and TOML beyond `_LONGEST` characters, and Python newer than the one we run on where the
line that stops us looks like it: that is no error of the patch.
"""

import json
import re
import tomllib

import yaml

from bot.core.changed import Changed
from bot.core.paths import ending, is_test
from bot.core.textual.pytree import Unreadable, lines, parse

_LONGEST = 200_000
"""Characters of YAML or TOML: parsers written in Python read some hundred thousand a second."""
_TEMPLATED = re.compile(r"\{\{|\{%|<%|\$\{\{")
_COMMENTED = re.compile(r"^[ \t]*(?://|/\*|#)|,\s*[\]}]", re.MULTILINE)
_LOOSE_JSON = re.compile(r"(?:^|/)(?:[tj]sconfig[^/]*|\.[^/]*rc(?:\.json)?|devcontainer\.json)\Z|(?:^|/)\.vscode/", re.IGNORECASE)
_NEWER = re.compile(
    r"^\s*type\s+\w+|^\s*(?:async\s+)?(?:def|class)\s+\w+\s*\[|^\s*except\*?\s+[\w.]+\s*,|[fFtT][rR]?[\"']|^\s*lazy\s+(?:import|from)\b"
)
"""Python after 3.11: type statements and parameters, `except A, B`, free f-strings, template strings, lazy imports."""


def broken(change: Changed) -> Unreadable | None:
    """Why the text after a patch does not parse, where the text before did, or where there was none."""
    if change.after is None or change.after == change.before:
        return None
    problem = _problem(change.path, change.after)
    if problem is None:
        return None
    if change.before is not None:
        return problem if _problem(change.path, change.before) is None else None
    return None if _may_be_broken(change.path, change.after) else problem


def _may_be_broken(path: str, text: str) -> bool:
    """A new file that is another dialect, a template, or data for a test of bad input."""
    stem, kind = path.rpartition("/")[2].lower(), ending(path)
    if kind in ("json", "yaml", "yml", "toml") and (is_test(path) or _TEMPLATED.search(text)):
        return True
    if kind == "json":
        return bool(_LOOSE_JSON.search(path) or _COMMENTED.search(text))
    return kind in ("py", "pyi") and is_test(path) and not (stem.startswith("test") or "_test" in stem or stem == "conftest.py")


def _problem(path: str, text: str) -> Unreadable | None:
    reader = {"py": _python, "pyi": _python, "json": _json, "yaml": _yaml, "yml": _yaml, "toml": _toml}.get(ending(path))
    try:
        if reader is not None:
            reader(text)
    except Unreadable as error:
        return error
    except RecursionError:
        return Unreadable("nested too deep to be read")
    except ValueError as error:  # a number that is too long, a surrogate
        return Unreadable(str(error))
    return None


def _python(text: str) -> None:
    try:
        parse(text)
    except Unreadable as error:
        if error.line and _NEWER.search(lines(text)[error.line - 1 : error.line][0]):
            return
        raise


def _json(text: str) -> None:
    try:
        json.loads(text.removeprefix("\ufeff"), parse_int=str, parse_float=str)
    except json.JSONDecodeError as error:
        raise Unreadable(error.msg, error.lineno) from None


def _yaml(text: str) -> None:
    """Composed, not constructed: tags mean nothing, and an alias is one node however often it is named."""
    if len(text) > _LONGEST:
        return
    try:
        for _ in yaml.compose_all(text, yaml.SafeLoader):
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(error.problem or "no YAML", mark.line + 1 if mark else 0) from None
    except yaml.YAMLError as error:
        raise Unreadable(str(error)) from None


_TOML_LINE = re.compile(r"\(at line (\d+), column \d+\)")


def _toml(text: str) -> None:
    if len(text) > _LONGEST:
        return
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _TOML_LINE.search(str(error))
        raise Unreadable(_TOML_LINE.sub("", str(error)), int(place[1]) if place else 0) from None
