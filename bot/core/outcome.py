"""What became of a patch once people had it: appended to the ledger, never rewritten."""

import re
from typing import Literal

from pydantic.dataclasses import dataclass

from bot.core.strict import STRICT
from bot.core.words import What

_BRANCH = re.compile(r"route-agent/([1-9]\d{0,9})/([a-z]\d{1,20})-[1-9]\d{0,2}")


@dataclass(frozen=True, slots=True, config=STRICT)
class Outcome:
    """One thing that happened to the patch of a run."""

    run: str
    at: str
    """ISO 8601, UTC."""
    what: What
    by: str
    pull: int | None
    """None where there was none: a person has taken the branch of a run on the command line, or has not."""
    lines: int | None = None
    """Of what was merged: how many lines differ from the patch as it was proved, 0 for as it is; None where nobody can say."""
    version: Literal[1] = 1
    kind: Literal["outcome"] = "outcome"


@dataclass(frozen=True, slots=True, config=STRICT)
class Origin:
    """Where a branch of ours comes from: the thread, and the command."""

    thread: int
    run: str


def origin(branch: str) -> Origin | None:
    """None for a branch that is not named as ours are."""
    found = _BRANCH.fullmatch(branch)
    return Origin(int(found[1]), found[2]) if found else None
