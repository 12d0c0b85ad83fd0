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
    before: str = ""
    """The key of a command that ends every one given before it, also those that had no comment yet."""
    run: str = ""
    """GitHub's workflow run that answers it."""
    cut: bool = False
    """Whether its job was cut off, so that a person may have the same job run again."""

    @property
    def final(self) -> bool:
        """Whether it says how its command ended."""
        return self.state in FINAL

    @property
    def answered(self) -> bool:
        """Whether the same command, coming again, has nothing left to do."""
        return self.final and not self.cut


@dataclass(frozen=True, slots=True)
class Posted:
    """A comment of ours, and what it says. `at` is when it was made; ISO 8601, UTC."""

    id: int
    at: str
    note: Note


REPLAY = "<!-- route-agent:replay -->"
"""The first line of the comment on a proposed policy: no command's, one for each pull request."""
_MARK, _LINE = "<!-- route-agent:{} -->", "<!-- {}: {} -->"
_READ = re.compile(r"<!-- (state|commit|by|lane|pull|stops|before|run|cut): ([^<>\n]{1,400}) -->")
_FIRST = re.compile(r"<!-- route-agent:([a-z]\d{1,20}) -->")
_KEY, _NUMBER = re.compile(r"[a-z]\d{1,20}"), re.compile(r"[1-9]\d{0,9}")
_RUN = re.compile(r"[1-9]\d{0,19}")
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
        ("before", note.before),
        ("run", note.run),
        ("cut", "off" if note.cut else ""),
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
        before=said.get("before", "") if _KEY.fullmatch(said.get("before", "")) else "",
        run=said.get("run", "") if _RUN.fullmatch(said.get("run", "")) else "",
        cut=said.get("cut") == "off",
    )


def posted(comments: tuple[Comment, ...]) -> tuple[Posted, ...]:
    """In the order in which they were made."""
    return tuple(Posted(each.id, each.at, note) for each in comments if (note := read(each.body)) is not None)


def of(found: tuple[Posted, ...], command: str) -> Posted | None:
    """What is said of a command; None where it has no comment."""
    return next((each for each in found if each.note.command == command), None)


def spare(found: tuple[Posted, ...]) -> tuple[int, ...]:
    """The comments beyond each command's first, whose jobs were cut off before they could take them back."""
    first = {each.note.command: each.id for each in reversed(found)}
    return tuple(each.id for each in found if each.id != first[each.note.command])


def labelled_by(found: tuple[Posted, ...], run: str) -> str:
    """The key of the label that a workflow run has begun to answer; empty where it has not."""
    return next((each.note.command for each in found if each.note.run == run and each.note.command[:1] == "l"), "")


def at_work(found: tuple[Posted, ...]) -> tuple[Posted, ...]:
    return tuple(each for each in found if not each.note.final)


def ahead(found: tuple[Posted, ...], command: str) -> tuple[Posted, ...]:
    """Those at work, and ended by nobody, that were heard before another: of two at once the first goes on.

    All of them, where the other has no comment yet, or one that was at its end: its job is run again after them.
    """
    mine = of(found, command)
    others = (each for each in at_work(found) if each.note.command != command and not stopped_by(found, each.note.command))
    return tuple(each for each in others if mine is None or mine.note.final or each.id < mine.id)


def stopped_by(found: tuple[Posted, ...], command: str) -> str:
    """The command that ends another; empty where none does."""
    return next((n.command for n in (each.note for each in found) if command in n.stops or _given_before(command, n.before)), "")


def _given_before(command: str, other: str) -> bool:
    """Of two comments the one with the lower number is the older; other kinds of command have numbers of their own."""
    return command[:1] == other[:1] == "c" and int(command[1:]) < int(other[1:])
