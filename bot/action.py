"""The GitHub Action, phase by phase: one event in; at most one comment, one branch, one pull request and one record out."""

from contextlib import suppress
from dataclasses import replace

from bot import tell
from bot.core import handover
from bot.core.command import Command, Misplaced, NearMiss
from bot.core.entries import Opened
from bot.core.event import REPLAY, Commented, Dispatched, Event, Labelled
from bot.core.forge import Reaction
from bot.core.gate import Ignored, Refused, TurnedAway
from bot.core.ledger import Record
from bot.core.notes import Posted, at_work, of, posted
from bot.core.policy import Policy
from bot.core.policyfile import PolicyError
from bot.core.state import running
from bot.core.step import Ask, next_step
from bot.core.trail import Trail
from bot.core.trailfile import TrailError
from bot.core.words import Final
from bot.door import Heard, Visit, enter, permitted
from bot.ending import Ended, closed, halted, judged, mistaken, silent, stuck, told, told_again
from bot.flow import run
from bot.hear import Asked, explain, hear
from bot.known import asked
from bot.office import Office
from bot.ports import Denied, Halted, Kit, Unavailable
from bot.publish import broken_off, recorded
from bot.selftest import Test, examined
from bot.thread import Post

ROUNDS = 2
"""Pairs of `propose` and `apply` in the split workflow."""
LOOKED = 5
"""Commands that have been told, and of whose jobs a `stop` asks whether they go on: one request each."""
PHASES = ("auto", "gate", "propose", "apply", "selftest", "report", REPLAY)
"""The last never comes here: its job answers an event of its own."""


def act(office: Office, phase: str) -> Ended:
    """One phase. Raises `Denied` for what the workflow passes in wrongly."""
    match phase:
        case "auto" | "gate":
            return _answered(office, only_gate=phase == "gate")
        case "propose":
            return _proposed(office)
        case "apply":
            return _applied(office)
        case "selftest":
            return _examined(office)
        case _:
            raise Denied(f"the input `phase` is `{phase[:40]}`; it may be {', '.join(PHASES)}")


# ---- auto and gate -------------------------------------------------------------------------------------------------


def _answered(office: Office, *, only_gate: bool) -> Ended:
    entered = _entered(office, None if only_gate else _gate(office))
    if not isinstance(entered, Visit):
        return entered
    post = office.post(entered)
    if not entered.since and not isinstance(entered.command, Misplaced):  # else the job before this one has
        _react(office, entered.thread.number, entered.comment, "eyes")
    if entered.refused is not None:
        if entered.since:
            office.settle(entered)
        if entered.refused.code == "busy" and entered.since:  # run again later it may go on
            text = tell.refused(entered.refused, office.render)
            post.pause("refused", text)
            return Ended("refused", entered.refused.detail, text=text)
        state: Final = "superseded" if entered.refused.code == "moved" else "refused"
        return told(post, state, tell.refused(entered.refused, office.render), entered.refused.detail)
    return _obeyed(entered, office, post, only_gate=only_gate)


def _obeyed(entered: Visit, office: Office, post: Post, *, only_gate: bool) -> Ended:
    match entered.command:
        case NearMiss() as miss:
            return told(post, "explained", tell.near_miss(miss, entered.policy, office.render), f"`{miss.said}` is no command")
        case Misplaced(said=said):
            return told(post, "explained", tell.misplaced(said, entered.policy, office.render), f"`{said}` is beside a line")
        case Command(verb="help"):
            return told(post, "explained", tell.help_(entered.policy, office.render), "help")
        case Command(verb="status"):
            return told(post, "explained", tell.status(_listed(entered, office), _lost(entered, office), office.render), "status")
        case Command(verb="stop"):
            return _stop(entered, office, post)
        case Command(verb=verb) if verb == "explain" or office.dry:
            opened = explain(_asked(entered, office), office.kit(entered.policy, post, bench=office.bench), office.bench)
            return told(post, "explained", tell.explained(opened, office.render, office.model), "", Trail(opened))
        case Command():
            return _fix(entered, office, post, only_gate=only_gate)


def _entered(office: Office, gate: Opened | None = None) -> Visit | Ended:
    event = office.event
    try:
        _ = office.dry  # whoever wrote it wrongly is told before anything is done
        heard_ = Heard(event, office.step.run, office.clock.now(), gate)
        entered = enter(heard_, office.policy, office.forge, office.sources)
    except (PolicyError, Denied) as error:
        with suppress(Denied, Unavailable):  # what is wrong with the thread must not hide what is wrong
            if _meant(event) and permitted(event, office.forge):
                office.complain(tell.error(str(error), office.step.url, office.render))
        return Ended("error", str(error), broken=True)
    except Unavailable as error:
        _unheard(office, error)
        raise
    match entered:
        case TurnedAway(why=why):
            spoken = isinstance(event, Commented) and event.place == "conversation"
            if spoken or not isinstance(event, Commented):  # what stands beside a line is not the thread's
                _react(office, _number(event), event.comment if isinstance(event, Commented) else None, "-1")
            return Ended(None, why)
        case Ignored(why=why):
            return Ended(None, why)
        case Visit():
            return entered


