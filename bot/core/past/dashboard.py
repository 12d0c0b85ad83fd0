"""The issue that shows a ledger's report: by what it is known, and how it stands."""

from dataclasses import dataclass
from typing import Literal

MARK = "<!-- route-agent:report -->"
"""The hidden first line; it counts only in an issue of our own."""
LABEL = "route-agent-report"
"""No word of a command, so that it starts none."""
TITLE = "route-agent: what its runs say"


@dataclass(frozen=True, slots=True)
class Notice:
    """`closed` is one that a person has closed: it stays as it is."""

    state: Literal["made", "edited", "closed"]
    number: int
    url: str
