"""Makes a Trail visible: a branch with the patch, a pull request where there are such, and the record."""

from contextlib import suppress

from bot.core import recording
from bot.core.account import MARKS, ran, reckoned, took
from bot.core.attempt import Attempt
from bot.core.budget import Wish
from bot.core.cost import Usage
from bot.core.entries import Published, Pushed
from bot.core.ledger import Record
from bot.core.patch import parse, part, trespasses
from bot.core.paths import is_test
from bot.core.recall import spent_here
from bot.core.request import Request
from bot.core.trail import Trail
from bot.ports import Clock, Denied, Desk, Halted, Kit, Layer, Opening, Pulls, Unavailable


def push(trail: Trail, attempt: Attempt, number: int, desk: Desk, clock: Clock) -> Pushed:
    """Put the patch on a branch of its own. The same Trail makes the same commits, so doing it again changes nothing."""
    start = clock.seconds()
    request, protect = trail.opened.request, trail.opened.policy.protect
    if trail.opened.proof == "sandbox" and desk.pulls is not None and desk.pulls.moved(request.base):  # CI's judge looks itself
        raise Halted(f"the pull request has moved on from {request.base[:12]}, which the command was given for; give it again")
    if broken := trespasses(parse(attempt.diff), protect.paths, protect.max_files, protect.max_lines):
        raise Denied(f"nothing that breaks a patch rule is put on a branch: {broken[0]}")
    name = branch(request, number)
    commits = desk.writer.push(request.base, _layers(trail, attempt, desk), name, trail.opened.at)
    tests = commits[0] if len(commits) > 1 else None
    return Pushed(name, commits[-1], round(clock.seconds() - start, 3), tests)


def branch(request: Request, number: int) -> str:
    """The name of the branch of a run's attempt, the first being number 1."""
    return f"route-agent/{request.place}/{request.id}-{number}"


def _layers(trail: Trail, attempt: Attempt, desk: Desk) -> tuple[Layer, ...]:
    """One commit; for CI two where it can be told what they show: the tests alone, then everything."""
    request, proof = trail.opened.request, trail.opened.proof
    proved = recording.record(trail, None).result == "pass"

    def said(what: str) -> str:
        values = {"what": what, "task": request.task.partition("\n")[0], "attempt": attempt, "id": request.id, "proved": proved}
        return desk.render("commit.j2", proof=proof, by=request.actor, **values)

    whole = Layer(attempt.diff, said("all"))
    tests = part(attempt.diff, is_test) if proof == "ci" else ""
    return (Layer(tests, said("tests")), whole) if tests and tests != attempt.diff else (whole,)


def close(trail: Trail, desk: Desk, kit: Kit) -> Published:
    """The last step of every run: what is proved is offered, the record is written, what was replaced goes.

    In this order: a run that is killed and begun anew finds its branches, and what CI said of them, until it has its record.
    """
    published = Published(kit.clock.now())
    if desk.pulls is not None and trail.pushed is not None:
        published = _offered(trail, trail.pushed, desk, desk.pulls, kit.clock)
    record = booked(trail.then(published), kit)
    cleared((*trail.superseded, *_left_over(trail, kit)), record, desk, earlier=kit.reached > 0)
    return published


def _left_over(trail: Trail, kit: Kit) -> tuple[str, ...]:
    """Branches that an earlier job of the run may have made, and this one did not come to: nobody is to look at them."""
    mine = {entry.branch for entry in trail.entries if isinstance(entry, Pushed)}
    names = (branch(trail.opened.request, number) for number in range(1, kit.reached + 1))
    return tuple(name for name in names if name not in mine)


def cleared(branches: tuple[str, ...], record: Record, desk: Desk, *, earlier: bool) -> None:
    """What earlier attempts left goes, and an offer of what is not proved is closed: one too many is not worth the last word.

    There may be such an offer where drafts are opened for their checks, or where an earlier job came further than this one.
    """
    kept = record.result in ("pass", "needs_approval", "ci_timeout")  # a person is asked to look at what is at work there
    for each in (*branches, *((record.branch,) if record.branch and not kept else ())):
        with suppress(Denied, Unavailable):
            if desk.pulls is not None and (desk.starts_ci or earlier):
                desk.pulls.withdraw(each)
        with suppress(Denied, Unavailable):
            if each in branches:
                desk.writer.drop(each)


