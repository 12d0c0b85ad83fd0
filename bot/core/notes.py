"""The hidden first lines of our comments: by them a later job or a later command knows what a comment is about."""

import re
from dataclasses import dataclass

from bot.core.forge import Comment
from bot.core.words import FINAL, STATES, State


@dataclass(frozen=True, slots=True)
class Note:
    """What one comment of ours says of its command. What is not known is empty."""

    command: str
    """The key of the command: of its comment, its `labeled` event or its run."""
    state: State
    commit: str = ""
    """The commit that the command is about, from the moment it is heard."""
    by: str = ""
    """Who gave it."""
    lane: str = ""
    """The lane of the last attempt."""
    pull: int | None = None
    """The pull request that was opened for it."""
    stops: tuple[str, ...] = ()
    """The commands that this one ends."""

    @property
    def final(self) -> bool:
        """Whether it says how its command ended."""
        return self.state in FINAL


@dataclass(frozen=True, slots=True)
class Posted:
    """A comment of ours, and what it says. `at` is when it was made; ISO 8601, UTC."""

    id: int
    at: str
    note: Note


_MARK, _LINE = "<!-- route-agent:{} -->", "<!-- {}: {} -->"
_READ = re.compile(r"<!-- (state|commit|by|lane|pull|stops): ([^<>\n]{1,400}) -->")
_FIRST = re.compile(r"<!-- route-agent:([a-z]\d{1,20}) -->")
_KEY, _NUMBER = re.compile(r"[a-z]\d{1,20}"), re.compile(r"[1-9]\d{0,9}")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
MOST_STOPPED = 20


def mark(command: str) -> str:
    """The hidden first line by which a command's comment is found again; it counts only in a comment of our own."""
    return _MARK.format(command)


def stamped(note: Note, text: str) -> str:
    said = (
        ("state", note.state),
        ("commit", note.commit),
        ("by", note.by),
        ("lane", note.lane),
        ("pull", "" if note.pull is None else str(note.pull)),
        ("stops", " ".join(note.stops[:MOST_STOPPED])),
    )
    return "\n".join((mark(note.command), *(_LINE.format(name, value) for name, value in said if value), text))


def read(body: str) -> Note | None:
    """None for a comment that is not of this kind. What follows the first line that is not hidden is never read."""
    first, *rest = body.replace("\r\n", "\n").split("\n")
    found = _FIRST.fullmatch(first)
    if found is None:
        return None
    said: dict[str, str] = {}
    for row in rest:
        hidden = _READ.fullmatch(row)
        if hidden is None or hidden[1] in said:
            break
        said[hidden[1]] = hidden[2]
    state = next((state for state in STATES if state == said.get("state")), None)
    if state is None:
        return None
    commit, pull = said.get("commit", ""), said.get("pull", "")
    return Note(
        command=found[1],
        state=state,
        commit=commit if _COMMIT.fullmatch(commit) else "",
        by=said.get("by", ""),
        lane=said.get("lane", ""),
        pull=int(pull) if _NUMBER.fullmatch(pull) else None,
        stops=tuple(key for key in said.get("stops", "").split(" ") if _KEY.fullmatch(key)),
    )


def posted(comments: tuple[Comment, ...]) -> tuple[Posted, ...]:
    """In the order in which they were made."""
    return tuple(Posted(each.id, each.at, note) for each in comments if (note := read(each.body)) is not None)


def at_work(found: tuple[Posted, ...]) -> tuple[Posted, ...]:
    return tuple(each for each in found if not each.note.final)


def stopped_by(found: tuple[Posted, ...], command: str) -> str:
    """The command that ends another; empty where none does."""
    return next((each.note.command for each in found if command in each.note.stops), "")
