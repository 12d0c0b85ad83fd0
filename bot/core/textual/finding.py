"""What speaks against a patch in its own text: a place, one sentence that names the thing, and how heavy it is."""

from dataclasses import dataclass as plain
from typing import Literal

from pydantic.dataclasses import dataclass

from bot.core.strict import STRICT

Kind = Literal[
    "does not parse",
    "conflict marker",
    "invisible character",
    "look-alike name",
    "secret",
    "test deleted",
    "test emptied",
    "test shadowed",
    "test skipped",
    "test retried",
    "assertion removed",
    "assertion loosened",
    "assertion conditional",
    "assertion always true",
    "case removed",
    "tolerance widened",
    "expectation rewritten",
    "snapshot rewritten",
    "detects tests",
    "special case",
    "swallows",
    "exits early",
    "touches the runner",
    "no effect",
]
Grave = Literal["veto", "weak"]
"""`veto`: no right patch does this. `weak`: a right patch may; a person has to look."""


@plain(frozen=True, slots=True)
class Sign:
    """Of a finding in one file alone: `what` is shown, and with the kind it is what before and after are compared by."""

    kind: Kind
    what: str
    line: int
    grave: Grave = "veto"


@dataclass(frozen=True, slots=True, config=STRICT)
class Finding:
    """`line` counts from 1, in the text after the patch, or before it for what is gone; 0 where it is about the whole file."""

    kind: Kind
    path: str
    line: int
    why: str
    grave: Grave
