"""The checks of a repository, found in its own files. A malformed file names no check; it never stops the search."""

import json
import re
import shlex
import tomllib
from collections.abc import Callable, Collection, Iterator
from typing import Any

import yaml

from bot.core.checks import Check
from bot.core.words import CheckKind

MOST = 1_000_000
"""Characters; a larger file is not read."""
MOST_TOML, MOST_DOTS = 200_000, 200
"""Characters in a file and dots in a line of TOML: the parser's time grows with the square of a dotted key's length."""
MOST_TEST_FILES = 50
"""Test files looked into for the runner they are written for."""

ReadText = Callable[[str], str | None]
"""The text of a file of the repository, or None."""


def detect(paths: Collection[str], read: ReadText) -> tuple[Check, ...]:
    """Every check that a file at the top asks for, tests first; each says which file, and which part of it, asked."""
    known = frozenset(paths)

    def text(name: str) -> str:
        found = read(name) if name in known else None
        return found if found is not None and len(found) <= MOST else ""

    found = [*_python(known, text), *_node(known, text), *_go(text), *_rust(text)]
    if not any(check.kind == "tests" for check in found):
        found += _make(text) or _tox(text)
    order: tuple[CheckKind, ...] = ("tests", "types", "lint", "build", "docs", "snapshot")
    return tuple(sorted(_distinct(found), key=lambda check: order.index(check.kind)))


def _distinct(found: list[Check]) -> tuple[Check, ...]:
    """Two languages may both have `tests`; names must differ, since results are told apart by them."""
    taken: dict[str, Check] = {}
    for check in found:
        name = check.name if check.name not in taken else f"{check.name}-{check.run.split()[0]}"
        taken.setdefault(name, Check(name, check.run, check.kind, check.source))
    return tuple(taken.values())


def as_policy(checks: tuple[Check, ...]) -> str:
    """The checks as lines that can be put into a policy file."""
    rows = [{"name": check.name, "run": check.run, "kind": check.kind} for check in checks]
    return yaml.safe_dump({"verification": {"checks": rows}}, sort_keys=False, width=1_000, allow_unicode=True)


Text = Callable[[str], str]
"""The text of a file; empty where there is none, or where it is too large."""

# ---- Python ------------------------------------------------------------------------------------------------------

_NAMES_PYTEST = re.compile(r"^[^#\n]*(?<![\w-])pytest\b", re.MULTILINE)
_TEST_FILE = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test|tests?)\.py$")
_IMPORTS = re.compile(r"^[ \t]*(?:from|import(?:[ \t]+[\w. ]+,)*)[ \t]+(unittest|pytest)\b", re.MULTILINE)
_BARE_TEST = re.compile(r"^(?:async )?def test", re.MULTILINE)


def _python(known: frozenset[str], text: Text) -> Iterator[Check]:
    project = _toml(text("pyproject.toml"))
    tools = _table(project, "tool")
    source = _pytest_source(known, text, project)
    tests = sorted(path for path in known if _TEST_FILE.search(path))
    if source:
        yield Check("tests", "python -m pytest -q", "tests", source)
    elif tests:
        yield _by_test_files(tests, known, text)
    if types := _mypy(text, tools):
        yield types
    if "ruff" in tools:
        yield Check("lint", "python -m ruff check .", "lint", "pyproject.toml [tool.ruff]")
    elif rules := next((name for name in ("ruff.toml", ".ruff.toml") if name in known), None):
        yield Check("lint", "python -m ruff check .", "lint", rules)


def _pytest_source(known: frozenset[str], text: Text, project: dict[str, Any]) -> str | None:
    """What asks for pytest: a configuration, a conftest.py, or a list of requirements that names it."""
    for name in ("pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml"):
        if name in known:
            return name
    if "pytest" in _table(project, "tool"):
        return "pyproject.toml [tool.pytest]"
    for name, section in (("tox.ini", "[pytest]"), ("setup.cfg", "[tool:pytest]")):
        if any(row.strip() == section for row in text(name).splitlines()):
            return f"{name} {section}"
    if conftests := [path for path in known if path.rpartition("/")[2] == "conftest.py"]:
        return min(conftests, key=lambda path: (path.count("/"), path))
    if any(_NAMES_PYTEST.search(word) for word in _words(project)):
        return "pyproject.toml"
    lists = sorted(
        path for path in known if re.fullmatch(r"(?:requirements/)?[\w-]*(?:requirements|test|dev)[\w-]*\.(?:txt|in)", path)
    )
    names = ("tox.ini", "setup.cfg", "setup.py", "noxfile.py", "Pipfile", *lists[:MOST_TEST_FILES])
    return next((name for name in names if _NAMES_PYTEST.search(text(name))), None)


def _by_test_files(tests: list[str], known: frozenset[str], text: Text) -> Check:
    """Which runner the test files are written for; bare test functions run under pytest alone."""
    imports: dict[str, str] = {}
    for path in tests[:MOST_TEST_FILES]:
        content = text(path)
        if _BARE_TEST.search(content):
            imports.setdefault("pytest", path)
        for name in _IMPORTS.findall(content):
            imports.setdefault(name, path)
    if "unittest" in imports and "pytest" not in imports:
        return Check("tests", _discover(tests, known), "tests", imports["unittest"])
    return Check("tests", "python -m pytest -q", "tests", imports.get("pytest", tests[0]))


