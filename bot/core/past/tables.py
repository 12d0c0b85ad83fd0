"""What a report says, as values: JSON is written from them, templates and plots show them. Micro-dollars, and seconds."""

from typing import Literal

from pydantic.dataclasses import dataclass

from bot.core.past.calibration import Calibration, Prior
from bot.core.past.elsewhere import Elsewhere
from bot.core.past.interval import Rate, Spread
from bot.core.past.lines import Fault as Unread
from bot.core.strict import STRICT


@dataclass(frozen=True, slots=True, config=STRICT)
class Portion:
    """How often something is among `of` cases."""

    what: str
    cases: int
    of: int


@dataclass(frozen=True, slots=True, config=STRICT)
class Compared:
    """Against asking the top lane every time, over the runs for which both sides are known. `dearer` are runs that tried a lane
    below first and cost more, by `lost` together."""

    runs: int
    spent: int
    strong: int
    saved: int
    lost: int
    dearer: int


@dataclass(frozen=True, slots=True, config=STRICT)
class Row:
    """One line of the tables: the attempts of a lane, or the runs of a class of task or a repository. Micro-dollars, seconds."""

    name: str
    runs: int
    attempts: int
    passed: Rate
    """Attempts of a lane that were accepted; else runs."""
    escalated: Rate
    latency: Spread
    micros: int
    unpriced: int
    """Attempts or runs whose cost nobody knows; they are not in `micros`."""
    accepted: int
    per_fix: int | None
    """All that is known to have been spent here, failed tries included, by what was accepted at a known cost; None where
    nothing was."""
    rejected: Rate
    """Of the pull requests that people judged, those that they wanted changed, closed, rewrote or took back."""
    precision: Rate
    """Of the accepted patches whose truth is known, those that were right: how far `yes` can be believed."""
    compared: Compared
    """Against the top lane alone; a lane's row has the runs that began in it."""
    typical: tuple[Portion, ...]
    """The classes of task it was mostly used for."""
    failures: tuple[Portion, ...]
    """What mostly went wrong: the item of evidence that spoke against a patch, else how the attempt ended."""
    models: tuple[Portion, ...] = ()


@dataclass(frozen=True, slots=True, config=STRICT)
class Judge:
    """The verifier model. `precision`: of the accepted patches that it spoke for, those that were right,
    where that is known."""

    asked: int
    verdicts: int
    against: Rate
    latency: Spread
    micros: int
    precision: Rate
    typical: tuple[Portion, ...]


@dataclass(frozen=True, slots=True, config=STRICT)
class Day:
    day: str
    runs: int
    accepted: int
    micros: int


@dataclass(frozen=True, slots=True, config=STRICT)
class Total:
    """What was accepted and spent by the end of a day, from the first day on."""

    day: str
    accepted: int
    micros: int


@dataclass(frozen=True, slots=True, config=STRICT)
class Growth:
    """One lane's totals, or those of all runs together; the days on which nothing changed are left out."""

    name: str
    totals: tuple[Total, ...]


@dataclass(frozen=True, slots=True, config=STRICT)
class Fault:
    """A line, or a file, that is not counted."""

    place: str
    why: str


MOST_FAULTS = 50
"""Faults that are listed; how many there are is always said."""


def listed(faults: tuple[Unread, ...]) -> tuple[Fault, ...]:
    return tuple(Fault(fault.place, fault.why) for fault in faults[:MOST_FAULTS])


@dataclass(frozen=True, slots=True, config=STRICT)
class Report:
    at: str
    sources: tuple[str, ...]
    since: str
    """The first day that counts, where one was named; else empty."""
    first: str
    last: str
    runs: int
    whole: Row
    lanes: tuple[Row, ...]
    """Cheapest first, by what an attempt costs."""
    judge: Judge
    classes: tuple[Row, ...]
    repositories: tuple[Row, ...]
    """None of them where there is only one."""
    results: tuple[Portion, ...]
    labels: tuple[Portion, ...]
    """What became of the accepted patches."""
    by_hand: Spread
    """Lines that people changed in what they merged."""
    days: tuple[Day, ...]
    per_day: int | None
    """What the policy lets a day cost; None where no policy is known."""
    growth: tuple[Growth, ...]
    """Of the lanes that were tried most, in the order of `lanes`."""
    actual: Growth
    top: Growth
    """Over the runs that `compared` is of: as it was, and had all of them gone to the top lane with the same end."""
    calibration: Calibration
    priors: tuple[Prior, ...]
    audits: int
    """Blind second looks that came to a verdict."""
    audits_agreed: Rate
    """Of them, those in which the top lane's own patch was accepted too."""
    audits_micros: int
    """What all of them have cost, as far as it is known. It is part of what was spent a day, and of no other figure."""
    audits_open: int
    """Those that came to none: there was no budget for them, they were cut off, or something did not answer."""
    faults: int
    fault_list: tuple[Fault, ...]
    unknown_outcomes: int
    at_work: int
    doubled: int
    """Records that stand in more than one place, word for word."""
    elsewhere: tuple[Elsewhere, ...]
    """What others have published; no other figure counts it."""
    kind: Literal["report"] = "report"
    version: Literal[1] = 1
