"""GitHub: read, spoken to, asked for pull requests and for CI."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.core.ci import CiRun
from bot.core.contexts import Seen, Wanted
from bot.core.forge import Checks, Comment, Permission, Pull, Reaction, Review, Thread


class Forge(Protocol):
    """GitHub, read: every question is asked live. Raises `Unavailable` or `Denied`; an answer is never guessed."""

    def me(self) -> str:
        """The login under which this token speaks."""
        ...

    def permission(self, login: str) -> Permission:
        """What a person may do in the repository; `none` for one whom GitHub does not know as a user."""
        ...

    def thread(self, number: int) -> Thread | None:
        """None where there is no issue or pull request of that number."""
        ...

    def pull(self, number: int) -> Pull: ...

    def tip(self, branch: str) -> str | None:
        """The commit a branch points at; None where there is no such branch."""
        ...

    def pushed(self, branch: str, sha: str) -> str:
        """When a branch was moved to a commit, by GitHub's own book; ISO 8601, UTC. Empty where it does not say."""
        ...

    def merge_base(self, base: str, head: str) -> str:
        """The commit at which two commits parted."""
        ...

    def labelled(self, number: int, label: str, login: str) -> int | None:
        """The id of the newest event by which a person set a label."""
        ...

    def failing(self, sha: str) -> Checks:
        """The checks of a commit, and those that fail with what they say."""
        ...

    def at_work(self, run: str) -> bool:
        """Whether a workflow run has not ended; also where that cannot be known."""
        ...

    def dispatchable(self, workflow: str) -> bool:
        """Whether a workflow file can be started by hand."""
        ...

    def comments(self, number: int, login: str) -> tuple[Comment, ...]:
        """All comments of a person on a thread, oldest first."""
        ...

    def reviews(self, number: int) -> tuple[Review, ...]:
        """The newest review of each person that asks for changes to a pull request."""
        ...


class Notices(Protocol):
    """GitHub, spoken to about one thread."""

    def react(self, number: int, comment: int | None, content: Reaction) -> None:
        """On a comment, or on the thread itself. Doing it again changes nothing."""
        ...

    def expect(self, marker: str, found: Comment | None) -> None:
        """What was just seen of the comment that begins with a marker; None where there is none."""
        ...

    def say(self, number: int, marker: str, login: str, body: str) -> int:
        """Make the comment that begins with a marker, or edit the one there is; gives its id."""
        ...

    def alone(self, number: int, marker: str, login: str) -> tuple[Comment, ...] | None:
        """What this login has said on the thread since shortly before this process made its comment; None where it made none.

        Raises `Answered` where another job's comment with this marker is the first: then ours is taken back.
        """
        ...

    def remove(self, comments: tuple[int, ...]) -> None:
        """Comments of our own that should not have been made."""
        ...


@dataclass(frozen=True, slots=True)
class Opening:
    """A pull request to be made."""

    branch: str
    title: str
    body: str
    draft: bool
    early: bool = False
    """Before anything is proved: then a draft, or none."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The address of a pull request; of the page on which a person can open it where it is not `open`."""

    url: str
    open: bool


class Pulls(Protocol):
    def withdraw(self, branch: str) -> None:
        """Close the open pull request that we have opened from a branch; where there is none, that is fine."""
        ...

    def moved(self, base: str) -> bool:
        """Whether the pull request that a command was given on has left the commit; never for an issue."""
        ...

    def offer(self, opening: Opening) -> Offer:
        """Open a pull request, or find the one that is there."""
        ...


class Ci(Protocol):
    """The repository's own CI, started by hand on a branch of ours."""

    def start(self, workflow: str, branch: str, sha: str, inputs: Mapping[str, str]) -> int:
        """The id of the run. One that was started on this very commit before is found, not started again."""
        ...

    def stop(self, run: int) -> None:
        """End a run; one that has ended is fine."""
        ...

    def again(self, run: int) -> None:
        """Run every job of a finished run once more, under the same id. Raises `Denied` where GitHub will not."""
        ...

    def look(self, run: int) -> CiRun:
        """How a run stands now, with its jobs and their steps."""
        ...

    def moved(self, branch: str, sha: str) -> bool:
        """Whether a branch no longer points at a commit."""
        ...

    def tail(self, job: int) -> str:
        """The end of a job's log; untrusted."""
        ...

    def required(self, branch: str) -> tuple[Wanted, ...]:
        """The checks without which GitHub merges nothing into a branch."""
        ...

    def on(self, sha: str) -> tuple[Seen, ...]:
        """Every check and status on a commit, whoever it is from."""
        ...

    def gated(self, sha: str) -> bool:
        """Whether a workflow on the commit waits for a person to let it begin."""
        ...
