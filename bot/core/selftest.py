"""What a self-test finds: things that every run counts on, and whether they hold in one repository."""

from dataclasses import dataclass
from typing import Literal

State = Literal["held", "failed", "not reached"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the bot counts on. `seen` is the answer, or why it failed."""

    what: str
    state: State
    seen: str
    seconds: float
