"""Tests of a folder below the top with a manifest of its own: what runs at the top does not run them, or not as they are meant."""

import re
import shlex
from collections.abc import Collection, Iterator
from dataclasses import replace

from bot.core.checks import Check
from bot.core.detect import ReadText, detect

MOST = 40
"""Folders that are looked into."""
_MANIFESTS = ("package.json", "pyproject.toml", "pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg", "go.mod", "Cargo.toml")
_NOT_OURS = re.compile(r"(?:^|/)(?:\.[^/]*|node_modules|vendor|third_party|fixtures?|testdata|tests?|examples?|templates?)(?:/|$)")
_SETTINGS = re.compile(r"pytest\.(?:ini|toml)$|pytest\]$")


def nested(paths: Collection[str], read: ReadText, top: tuple[Check, ...]) -> tuple[Check, ...]:
    """A check of tests for each such folder, ready for the policy; not for what a command of the top is likely to run.

    `npm test` or `cargo test` at the top may well run every package; pytest finds tests everywhere, but reads no settings below.
    """
    there: dict[str, set[str]] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        if folder and not _NOT_OURS.search(folder):
            there.setdefault(folder, set()).add(name)
    folders = sorted(folder for folder, names in there.items() if names.intersection(_MANIFESTS))
    covered = {_program(check) for check in top if check.kind == "tests"} & {"npm", "cargo"}
    found: list[Check] = []
    for folder in folders[:MOST]:
        tests = (check for check in detect(there[folder], _below(folder, read)) if check.kind == "tests")
        found += [_placed(folder, check) for check in tests if _program(check) not in covered and _counts(check)]
    return tuple(_numbered(found))


def _below(folder: str, read: ReadText) -> ReadText:
    return lambda name: read(f"{folder}/{name}")


def _program(check: Check) -> str:
    first = check.run.split()[0]
    return "npm" if first in ("pnpm", "yarn") else first


def _counts(check: Check) -> bool:
    """A list of requirements that names pytest changes nothing of how the top runs it; settings do."""
    return _program(check) not in ("python", "make", "tox") or bool(_SETTINGS.search(check.source))


def _placed(folder: str, check: Check) -> Check:
    slug = re.sub(r"[^a-z0-9]+", "-", folder.lower())[-16:].strip("-")
    run = f"cd {shlex.quote(folder)} && {check.run}"
    return replace(check, name=f"{check.name[:11]}-{slug}".strip("-"), run=run, source=f"{folder}/{check.source}")


def _numbered(found: list[Check]) -> Iterator[Check]:
    """Names must differ in a policy, and two folders may well be called alike."""
    taken: set[str] = set()
    for check in found:
        name = check.name if check.name not in taken else f"{check.name}-{len(taken) + 1}"
        taken.add(name)
        yield replace(check, name=name)