def _react(office: Office, number: int, comment: int | None, content: Reaction) -> None:
    """A courtesy: what is worth a run is worth it without one."""
    with suppress(Denied, Unavailable):
        office.notices.react(number, comment, content)


def _gate(office: Office) -> Opened | None:
    """What the gate found, for the job that goes on from it: an output of that job, which nobody else can write."""
    if not office.step.input("handover"):
        return None
    return _handed(office).opened


def _handed(office: Office) -> Trail:
    """The Trail that the job before hands on, which has to be of the event's thread."""
    trail = _unpacked(office, "handover")
    number, wanted = trail.opened.request.number, _number(office.event)
    if number != wanted:
        raise Denied(f"the Trail is of #{number}, the event of #{wanted}; pass the gate's output on as it is")
    return trail


def _unheard(office: Office, error: Unavailable) -> None:
    """A job before this one may have begun a comment, which is not to say for ever that somebody is at work."""
    event = office.event
    if isinstance(event, Labelled):  # its key takes a call more to know
        return
    command = f"c{event.comment}" if isinstance(event, Commented) else event.key(office.step.run)
    with suppress(Denied, Unavailable):
        me = office.forge.me()
        there = of(posted(office.forge.comments(_number(event), me)), command)
        if there is not None and not there.note.final:
            silent(error, Post(office.notices, office.step, _number(event), command, me, there.note.commit, there.note.by), office)


def _meant(event: Event) -> bool:
    """Whether an event looks like ours under the usual names: a policy that cannot be read cannot say so."""
    match event:
        case Commented(body=body):
            return body.lstrip().lower().startswith("/agent")
        case Labelled(label=label):
            return label.startswith("agent:")
        case Dispatched():
            return True


def _number(event: Event) -> int:
    return event.number if isinstance(event, Dispatched) else event.thread.number


def _listed(visit: Visit, office: Office) -> tuple[tuple[Posted, str], ...]:
    """The commands that were given on the thread, each with the address of its comment, without this one."""
    return tuple((each, office.address(visit.thread.number, each.id)) for each in visit.others)


def _lost(visit: Visit, office: Office) -> frozenset[str]:
    """Commands whose jobs are over, though their comments do not say how they ended."""
    return frozenset(
        each.note.command for each in at_work(visit.others) if each.note.run and not office.forge.at_work(each.note.run)
    )


def _stop(visit: Visit, office: Office, post: Post) -> Ended:
    """Say on the thread which runs are to end: each looks for that before its next step."""
    found = (*at_work(visit.others), *_audited(visit, office))
    text = tell.stopping(tuple(office.address(visit.thread.number, each.id) for each in found), office.render)
    post.stop(text, tuple(each.note.command for each in found))
    return Ended("explained", "stop", text=text)


def _audited(visit: Visit, office: Office) -> tuple[Posted, ...]:
    """The latest of those that are told, and whose job still goes on: under such a policy it makes a blind audit."""
    if not visit.policy.routing.audit_share:
        return ()
    told = [each for each in visit.others if each.note.state == "accepted" and each.note.run not in ("", office.step.run)]
    return tuple(each for each in told[-LOOKED:] if office.forge.at_work(each.note.run))


def _fix(visit: Visit, office: Office, post: Post, *, only_gate: bool) -> Ended:
    post.keep_open()
    if not any(each.note == post.note("routing") for each in visit.notes):  # else the gate has said it
        post.say("routing", tell.heard(visit.sender, office.step.url, office.render))
    try:
        return _worked(visit, office, post, only_gate=only_gate)
    except Denied as error:
        return Ended("error", str(error), text=mistaken(str(error), post, office), broken=True)
    except Unavailable as error:
        return silent(error, post, office)


def _worked(visit: Visit, office: Office, post: Post, *, only_gate: bool) -> Ended:
    if not only_gate:
        _keyed(visit.policy, office)
    left = office.left(visit)
    if isinstance(left, Record):
        return told_again(visit, left, office, post)
    desk, bench = office.desk(visit), None if only_gate else office.bench
    kit = office.kit(visit.policy, post, desk=desk, bench=bench, halt=office.halt(visit), before=left)
    if bench is not None and office.host is not None:
        kit.watch("sandbox", office.host.ready())  # before anything is set aside
    gate = visit.gate
    if gate is not None and (gate.request.id, gate.request.base) != (visit.id, visit.base):
        raise Denied("the input `handover` is not the Trail of this command; pass the gate's output on as it is")
    opened = gate or hear(_asked(visit, office), kit, office.bench)
    if left is not None:
        opened = replace(opened, at=left.opened.at)  # it is the same run, and its record has the same place
    trail = Trail(opened)
    if only_gate and isinstance(next_step(trail), Ask):
        return Ended("routing", "the command goes on", trail)
    went = _run(trail, kit, office, post)
    if isinstance(went, Ended):
        return went
    return judged(went, kit, office, post) if bench is not None else closed(went, kit, office, post)


