"""A command of a person who may give one, as one job meets it."""

from dataclasses import dataclass

from bot.core.command import Command, Misplaced, NearMiss
from bot.core.entries import Opened
from bot.core.forge import Pull, Review, Thread
from bot.core.gate import Refused
from bot.core.notes import Posted, of, spare
from bot.core.policy import Policy


@dataclass(frozen=True, slots=True)
class Again:
    """Another try: one lane up from the last, with what reviewers want changed."""

    lane: str
    reviews: tuple[Review, ...]


@dataclass(frozen=True, slots=True)
class Visit:
    """A command, or a near miss, of a person who may give one."""

    id: str
    """The key of the command: of its comment, its `labeled` event or its run."""
    repo: str
    command: Command | NearMiss | Misplaced
    refused: Refused | None
    """Why it is not done, though the person may give commands."""
    sender: str
    comment: int | None
    """The comment that holds the command."""
    thread: Thread
    pull: Pull | None
    policy: Policy
    default: str
    """The default branch's commit: policy and workflows are read from it, and from nowhere else. Empty where the gate did that."""
    me: str
    base: str
    """The commit that the command is about: pinned when it is first heard, and used for everything after."""
    now: str
    """When it was heard in this job; ISO 8601, UTC."""
    notes: tuple[Posted, ...] = ()
    """Our comments on the thread."""
    gate: Opened | None = None
    """What the gate of the same workflow run has found."""
    again: Again | None = None
    """What an earlier run came to, for a command that asks for another try."""
    beside: tuple[Posted, ...] | None = None
    """Our comments on the thread right after this job has made its own; None where that one was there already."""

    @property
    def others(self) -> tuple[Posted, ...]:
        """What stands on the thread of other commands."""
        return tuple(each for each in self.notes if each.note.command != self.id)

    @property
    def own(self) -> Posted | None:
        """The comment that answers this command; None where it is being answered for the first time."""
        return of(self.notes, self.id)

    def over(self, run: str) -> frozenset[str]:
        """The workflow run that answered this command before this one, and has ended: else nobody would be let in."""
        return frozenset({self.own.note.run} if self.own else ()) - {"", run}

    @property
    def spare(self) -> tuple[int, ...]:
        """Comments beside the one that answers a command."""
        return spare(self.notes)

    @property
    def since(self) -> str:
        """When this command was first answered; empty where it is being answered for the first time."""
        return self.own.at if self.own else ""
