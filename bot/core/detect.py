"""The checks of a repository, found in its own files. A malformed file names no check; it never stops the search."""

import json
import re
import tomllib
from collections.abc import Callable
from typing import Any

import yaml

from bot.core.checks import Check
from bot.core.words import CheckKind

MOST = 1_000_000
"""Characters; a larger manifest is not read."""

ReadText = Callable[[str], str | None]
"""The text of a file at the top of the repository, or None."""


def detect(paths: tuple[str, ...], read: ReadText) -> tuple[Check, ...]:
    """Every check that a file at the top asks for, tests first; each says which file named it."""
    known = frozenset(paths)

    def text(name: str) -> str:
        found = read(name) if name in known else None
        return found if found is not None and len(found) <= MOST else ""

    found = [*_python(paths, text), *_node(known, text), *_go(known), *_rust(known)]
    if not any(check.kind == "tests" for check in found):
        found += [*_make(text), *_tox(text)]
    order: tuple[CheckKind, ...] = ("tests", "types", "lint", "build", "docs", "snapshot")
    return tuple(sorted(_distinct(found), key=lambda check: order.index(check.kind)))


def _distinct(found: list[Check]) -> tuple[Check, ...]:
    """Two languages may both have `tests`; names must differ, since results are told apart by them."""
    taken: dict[str, Check] = {}
    for check in found:
        name = check.name if check.name not in taken else f"{check.name}-{check.run.split()[0]}"
        taken.setdefault(name, Check(name, check.run, check.kind, check.source))
    return tuple(taken.values())


_PYTEST_MARKS = (
    ("pytest.ini", re.compile(r"^\[pytest\]", re.MULTILINE)),
    ("tox.ini", re.compile(r"^\[pytest\]|\bpytest\b", re.MULTILINE)),
    ("setup.cfg", re.compile(r"^\[tool:pytest\]", re.MULTILINE)),
    ("conftest.py", re.compile(r"")),
    ("pyproject.toml", re.compile(r"\bpytest\b")),
    ("setup.py", re.compile(r"\bpytest\b")),
)
_TEST_FILE = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test)\.py$")


def _python(paths: tuple[str, ...], text: Callable[[str], str]) -> list[Check]:
    tests = tuple(path for path in paths if _TEST_FILE.search(path))
    found: list[Check] = []
    source = next((name for name, mark in _PYTEST_MARKS if name in paths and mark.search(text(name))), None)
    if source or any(path.endswith("/conftest.py") for path in paths):
        found.append(Check("tests", "python -m pytest -q", "tests", source or "conftest.py"))
    elif tests:
        found.append(_by_test_files(tests, text))
    project = _toml(text("pyproject.toml")).get("tool")
    tools = project if isinstance(project, dict) else {}
    if "mypy" in tools or "mypy.ini" in paths or ".mypy.ini" in paths:
        has_files = isinstance(tools.get("mypy"), dict) and "files" in tools["mypy"]
        source = "pyproject.toml [tool.mypy]" if "mypy" in tools else "mypy.ini"
        found.append(Check("types", "python -m mypy" if has_files else "python -m mypy .", "types", source))
    if "ruff" in tools or "ruff.toml" in paths or ".ruff.toml" in paths:
        source = "pyproject.toml [tool.ruff]" if "ruff" in tools else "ruff.toml"
        found.append(Check("lint", "python -m ruff check .", "lint", source))
    return found


def _by_test_files(tests: tuple[str, ...], text: Callable[[str], str]) -> Check:
    if not any(re.search(r"^\s*(?:import|from) unittest\b", text(path), re.MULTILINE) for path in tests):
        return Check("tests", "python -m pytest -q", "tests", tests[0])
    folders = {path.rpartition("/")[0] for path in tests}
    start = min(folders, key=len) or "."
    return Check("tests", f"python -m unittest discover -v -t . -s {start}", "tests", tests[0])


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


_SCRIPTS: tuple[tuple[str, str, CheckKind], ...] = (
    ("test", "tests", "tests"),
    ("typecheck", "types", "types"),
    ("type-check", "types", "types"),
    ("tsc", "types", "types"),
    ("lint", "lint", "lint"),
)


def _node(known: frozenset[str], text: Callable[[str], str]) -> list[Check]:
    try:
        manifest = json.loads(text("package.json") or "{}")
    except (json.JSONDecodeError, RecursionError):
        return []
    scripts = manifest.get("scripts") if isinstance(manifest, dict) else None
    if not isinstance(scripts, dict):
        return []
    runner = "pnpm" if "pnpm-lock.yaml" in known else "yarn" if "yarn.lock" in known else "npm"
    found: dict[str, Check] = {}
    for script, name, kind in _SCRIPTS:
        command = scripts.get(script)
        if isinstance(command, str) and "no test specified" not in command and name not in found:
            words = f"{runner} test" if script == "test" else f"{runner} run {script}"
            found[name] = Check(name, words, kind, f"package.json scripts.{script}")
    if not found and isinstance(scripts.get("build"), str):
        found["build"] = Check("build", f"{runner} run build", "build", "package.json scripts.build")
    return list(found.values())


def _go(known: frozenset[str]) -> list[Check]:
    if "go.mod" not in known:
        return []
    return [Check("tests", "go test ./...", "tests", "go.mod"), Check("lint", "go vet ./...", "lint", "go.mod")]


def _rust(known: frozenset[str]) -> list[Check]:
    return [Check("tests", "cargo test", "tests", "Cargo.toml")] if "Cargo.toml" in known else []


def _make(text: Callable[[str], str]) -> list[Check]:
    target = re.search(r"^(test|check)\s*:(?!=)", text("Makefile"), re.MULTILINE)
    return [Check("tests", f"make {target[1]}", "tests", f"Makefile target {target[1]}")] if target else []


def _tox(text: Callable[[str], str]) -> list[Check]:
    return [Check("tests", "tox -q", "tests", "tox.ini")] if "[testenv" in text("tox.ini") else []


def as_policy(checks: tuple[Check, ...]) -> str:
    """The checks as lines that can be put into a policy file."""
    rows = [{"name": check.name, "run": check.run, "kind": check.kind} for check in checks]
    return yaml.safe_dump({"verification": {"checks": rows}}, sort_keys=False, width=120)
