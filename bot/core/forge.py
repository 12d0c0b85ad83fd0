"""What GitHub says, as plain values. Light on purpose: the first look at an event needs no more than this."""

from dataclasses import dataclass
from typing import Literal

Permission = Literal["none", "read", "triage", "write", "maintain", "admin"]
Reaction = Literal["eyes", "-1"]


@dataclass(frozen=True, slots=True)
class Thread:
    """An issue, or the conversation of a pull request."""

    number: int
    title: str
    body: str
    state: str
    """`open` or `closed`."""
    locked: bool
    author: str
    labels: tuple[str, ...]
    pull: bool
    """Whether it belongs to a pull request."""


@dataclass(frozen=True, slots=True)
class Pull:
    number: int
    head_sha: str
    head_ref: str
    head_repo: str | None
    """`owner/name`; None where the fork is gone."""
    base_ref: str
    state: str
    draft: bool
    merged: bool


@dataclass(frozen=True, slots=True)
class FailedCheck:
    name: str
    app: str
    job: int | None
    annotations: tuple[str, ...]
    log_tail: str


@dataclass(frozen=True, slots=True)
class Checks:
    """`total` counts every check that has ended, `failed` names those that are red."""

    total: int
    failed: tuple[FailedCheck, ...]
    unreadable: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    id: int
    body: str
    at: str = ""
    """When it was made; ISO 8601, UTC."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One place of a review."""

    path: str
    line: int | None
    hunk: str
    body: str


@dataclass(frozen=True, slots=True)
class Review:
    """A person's review of a pull request that asks for changes."""

    author: str
    body: str
    remarks: tuple[Remark, ...]
