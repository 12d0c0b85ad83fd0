"""Figures that each part of a ledger has, and that add up, whatever the order."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from msgspec import Struct

from bot.core.past.history import Published, Try
from bot.core.past.lines import Fault
from bot.core.past.lives import Life


@dataclass(slots=True)
class Tally:
    """Of one row: the attempts of a lane, or the runs of a class of task in a repository. Micro-dollars, seconds."""

    runs: int = 0
    attempts: int = 0
    micros: int = 0
    unpriced: int = 0
    accepted: int = 0
    fixed: int = 0
    """What was accepted at a known cost."""
    escalated: int = 0
    rejected: int = 0
    right: int = 0
    known: int = 0
    compared: int = 0
    spent: int = 0
    strong: int = 0
    lost: int = 0
    dearer: int = 0
    seconds: list[float] = field(default_factory=list)
    typical: dict[str, int] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    models: dict[str, int] = field(default_factory=dict)

    def spend(self, micros: int | None, accepted: bool) -> None:  # noqa: FBT001 - it is counted
        if micros is None:
            self.unpriced += 1
        else:
            self.micros += micros
            self.fixed += accepted

    def compare(self, life: Life) -> None:
        """With what the top lane alone would have cost, where both are known; `dearer` are those that tried another in vain."""
        if life.rivals is None:
            return
        spent, strong = life.rivals
        self.compared += 1
        self.spent += spent
        self.strong += strong
        if spent > strong and len(life.run.tries) > 1:
            self.dearer += 1
            self.lost += spent - strong

    def verdict(self, life: Life) -> None:
        """What people made of an accepted patch."""
        self.accepted += 1
        if life.truth == "unknown":
            return
        self.known += 1
        if life.truth == "wrong":
            self.rejected += 1
            return
        self.right += 1
        if len(life.happened) > 1 and any(each.what == "changes_requested" for each in life.happened):
            self.rejected += 1


@dataclass(slots=True)
class Judged:
    """Of the verifier model."""

    asked: int = 0
    verdicts: int = 0
    against: int = 0
    micros: int = 0
    known: int = 0
    right: int = 0
    seconds: list[float] = field(default_factory=list)
    typical: dict[str, int] = field(default_factory=dict)

    def take(self, tried: Try, life: Life) -> None:
        """An attempt for which it was looked for."""
        self.asked += 1
        one_more(self.typical, life.run.task_class)
        if tried.critic == "not_run":
            return
        self.verdicts += 1
        self.against += tried.critic == "failed"
        self.seconds.append(tried.judging)
        if tried.critic == "passed" and tried is life.accepted and life.truth != "unknown":
            self.known += 1
            self.right += life.truth == "right"


@dataclass(slots=True)
class Spent:
    """Of one day, or of a lane on one."""

    runs: int = 0
    accepted: int = 0
    micros: int = 0


@dataclass(slots=True)
class Rivals:
    """Of one day, over the runs for which both are known: as it was, and had every request gone to the top lane."""

    accepted: int = 0
    spent: int = 0
    strong: int = 0


@dataclass(slots=True)
class Seen:
    """Patches of a lane under one model."""

    accepted: int = 0
    known: int = 0
    right: int = 0
    against: int = 0
    """Patches that a check speaks against."""


@dataclass(slots=True)
class Audited:
    """Of the blind second looks."""

    verdicts: int = 0
    agreed: int = 0
    open: int = 0
    micros: int = 0


class Early(Struct, array_like=True, order=True):
    """What became of a run before it was: when that began, of what repository it is, its id, and what is to be said."""

    at: str
    repo: str
    id: str
    why: str
    place: str


@dataclass(slots=True)
class Counts:
    """Of a part of a ledger, or of all."""

    runs: int = 0
    rows: dict[str, dict[str, Tally]] = field(default_factory=dict)
    """By class of task, then by repository."""
    lanes: dict[str, Tally] = field(default_factory=dict)
    judge: Judged = field(default_factory=Judged)
    days: dict[str, Spent] = field(default_factory=dict)
    growth: dict[str, dict[str, Spent]] = field(default_factory=dict)
    """By lane, then by day."""
    sides: dict[str, Rivals] = field(default_factory=dict)
    seen: dict[str, dict[str, Seen]] = field(default_factory=dict)
    """By lane, then by the model that the policy named."""
    results: dict[str, int] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    by_hand: list[float] = field(default_factory=list)
    claims: list[tuple[float, bool]] = field(default_factory=list)
    """Of accepted patches whose truth is known: the confidence, and whether they were right."""
    audits: Audited = field(default_factory=Audited)
    repositories: dict[str, int] = field(default_factory=dict)
    """How many runs each has, picked or not."""
    early: list[Early] = field(default_factory=list)
    unknown: int = 0
    at_work: int = 0
    doubled: int = 0
    lines: int = 0


class Census(Struct):
    """All that a report is made of. `faults` in the order in which they are told."""

    counts: Counts
    faults: tuple[Fault, ...]
    imported: tuple[Published, ...]


def added(there: Any, more: Any) -> Any:
    """Two figures of a kind as one; the first of them may be changed by it."""
    if isinstance(there, dict):
        for key, value in more.items():
            there[key] = added(there[key], value) if key in there else value
    elif isinstance(there, list):
        there.extend(more)
    elif is_dataclass(there):
        for name in (each.name for each in fields(there)):
            setattr(there, name, added(getattr(there, name), getattr(more, name)))
    else:
        return there + more
    return there


def together(tallies: Iterable[Tally]) -> Tally:
    """One tally of what is counted in several; no run is in two of them."""
    whole = Tally()
    for tally in tallies:
        added(whole, tally)
    return whole


def one_more(counts: dict[str, int], name: str) -> None:
    counts[name] = counts.get(name, 0) + 1
