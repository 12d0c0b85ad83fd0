"""The gate: what an event asks for, whether it may be asked, and what is known of it before anything is paid."""

from dataclasses import dataclass, replace
from itertools import islice

from bot.core.areas import WORKFLOWS
from bot.core.checks import Check, Run
from bot.core.clean import line, printable, redact, visible
from bot.core.command import Command, Misplaced, NearMiss, first_line, heard
from bot.core.diff import Diff, DiffError
from bot.core.diff import parse as parse_diff
from bot.core.event import Commented, Dispatched, Event, Labelled
from bot.core.facts import Failing, NotApplicable, Unreadable
from bot.core.forge import Checks, FailedCheck, Permission, Pull, Review, Thread
from bot.core.gate import RANKS, Ignored, Refused, Standing, TurnedAway, admit, often, who
from bot.core.jobs import VERIFY
from bot.core.notes import Note, Posted, posted
from bot.core.outcome import origin
from bot.core.policy import Policy
from bot.core.policyfile import read as read_policy
from bot.core.request import Request
from bot.hear import Asked, CiFacts
from bot.ports import Denied, Forge, Sources, Tree

TAIL = 4_000
"""Characters of a failing check that a lane gets to read."""


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
    """The default branch's commit: policy and workflows are read from it, and from nowhere else."""
    me: str
    base: str
    """The commit that the command is about: pinned when it is first heard, and used for everything after."""
    notes: tuple[Posted, ...] = ()
    """Our comments on the thread."""
    again: Again | None = None
    """What an earlier run came to, for a command that asks for another try."""

    @property
    def others(self) -> tuple[Posted, ...]:
        """What stands on the thread of other commands."""
        return tuple(each for each in self.notes if each.note.command != self.id)

    @property
    def since(self) -> str:
        """When this command was first answered; empty where it is being answered for the first time."""
        return next((each.at for each in self.notes if each.note.command == self.id), "")


Entered = Visit | Ignored | TurnedAway


def enter(event: Event, run: str, policy_path: str, forge: Forge, sources: Sources, now: str) -> Entered:
    """Ask GitHub, live, what the decision needs: the cheapest first, and next to nothing for strangers. `now`: ISO 8601, UTC."""
    me = forge.me()
    if (no := who(event, me)) is not None:
        return no
    permission = _permission(event, forge)
    if event.sender.kind == "User" and RANKS.index(permission) < RANKS.index("write"):
        return TurnedAway(f"{event.sender.login} has `{permission}` here; a command needs at least `write`")
    branch = event.repo.default_branch
    default = forge.tip(branch)
    if default is None:
        raise Denied(f"there is no branch `{line(branch)}`, which the event calls the default one")
    policy = read_policy(_policy(sources.tree(default), policy_path, branch), policy_path)
    if policy.ledger.branch == branch:
        raise Denied(f"ledger.branch is the default branch `{line(branch)}`; name one that is for the ledger alone")
    command = _command(event, policy)
    if command is None:
        return Ignored("it is no command under triggers.command and triggers.labels")
    found = _visit(event, run, command, permission, policy, default, me, forge)
    return _once_more(found, forge, now) if isinstance(found, Visit) and found.refused is None else found


def _visit(
    event: Event,
    run: str,
    command: Command | NearMiss | Misplaced,
    permission: Permission,
    policy: Policy,
    default: str,
    me: str,
    forge: Forge,
) -> Entered:
    thread = _thread(event, forge)
    pull = forge.pull(thread.number) if thread.pull else None
    standing = Standing(me, permission, thread, pull, event.repo.full_name)
    verb = command.verb if isinstance(command, Command) else "help"
    answer = admit(event.sender, verb, standing, policy.triggers)
    if isinstance(answer, Ignored | TurnedAway):
        return answer
    id_ = _id(event, run, forge)
    notes = posted(forge.comments(thread.number, me))
    said = next((each.note for each in notes if each.note.command == id_), None)
    if said is not None and said.final:
        return Ignored("this command has had its answer; give a new one for another run")
    head, pin = pull.head_sha if pull else default, said.commit if said else ""
    if pull and pin not in ("", head):
        answer = Refused("moved", f"the pull request has moved on from {pin[:12]}, which the command was given for; give it again")
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
        notes=notes,
    )


def _once_more(visit: Visit, forge: Forge, now: str) -> Visit:
    """What can be said only of a command that may cost money: whether it comes too often, and what another try begins with."""
    if not isinstance(visit.command, Command) or visit.command.verb not in ("fix", "retry"):
        return visit
    refused = often(visit.notes, visit.sender, now) if not visit.since else None
    if refused is None and visit.command.verb == "retry":
        found = _again(visit, forge)
        return replace(visit, again=found) if isinstance(found, Again) else replace(visit, refused=found)
    plain = not visit.command.instructions and visit.command.lane is None
    if refused is None and visit.command.verb == "fix" and plain and not visit.since:
        refused = _offered(visit, forge)
    return replace(visit, refused=refused)


def _offered(visit: Visit, forge: Forge) -> Refused | None:
    """A proved patch that waits for its review: the same words again would buy another like it."""
    pull = next((each.note.pull for each in reversed(visit.notes) if each.note.state == "accepted" and each.note.pull), None)
    if pull is None or forge.pull(pull).state != "open":
        return None
    trigger = visit.policy.triggers.command
    what = f"#{pull} offers a patch that is proved, and is open: review it there, or say here what it lacks"
    return Refused("offered", f"{what}; `{trigger} retry` tries for another, `{trigger} fix` with words of your own begins anew")


