"""What a ledger says, counted: by lane, by class of task, by repository, and as a whole."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime

from bot.core.instant import written
from bot.core.ledger import Result
from bot.core.past.calibration import calibration, priors
from bot.core.past.elsewhere import elsewhere
from bot.core.past.growth import MOST, Growing, sides
from bot.core.past.history import Try
from bot.core.past.interval import rate, spread
from bot.core.past.lives import Books, Label, Life
from bot.core.past.tables import Compared, Day, Fault, Judge, Portion, Report, Row

MOST_ROWS = 100
"""Rows of a table: names come out of the ledger, and anybody's ledger can hold any number."""
MOST_FAULTS = 50
"""Faults that a report lists; it always says how many there are."""


class _Tally:
    """Counts of one row, while lives are gone through."""

    def __init__(self) -> None:
        self.runs = self.attempts = self.micros = self.unpriced = self.accepted = self.fixed = self.escalated = 0
        self.rejected = self.right = self.known = 0
        self.compared = self.spent = self.strong = self.lost = self.dearer = 0
        self.seconds: list[float] = []
        self.typical: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.models: Counter[str] = Counter()

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

    def row(self, name: str, cases: int) -> Row:
        failed = sum(self.failures.values())
        return Row(
            name,
            self.runs,
            self.attempts,
            rate(self.accepted, cases),
            rate(self.escalated, cases),
            spread(self.seconds),
            self.micros,
            self.unpriced,
            self.accepted,
            self.micros // self.fixed if self.fixed else None,
            rate(self.rejected, self.known),
            rate(self.right, self.known),
            Compared(self.compared, self.spent, self.strong, self.strong - self.spent, self.lost, self.dearer),
            _top(self.typical, sum(self.typical.values())),
            _top(self.failures, failed),
            _top(self.models, self.attempts),
        )


def report(books: Books, sources: tuple[str, ...], now: datetime, per_day: int | None = None, since: str = "") -> Report:
    """`sources` are what the ledgers are called; `per_day` is the policy's cap in micro-dollars, None where none is known; `since`
    the first day that counts, where one was named."""
    growing = Growing()
    lanes, runs = defaultdict[str, _Tally](_Tally), defaultdict[tuple[str, str], _Tally](_Tally)
    judge, days = _Judge(), defaultdict[str, list[int]](lambda: [0, 0, 0])
    for life in books.lives:
        run, day = life.run, life.run.at[:10]
        _count_run(runs[run.task_class, run.repo], life)
        for tried in run.tries:
            _count_try(lanes[tried.lane], tried, life)
            growing.add(tried.lane, day, tried is life.accepted, tried.micros)
            if tried.critic is not None and tried.critic != "not_applicable":
                judge.take(tried, life)
        judge.micros += run.verification or 0
        sums = days[day]
        sums[0] += 1
        sums[1] += life.accepted is not None
        sums[2] += run.micros or 0
    for life in books.audits:
        days[life.run.at[:10]][2] += life.run.micros or 0
    judged, again = [life for life in books.lives if life.accepted], books.looked_again
    classes, repositories = _rows(runs, 0), _rows(runs, 1)
    whole = _together(runs.values()).row("all", len(books.lives))
    labels = Counter(life.label for life in judged)
    actual, top = sides(books.lives)
    by_cost = _lanes(lanes)
    drawn = sorted(lanes, key=lambda lane: (-lanes[lane].attempts, lane))[:MOST]
    return Report(
        at=written(now),
        sources=sources,
        since=since,
        first=books.lives[0].run.at[:10] if books.lives else "",
        last=books.lives[-1].run.at[:10] if books.lives else "",
        runs=len(books.lives),
        whole=whole,
        lanes=tuple(tally.row(name, tally.attempts) for name, tally in by_cost.items()),
        judge=judge.row(),
        classes=classes,
        repositories=repositories if len(repositories) > 1 else (),
        results=_top(Counter(life.run.result for life in books.lives), len(books.lives), 20),
        labels=_top(labels, len(judged), 20),
        by_hand=spread([float(life.by_hand) for life in judged if life.by_hand is not None]),
        days=tuple(Day(day, *counts) for day, counts in sorted(days.items())),
        per_day=per_day,
        growth=tuple(growing.growth(name) for name in by_cost if name in drawn),
        actual=actual,
        top=top,
        calibration=calibration(judged),
        priors=priors(books.lives),
        audits=len(again),
        audits_agreed=rate(sum(life.accepted is not None for life in again), len(again)),
        audits_micros=sum(life.run.micros or 0 for life in books.audits),
        audits_open=len(books.audits) - len(again),
        faults=len(books.faults),
        fault_list=tuple(Fault(fault.place, fault.why) for fault in books.faults[:MOST_FAULTS]),
        unknown_outcomes=books.unknown,
        at_work=books.at_work,
        doubled=books.doubled,
        elsewhere=elsewhere(books.imported),
    )


