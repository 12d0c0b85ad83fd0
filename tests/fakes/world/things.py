"""What there is on this GitHub: people and their tokens, threads, runs of workflows, repositories."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.core.instant import written
from tests.fakes import repos

EPOCH = "2026-11-25T20:00:00Z"


def now() -> str:
    return written(datetime.now(UTC))


@dataclass
class User:
    login: str
    id: int
    kind: str = "User"

    @property
    def json(self) -> dict[str, Any]:
        return {"login": self.login, "id": self.id, "type": self.kind}


@dataclass
class Token:
    """`scopes` names what the token may do, as a job's `permissions:` do; a personal one may do everything."""

    login: str
    scopes: frozenset[str] | None = None
    may_open_pulls: bool = True

    def may(self, scope: str) -> bool:
        return (
            self.scopes is None
            or scope in self.scopes
            or (scope.endswith(":read") and scope.replace(":read", ":write") in self.scopes)
        )


@dataclass
class Comment:
    id: int
    user: User
    body: str
    at: str = EPOCH
    edited: str = ""


@dataclass
class Issue:
    number: int
    title: str
    body: str
    user: User
    labels: list[str] = field(default_factory=list)
    state: str = "open"
    locked: bool = False
    comments: list[Comment] = field(default_factory=list)
    reviews: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    reactions: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    """By `issue` or a comment's id: who, and what."""
    head: tuple[str, str] | None = None
    """Of a pull request: the repository and the branch it comes from; for a fork's, the commit stands in `fork_sha`."""
    fork_sha: str = ""
    base: str = ""
    draft: bool = False
    merged: bool = False

    @property
    def pull(self) -> bool:
        return self.head is not None


@dataclass
class Run:
    """A workflow run. `jobs` are as the API shows them, each with its log under `log`."""

    id: int
    path: str
    branch: str
    sha: str
    inputs: dict[str, str]
    status: str = "queued"
    conclusion: str | None = None
    jobs: list[dict[str, Any]] = field(default_factory=list)
    seconds: int = 60
    looks: int = 0
    """How often it was asked for so far."""
    attempt: int = 1


@dataclass
class Repo:
    name: str
    path: Path
    """The bare repository."""
    default: str = "main"
    private: bool = False
    collaborators: dict[str, str] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    runs: dict[int, Run] = field(default_factory=dict)
    checks: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    statuses: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    pushes: list[dict[str, Any]] = field(default_factory=list)
    disabled: set[str] = field(default_factory=set)
    """Workflow files that somebody switched off."""
    opens_pulls: bool = False
    """The setting that lets a workflow's own token open pull requests."""
    required: tuple[str, ...] = ()
    """Checks that the default branch's own protection wants."""
    rules: list[dict[str, Any]] = field(default_factory=list)
    """Of the rulesets, as the API shows them for the default branch."""

    def git(self, *words: str, stdin: bytes | None = None) -> str:
        return repos.git(self.path, *words, stdin=stdin)

    def tip(self, branch: str) -> str | None:
        found = self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")
        return found or None

    def branches(self) -> list[str]:
        return self.git("for-each-ref", "--format=%(refname:short)", "refs/heads").split()

    def file(self, ref: str, path: str) -> str | None:
        try:
            return repos.blob(self.path, f"{ref}:{path}").decode()
        except Exception:  # noqa: BLE001 - git says no in many ways
            return None
