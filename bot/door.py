"""The gate: what an event asks for, whether it may be asked, and what is known of it before anything is paid."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from bot.core.clean import line
from bot.core.command import Command, Misplaced, NearMiss, first_line, heard
from bot.core.entries import Opened
from bot.core.event import Commented, Dispatched, Event, Labelled
from bot.core.forge import Permission, Pull, Review, Thread
from bot.core.gate import RANKS, Admitted, Circumstances, Ignored, Refused, TurnedAway, admit, often, who
from bot.core.notes import Note, Posted, ahead, of, posted, stopped_by
from bot.core.outcome import origin
from bot.core.policy import Policy
from bot.core.policyfile import read as read_policy
from bot.ports import Denied, Forge, Sources, Tree


@dataclass(frozen=True, slots=True)
class Again:
    """Another try: one lane up from the last, with what reviewers want changed."""

    lane: str
    reviews: tuple[Review, ...]


@dataclass(frozen=True, slots=True)
class Visit:
    """A command, or a near miss, of a person who may give one."""

    id: str
    """The key of the command: of its comment, its `labeled` event or its run."""
    repo: str
    command: Command | NearMiss | Misplaced
    refused: Refused | None
    """Why it is not done, though the person may give commands."""
    sender: str
    comment: int | None
    """The comment that holds the command."""
    thread: Thread
    pull: Pull | None
    policy: Policy
    default: str
    """The default branch's commit: policy and workflows are read from it, and from nowhere else. Empty where the gate did that."""
    me: str
    base: str
    """The commit that the command is about: pinned when it is first heard, and used for everything after."""
    now: str
    """When it was heard in this job; ISO 8601, UTC."""
    notes: tuple[Posted, ...] = ()
    """Our comments on the thread."""
    gate: Opened | None = None
    """What the gate of the same workflow run has found."""
    again: Again | None = None
    """What an earlier run came to, for a command that asks for another try."""

    @property
    def others(self) -> tuple[Posted, ...]:
        """What stands on the thread of other commands."""
        return tuple(each for each in self.notes if each.note.command != self.id)

    @property
    def own(self) -> Posted | None:
        """The comment that answers this command; None where it is being answered for the first time."""
        return of(self.notes, self.id)

    @property
    def since(self) -> str:
        """When this command was first answered; empty where it is being answered for the first time."""
        return self.own.at if self.own else ""


Entered = Visit | Ignored | TurnedAway


@dataclass(frozen=True, slots=True)
class Heard:
    """An event as one job hears it: `run` is GitHub's workflow run, `now` ISO 8601 in UTC."""

    event: Event
    run: str
    now: str
    gate: Opened | None = None
    """What the gate of the same workflow run has found, as its output."""

    @property
    def fresh(self) -> bool:
        """Whether the gate has asked for the person's permission just now, so that it need not be asked for again."""
        if self.gate is None or self.gate.request.actor != self.event.sender.login:
            return False
        return datetime.fromisoformat(self.now) - datetime.fromisoformat(self.gate.at) < FRESH


FRESH = timedelta(minutes=10)


def enter(heard_: Heard, policy_path: str, forge: Forge, sources: Sources) -> Entered:
    """Ask GitHub, live, what the decision needs: the cheapest first, and next to nothing for strangers."""
    event, me = heard_.event, forge.me()
    if (no := who(event, me)) is not None:
        return no
    permission: Permission = heard_.gate.policy.triggers.permission if heard_.fresh and heard_.gate else _permission(event, forge)
    if event.sender.kind == "User" and RANKS.index(permission) < RANKS.index("write"):
        return TurnedAway(f"{event.sender.login} has `{permission}` here; a command needs at least `write`")
    policy, default = (
        (heard_.gate.policy, heard_.gate.request.base)
        if heard_.gate
        else _read(event.repo.default_branch, policy_path, forge, sources)
    )
    command = _command(event, policy)
    if command is None:
        return Ignored("it is no command under triggers.command and triggers.labels")
    found = _visit(heard_, command, permission, policy, default, me, forge)
    return _costly(found, heard_.run, forge) if isinstance(found, Visit) and found.refused is None else found


def _read(branch: str, path: str, forge: Forge, sources: Sources) -> tuple[Policy, str]:
    """The policy, and the default branch's commit that it is from."""
    default = forge.tip(branch)
    if default is None:
        raise Denied(f"there is no branch `{line(branch)}`, which the event calls the default one")
    policy = read_policy(_policy(sources.tree(default), path, branch), path)
    if policy.ledger.branch == branch:
        raise Denied(f"ledger.branch is the default branch `{line(branch)}`; name one that is for the ledger alone")
    return policy, default