class _Judge:
    """The verifier model's row, while attempts are gone through."""

    def __init__(self) -> None:
        self.asked = self.verdicts = self.against = self.micros = self.known = self.right = 0
        self.seconds: list[float] = []
        self.typical: Counter[str] = Counter()

    def take(self, tried: Try, life: Life) -> None:
        """An attempt for which it was looked for."""
        self.asked += 1
        self.typical[life.run.task_class] += 1
        if tried.critic == "not_run":
            return
        self.verdicts += 1
        self.against += tried.critic == "failed"
        self.seconds.append(tried.judging)
        if tried.critic == "passed" and tried is life.accepted and life.truth != "unknown":
            self.known += 1
            self.right += life.truth == "right"

    def row(self) -> Judge:
        against, right = rate(self.against, self.verdicts), rate(self.right, self.known)
        return Judge(self.asked, self.verdicts, against, spread(self.seconds), self.micros, right, _top(self.typical, self.asked))


def _rows(tallies: dict[tuple[str, str], _Tally], part: int) -> tuple[Row, ...]:
    """By one part of the key, the most used first; what is too much for a table is one row."""
    named = defaultdict[str, list[_Tally]](list)
    for key, tally in tallies.items():
        named[key[part]].append(tally)
    by_use = sorted(named, key=lambda name: (-sum(tally.runs for tally in named[name]), name))
    made = [(name, _together(named[name])) for name in by_use[:MOST_ROWS]]
    if rest := by_use[MOST_ROWS:]:
        made.append((_others(rest), _together(tally for name in rest for tally in named[name])))
    return tuple(tally.row(name, tally.runs) for name, tally in made)


def _lanes(lanes: dict[str, _Tally]) -> dict[str, _Tally]:
    """The cheapest first, and of too many the most used; the others are one row, the last."""
    by_use = sorted(lanes, key=lambda lane: (-lanes[lane].attempts, lane))
    made = dict(sorted(((name, lanes[name]) for name in by_use[:MOST_ROWS]), key=_dearness))
    if rest := by_use[MOST_ROWS:]:
        made[_others(rest)] = _together(lanes[name] for name in rest)
    return made


def _others(names: list[str]) -> str:
    return f"({len(names)} others)"


def _together(tallies: Iterable[_Tally]) -> _Tally:
    """One tally of what is counted in several; no run is in two of them."""
    whole = _Tally()
    for tally in tallies:
        for name, value in vars(tally).items():
            there = getattr(whole, name)
            if isinstance(there, list):
                there.extend(value)
            elif isinstance(there, Counter):
                there.update(value)
            else:
                setattr(whole, name, there + value)
    return whole


def _dearness(named: tuple[str, _Tally]) -> tuple[float, str]:
    name, tally = named
    return tally.micros / max(1, tally.attempts - tally.unpriced), name


def _count_run(tally: _Tally, life: Life) -> None:
    run = life.run
    tally.runs += 1
    tally.attempts += len(run.tries)
    tally.escalated += len(run.tries) > 1
    tally.seconds.append(run.seconds)
    tally.spend(run.micros, life.accepted is not None)
    tally.compare(life)
    tally.typical[run.task_class] += 1
    if life.accepted:
        tally.verdict(life)
    else:
        tally.failures[_failure(run.tries[-1]) if run.tries else run.result.replace("_", " ")] += 1


def _count_try(tally: _Tally, tried: Try, life: Life) -> None:
    tally.attempts += 1
    if tried is life.run.tries[0]:
        tally.runs += 1
        tally.compare(life)
    tally.escalated += tried.decision == "escalate"
    tally.seconds.append(tried.seconds)
    tally.spend(tried.micros, tried is life.accepted)
    tally.typical[life.run.task_class] += 1
    tally.models[tried.model] += 1
    if tried is life.accepted:
        tally.verdict(life)
    else:
        tally.failures[_failure(tried)] += 1


def _failure(tried: Try) -> str:
    """What spoke against it. An attempt that ended without a patch failed by how it ended."""
    if tried.failed:
        return tried.failed[0]
    return (tried.reason or tried.ended if tried.files else tried.ended).replace("_", " ")


def _top(counts: Counter[str] | Counter[Label] | Counter[Result], of: int, most: int = 3) -> tuple[Portion, ...]:
    return tuple(
        Portion(str(what), cases, of) for what, cases in sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:most]
    )
