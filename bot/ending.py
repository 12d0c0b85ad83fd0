"""How a run, or what one job may do of it, ends: on its thread, in the ledger, and for the process."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from bot import tell
from bot.audit import audit
from bot.core.audit import due, key
from bot.core.gate import Refused
from bot.core.ledger import Record
from bot.core.recall import paid_alone
from bot.core.state import ended, running
from bot.core.trail import Trail
from bot.core.words import Final, State
from bot.edge import actions
from bot.office import Office
from bot.ports import Denied, Halted, Kit, Unavailable
from bot.publish import broken_off, cleared, paid, recorded, settle
from bot.thread import Post
from bot.visit import Visit


@dataclass(frozen=True, slots=True)
class Ended:
    """How a phase ended. `state` is None where there was nothing to answer; `broken` where workflow or policy is at fault."""

    state: State | None
    why: str = ""
    trail: Trail | None = None
    record: Record | None = None
    text: str = ""
    """What the comment says at the end."""
    broken: bool = False
    afterwards: Callable[[], None] | None = None
    """What is to be done when all of this is told: a blind audit. Nothing that it meets changes what is told."""


def told(post: Post, state: Final, text: str, why: str, trail: Trail | None = None) -> Ended:
    """What is answered at once and costs nothing."""
    post.keep_open()
    post.say(state, text)
    post.alone()
    return Ended(state, why, trail, text=text)


def mistaken(why: str, post: Post, office: Office, kit: Kit | None = None) -> str:
    """`kit`: that of a run whose record was just kept, or was to be."""
    text = tell.error(why, office.step.url, office.render)
    return post.say("error", text) if kit is None else _last_word("error", text, kit, post, office)


def _last_word(state: Final, text: str, kit: Kit, post: Post, office: Office, *, lane: str = "", pull: int | None = None) -> str:
    """And below it that the run has no record that everybody can read, where that is so."""
    left = kit.ledger.unkept()
    if left is None:
        return _tell_as_kept(state, text, post, lane=lane, pull=pull)
    return _tell_as_kept(state, f"{text}{tell.unkept(left, office.render)}", post, lane=lane, pull=pull, again=left.again)


def _tell_as_kept(state: Final, text: str, post: Post, *, lane: str, pull: int | None, again: bool = False) -> str:
    """Raises `Unavailable` for GitHub's no too: the same job, run again, says it, and another word would not be what is kept."""
    try:
        return post.say(state, text, lane=lane, pull=pull, again=again)
    except Denied as error:
        raise Unavailable(str(error)) from None


def halted(error: Halted, trail: Trail, kit: Kit, office: Office, post: Post) -> Ended:
    """The comment says who ended it."""
    made = broken_off(trail, kit, error.why)
    text = tell.comment(made, trail.opened.policy, office.render)
    said = _last_word("stopped", text, kit, post, office, lane=_lane(trail))
    return Ended("stopped", error.why, trail, made, said)


def _lane(trail: Trail) -> str:
    return trail.attempts[-1].lane if trail.attempts else ""


def refused(visit: Visit, no: Refused, office: Office, post: Post) -> Ended:
    """A command that is not done. Where a job before this has begun it, what that has paid for and made comes to its end here.

    What is accepted stays so: its job is run again for a record that could not be kept, and finds its thread changed.
    """
    text = tell.refused(no, office.render)
    if visit.own is not None and visit.own.note.state == "accepted":
        return Ended(None, f"it was accepted, and its record is in that job's own file alone: {no.detail}")
    if no.code == "busy" and visit.since:  # run again later it may go on
        office.settle(visit)
        post.pause("refused", text)
        return Ended("refused", no.detail, text=text)
    try:
        left = office.left(visit)
    except Unavailable as error:
        return silent(error, post, office)
    except Denied:  # what it says cannot be believed, so that nobody knows what was paid: all that was set aside counts as spent
        return told(post, "refused", text, no.detail)
    if isinstance(left, Record):
        return told_again(visit, left, office, post)
    if left is not None:
        post.keep_open()
        kit = office.kit(visit.policy, post, desk=office.desk(visit), before=left)
        return halted(Halted(no.detail), paid_alone(left), kit, office, post)
    if visit.since:
        office.settle(visit)
    return told(post, "superseded" if no.code == "moved" else "refused", text, no.detail)


def told_again(visit: Visit, record: Record, office: Office, post: Post) -> Ended:
    """An earlier job came to the end, and did not get to say so. Raises `Unavailable` where this one does not either."""
    office.settle(visit, record)
    cleared(record.superseded, record, office.desk(visit), earlier=True)
    text, state = tell.comment(record, visit.policy, office.render), ended(record.result)
    _tell_as_kept(state, text, post, lane=record.attempts[-1].lane if record.attempts else "", pull=record.pull_number)
    return Ended(state, record.detail, None, record, text)


def closed(trail: Trail, kit: Kit, office: Office, post: Post) -> Ended:
    """The end of a run, or of what this job may do of it."""
    made = recorded(trail, kit)
    if not trail.finished:
        return Ended(running(trail), "another job goes on", trail, made)
    text = tell.comment(made, trail.opened.policy, office.render)
    state = ended(made.result)
    said = _last_word(state, text, kit, post, office, lane=_lane(trail), pull=made.pull_number)
    return Ended(state, made.detail, trail, made, said)


def judged(trail: Trail, kit: Kit, office: Office, post: Post) -> Ended:
    """The end of a run in a job that can make patches and publish them; only such a one can audit it."""
    ended = closed(trail, kit, office, post)
    return replace(ended, afterwards=partial(_audited, trail, kit, office, post)) if due(trail) else ended


def _audited(trail: Trail, kit: Kit, office: Office, post: Post) -> None:
    """On the ledger alone. Were the job cut off, its last phase would settle what the audit has spent, and delete its branch.

    So it finds that there is something to do until all of it is done: a runner that cancels sends one signal after another.
    """
    post.keep_open(key(trail.opened.request.id))
    audit(trail, office.kit(trail.opened.policy, None, bench=office.bench, desk=kit.desk, halt=kit.halt))
    actions.settled(office.step)


def stuck(error: Denied | Unavailable, trail: Trail, kit: Kit, office: Office, post: Post) -> Ended:
    """Somebody's no in the middle of a run is its end, and has its record; silence is not, and the same job may go on later."""
    if isinstance(error, Denied):
        made = broken_off(trail, kit, str(error))
        return Ended("error", made.detail, trail, made, mistaken(made.detail, post, office, kit), broken=True)
    with suppress(Denied, Unavailable):  # else all that was set aside counts as spent
        settle(trail, kit, paid(trail, kit))
    return silent(error, post, office, trail)


def silent(error: Unavailable | str, post: Post, office: Office, trail: Trail | None = None) -> Ended:
    again = "run all jobs of this workflow run again, and it goes on without buying again what is paid"
    why = f"{error}; {again}, or give the command again later"
    text = tell.error(why, office.step.url, office.render)
    post.pause("error", text)
    return Ended("error", why, trail, text=text)
