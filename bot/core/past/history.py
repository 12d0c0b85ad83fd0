"""What reports know of the past: runs with their attempts, what became of them, what others have published.

Their tags and their form are for the way from one process to another; in ledgers they stand as `wire` reads them.
"""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from bot.core.words import Found, Result, TaskClass, What

LABEL = "label: "
"""How a finding begins that is one of the labels."""


class Try(Struct, frozen=True, gc=False, array_like=True):
    """One attempt. `reason` is why it was not accepted, `failed` names the items of evidence that spoke against it."""

    lane: str
    asked: str
    """The model that the policy named."""
    model: str
    """The one that the provider says it ran."""
    ended: str
    micros: int | None
    seconds: float
    confidence: float
    decision: Literal["accept", "escalate", "stop"]
    reason: str
    failed: tuple[str, ...]
    files: tuple[str, ...]
    lines: int
    """Added and removed."""
    critic: Literal["passed", "failed", "not_run", "not_applicable"] | None
    """What the verifier model said; `not_run` where it gave no verdict, None where it was not looked for."""
    judging: float
    """Seconds that its answers took."""


class Run(Struct, frozen=True, gc=False, tag="r", array_like=True):
    """One finished run. `lane` is where it started, None where it was refused; `fired` are the signals that found something."""

    id: str
    at: str
    repo: str
    task_class: TaskClass
    fired: tuple[str, ...]
    labels: tuple[str, ...]
    """The findings that are labels: `label: incident`."""
    places: tuple[str, ...]
    """Files that the task was likely about."""
    score: int
    lane: str | None
    because: tuple[str, ...]
    propensity: float
    tries: tuple[Try, ...]
    result: Result
    threshold: float
    micros: int | None
    verification: int | None
    strong: int | None
    """What it would have cost if every request went to the top lane."""
    seconds: float
    pull: int | None
    """The number of its pull request, where that was opened."""
    proof: str
    audits: str
    """The run whose accepted patch this one looked at again, blind; empty for a user's own."""

    @property
    def accepted(self) -> Try | None:
        """The attempt whose patch was accepted."""
        return self.tries[-1] if self.result == "pass" and self.tries and self.tries[-1].decision == "accept" else None

    @property
    def touched(self) -> Iterator[str]:
        """Every file that it was likely about or that a patch of it changed; some more than once."""
        yield from self.places
        for tried in self.tries:
            yield from tried.files


class Happened(Struct, frozen=True, gc=False, tag="h", array_like=True):
    """One thing that became of a run's pull request."""

    run: str
    at: str
    what: What
    pull: int | None
    lines: int | None


class Published(Struct, frozen=True, gc=False, tag="p", array_like=True):
    """A result of others, which counts as no run. What its source does not say is None."""

    source: str
    repo: str | None
    instance: str
    model: str
    lane: str | None
    result: Found
    micros: int | None
    calls: int | None
    seconds: float | None


class AtWork(Struct, frozen=True, gc=False, tag="w", array_like=True):
    """A run that has begun. Its record takes this line's place."""

    run: str


class Money(Struct, frozen=True, gc=False, tag="m", array_like=True):
    """A movement of money: every record says what its run cost, so reports do not count it once more."""
