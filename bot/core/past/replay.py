"""Recorded runs under another policy: which start elsewhere, what that changes, and what it would have spared."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bot.core.ledger import LedgerError, Record, decode
from bot.core.past import tables
from bot.core.past.difference import Switch, changes, total
from bot.core.past.history import Run, Try
from bot.core.past.lines import Fault, Line
from bot.core.past.lives import Life, looked
from bot.core.past.replayed import Asked, Count, Failed, Failure, Flow, Moved, Proofs, Replay, Spent, Unseen
from bot.core.past.rerouted import Again, Start, again
from bot.core.past.survey import books
from bot.core.past.wire import Unread, read
from bot.core.policy import Policy

SHOWN = 20
"""Runs that are listed; all are counted."""


@dataclass(frozen=True, slots=True)
class _Case:
    life: Life
    again: Again
    was: Start
    now: Start

    @property
    def run(self) -> Run:
        return self.life.run

    @property
    def moves(self) -> bool:
        return self.was.lane != self.now.lane

    def higher(self, lanes: tuple[str, ...]) -> bool:
        before, now = self.was.lane, self.now.lane
        return before in lanes and now in lanes and lanes.index(now or "") > lanes.index(before or "")


def replay(
    sources: Iterable[Iterable[Line | Fault]], new: Policy, now: datetime, since: datetime | None = None, old: Policy | None = None
) -> Replay:
    """`sources` are ledgers, as for `books`. Without `old` the new policy is compared with the routes that were recorded."""
    reading = _Reading(new, old)
    found = books((reading.through(source) for source in sources), now, since)
    lives = [(life, reading.known.get((life.run.repo, life.run.id))) for life in found.lives]
    cases = [_Case(life, one, one.was, one.now) for life, one in lives if one and one.was and one.now]
    gaps = (*found.faults, *reading.faults)
    return Replay(
        runs=len(cases),
        refused=_counts(one.refused for _, one in lives if one and one.refused),
        unlike=None if old is None else sum(case.was.lane != case.run.lane for case in cases),
        flows=_flows(cases),
        moved=tuple(_moved(case) for case in reversed(cases) if case.moves)[:SHOWN],
        changes=(made := changes(_switches(cases), [case.run for case in cases], new)),
        total=total(made),
        unseen=_unseen(cases, new),
        failures=_failures(cases, new.lanes),
        proofs=_proofs(cases),
        spent=_spent(cases, new),
        models=_models(cases),
        by_chance=sum(case.run.propensity < 1 for case in cases),
        audits=sum(map(looked, found.audits)),
        gaps=tuple(tables.Fault(fault.place, fault.why) for fault in gaps[:SHOWN]),
        unread=len(gaps),
    )


@dataclass(slots=True)
class _Reading:
    """Reads each record in full as its line goes by: a ledger may be too large to be held twice.

    What cannot be read at all `books` names.
    """

    new: Policy
    old: Policy | None
    known: dict[tuple[str, str], Again] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def through(self, lines: Iterable[Line | Fault]) -> Iterator[Line | Fault]:
        for line in lines:
            try:
                if isinstance(line, Line):
                    self._take(line)
            except LedgerError as error:
                self.faults.append(Fault(line.place, str(error)))
            yield line

    def _take(self, line: Line) -> None:
        with suppress(Unread):
            if not isinstance(read(line.text), Run):
                return
            record = decode(line.text)
            assert isinstance(record, Record)
            key = (record.repo, record.id)
            if key not in self.known or self.known[key].at <= record.at:
                self.known[key] = again(record, self.new, self.old)


def _counts(names: Iterable[str]) -> tuple[Count, ...]:
    return tuple(Count(what, runs) for what, runs in sorted(Counter(names).items()))


def _flows(cases: list[_Case]) -> tuple[Flow, ...]:
    pairs = Counter((case.was.lane or "", case.now.lane) for case in cases if case.moves)
    ordered = sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0][0], pair[0][1] or ""))
    return tuple(Flow(before, now, runs) for (before, now), runs in ordered)


def _moved(case: _Case) -> Moved:
    run, one = case.run, case.again
    about = (run.id, run.at, run.repo, one.number, one.task, run.task_class)
    return Moved(*about, case.was.lane or "", case.now.lane, case.now.because, failure(case.life))


def _switches(cases: list[_Case]) -> list[Switch]:
    return [
        Switch(case.run, case.was.lane, case.now.lane, case.was.lane == case.run.lane)
        for case in cases
        if case.moves and case.was.lane and case.now.lane
    ]


def failure(life: Life) -> Failure | None:
    """How a run failed its first lane; None where it did not, or where a provider, CI or a person ended it."""
    run = life.run
    if life.truth == "wrong":
        return "wrong"
    if len(run.tries) > 1 or any(tried.decision == "escalate" for tried in run.tries):
        return "escalated"
    return "not_accepted" if run.tries and run.result in ("not_fixed", "budget") else None


def _failures(cases: list[_Case], lanes: tuple[str, ...]) -> tuple[Failed, ...]:
    made = []
    kinds: tuple[Failure | Literal["none"], ...] = ("escalated", "not_accepted", "wrong", "none")
    for kind in kinds:
        ended = [case for case in cases if (failure(case.life) or ("none" if case.life.accepted else "")) == kind]
        made.append(Failed(kind, len(ended), sum(case.higher(lanes) for case in ended)))
    return tuple(made)


def _unseen(cases: list[_Case], new: Policy) -> tuple[Unseen, ...]:
    seen = Counter(pair for case in cases for pair in _pairs(case))
    starts = Counter(case.now.lane for case in cases)
    return tuple(
        Unseen(lane, model, starts[lane], tuple(sorted({other for name, other in seen if name == lane})))
        for lane, model in ((lane, new.lane(lane).model) for lane in new.lanes)
        if not seen[lane, model]
    )


def _pairs(case: _Case) -> Iterable[tuple[str, str]]:
    return ((tried.lane, tried.asked) for tried in case.run.tries)


def _models(cases: list[_Case]) -> tuple[Asked, ...]:
    seen = Counter(pair for case in cases for pair in _pairs(case))
    return tuple(Asked(lane, model, tries) for (lane, model), tries in sorted(seen.items()))


def _proofs(cases: list[_Case]) -> Proofs:
    stay = [case for case in cases if not case.moves]
    below = Counter(case.life.truth for case in stay if _falls(case, case.life.accepted))
    return Proofs(
        others=sum(case.now.bar != case.was.bar for case in stay),
        below=below.total(),
        below_right=below["right"],
        below_wrong=below["wrong"],
        reach=sum(any(_reaches(case, tried) for tried in case.run.tries) for case in stay),
        barred=sum(case.again.barred for case in stay),
    )


def _falls(case: _Case, last: Try | None) -> bool:
    return last is not None and case.was.bar <= last.confidence < case.now.bar


def _reaches(case: _Case, tried: Try) -> bool:
    return tried.reason == "low_confidence_summary" and case.now.bar <= tried.confidence < case.was.bar


def _spent(cases: list[_Case], new: Policy) -> Spent:
    cap = new.budget.per_run_usd
    costs = [case.run.micros for case in cases]
    known = [cost for cost in costs if cost is not None]
    return Spent(cap, sum(known), sum(cost > cap for cost in known), costs.count(None))