def broken_off(trail: Trail, kit: Kit, why: str) -> Record:
    """The end of a run that comes no further: what was spent is booked, and the last branch stays to be looked at."""
    assert kit.desk is not None, "a job that cannot write ends no run"
    made = booked(trail, kit, why)
    cleared((*trail.superseded, *_left_over(trail, kit)), made, kit.desk, earlier=kit.reached > 0)
    return made


def booked(trail: Trail, kit: Kit, interrupted: str = "") -> Record:
    """The run's record, kept, and its share of the money settled by it."""
    made = recorded(trail, kit, interrupted)
    kit.ledger.append(made)
    try:
        settle(trail, kit, paid(trail, kit))
    except (Denied, Unavailable) as error:  # how it ended is kept, and told as that
        if trail.opened.audit is not None:
            raise  # nothing is left to tell, and the last phase of the job books what it has spent
        kit.watch("ledger", f"{error}; until the day is over, the run's whole share counts as spent")
    return made


def recorded(trail: Trail, kit: Kit, interrupted: str = "") -> Record:
    """The run as the ledger keeps it, with all that it spent, and what always asking the top lane would have."""
    return recording.record(trail, _whole(trail, kit), interrupted)


def _whole(trail: Trail, kit: Kit) -> int | None:
    """Micro-dollars of the whole run: of this job, and of those before it, as far as they kept or settled that; None if unknown.

    A job that asks no model itself is handed all of that, but for what another workflow run has paid for that nobody took over.
    """
    here, kept = paid(trail, kit), kit.before.usage if kit.before else Usage()
    if here is None or trail.usage.unpriced or kept.unpriced:
        return None
    if kit.bench is None and kit.before is None:
        return here
    try:  # what was kept of them is paid, whether or not this job came to take it over; what was not kept, the purse knows of
        return here + max(kept.micros, kit.purse.earlier(trail.opened.request.id, kit.by, trail.opened.at))
    except (Denied, Unavailable):
        return None


def paid(trail: Trail, kit: Kit) -> int | None:
    """Micro-dollars that this job has spent: what its ledger holds, or what the Trail brings along from one without an account.

    A review of the last attempt that another job has paid for is spent before the Trail has come to it.
    """
    known, usage = kit.ledger.spent(trail.opened.request.id), spent_here(trail, kit.before)
    if kit.handed is not None and kit.handed not in trail.reviews_of(len(trail.attempts)):
        usage += kit.handed.usage
    return None if known is None or usage.unpriced else max(known, usage.micros)


def settle(trail: Trail, kit: Kit, spent: int | None) -> None:
    """What the run did not spend of what was set aside for it is free again."""
    request = trail.opened.request
    kit.purse.settle(Wish(request.id, request.actor, kit.clock.now(), kit.by, spent))


def offered_early(trail: Trail, pushed: Pushed, desk: Desk) -> bool:
    """A draft, for the checks that a pull request starts: whether it is open. It says more when all is proved, or is closed."""
    assert desk.pulls is not None, "there are no pull requests"
    body = desk.render("comments/pull_waiting.md.j2", number=trail.opened.request.number, actor=trail.opened.request.actor)
    try:
        return desk.pulls.offer(Opening(pushed.branch, _title(trail, desk), body, draft=True, early=True)).open
    except Denied:
        return False


def _title(trail: Trail, desk: Desk) -> str:
    request = trail.opened.request
    return desk.render("comments/pull_title.j2", task=request.task.partition("\n")[0], number=request.number).strip()


def _offered(trail: Trail, pushed: Pushed, desk: Desk, pulls: Pulls, clock: Clock) -> Published:
    """A pull request for a proved patch, as the policy wants it; else nothing but the branch."""
    record = recording.record(trail, None)
    kind = trail.opened.policy.publish.as_
    if record.result != "pass" or kind == "branch":
        return Published(clock.now())
    opening = Opening(
        branch=pushed.branch,
        title=_title(trail, desk),
        body=desk.render(
            "comments/pull_body.md.j2",
            record=record,
            ci_url=record.ci_url or "",
            marks=MARKS,
            reckoned=reckoned,
            took=took,
            ran=ran,
        ),
        draft=kind == "draft-pr",
    )
    made = pulls.offer(opening)
    return Published(clock.now(), made.url, made.open)
