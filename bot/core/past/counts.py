"""A ledger's runs are counted: each adds to the figures of its day, its lane, its class of task and its repository."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from bot.core.past.figures import Census, Counts, Early, Rivals, Seen, Spent, Tally, one_more
from bot.core.past.history import Try
from bot.core.past.lives import Life, early, looked
from bot.core.past.survey import Books

T = TypeVar("T")


def of_books(books: Books) -> Census:
    """What stands in books that are read as a whole."""
    counts = Counts(unknown=books.unknown, at_work=books.at_work, doubled=books.doubled, lines=books.lines)
    count(counts, books.lives)
    count(counts, books.audits)
    return Census(counts, books.faults, books.imported)


def count(counts: Counts, lives: Iterable[Life], named: tuple[str, ...] = ()) -> None:
    """`named` are the only repositories whose runs count; all where none is named."""
    for life in lives:
        run = life.run
        if (fault := early(life)) is not None:
            counts.early.append(Early(run.at, run.repo, run.id, fault.why, fault.place))
        if not run.audits:
            one_more(counts.repositories, run.repo)
        if named and run.repo not in named:
            continue
        if run.audits:
            _count_audit(counts, life)
        else:
            _count_life(counts, life)


def _count_audit(counts: Counts, life: Life) -> None:
    micros, audits = life.run.micros or 0, counts.audits
    _of(counts.days, life.run.at[:10], Spent).micros += micros
    audits.micros += micros
    if looked(life):
        audits.verdicts += 1
        audits.agreed += life.accepted is not None
    else:
        audits.open += 1


def _count_life(counts: Counts, life: Life) -> None:
    run, day = life.run, life.run.at[:10]
    counts.runs += 1
    one_more(counts.results, run.result)
    rows = counts.rows.get(run.task_class)
    if rows is None:
        rows = counts.rows[run.task_class] = {}
    _count_run(_of(rows, run.repo, Tally), life)
    for tried in run.tries:
        _count_try(counts, tried, life, day)
    counts.judge.micros += run.verification or 0
    spent = _of(counts.days, day, Spent)
    spent.runs += 1
    spent.accepted += life.accepted is not None
    spent.micros += run.micros or 0
    if life.rivals is not None:
        _compare(_of(counts.sides, day, Rivals), life.rivals, life)
    if life.accepted is not None:
        _count_accepted(counts, life.accepted, life)


def _compare(sides: Rivals, rivals: tuple[int, int], life: Life) -> None:
    sides.accepted += life.accepted is not None
    sides.spent += rivals[0]
    sides.strong += rivals[1]


def _count_accepted(counts: Counts, accepted: Try, life: Life) -> None:
    one_more(counts.labels, life.label)
    if life.by_hand is not None:
        counts.by_hand.append(float(life.by_hand))
    if life.truth != "unknown":
        counts.claims.append((accepted.confidence, life.truth == "right"))


def _count_run(tally: Tally, life: Life) -> None:
    run = life.run
    tally.runs += 1
    tally.attempts += len(run.tries)
    tally.escalated += len(run.tries) > 1
    tally.seconds.append(run.seconds)
    tally.spend(run.micros, life.accepted is not None)
    tally.compare(life)
    one_more(tally.typical, run.task_class)
    if life.accepted is not None:
        tally.verdict(life)
    else:
        one_more(tally.failures, _failure(run.tries[-1]) if run.tries else run.result.replace("_", " "))


def _count_try(counts: Counts, tried: Try, life: Life, day: str) -> None:
    accepted, micros = tried is life.accepted, tried.micros
    tally = _of(counts.lanes, tried.lane, Tally)
    _count_attempt(tally, tried, life)
    days = counts.growth.get(tried.lane)
    if days is None:
        days = counts.growth[tried.lane] = {}
    spent = _of(days, day, Spent)
    spent.accepted += accepted
    spent.micros += micros or 0
    see(counts.seen, tried, life)
    if tried.critic is not None and tried.critic != "not_applicable":
        counts.judge.take(tried, life)


def _count_attempt(tally: Tally, tried: Try, life: Life) -> None:
    accepted = tried is life.accepted
    tally.attempts += 1
    if tried is life.run.tries[0]:
        tally.runs += 1
        tally.compare(life)
    tally.escalated += tried.decision == "escalate"
    tally.seconds.append(tried.seconds)
    tally.spend(tried.micros, accepted)
    one_more(tally.typical, life.run.task_class)
    one_more(tally.models, tried.model)
    if accepted:
        tally.verdict(life)
    else:
        one_more(tally.failures, _failure(tried))


def see(lanes: dict[str, dict[str, Seen]], tried: Try, life: Life) -> None:
    """What one attempt says of its lane's patches."""
    models = lanes.get(tried.lane)
    if models is None:
        models = lanes[tried.lane] = {}
    seen = _of(models, tried.asked, Seen)
    if tried is life.accepted:
        seen.accepted += 1
        seen.known += life.truth != "unknown"
        seen.right += life.truth == "right"
    elif tried.files and tried.failed:
        seen.against += 1


def _of(there: dict[str, T], name: str, kind: Callable[[], T]) -> T:
    found = there.get(name)
    if found is None:
        found = there[name] = kind()
    return found


def _failure(tried: Try) -> str:
    """What spoke against it. An attempt that ended without a patch failed by how it ended."""
    if tried.failed:
        return tried.failed[0]
    return (tried.reason or tried.ended if tried.files else tried.ended).replace("_", " ")
