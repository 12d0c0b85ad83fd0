"""One event's place of work on a runner: GitHub's doors, the commits, the models, the ledger; opened for one run of the action."""

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bot.core.budget import Wish
from bot.core.clean import redact
from bot.core.entries import Opened
from bot.core.event import Dispatched, Event
from bot.core.forge import Comment
from bot.core.handover import unpack
from bot.core.ledger import Begun, Line, Record
from bot.core.notes import mark
from bot.core.policy import Policy
from bot.core.recall import goes_on
from bot.core.standing import Standing
from bot.core.trail import Trail
from bot.core.trailfile import TrailError
from bot.edge.actions import OWN, Step, harmless
from bot.edge.git.fetch import Fetched
from bot.edge.github.ear import Ear
from bot.edge.github.pulls import PullRequests
from bot.edge.github.records import Records, place
from bot.edge.github.shelf import Shelf
from bot.edge.github.spending import Spending
from bot.edge.store import Runs
from bot.host import Host
from bot.ports import (
    UNOBSERVED,
    Bench,
    Ci,
    Clock,
    Denied,
    Desk,
    Forge,
    Kit,
    Ledger,
    Model,
    Notices,
    Observer,
    Renderer,
    Unavailable,
    Unkept,
    Watcher,
    Writer,
    never,
)
from bot.thread import Halt, Narrator, Post
from bot.visit import Visit

WORKFLOW = "github-actions[bot]"
"""Whose words a workflow's own token speaks; on every server."""


@dataclass(slots=True)
class Kept:
    """The job's own ledger file, and the record of a run on the ledger's branch besides, where this job may write there."""

    lines: Ledger
    records: Records | None
    log: Watcher
    owed: Record | None = None
    """A record that could not be written there."""

    def append(self, item: Line) -> None:
        self.lines.append(item)
        if isinstance(item, Record) and self.records is not None:
            self._put(item, self.records)

    def _put(self, record: Record, records: Records) -> str:
        try:
            records.put(record)
        except (Denied, Unavailable) as error:  # what is done is done, and the job's own file has the record
            self.log("ledger", f"{error}; the record is in the file `{OWN}/ledger.jsonl` of this job alone")
            self.owed = record
            return str(error)
        self.owed = None
        return ""

    def unkept(self) -> Unkept | None:
        if self.owed is None or self.records is None:
            return None
        record, records = self.owed, self.records
        why = self._put(record, records)
        return Unkept(why, again=records.begun(record.id, record.at)) if why else None

    def spent(self, run: str) -> int | None:
        return self.lines.spent(run)

    def standing(self, now: str) -> Standing:  # noqa: ARG002 - what is on the branch was written when an outcome was noted
        """What the branch says of the lanes. Where that cannot be had or believed, the published figures serve."""
        if self.records is None:
            return Standing()
        try:
            return self.records.standing()
        except (Denied, Unavailable) as error:
            self.log("ledger", f"{error}; the published figures serve instead of the ledger's")
            return Standing()


@dataclass(frozen=True, slots=True)
class Redacted:
    """Every text that leaves this process, comment, commit or prompt, without the keys that it holds: the API masks nothing."""

    render: Renderer
    secrets: tuple[str, ...]

    def __call__(self, template: str, /, **values: Any) -> str:
        return redact(self.render(template, **values), self.secrets)


@dataclass(frozen=True, slots=True)
class Log:
    """The job's log, which obeys commands: nothing reaches it as it is."""

    step: Step

    def __call__(self, step: str, detail: str) -> None:
        print(harmless(f"{step}: {detail}", self.step.secrets), file=sys.stderr, flush=True)  # noqa: T201 - this is the log


