"""What a job begins with: who is at the door, and what the job before it handed on."""

from contextlib import suppress

from bot import tell
from bot.core import handover
from bot.core.entries import Opened
from bot.core.event import Commented, Dispatched, Event, Labelled
from bot.core.forge import Reaction
from bot.core.gate import Ignored, TurnedAway
from bot.core.notes import of, posted
from bot.core.policyfile import PolicyError
from bot.core.trail import Trail
from bot.core.trailfile import TrailError
from bot.door import Heard, enter, permitted
from bot.ending import Ended, silent
from bot.office import Office
from bot.ports import Denied, Unavailable
from bot.thread import Post
from bot.visit import Visit


def admitted(office: Office, gate: Opened | None = None) -> Visit | Ended:
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
                react(office, number_of(event), event.comment if isinstance(event, Commented) else None, "-1")
            return Ended(None, why)
        case Ignored(why=why):
            _tidied(office, entered.spare)
            return Ended(None, why)
        case Visit():
            _tidied(office, entered.spare)
            return entered


def _tidied(office: Office, spare: tuple[int, ...]) -> None:
    """A command has one comment; where one too many cannot be removed, the next job on the thread tries again."""
    with suppress(Denied, Unavailable):
        office.notices.remove(spare)


def react(office: Office, number: int, comment: int | None, content: Reaction) -> None:
    """A courtesy: what is worth a run is worth it without one."""
    with suppress(Denied, Unavailable):
        office.notices.react(number, comment, content)


def gated(office: Office) -> Opened | None:
    """What the gate found, for the job that goes on from it: an output of that job, which nobody else can write."""
    if not office.step.input("handover"):
        return None
    return handed_on(office).opened


def handed_on(office: Office) -> Trail:
    """The Trail that the job before hands on, which has to be of the event's thread."""
    trail = unpacked(office, "handover")
    number, wanted = trail.opened.request.number, number_of(office.event)
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
        there = of(posted(office.forge.comments(number_of(event), me)), command)
        if there is not None and not there.note.final:
            silent(
                error, Post(office.notices, office.step, number_of(event), command, me, there.note.commit, there.note.by), office
            )


def _meant(event: Event) -> bool:
    """Whether an event looks like ours under the usual names: a policy that cannot be read cannot say so."""
    match event:
        case Commented(body=body):
            return body.lstrip().lower().startswith("/agent")
        case Labelled(label=label):
            return label.startswith("agent:")
        case Dispatched():
            return True


def number_of(event: Event) -> int:
    return event.number if isinstance(event, Dispatched) else event.thread.number


def unpacked(office: Office, name: str) -> Trail:
    text = office.step.input(name)
    if not text:
        raise Denied(f"the input `{name}` is empty: the job before left no Trail; its log says why")
    try:
        return handover.unpack(text)
    except TrailError as error:
        raise Denied(f"the input `{name}` is no Trail: {error}") from None
