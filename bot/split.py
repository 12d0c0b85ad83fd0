"""The split workflow: one job asks the model and cannot write, one writes and has no model's key."""

from dataclasses import replace

from bot.core import handover
from bot.core.entries import Reviewed
from bot.core.ledger import Record
from bot.core.spend import Charge
from bot.core.state import running
from bot.core.trail import Trail
from bot.core.trailfile import TrailError
from bot.ending import Ended, closed, mistaken, silent, told_again
from bot.entry import admitted, handed_on, unpacked
from bot.flow import run
from bot.office import Office
from bot.ports import Denied, Kit, Unavailable
from bot.publish import broken_off, paid, recorded
from bot.thread import Post
from bot.visit import Visit
from bot.work import carried, keyed

ROUNDS = 2
"""Pairs of `propose` and `apply` in the split workflow."""


def proposed(office: Office) -> Ended:
    """The job that holds the model's key and no way to write: it adds one attempt to the Trail."""
    trail = handed_on(office)
    kit = office.kit(trail.opened.policy, None, bench=office.bench, before=office.paid_before(trail.opened))
    keyed(trail.opened.policy, office)
    try:
        after = run(trail, kit, attempts=1)  # of more, the next job would take over the first, and the others be bought again
    except Denied as error:
        if office.step.attempt == "1":
            raise
        why = "where one job alone is run again, nothing is set aside for it: run all jobs of this workflow run again"
        raise Denied(f"{error}; {why}") from None
    return Ended(running(after), "the attempt is made", after, recorded(after, kit))


def _handed_on(trail: Trail, kit: Kit) -> Charge:
    """For the job's own ledger, where its last phase looks for what was spent if it is cut off."""
    request, lane = trail.opened.request, trail.attempts[-1].lane if trail.attempts else ""
    return Charge(request.id, kit.clock.now(), request.actor, lane, paid(trail, kit), "handover")


def applied(office: Office) -> Ended:
    """The job that may write and holds no model's key: what the other job says is looked at anew."""
    entered = admitted(office)
    if not isinstance(entered, Visit):
        return entered
    post = office.post(entered)
    post.keep_open()
    before = unpacked(office, "before")
    if before.opened.request.id != entered.id or before.opened.policy != entered.policy:
        raise Denied("the input `before` is not the Trail of this command under this policy; pass the gate's output on as it is")
    try:
        trail, handed = handover.continued(before, unpacked(office, "handover"))
    except (TrailError, Denied) as error:
        why = f"the job that asks the model left nothing that can be used ({error}); its log says why: a missing key, most often"
        return silent(why, post, office, before)
    try:
        return _carried_on(trail, handed, entered, office, post)
    except Unavailable as error:
        return silent(error, post, office, trail)


def _carried_on(trail: Trail, handed: Reviewed | None, entered: Visit, office: Office, post: Post) -> Ended:
    left = office.left(entered)
    if isinstance(left, Record):
        return told_again(entered, left, office, post)
    kit = office.kit(trail.opened.policy, post, desk=office.desk(entered), halt=office.halt(entered), before=left)
    # what is handed on is counted here, also what an earlier attempt at the workflow run had paid for
    kit = replace(kit, before=None, handed=handed, over=entered.over(office.step.run))
    office.ledger.append(_handed_on(trail, kit))
    went = carried(trail, kit, office, post)
    if isinstance(went, Ended):
        return went
    trail = went
    if not trail.finished and len(trail.attempts) >= ROUNDS:
        why = f"the split workflow has {ROUNDS} rounds, and no lane of them proved a patch; take the one-job workflow for more"
        made = broken_off(trail, kit, why)
        return Ended("error", why, trail, made, mistaken(why, post, office, kit))
    return closed(trail, kit, office, post)
