"""The grammar of a command: the first line of a comment that is not empty, exactly as documented, or nothing at all.

Light on purpose, like `event`.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, get_args

Verb = Literal["fix", "explain", "retry", "status", "stop", "help"]
VERBS: tuple[Verb, ...] = get_args(Verb)

MOST_INSTRUCTIONS = 20_000
"""Characters; what stands after them is not heard, and the comment's own limit is 65,536."""


@dataclass(frozen=True, slots=True)
class Command:
    """`instructions` are the rest of the line and of the comment: the commander's own words, quotations included."""

    verb: Verb
    lane: str | None
    instructions: str


@dataclass(frozen=True, slots=True)
class NearMiss:
    """Meant for us, and no command. `meant` is the likeliest verb, empty where none is near."""

    said: str
    meant: str


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A command where none is obeyed: in a remark on a line of the diff."""

    said: str


def first_line(body: str) -> str:
    """The first line with anything in it; only a line feed ends a line."""
    return next((line.rstrip() for line in body.replace("\r\n", "\n").split("\n") if line.strip()), "")


def may_be(body: str) -> bool:
    """Whether a comment can be a command under any policy. Every trigger begins with a slash."""
    return re.match(r"/[A-Za-z]", first_line(body)) is not None


def heard(body: str, trigger: str) -> Command | NearMiss | None:
    """What a comment asks for. Quoted, indented, fenced, hidden or look-alike text is never a command."""
    line = first_line(body)
    word, verb, more = [*re.split(r"[ \t]+", line, maxsplit=2), "", ""][:3]
    if not word.isascii() or word.lower() != trigger:
        return None
    known = next((name for name in VERBS if name == verb), None)
    if known is None or word != trigger:
        near = get_close_matches(verb.lower(), VERBS, 1, 0.5)
        return NearMiss(f"{word} {verb}".strip()[:60], near[0] if near else "")
    lane, more = _lane(more)
    below = body.replace("\r\n", "\n").partition(line)[2].strip()
    return Command(known, lane, "\n".join(filter(None, (more, below)))[:MOST_INSTRUCTIONS])


def _lane(text: str) -> tuple[str | None, str]:
    """`lane=NAME` counts where it stands first; whether there is such a lane is for the policy to say."""
    found = re.match(r"lane=(\S{1,40})(?:\s+|$)", text)
    return (found[1], text[found.end() :]) if found else (None, text)