def _again(visit: Visit, forge: Forge) -> Again | Refused:
    last = _last(visit, forge)
    if last is None:
        trigger = visit.policy.triggers.command
        return Refused("nothing", f"no lane has tried here yet, so there is nothing to try again; `{trigger} fix` begins")
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
            return f"d{run}"


# ---- what is known -----------------------------------------------------------------------------------------------


def asked(visit: Visit, forge: Forge, sources: Sources) -> Asked:
    """The command as a request on one commit, which is pinned here and used for everything after."""
    assert isinstance(visit.command, Command), "a near miss asks for nothing"
    base = visit.base
    request = Request(
        id=visit.id,
        repo=visit.repo,
        number=visit.thread.number,
        actor=visit.sender,
        task=task(visit.thread, visit.command, visit.again.reviews if visit.again else ()),
        labels=visit.thread.labels,
        base=base,
        asked_lane=visit.command.lane or (visit.again.lane if visit.again else None),
    )
    return Asked(request, visit.policy, _change(visit.pull, visit.default, forge, sources), _ci(visit, base, forge, sources))


MOST_REVIEW = 12_000
"""Characters of what reviewers want changed."""


def task(thread: Thread, command: Command, reviews: tuple[Review, ...] = ()) -> str:
    """What is wanted, in the order in which it counts: the commander's words, the reviewers', then the thread's."""
    wanted = "\n\n".join(map(_wanted, reviews))[:MOST_REVIEW]
    parts = (command.instructions, wanted, thread.title, thread.body)
    return "\n\n".join(filter(None, (visible(part) for part in parts)))


def _wanted(review: Review) -> str:
    """A review as text: whoever it is for reads it as words, like the rest of a task."""
    places = (
        f"{one.path}{f':{one.line}' if one.line else ''}\n" + "\n".join(one.hunk.splitlines()[-6:]) + f"\n{one.body}"
        for one in review.remarks
    )
    return "\n\n".join((f"{review.author} reviewed an earlier patch and asks for changes: {review.body}".strip(), *places))


def _change(pull: Pull | None, default: str, forge: Forge, sources: Sources) -> Diff | NotApplicable | Unreadable:
    """The pull request's diff from the objects themselves: the API leaves files out of large ones, and does not say so."""
    if pull is None:
        return NotApplicable("an issue has no change")
    try:
        since = forge.merge_base(forge.tip(pull.base_ref) or default, pull.head_sha)
        return parse_diff(sources.change(since, pull.head_sha))
    except (DiffError, Denied) as error:
        return Unreadable(f"the diff cannot be read: {line(str(error))}")


def _ci(visit: Visit, base: str, forge: Forge, sources: Sources) -> CiFacts:
    checks = _workflows(visit.policy, sources.tree(visit.default))
    found = forge.failing(base)
    return CiFacts(checks, _failing(found), tuple(map(_run, found.failed)), _trouble(checks, visit, base, forge, sources))


def _workflows(policy: Policy, default: Tree) -> tuple[Check, ...]:
    """The policy's workflows, else the shipped one where it lies on the default branch."""
    named = policy.verification.ci.workflows
    files = tuple(name if "/" in name else f"{WORKFLOWS}/{name}" for name in named)
    if named:
        return tuple(Check(file.rpartition("/")[2], file, "tests", "verification.ci.workflows") for file in files)
    shipped = f"{WORKFLOWS}/{VERIFY}"
    return (Check(VERIFY, shipped, "tests", "the default branch"),) if shipped in default.files() else ()


def _trouble(checks: tuple[Check, ...], visit: Visit, base: str, forge: Forge, sources: Sources) -> str:
    """A workflow judges only as the default branch has it: a change that edits its own judge is not judged by it."""
    if checks and not any(check.run.endswith(f"/{VERIFY}") for check in checks):
        return f"nothing that verification.ci.workflows names shows which tests ran, so it proves no patch: name {VERIFY} as well"
    default, here = sources.tree(visit.default), sources.tree(base)
    for check in checks:
        if check.run not in default.files():
            return f"verification.ci.workflows names {check.run}, which is not on the default branch"
        if check.run not in here.files() or here.read(check.run) != default.read(check.run):
            return f"{check.run} differs from the default branch's, so it cannot judge a patch here; merge the default branch first"
        if not forge.dispatchable(check.run):
            return f"{check.run} cannot be started by hand: give it `on: workflow_dispatch`, and enable it under Actions"
    return ""


def _failing(found: Checks) -> Failing | NotApplicable | Unreadable:
    if found.unreadable:
        return Unreadable(f"the checks of the commit cannot be read: {line(found.unreadable)}")
    return (
        Failing(tuple(line(check.name) for check in found.failed)) if found.total else NotApplicable("no check ran on the commit")
    )


def _run(check: FailedCheck) -> Run:
    """A failing check as a lane gets to read it."""
    said = "\n".join((*check.annotations, check.log_tail))
    return Run(f"ci {line(check.name, 80)}", 1, 0.0, timed_out=False, report=None, tail=redact(printable(said))[-TAIL:])
