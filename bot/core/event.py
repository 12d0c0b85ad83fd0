"""What GitHub tells a workflow: a typed event for each thing that can be a command, and for two that are none.

Light on purpose: a comment that is no command must end before anything heavy is loaded.
"""

import re
from dataclasses import dataclass
from typing import Literal

from bot.core.forge import Thread

REPLAY = "replay"
"""The phase of a job that answers a proposed policy and hears nothing else."""


@dataclass(frozen=True, slots=True)
class Person:
    login: str
    id: int
    kind: str
    """`User`, `Bot` or `Organization`, as GitHub says it."""


@dataclass(frozen=True, slots=True)
class Repo:
    """`full_name` is `owner/name`."""

    full_name: str
    default_branch: str
    private: bool


@dataclass(frozen=True, slots=True)
class Commented:
    repo: Repo
    sender: Person
    thread: Thread
    comment: int
    author: Person
    """Who wrote the comment; not always who caused the event."""
    body: str
    at: str
    """When the comment was made; ISO 8601, UTC."""
    place: Literal["conversation", "diff"] = "conversation"
    """In the thread, or beside a line of a pull request's change."""


@dataclass(frozen=True, slots=True)
class Labelled:
    repo: Repo
    sender: Person
    thread: Thread
    label: str


@dataclass(frozen=True, slots=True)
class Dispatched:
    """Another workflow, or a person with write access, asks by number."""

    repo: Repo
    sender: Person
    number: int
    instructions: str
    lane: str

    def key(self, run: str) -> str:
        """The same when the workflow run is run again, and another for each issue that one run names; at most 20 digits."""
        return f"d{run}{self.number:08}"


Event = Commented | Labelled | Dispatched


@dataclass(frozen=True, slots=True)
class Judged:
    """No command: somebody merged or closed a pull request, or asked for changes to it. `head` is its last commit."""

    repo: Repo
    sender: Person
    number: int
    branch: str
    head_repo: str
    head: str
    opened_at: str
    at: str
    what: Literal["merged", "closed", "changes_requested"]

    @property
    def takes_back(self) -> str:
        """The branch of ours that its own takes back, by the name that GitHub's button gives it; empty where it takes none back."""
        found = _REVERT.match(self.branch)
        return self.branch[found.end() :] if found else ""


@dataclass(frozen=True, slots=True)
class Proposed:
    """No command: a pull request proposes a change to the policy. `head` is its last commit, which may be a stranger's."""

    repo: Repo
    number: int
    head: str


_REVERT = re.compile(r"revert-[1-9]\d{0,9}-(?=route-agent/)")
