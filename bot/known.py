"""What is known of a command before anything is paid: its task, the change it is about, and what CI says of the commit."""

from bot.core.areas import WORKFLOWS
from bot.core.checks import Check, Run
from bot.core.clean import line, printable, redact, visible
from bot.core.command import Command
from bot.core.diff import Diff, DiffError
from bot.core.diff import parse as parse_diff
from bot.core.facts import Failing, NotApplicable, Unreadable
from bot.core.forge import Checks, FailedCheck, Pull, Review, Thread
from bot.core.jobs import VERIFY
from bot.core.policy import Policy
from bot.core.request import Request
from bot.hear import Asked, CiFacts
from bot.ports import Denied, Forge, Sources, Tree
from bot.visit import Visit

TAIL = 4_000
"""Characters of a failing check that a lane gets to read."""


def asked(visit: Visit, forge: Forge, sources: Sources, *, here: bool = False) -> Asked:
    """The command as a request on one commit, which is pinned here and used for everything after.

    `here`: checks run on this machine, and what fails on the commit is found out by running them; CI is asked nothing.
    """
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
    change = _change(visit.pull, visit.default, forge, sources)
    return Asked(request, visit.policy, change, None if here else _ci(visit, base, forge, sources))


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