def _visit(
    heard_: Heard,
    command: Command | NearMiss | Misplaced,
    permission: Permission,
    policy: Policy,
    default: str,
    me: str,
    forge: Forge,
) -> Entered:
    event, run = heard_.event, heard_.run
    thread = _thread(event, forge)
    pull = forge.pull(thread.number) if thread.pull else None
    around = Circumstances(me, permission, thread, pull, event.repo.full_name)
    verb = command.verb if isinstance(command, Command) else "help"
    answer = admit(event.sender, verb, around, policy.triggers)
    if isinstance(answer, Ignored | TurnedAway):
        return answer
    id_ = _id(event, run, forge)
    notes = posted(forge.comments(thread.number, me))
    there = of(notes, id_)
    said = there.note if there else None
    if said is not None and said.answered:
        return Ignored("this command has had its answer; give a new one for another run")
    if said is not None and said.run not in ("", run) and not said.final and forge.at_work(said.run):
        return Ignored("another job is answering this very command")
    head, pin = pull.head_sha if pull else default, said.commit if said else ""
    if pull and pin not in ("", head):
        answer = Refused("moved", f"the pull request has moved on from {pin[:12]}, which the command was given for; give it again")
    if pull and said is None and answer == Admitted() and isinstance(event, Commented) and verb in ("fix", "retry"):
        answer = _before(event, pull, forge)
    return Visit(
        id=id_,
        repo=event.repo.full_name,
        command=command,
        refused=answer if isinstance(answer, Refused) else None,
        sender=event.sender.login,
        comment=event.comment if isinstance(event, Commented) and event.place == "conversation" else None,
        thread=thread,
        pull=pull,
        policy=policy,
        default=default,
        me=me,
        base=pin or head,
        now=heard_.now,
        notes=notes,
        gate=heard_.gate,
    )


def _before(event: Commented, pull: Pull, forge: Forge) -> Admitted | Refused:
    """Whoever gave the command has seen what was there; what somebody pushed a moment later was not meant."""
    at = forge.pushed(pull.head_ref, pull.head_sha)
    if at <= event.at:
        return Admitted()
    return Refused(
        "moved", f"{pull.head_sha[:12]} was pushed at {line(at, 30)}, after the command was written; look at it, and give it again"
    )


def _costly(visit: Visit, run: str, forge: Forge) -> Visit:
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


def permitted(event: Event, forge: Forge) -> bool:
    """Whether somebody who may write here gave the event: nobody else is answered by a comment."""
    return event.sender.kind == "User" and RANKS.index(_permission(event, forge)) >= RANKS.index("write")


def _thread(event: Event, forge: Forge) -> Thread:
    if not isinstance(event, Dispatched):
        return event.thread
    found = forge.thread(event.number)
    if found is None:
        raise Denied(f"there is no issue or pull request #{event.number} here; mend the input `issue`")
    return found


def _permission(event: Event, forge: Forge) -> Permission:
    """Live, never from the payload. A bot has none; only its id in the policy speaks for it."""
    return forge.permission(event.sender.login) if event.sender.kind == "User" else "none"


def _policy(tree: Tree, path: str, branch: str) -> bytes:
    try:
        return tree.read(path)
    except KeyError:
        raise Denied(
            f"there is no {path} on the default branch `{line(branch)}`; docs/policy.md has a minimal one to start from"
        ) from None


def _command(event: Event, policy: Policy) -> Command | NearMiss | Misplaced | None:
    match event:
        case Commented(body=body, place="diff"):
            found = heard(body, policy.triggers.command)
            return Misplaced(line(first_line(body), 60)) if found is not None else None
        case Commented(body=body):
            return heard(body, policy.triggers.command)
        case Labelled(label=label):
            return Command("fix", None, "") if label in policy.triggers.labels else None
        case Dispatched(instructions=instructions, lane=lane):
            return Command("fix", lane.strip() or None, instructions.strip())


def _id(event: Event, run: str, forge: Forge) -> str:
    """What is the same when GitHub delivers the event again, or a person re-runs the job."""
    match event:
        case Commented(comment=comment, place=place):
            return f"{'c' if place == 'conversation' else 'r'}{comment}"
        case Labelled(thread=thread, label=label, sender=sender):
            found = forge.labelled(thread.number, label, sender.login)
            if found is None:
                raise Denied(f"GitHub knows of no `labeled` event for `{line(label)}` by {sender.login}; set the label again")
            return f"l{found}"
        case Dispatched():
            return event.key(run)
