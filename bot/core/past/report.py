"""What a ledger says, as figures: by lane, by class of task, by repository, and as a whole."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from bot.core.instant import written
from bot.core.past import counts
from bot.core.past.calibration import of_claims, of_seen
from bot.core.past.elsewhere import elsewhere
from bot.core.past.figures import Census, Counts, Judged, Tally, together
from bot.core.past.growth import MOST, growth, sides
from bot.core.past.interval import rate, spread
from bot.core.past.survey import Books
from bot.core.past.tables import Compared, Day, Growth, Judge, Portion, Report, Row, listed

MOST_ROWS = 100
"""Rows of a table: names come out of the ledger, and anybody's ledger can hold any number."""


def report(books: Books, sources: tuple[str, ...], now: datetime, per_day: int | None = None, since: str = "") -> Report:
    """`sources` are what the ledgers are called; `per_day` is the policy's cap in micro-dollars, None where none is known; `since`
    the first day that counts, where one was named."""
    return told(counts.of_books(books), sources, now, per_day, since)


def told(census: Census, sources: tuple[str, ...], now: datetime, per_day: int | None = None, since: str = "") -> Report:
    """The same of what is counted already."""
    made = census.counts
    repositories, lanes, audits = _repositories(made), _lanes(made.lanes), made.audits
    actual, top = sides(made.sides)
    days = sorted(day for day, spent in made.days.items() if spent.runs)
    return Report(
        at=written(now),
        sources=sources,
        since=since,
        first=days[0] if days else "",
        last=days[-1] if days else "",
        runs=made.runs,
        whole=_row("all", together(tally for rows in made.rows.values() for tally in rows.values()), made.runs),
        lanes=tuple(_row(name, tally, tally.attempts) for name, tally in lanes.items()),
        judge=_judge(made.judge),
        classes=_classes(made),
        repositories=repositories if len(repositories) > 1 else (),
        results=_top(made.results, made.runs, 20),
        labels=_top(made.labels, sum(made.labels.values()), 20),
        by_hand=spread(made.by_hand),
        days=tuple(Day(day, spent.runs, spent.accepted, spent.micros) for day, spent in sorted(made.days.items())),
        per_day=per_day,
        growth=_growth(made, lanes),
        actual=actual,
        top=top,
        calibration=of_claims(made.claims),
        priors=of_seen(made.seen),
        audits=audits.verdicts,
        audits_agreed=rate(audits.agreed, audits.verdicts),
        audits_micros=audits.micros,
        audits_open=audits.open,
        faults=len(census.faults),
        fault_list=listed(census.faults),
        unknown_outcomes=made.unknown,
        at_work=made.at_work,
        doubled=made.doubled,
        elsewhere=elsewhere(census.imported),
    )


def _growth(made: Counts, lanes: Iterable[str]) -> tuple[Growth, ...]:
    """Of the lanes that are used most, in the order of the rows."""
    drawn = sorted(made.lanes, key=lambda lane: (-made.lanes[lane].attempts, lane))[:MOST]
    return tuple(growth(name, made.growth[name]) for name in lanes if name in drawn)


def _row(name: str, tally: Tally, cases: int) -> Row:
    return Row(
        name,
        tally.runs,
        tally.attempts,
        rate(tally.accepted, cases),
        rate(tally.escalated, cases),
        spread(tally.seconds),
        tally.micros,
        tally.unpriced,
        tally.accepted,
        tally.micros // tally.fixed if tally.fixed else None,
        rate(tally.rejected, tally.known),
        rate(tally.right, tally.known),
        Compared(tally.compared, tally.spent, tally.strong, tally.strong - tally.spent, tally.lost, tally.dearer),
        _top(tally.typical, sum(tally.typical.values())),
        _top(tally.failures, sum(tally.failures.values())),
        _top(tally.models, tally.attempts),
    )


def _judge(made: Judged) -> Judge:
    against, right = rate(made.against, made.verdicts), rate(made.right, made.known)
    return Judge(made.asked, made.verdicts, against, spread(made.seconds), made.micros, right, _top(made.typical, made.asked))


def _classes(made: Counts) -> tuple[Row, ...]:
    return _rows({name: list(rows.values()) for name, rows in made.rows.items()})


def _repositories(made: Counts) -> tuple[Row, ...]:
    named = defaultdict[str, list[Tally]](list)
    for rows in made.rows.values():
        for name, tally in rows.items():
            named[name].append(tally)
    return _rows(named)


def _rows(named: dict[str, list[Tally]]) -> tuple[Row, ...]:
    """The most used first; what is too much for a table is one row."""
    by_use = sorted(named, key=lambda name: (-sum(tally.runs for tally in named[name]), name))
    made = [(name, together(named[name])) for name in by_use[:MOST_ROWS]]
    if rest := by_use[MOST_ROWS:]:
        made.append((_others(rest), together(tally for name in rest for tally in named[name])))
    return tuple(_row(name, tally, tally.runs) for name, tally in made)


def _lanes(lanes: dict[str, Tally]) -> dict[str, Tally]:
    """The cheapest first, and of too many the most used; the others are one row, the last."""
    by_use = sorted(lanes, key=lambda lane: (-lanes[lane].attempts, lane))
    made = dict(sorted(((name, lanes[name]) for name in by_use[:MOST_ROWS]), key=_dearness))
    if rest := by_use[MOST_ROWS:]:
        made[_others(rest)] = together(lanes[name] for name in rest)
    return made


def _others(names: list[str]) -> str:
    return f"({len(names)} others)"


def _dearness(named: tuple[str, Tally]) -> tuple[float, str]:
    name, tally = named
    return tally.micros / max(1, tally.attempts - tally.unpriced), name


def _top(counted: dict[str, int], of: int, most: int = 3) -> tuple[Portion, ...]:
    by_use = sorted(counted.items(), key=lambda each: (-each[1], each[0]))
    return tuple(Portion(what, cases, of) for what, cases in by_use[:most])
