"""What came before a command on its thread: whether it may begin now, and what another try begins with."""

from dataclasses import replace
from itertools import islice

from bot.core.clean import line
from bot.core.command import Command
from bot.core.forge import Pull
from bot.core.gate import RANKS, Refused, often
from bot.core.notes import Note, Posted, ahead, posted, stopped_by
from bot.core.outcome import origin
from bot.ports import Denied, Forge
from bot.visit import Again, Visit


def costly(visit: Visit, run: str, forge: Forge) -> Visit:
    """What can be said only of a command that may cost money: whether it may begin now, and what another try begins with."""
    if not isinstance(visit.command, Command) or visit.command.verb not in ("fix", "retry"):
        return visit
    refused = _busy(visit, run, forge)
    if refused is None and not visit.since:
        refused = _stopped(visit) or often(visit.notes, visit.sender, visit.now)
    plain = not visit.command.instructions and visit.command.lane is None
    if refused is None and visit.command.verb == "fix" and plain and not visit.since:
        refused = _offered(visit, forge)
    if refused is None and visit.command.verb == "retry":
        found = _again(visit, forge)
        return replace(visit, again=found) if isinstance(found, Again) else replace(visit, refused=found)
    return replace(visit, refused=refused)


def _stopped(visit: Visit) -> Refused | None:
    """A word that was given after the command, and heard before it."""
    trigger = visit.policy.triggers.command
    return Refused("stopped", f"`{trigger} stop` was quicker and has ended this") if stopped_by(visit.notes, visit.id) else None


def _busy(visit: Visit, run: str, forge: Forge) -> Refused | None:
    """Two at once would buy the same fix twice."""
    other = rival(visit.notes, visit.id, run, forge)
    if other is None:
        return None
    trigger = visit.policy.triggers.command
    what = f"a command that {line(other.note.by, 60)} gave here is at work"
    return Refused("busy", f"{what}; give this one again when that has ended, or end it with `{trigger} stop`")


def rival(notes: tuple[Posted, ...], command: str, run: str, forge: Forge) -> Posted | None:
    """Another command's run that was heard first. A job that GitHub calls over is not at work, whatever its comment says."""
    others = (each for each in ahead(notes, command) if each.note.run not in ("", run))
    return next((each for each in others if forge.at_work(each.note.run)), None)


def _offered(visit: Visit, forge: Forge) -> Refused | None:
    """A proved patch that waits for its review, or was merged: the same words again would buy another like it."""
    number = next((each.note.pull for each in reversed(visit.notes) if each.note.state == "accepted" and each.note.pull), None)
    pull = _ours(number, visit, forge) if number is not None else None
    trigger = visit.policy.triggers.command
    if pull is not None and pull.merged:
        return Refused("fixed", f"#{pull.number} was merged for this; if something is still wrong, say what: `{trigger} fix …`")
    if pull is None or pull.state != "open":
        return None
    what = f"#{pull.number} offers a patch that is proved, and is open: review it there, or say here what it lacks"
    return Refused("offered", f"{what}; `{trigger} retry` tries for another, `{trigger} fix` with words of your own begins anew")


def _ours(number: int, visit: Visit, forge: Forge) -> Pull | None:
    """A pull request of ours for this thread: the number comes from a comment, which others may edit."""
    try:
        pull = forge.pull(number)
    except Denied:
        return None
    begun = origin(pull.head_ref)
    here = begun is not None and begun.thread == visit.thread.number and (pull.head_repo or "").lower() == visit.repo.lower()
    return pull if here else None


def _again(visit: Visit, forge: Forge) -> Again | Refused:
    last = _last(visit, forge)
    if last is None:
        trigger = visit.policy.triggers.command
        return Refused("nothing", f"no lane has made a patch here yet, so there is nothing to try again; `{trigger} fix` begins")
    number = visit.pull.number if visit.pull else last.pull
    rank = RANKS.index(visit.policy.triggers.permission)
    wanted = forge.reviews(number) if number else ()
    permitted_ = (each for each in wanted[::-1][:MOST_ASKED] if RANKS.index(forge.permission(each.author)) >= rank)
    heard_ = tuple(islice(permitted_, MOST_REVIEWS))
    lane = last.lane if last.lane in visit.policy.lanes else visit.policy.lanes[0]
    return Again(visit.policy.above(lane) or lane, heard_)


def _last(visit: Visit, forge: Forge) -> Note | None:
    """The last run on the thread; on a pull request of ours, the run that opened it."""
    tried = [each.note for each in visit.notes if each.note.lane]
    ours = origin(visit.pull.head_ref) if visit.pull else None
    if not tried and ours is not None:
        there = posted(forge.comments(ours.thread, visit.me))
        tried = [each.note for each in there if each.note.command == ours.run and each.note.lane]
    return tried[-1] if tried else None


MOST_REVIEWS, MOST_ASKED = 5, 30
"""So many reviews are heard, the newest first, and of so many is asked whether they may be: anybody can write one."""
