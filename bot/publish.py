"""Makes a Trail visible: a branch with the patch, and the record."""

from bot.core import ledger
from bot.core.clean import line
from bot.core.trail import Published, Pushed, Trail
from bot.core.verdict import Attempt
from bot.ports import Clock, Desk, Ledger


def push(trail: Trail, attempt: Attempt, number: int, desk: Desk, clock: Clock) -> Pushed:
    """Put the patch on a branch of its own. The same Trail makes the same commit, so doing it again changes nothing."""
    start = clock.seconds()
    request = trail.opened.request
    branch = f"route-agent/{request.place}/{request.id}-{number}"
    proved = ledger.record(trail, None).result == "pass"
    message = desk.render("commit.j2", task=line(request.task, 72), attempt=attempt, id=request.id, proved=proved)
    commit = desk.writer.push(request.base, attempt.diff, branch, message, trail.opened.at)
    return Pushed(branch, commit, round(clock.seconds() - start, 3))


def close(trail: Trail, book: Ledger, clock: Clock) -> Published:
    """Write the record: the last step of every run."""
    book.append(ledger.record(trail, book.spent(run=trail.opened.request.id)))
    return Published(clock.now())
