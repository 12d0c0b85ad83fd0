"""One job's work on a command that costs money: begun or taken up, as far as this job may take it."""

from dataclasses import replace

from bot import tell
from bot.core.budget import HELD
from bot.core.entries import Opened
from bot.core.ledger import Record
from bot.core.policy import Policy
from bot.core.recall import paid_alone
from bot.core.step import Ask, next_step
from bot.core.trail import Trail
from bot.ending import Ended, closed, halted, judged, mistaken, silent, stuck, told_again
from bot.flow import run
from bot.hear import Asked, hear
from bot.host import Host
from bot.known import asked
from bot.office import Office
from bot.ports import Denied, Halted, Kit, Unavailable
from bot.thread import Post
from bot.visit import Visit


def fix(visit: Visit, office: Office, post: Post, *, only_gate: bool) -> Ended:
    post.keep_open()
    if not any(each.note == post.note("routing") for each in visit.notes):  # else the gate has said it
        post.say("routing", tell.heard(visit.sender, office.step.url, office.render))
    beside = None if only_gate else post.alone()  # the job after the gate's reads the thread as it begins
    try:
        return _worked(visit if beside is None else replace(visit, beside=beside), office, post, only_gate=only_gate)
    except Denied as error:
        return Ended("error", str(error), text=mistaken(str(error), post, office), broken=True)
    except Unavailable as error:
        return silent(error, post, office)


def _worked(visit: Visit, office: Office, post: Post, *, only_gate: bool) -> Ended:
    left = office.left(visit)
    if isinstance(left, Record):
        return told_again(visit, left, office, post)
    desk, bench = office.desk(visit), None if only_gate else office.bench
    kit = office.kit(visit.policy, post, desk=desk, bench=bench, halt=office.halt(visit), before=left)
    kit = replace(kit, over=visit.over(office.step.run))
    try:
        opened, kit = _opened(visit, kit, office, post)
    except Denied as error:
        if left is None:
            raise
        return stuck(error, paid_alone(left), kit, office, post)  # what an earlier job has paid for and made comes to its end
    if left is not None:
        opened = replace(opened, at=left.opened.at)  # it is the same run, and its record has the same place
    trail = Trail(opened)
    if bench is None and isinstance(next_step(trail), Ask):
        return Ended("routing", "the command goes on", trail)
    went = carried(trail, kit, office, post)
    if isinstance(went, Ended):
        return went
    return judged(went, kit, office, post) if bench is not None else closed(went, kit, office, post)


def _opened(visit: Visit, kit: Kit, office: Office, post: Post) -> tuple[Opened, Kit]:
    """What is known before anything is paid. Without a bench it is the gate, which goes as far as it can without a model."""
    if kit.bench is not None:
        keyed(visit.policy, office)
        if office.host is not None:
            _ready(office.host, visit.policy, kit)  # before anything is set aside
    gate = visit.gate
    if gate is not None and (gate.request.id, gate.request.base) != (visit.id, visit.base):
        raise Denied("the input `handover` is not the Trail of this command; pass the gate's output on as it is")
    opened = gate or hear(asking(visit, office), kit, office.bench)
    if opened.route == HELD and (beside := post.alone()) is not None:  # else another job, which began at the same moment, answers
        kit = replace(kit, over=kit.over | {each.note.run for each in beside if each.note.command == visit.id})
        opened = hear(asking(visit, office), kit, office.bench)
    return opened, kit


def asking(visit: Visit, office: Office) -> Asked:
    return asked(visit, office.forge, office.sources, here=office.host is not None)


def carried(trail: Trail, kit: Kit, office: Office, post: Post) -> Trail | Ended:
    """As far as this job may take it, or to where somebody ends it."""
    try:
        return run(trail, kit)
    except Halted as error:
        return halted(error, error.trail or trail, kit, office, post)
    except (Denied, Unavailable) as error:
        return stuck(error, office.runs.find(trail.opened.request.id) or trail, kit, office, post)


def _ready(host: Host, policy: Policy, kit: Kit) -> None:
    kit.watch("sandbox", host.ready())
    if policy.verification.setup and host.lacking:
        kit.watch("set-up", host.lacking)


def keyed(policy: Policy, office: Office) -> None:
    """Raises `Denied` where a lane has no key: known before anything is set aside, and for the person who wrote the workflow."""
    try:
        for name in policy.lanes:
            office.model.ready(policy.lane(name))
    except Denied as error:
        remedy = "store it as a secret of the repository and pass it to this step: as the input named after the provider, "
        raise Denied(f"{error}; here: {remedy}like `openrouter-api-key`, or by `api-key-env`") from None