def _discover(tests: list[str], known: frozenset[str]) -> str:
    """unittest finds modules only below a start folder, and packages only from the folder above the topmost `__init__.py`."""
    groups: dict[str, list[str]] = {}
    for path in tests:
        folder = top = path.rpartition("/")[0]
        while top and f"{top}/__init__.py" in known:
            top = top.rpartition("/")[0]
        groups.setdefault(top, []).append(folder)
    top, folders = max(groups.items(), key=lambda group: len(group[1]))
    start = _common(folders)
    words = ["python", "-m", "unittest", "discover", "-v"]
    words += ["-s", start] if start else []
    words += ["-t", top or "."] if top != start else []
    named_after = all(path.rpartition("/")[2].endswith("_test.py") for path in tests)
    return shlex.join([*words, "-p", "*_test.py"] if named_after else words)


def _common(folders: list[str]) -> str:
    """The deepest folder that holds them all; empty for the top."""
    first, last = min(split := [folder.split("/") for folder in folders]), max(split)
    shared = next((n for n, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), min(len(first), len(last)))
    return "/".join(first[:shared])


def _mypy(text: Text, tools: dict[str, Any]) -> Check | None:
    if "mypy" in tools:
        source, targets = "pyproject.toml [tool.mypy]", bool({"files", "packages", "modules"} & _table(tools, "mypy").keys())
    else:
        named = ((name, text(name)) for name in ("mypy.ini", ".mypy.ini", "setup.cfg"))
        source, settings = next(((name, found) for name, found in named if re.search(r"^\[mypy\]", found, re.MULTILINE)), ("", ""))
        targets = re.search(r"^(?:files|packages|modules)[ \t]*=", settings, re.MULTILINE) is not None
    return Check("types", "python -m mypy" if targets else "python -m mypy .", "types", source) if source else None


def _toml(text: str) -> dict[str, Any]:
    if len(text) > MOST_TOML or any(row.count(".") > MOST_DOTS for row in text.splitlines()):
        return {}
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return {}


def _table(parent: dict[str, Any], name: str) -> dict[str, Any]:
    found = parent.get(name)
    return found if isinstance(found, dict) else {}


def _words(value: Any) -> Iterator[str]:
    """Every key and every text of a parsed file, however deep."""
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            left += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            left += item


# ---- other languages ---------------------------------------------------------------------------------------------

_SCRIPTS: tuple[tuple[str, str, CheckKind], ...] = (
    ("test", "tests", "tests"),
    ("typecheck", "types", "types"),
    ("type-check", "types", "types"),
    ("tsc", "types", "types"),
    ("lint", "lint", "lint"),
)


def _node(known: frozenset[str], text: Text) -> list[Check]:
    try:
        manifest = json.loads(text("package.json") or "{}")
    except (ValueError, RecursionError):
        return []
    scripts = _table(manifest, "scripts") if isinstance(manifest, dict) else {}
    runner = "pnpm" if "pnpm-lock.yaml" in known else "yarn" if "yarn.lock" in known else "npm"
    found: dict[str, Check] = {}
    for script, name, kind in _SCRIPTS:
        if _asks(scripts.get(script)) and name not in found:
            words = f"{runner} test" if script == "test" else f"{runner} run {script}"
            found[name] = Check(name, words, kind, f"package.json scripts.{script}")
    if not found and _asks(scripts.get("build")):
        found["build"] = Check("build", f"{runner} run build", "build", "package.json scripts.build")
    return list(found.values())


def _asks(command: Any) -> bool:
    """Whether a script does something; what `npm init` writes for `test` only says that there is none."""
    return isinstance(command, str) and bool(command.strip()) and "no test specified" not in command


def _go(text: Text) -> list[Check]:
    if not re.search(r"^module[ \t]", text("go.mod"), re.MULTILINE):
        return []
    return [Check("tests", "go test ./...", "tests", "go.mod"), Check("lint", "go vet ./...", "lint", "go.mod")]


def _rust(text: Text) -> list[Check]:
    manifest = _toml(text("Cargo.toml"))
    return [Check("tests", "cargo test", "tests", "Cargo.toml")] if {"package", "workspace"} & manifest.keys() else []


def _make(text: Text) -> list[Check]:
    """By make's own order of file names; `test` before `check`."""
    name, rules = next(((name, rules) for name in ("GNUmakefile", "makefile", "Makefile") if (rules := text(name))), ("", ""))
    targets: set[str] = set()
    for row in rules.splitlines():
        names, colon, rest = row.partition(":")
        if colon and not rest.startswith(("=", ":=")) and not row.startswith(("\t", " ", "#", ".")):
            targets.update(names.split())
    found = next((target for target in ("test", "check") if target in targets), None)
    return [Check("tests", f"make {found}", "tests", f"{name} target {found}")] if found else []


def _tox(text: Text) -> list[Check]:
    asked = any(row.startswith(("[testenv", "[tox]")) for row in text("tox.ini").splitlines())
    return [Check("tests", "tox -q", "tests", "tox.ini")] if asked else []
