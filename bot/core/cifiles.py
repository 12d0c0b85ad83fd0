"""The workflows that a repository already has: which could prove a patch, and what each one lacks for that."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.areas import WORKFLOWS
from bot.core.yamlfile import Read
from bot.core.yamlfile import read as read_yaml

FOLDER = f"{WORKFLOWS}/"
MOST_FILES, MOST_ALL = 50, 2_000_000
"""Workflows looked into, and bytes of them all together: reading YAML takes its time."""
_RELEASES = re.compile(r"deploy|release|publish", re.IGNORECASE)
CHANGES = ("push", "pull_request", "pull_request_target", "merge_group")
"""What starts a workflow that judges changes."""


@dataclass(frozen=True, slots=True)
class Ready:
    """It judges changes and can be started by hand."""

    name: str
    on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lacking:
    """It judges changes; `lines` are to be written `at` the line named so that it can be started by hand."""

    name: str
    on: tuple[str, ...]
    at: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Apart:
    """It cannot prove a patch, or nobody knows whether it could: `why`."""

    name: str
    why: str


CiFile = Ready | Lacking | Apart


def names(files: tuple[str, ...], ours: frozenset[str]) -> tuple[str, ...]:
    """The workflows among a repository's files, but for our own."""
    below = (path for path in files if path.startswith(FOLDER) and path.endswith((".yml", ".yaml")) and path not in ours)
    return tuple(path for path in below if "/" not in path.removeprefix(FOLDER))


def look(found: Mapping[str, bytes]) -> tuple[CiFile, ...]:
    """What each workflow is good for. Never raises for what is in them; what is too much is said to be unread."""
    left = MOST_ALL
    all_: list[CiFile] = []
    for count, (path, data) in enumerate(found.items()):
        name = path.removeprefix(FOLDER)
        left -= len(data)
        if count >= MOST_FILES or left < 0:
            all_.append(Apart(name, "not looked into: there are too many workflows, or they are too large"))
        else:
            all_.append(_one(name, read_yaml(data)))
    return tuple(all_)


_TOOLCHAIN = re.compile(rb"^[ \t]*(?:-[ \t]+)?uses:[ \t]*['\"]?([\w-]+/setup-[a-z]{1,20})@", re.MULTILINE)


def toolchains(found: Mapping[str, bytes]) -> tuple[tuple[str, str], ...]:
    """Which workflow sets up a toolchain by which action: the first to do so."""
    first: dict[str, str] = {}
    for path, data in found.items():
        for action in _TOOLCHAIN.findall(data):
            first.setdefault(action.decode(), path.removeprefix(FOLDER))
    return tuple((action, name) for action, name in first.items())


def _one(name: str, read: Read) -> CiFile:
    if not isinstance(read.value, dict):
        return Apart(name, f"cannot be read: {read.problems[0].what}" if read.problems else "cannot be read: no mapping of keys")
    on = read.value.get("on")
    events = _events(on)
    if not events:
        return Apart(name, "has no `on:` that can be read")
    if _RELEASES.search(" ".join((name, *_jobs(read.value)))):
        return Apart(name, "is named like one that deploys or releases, which is nothing to start on a patch")
    if not _judges(on, events):
        return Apart(name, f"is not started by changes of a branch (on: {', '.join(events)})")
    if "workflow_dispatch" not in events:
        return Lacking(name, events, *_mend(on, events, read))
    if wanted := _required(on):
        return Apart(name, f"asks for inputs when started by hand ({', '.join(wanted)})")
    return Ready(name, events)


def _jobs(whole: dict[str, Any]) -> tuple[str, ...]:
    jobs = whole.get("jobs")
    return tuple(name for name in jobs if isinstance(name, str)) if isinstance(jobs, dict) else ()


def _events(on: Any) -> tuple[str, ...]:
    """Names of what starts it, from any of the three ways to write it."""
    found = (on,) if isinstance(on, str) else on if isinstance(on, tuple | dict) else ()
    return tuple(event for event in found if isinstance(event, str) and event)


def _judges(on: Any, events: tuple[str, ...]) -> bool:
    """Whether changes start it. What only a tag starts makes a release, and is nothing to start on a patch."""
    push = on.get("push") if isinstance(on, dict) else None
    tags_only = isinstance(push, dict) and "tags" in push and "branches" not in push
    return bool(set(events) & set(CHANGES) - ({"push"} if tags_only else set()))


def _mend(on: Any, events: tuple[str, ...], read: Read) -> tuple[str, tuple[str, ...]]:
    line = read.lines.get(("on",), 1)
    if isinstance(on, dict) and any(read.lines.get(("on", event)) == line for event in events):
        return f"right behind the brace that opens `on:` in line {line}", ("workflow_dispatch: {},",)
    if isinstance(on, dict):
        return f"below line {line}, `on:`, as far to the right as what stands there", ("  workflow_dispatch:",)
    return f"instead of what `on:` says from line {line} on", (f"on: [{', '.join((*events, 'workflow_dispatch'))}]",)


def _required(on: Any) -> tuple[str, ...]:
    """Inputs without which GitHub starts nothing."""
    dispatch = on.get("workflow_dispatch") if isinstance(on, dict) else None
    inputs = dispatch.get("inputs") if isinstance(dispatch, dict) else None
    pairs = inputs.items() if isinstance(inputs, dict) else ()
    return tuple(
        name for name, one in pairs if isinstance(one, dict) and one.get("required") is True and one.get("default") is None
    )
