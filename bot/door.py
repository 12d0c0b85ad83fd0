"""The gate: what an event asks for, whether it may be asked, and what is known of it before anything is paid."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.clean import line
from bot.core.command import Command, Misplaced, NearMiss, first_line, heard
from bot.core.entries import Opened
from bot.core.event import Commented, Dispatched, Event, Labelled
from bot.core.forge import Permission, Pull, Thread
from bot.core.gate import RANKS, Admitted, Circumstances, Ignored, Refused, TurnedAway, admit, who
from bot.core.notes import Note, Posted, labelled_by, of, posted, spare
from bot.core.policy import Policy
from bot.core.policyfile import read as read_policy
from bot.earlier import costly
from bot.ports import Denied, Forge, Sources, Tree
from bot.visit import Visit

Entered = Visit | Ignored | TurnedAway
Typed = Command | NearMiss | Misplaced


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
    return costly(found, heard_.run, forge) if isinstance(found, Visit) and found.refused is None else found


def _read(branch: str, path: str, forge: Forge, sources: Sources) -> tuple[Policy, str]:
    """The policy, and the default branch's commit that it is from."""
    default = forge.tip(branch)
    if default is None:
        raise Denied(f"there is no branch `{line(branch)}`, which the event calls the default one")
    policy = read_policy(_policy(sources.tree(default), path, branch), path)
    if policy.ledger.branch == branch:
        raise Denied(f"ledger.branch is the default branch `{line(branch)}`; name one that is for the ledger alone")
    return policy, default


def _visit(heard_: Heard, command: Typed, permission: Permission, policy: Policy, default: str, me: str, forge: Forge) -> Entered:
    event, run = heard_.event, heard_.run
    thread = _thread(event, forge)
    pull = forge.pull(thread.number) if thread.pull else None
    around = Circumstances(me, permission, thread, pull, event.repo.full_name)
    verb = command.verb if isinstance(command, Command) else "help"
    answer = admit(event.sender, verb, around, policy.triggers)
    if isinstance(answer, Ignored | TurnedAway):
        return answer
    notes = posted(forge.comments(thread.number, me))
    id_ = _id(event, run, notes, forge)
    there = of(notes, id_)
    said = there.note if there else None
    if said is not None and (taken := _taken(said, run, forge)) is not None:
        return replace(taken, spare=spare(notes))
    head = pull.head_sha if pull else default
    pin = _pinned(said, head, pull, forge)
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


def _taken(said: Note, run: str, forge: Forge) -> Ignored | None:
    """Why there is nothing left to do for a command that has its comment; None where this job goes on with it."""
    if said.answered:
        return Ignored("this command has had its answer; give a new one for another run")
    if said.run not in ("", run) and forge.at_work(said.run):
        return Ignored("another job is answering this very command")
    return None


def _pinned(said: Note | None, head: str, pull: Pull | None, forge: Forge) -> str:
    """The commit that the command was given for. On an issue the default branch has it, or somebody else wrote the comment."""
    pin = said.commit if said else ""
    if pull or pin in ("", head):
        return pin
    try:
        return pin if forge.merge_base(pin, head) == pin else ""
    except Denied:  # a commit that is not there
        return ""


def _before(event: Commented, pull: Pull, forge: Forge) -> Admitted | Refused:
    """Whoever gave the command has seen what was there; what somebody pushed a moment later was not meant."""
    at = forge.pushed(pull.head_ref, pull.head_sha)
    if at <= event.at:
        return Admitted()
    return Refused(
        "moved", f"{pull.head_sha[:12]} was pushed at {line(at, 30)}, after the command was written; look at it, and give it again"
    )


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


def _command(event: Event, policy: Policy) -> Typed | None:
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


def _id(event: Event, run: str, notes: tuple[Posted, ...], forge: Forge) -> str:
    """What is the same when GitHub delivers the event again, or a person re-runs the job.

    An event of a label does not say which time it is that it was set: the run that has begun with one goes on with that one.
    """
    match event:
        case Commented(comment=comment, place=place):
            return f"{'c' if place == 'conversation' else 'r'}{comment}"
        case Labelled() if begun := labelled_by(notes, run):
            return begun
        case Labelled(thread=thread, label=label, sender=sender):
            found = forge.labelled(thread.number, label, sender.login)
            if found is None:
                raise Denied(f"GitHub knows of no `labeled` event for `{line(label)}` by {sender.login}; set the label again")
            return f"l{found}"
        case Dispatched():
            return event.key(run)