@dataclass(frozen=True, slots=True)
class Office:
    """Everything that a phase may take from; each kit is made of a part of it."""

    step: Step
    event: Event
    policy: str
    """The path of the policy file on the default branch."""
    forge: Forge
    notices: Notices
    writer: Writer
    ci: Ci
    pulls: PullRequests
    sources: Fetched
    ear: Callable[[int, str, str], Ear]
    """Listens on a thread, for what this login says, from a time on."""
    model: Model
    render: Renderer
    ledger: Ledger
    shelf: Callable[[str], Shelf]
    """Files on the ledger's branch, given its name."""
    records: Callable[[str], Records]
    """The records there, one memory of them for this process."""
    runs: Runs
    clock: Clock
    host: Host | None = None
    """Where checks run, in the host action; None where nothing of the repository runs in this process."""
    observer: Observer = UNOBSERVED

    @property
    def dry(self) -> bool:
        """Whether a fix is only to be explained. What is neither word is an error, never a `false`."""
        found = self.step.input("dry-run").lower() or "false"
        if found not in ("true", "false"):
            raise Denied(f"the input `dry-run` is `{found[:20]}`; write true or false")
        return found == "true"

    @property
    def bench(self) -> Bench:
        """Without a host nothing of the repository runs in this process, so there is no sandbox."""
        return Bench(self.sources, self.host.sandbox if self.host else None, self.model, self.render)

    def desk(self, visit: Visit) -> Desk:
        into = visit.pull.head_ref if visit.pull else self.event.repo.default_branch
        starts = visit.me != WORKFLOW
        return Desk(self.writer, self.render, self.sources, self.ci, self.pulls.of(visit.pull, into, visit.me), into, starts)

    def kit(
        self,
        policy: Policy,
        post: Post | None,
        *,
        bench: Bench | None = None,
        desk: Desk | None = None,
        halt: Callable[[], None] = never,
        before: Trail | None = None,
    ) -> Kit:
        log = Log(self.step)
        records = self.records(policy.ledger.branch) if desk else None
        outlives = records if post is not None else None  # an audit is not taken up again, so what it has paid for is not kept
        keeper, ledger = Narrator(self.runs, post, self.render, outlives, log, before), Kept(self.ledger, records, log)
        spending = Spending(self.shelf(policy.ledger.branch))
        reached = len(before.attempts) if before else 0
        kit = Kit(ledger, spending, keeper, self.clock, log, by(self.step), bench, desk, halt, before=before, reached=reached)
        return self.observer.observed(kit)

    def halt(self, visit: Visit) -> Halt:
        ear = self.ear(visit.thread.number, visit.me, visit.since or visit.now)
        read = visit.notes if visit.since else visit.beside
        return Halt(ear, self.forge, visit.id, self.clock, visit.policy.triggers.command, self.step.run, read)

    def left(self, visit: Visit) -> Trail | Record | None:
        """What an earlier job for this very command has left: its record, or how far it came before it was cut off.

        The first attempt at a workflow run begins with nothing. Raises `Unavailable` where that cannot be known, a no of GitHub's
        included: what is paid is not bought again for a moment's trouble, nor the end that the run may have had told as another.
        `Denied` where it is there and cannot be believed.
        """
        if visit.own is None or (visit.own.note.run == self.step.run and self.step.attempt == "1"):
            return None
        branch = visit.policy.ledger.branch
        try:
            found = self.records(branch).left(visit.id, visit.now)
        except Denied as error:
            raise Unavailable(str(error)) from None
        if isinstance(found, Begun):
            return _taken_up(found, branch, visit.id, visit.base, (visit.repo, visit.thread.number))
        return found if found is not None and _same(found, visit) else None

    def paid_before(self, opened: Opened) -> Trail | None:
        """The same for a job that hears no event: how far earlier jobs of this workflow run came before it was run again."""
        if self.step.attempt == "1":
            return None
        branch, request = opened.policy.ledger.branch, opened.request
        found = self.records(branch).left(request.id, opened.at)
        place_ = (request.repo, request.number)
        return _taken_up(found, branch, request.id, request.base, place_) if isinstance(found, Begun) else None

    def settle(self, visit: Visit, record: Record | None = None) -> None:
        """Nothing was spent of what this attempt's earlier job has set aside; or, whoever did it, what the run's record says."""
        with suppress(Denied, Unavailable):  # it counts as spent then
            mine, spent = (by(self.step), 0) if record is None else ("", record.cost_micros)
            wish = Wish(visit.id, visit.sender, self.clock.now(), mine, spent)
            Spending(self.shelf(visit.policy.ledger.branch)).settle(wish)

    def post(self, visit: Visit) -> Post:
        self.notices.expect(mark(visit.id), Comment(visit.own.id, "", visit.own.at) if visit.own else None)
        return Post(self.notices, self.step, visit.thread.number, visit.id, visit.me, visit.base, visit.sender)

    def address(self, number: int, comment: int) -> str:
        """Where a person finds a comment."""
        return f"{self.step.server}/{self.event.repo.full_name}/issues/{number}#issuecomment-{comment}"

    def complain(self, text: str) -> None:
        """Say on the thread that nothing can be done under this policy: once for each event."""
        number = self.event.number if isinstance(self.event, Dispatched) else self.event.thread.number
        Post(self.notices, self.step, number, f"e{self.step.run}", self.forge.me()).say("error", text)


def _taken_up(begun: Begun, branch: str, command: str, base: str, where: tuple[str, int | None]) -> Trail | None:
    try:
        trail = unpack(begun.trail)
    except TrailError as error:
        why = f"{place(begun.id, begun.at)} on {branch} does not say what this run has paid for ({error})"
        raise Denied(f"{why}; remove it, or give a new command") from None
    return trail if goes_on(trail, command, base, where) else None


def _same(record: Record, visit: Visit) -> bool:
    """Whether a record that lies where others can write may be this command's."""
    return (record.repo, record.number, record.base) == (visit.repo, visit.thread.number, visit.base)


def by(step: Step) -> str:
    """This process, as the ledger names it."""
    return f"{step.run}.{step.attempt}"
