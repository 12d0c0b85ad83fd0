"""Who may have what done: a pure decision over what GitHub says of the person, the thread and the change. Fails closed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.core.clean import line
from bot.core.command import Verb
from bot.core.event import Commented, Event, Person
from bot.core.forge import Permission, Pull, Thread
from bot.core.instant import written
from bot.core.notes import Posted
from bot.core.policy import Triggers

RANKS: tuple[Permission, ...] = ("none", "read", "triage", "write", "maintain", "admin")
"""What a person may do in a repository, least first."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is asked of GitHub, live, about one command. `pull` is None on an issue."""

    me: str
    permission: Permission
    thread: Thread
    pull: Pull | None
    repo: str


@dataclass(frozen=True, slots=True)
class Admitted:
    """The command goes on."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing is said: neither we nor a stranger may start a conversation. `why` is for the log."""

    why: str
    spare: tuple[int, ...] = ()
    """Comments of ours that should not be there."""


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """A person without the permission: a reaction, never a comment, so that strangers cannot make the bot talk."""

    why: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A permitted person asks for what is not done; answered with the reason."""

    code: Literal["closed", "locked", "fork", "moved", "often", "nothing", "offered", "stopped", "busy", "fixed"]
    detail: str


Answer = Admitted | Ignored | TurnedAway | Refused


def who(event: Event, me: str) -> Ignored | None:
    """What the event alone says against it: our own words, and words that are not the sender's."""
    if _same(event.sender.login, me):
        return Ignored("it comes from this bot itself")
    if isinstance(event, Commented) and event.author.id != event.sender.id:
        return Ignored(f"the comment is by {event.author.login}, the event by {event.sender.login}")
    return None


def admit(sender: Person, verb: Verb, around: Circumstances, triggers: Triggers) -> Answer:
    """Whether a command is obeyed."""
    if sender.kind != "User" or sender.login.endswith("[bot]"):
        if sender.id not in triggers.actors:
            return TurnedAway(f"{sender.login} is a bot; its id {sender.id} is not in triggers.actors")
    elif RANKS.index(around.permission) < RANKS.index(triggers.permission):
        return TurnedAway(f"{sender.login} has `{around.permission}` here; triggers.permission asks for `{triggers.permission}`")
    return Admitted() if verb in ("help", "status", "stop") else _thread(verb, around)


def _thread(verb: Verb, around: Circumstances) -> Answer:
    thread, pull = around.thread, around.pull
    what = "pull request" if thread.pull else "issue"
    if thread.state != "open":
        return Refused("closed", f"this {what} is {thread.state}; reopen it, and give the command again")
    if thread.locked:
        return Refused("locked", f"this {what} is locked; unlock it, and give the command again")
    if pull is not None and verb in ("fix", "retry") and not _same(pull.head_repo or "", around.repo):
        return Refused(
            "fork",
            "the branch lies in a fork, where nothing can be pushed and nothing is run; push it to a branch of this repository, "
            "or describe the fix in an issue",
        )
    return Admitted()


MOST_AN_HOUR = 6
"""So many commands that may cost money are taken from one person on one thread within an hour."""


def often(found: tuple[Posted, ...], sender: str, now: str) -> Refused | None:
    """Whether somebody has asked too often. Refusals count, so nobody gets on by asking on; what costs nothing does not."""
    hour = _earlier(now, 3600)
    mine = sorted(each.at for each in found if _same(each.note.by, sender) and each.at > hour and each.note.state != "explained")
    if len(mine) < MOST_AN_HOUR:
        return None
    again = _earlier(mine[-MOST_AN_HOUR], -3600)
    many = f"{MOST_AN_HOUR} commands were given here by {line(sender, 60)} within an hour"
    return Refused("often", f"{many}; the next is taken at {again}")


def _earlier(at: str, seconds: int) -> str:
    """A time that is so many seconds before another; ISO 8601, UTC."""
    return written(datetime.fromisoformat(at) - timedelta(seconds=seconds))


def _same(one: str, other: str) -> bool:
    """GitHub's names differ by more than case."""
    return one.lower() == other.lower()
