"""The GitHub Action, phase by phase: one event in; at most one comment, one branch, one pull request and one record out."""

from contextlib import suppress

from bot import tell
from bot.core.command import Command, Misplaced, NearMiss
from bot.core.event import REPLAY
from bot.core.gate import Refused
from bot.core.notes import Posted, at_work
from bot.core.trail import Trail
from bot.ending import Ended, refused, told
from bot.entry import admitted, gated, react
from bot.hear import explain
from bot.office import Office
from bot.ports import Answered, Denied
from bot.selftest import Test, examined
from bot.split import applied, proposed
from bot.thread import Post
from bot.visit import Visit
from bot.work import asking, fix

LOOKED = 5
"""Commands that have been told, and of whose jobs a `stop` asks whether they go on: one request each."""
PHASES = ("auto", "gate", "propose", "apply", "selftest", "report", REPLAY)
"""The last two never come here: a report looks at no event, and a replay answers one of its own."""


def act(office: Office, phase: str) -> Ended:
    """One phase. Raises `Denied` for what the workflow passes in wrongly."""
    try:
        return _acted(office, phase)
    except Answered:
        return Ended(None, "another job is answering this very command")


def _acted(office: Office, phase: str) -> Ended:
    match phase:
        case "auto" | "gate":
            return _answered(office, only_gate=phase == "gate")
        case "propose":
            return proposed(office)
        case "apply":
            return applied(office)
        case "selftest":
            return _examined(office)
        case _:
            raise Denied(f"the input `phase` is `{phase[:40]}`; it may be {', '.join(PHASES)}")


# ---- auto and gate -------------------------------------------------------------------------------------------------


def _answered(office: Office, *, only_gate: bool) -> Ended:
    entered = admitted(office, None if only_gate else gated(office))
    if not isinstance(entered, Visit):
        return entered
    post = office.post(entered)
    if not entered.since and not isinstance(entered.command, Misplaced):  # else the job before this one has
        react(office, entered.thread.number, entered.comment, "eyes")
    if entered.refused is not None:
        return refused(entered, entered.refused, office, post)
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
            opened = explain(asking(entered, office), office.kit(entered.policy, post, bench=office.bench), office.bench)
            return told(post, "explained", tell.explained(opened, office.render, office.model), "", Trail(opened))
        case Command():
            return fix(entered, office, post, only_gate=only_gate)


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
    post.keep_open()
    post.stop(text, tuple(each.note.command for each in found))
    post.alone()
    return Ended("explained", "stop", text=text)


def _audited(visit: Visit, office: Office) -> tuple[Posted, ...]:
    """The latest of those that are told, and whose job still goes on: under such a policy it makes a blind audit."""
    if not visit.policy.routing.audit_share:
        return ()
    told = [each for each in visit.others if each.note.state == "accepted" and each.note.run not in ("", office.step.run)]
    return tuple(each for each in told[-LOOKED:] if office.forge.at_work(each.note.run))


# ---- self-test -----------------------------------------------------------------------------------------------------


def _examined(office: Office) -> Ended:
    """What the bot counts on, tried out on the thread that was named: whoever may give commands may have it tried."""
    entered = admitted(office)
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
