"""What a replay says, as it is printed and as `--format json` gives it away."""

from typing import Literal

from pydantic.dataclasses import dataclass

from bot.core.past.difference import Change, Total
from bot.core.past.tables import Fault
from bot.core.strict import STRICT
from bot.core.words import TaskClass

Failure = Literal["escalated", "not_accepted", "wrong"]
"""`wrong`: accepted, and later rejected or taken back by people."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Moved:
    """A run that starts elsewhere. `now` is None where it is refused; `because` is the rule that decides now."""

    run: str
    at: str
    repo: str
    number: int | None
    task: str
    task_class: TaskClass
    before: str
    now: str | None
    because: str
    failed: Failure | None


@dataclass(frozen=True, slots=True, config=STRICT)
class Flow:
    before: str
    now: str | None
    runs: int


@dataclass(frozen=True, slots=True, config=STRICT)
class Failed:
    """Of `runs` that ended so, `higher` would have started in a higher lane."""

    kind: Failure | Literal["none"]
    runs: int
    higher: int


@dataclass(frozen=True, slots=True, config=STRICT)
class Unseen:
    """A lane with its model, as the new policy has it, in which no recorded attempt was made; `runs` would start there."""

    lane: str
    model: str
    runs: int
    others: tuple[str, ...]
    """The models with which the ledger knows a lane of that name."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Proofs:
    """Of runs that start where they did."""

    others: int
    """They meet a different bar."""
    below: int
    """Their patch was accepted, and is below the bar now."""
    below_right: int
    """Of these, the patches that turned out right."""
    below_wrong: int
    reach: int
    """A patch was turned away for want of confidence alone, and reaches the bar now."""
    barred: int
    """Their patch was accepted, and changes files that its lane may not change now, by their names alone."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Spent:
    """Against the new cap of one run, in micro-dollars. `unknown` are runs whose cost nobody knows."""

    cap_micros: int
    together_micros: int
    """What all of the runs cost, as far as it is known."""
    over: int
    unknown: int


@dataclass(frozen=True, slots=True, config=STRICT)
class Asked:
    """Attempts of one model in a lane: what the figures are of."""

    lane: str
    model: str
    tries: int


@dataclass(frozen=True, slots=True, config=STRICT)
class Count:
    what: str
    runs: int


@dataclass(frozen=True, slots=True, config=STRICT)
class Replay:
    runs: int
    """Replayed: those that were not refused."""
    refused: tuple[Count, ...]
    """Runs that were refused, by why: no lane is known that they would have had."""
    unlike: int | None
    """Runs that the policy compared with starts elsewhere than was recorded; None where the records are compared with."""
    flows: tuple[Flow, ...]
    moved: tuple[Moved, ...]
    """The latest, newest first."""
    changes: tuple[Change, ...]
    total: Total | None
    unseen: tuple[Unseen, ...]
    failures: tuple[Failed, ...]
    """With the runs that went well in their first lane as `none`."""
    proofs: Proofs
    spent: Spent
    models: tuple[Asked, ...]
    by_chance: int
    """Runs in which chance had a say in the lane."""
    audits: int
    """Blind second looks: the only runs that show two lanes on one task."""
    gaps: tuple[Fault, ...]
    """The lines that are not counted: the first of `unread`."""
    unread: int
    version: Literal[1] = 1

    @property
    def switched(self) -> int:
        """Runs that start in another lane, or are refused."""
        return sum(flow.runs for flow in self.flows)