def _asked(visit: Visit, office: Office) -> Asked:
    return asked(visit, office.forge, office.sources, here=office.host is not None)


def _run(trail: Trail, kit: Kit, office: Office, post: Post) -> Trail | Ended:
    """As far as this job may take it, or to where somebody ends it."""
    try:
        return run(trail, kit)
    except Halted as error:
        return halted(error, error.trail or trail, kit, office, post)
    except (Denied, Unavailable) as error:
        return stuck(error, office.runs.find(trail.opened.request.id) or trail, kit, office, post)


def _keyed(policy: Policy, office: Office) -> None:
    """Raises `Denied` where a lane has no key: known before anything is set aside, and for the person who wrote the workflow."""
    try:
        for name in policy.lanes:
            office.model.ready(policy.lane(name))
    except Denied as error:
        remedy = "store it as a secret of the repository and pass it to this step: as the input named after the provider, "
        raise Denied(f"{error}; here: {remedy}like `openrouter-api-key`, or by `api-key-env`") from None


# ---- propose and apply ---------------------------------------------------------------------------------------------


def _proposed(office: Office) -> Ended:
    """The job that holds the model's key and no way to write: it adds one attempt to the Trail."""
    trail = _handed(office)
    kit = office.kit(trail.opened.policy, None, bench=office.bench)
    _keyed(trail.opened.policy, office)
    after = run(trail, kit, attempts=1)  # of more, the next job would take over the first, and the others be bought again
    return Ended(running(after), "the attempt is made", after, recorded(after, kit))


def _applied(office: Office) -> Ended:
    """The job that may write and holds no model's key: what the other job says is looked at anew."""
    entered = _entered(office)
    if not isinstance(entered, Visit):
        return entered
    post = office.post(entered)
    post.keep_open()
    before = _unpacked(office, "before")
    if before.opened.request.id != entered.id or before.opened.policy != entered.policy:
        raise Denied("the input `before` is not the Trail of this command under this policy; pass the gate's output on as it is")
    try:
        trail, handed = handover.continued(before, _unpacked(office, "handover"))
    except (TrailError, Denied) as error:
        why = f"the job that asks the model left nothing that can be used ({error}); its log says why: a missing key, most often"
        return Ended("error", why, before, text=mistaken(why, post, office))
    kit = replace(office.kit(trail.opened.policy, post, desk=office.desk(entered), halt=office.halt(entered)), handed=handed)
    went = _run(trail, kit, office, post)
    if isinstance(went, Ended):
        return went
    trail = went
    if not trail.finished and len(trail.attempts) >= ROUNDS:
        why = f"the split workflow has {ROUNDS} rounds, and no lane of them proved a patch; take the one-job workflow for more"
        made = broken_off(trail, kit, why)
        return Ended("error", why, trail, made, mistaken(why, post, office))
    return closed(trail, kit, office, post)


# ---- self-test -----------------------------------------------------------------------------------------------------


def _examined(office: Office) -> Ended:
    """What the bot counts on, tried out on the thread that was named: whoever may give commands may have it tried."""
    entered = _entered(office)
    if not isinstance(entered, Visit):
        return entered
    post, desk = office.post(entered), office.desk(entered)
    if entered.pull is not None or (entered.refused is not None and entered.refused.code in ("closed", "locked")):
        why = "a self-test stands on the default branch alone: give it the number of an open issue that it may comment on"
        return told(post, "refused", tell.refused(Refused("closed", why), office.render), why)
    kit = office.kit(entered.policy, post, desk=desk, halt=office.halt(entered))
    test = Test(office.forge, desk, kit, entered.policy, entered.thread.number, entered.sender, entered.id, entered.base)
    found = examined(test, lambda word: post.put("verifying", tell.examining(word, office.step.url, office.render)))
    failed = sum(each.state != "held" for each in found)
    text = tell.selftest(found, office.render)
    with suppress(Denied):  # without the right to comment, which is among what was found, the job's summary has it
        post.say("explained", text)
    return Ended("explained", f"self-test: {len(found) - failed} of {len(found)} held", text=text, broken=failed > 0)


def _unpacked(office: Office, name: str) -> Trail:
    text = office.step.input(name)
    if not text:
        raise Denied(f"the input `{name}` is empty: the job before left no Trail; its log says why")
    try:
        return handover.unpack(text)
    except TrailError as error:
        raise Denied(f"the input `{name}` is no Trail: {error}") from None
