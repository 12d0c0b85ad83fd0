"""One event's place of work on a runner: GitHub's doors, the commits, the models, the ledger; opened for one run of the action."""

import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from bot.audit import swept
from bot.core.budget import Wish
from bot.core.clean import redact
from bot.core.event import Dispatched, Event
from bot.core.forge import Comment
from bot.core.handover import unpack
from bot.core.keys import Keys
from bot.core.ledger import Begun, Line, Record
from bot.core.notes import mark
from bot.core.policy import Policy
from bot.core.recall import goes_on
from bot.core.standing import Standing
from bot.core.trail import Trail, TrailError
from bot.door import Visit
from bot.edge.actions import OWN, Step, harmless
from bot.edge.git.fetch import Fetched, fetched
from bot.edge.github.client import PAUSE, Polled, connect
from bot.edge.github.ear import Ear
from bot.edge.github.pulls import PullRequests
from bot.edge.github.reader import Reader
from bot.edge.github.records import Records, place
from bot.edge.github.shelf import Shelf
from bot.edge.github.speaker import Speaker
from bot.edge.github.spending import Spending
from bot.edge.github.workflows import Workflows
from bot.edge.github.writer import Branches, drop
from bot.edge.model.asking import Models, Timing
from bot.edge.prices import Prices
from bot.edge.render import Templates
from bot.edge.store import Lines, Runs
from bot.host import Ground, Host, hosting
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
    Watcher,
    Writer,
    never,
)
from bot.thread import Halt, Post, Shown

WORKFLOW = "github-actions[bot]"
"""Whose words a workflow's own token speaks; on every server."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The job's own ledger file, and the record of a run on the ledger's branch besides, where this job may write there."""

    lines: Ledger
    records: Records | None
    log: Watcher

    def append(self, item: Line) -> None:
        self.lines.append(item)
        if isinstance(item, Record) and self.records is not None:
            try:
                self.records.put(item)
            except (Denied, Unavailable) as error:  # what is done is done, and the job's own file has the record
                self.log("ledger", f"{error}; the record is in the file `{OWN}/ledger.jsonl` of this job alone")

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
        return Desk(self.writer, self.render, self.sources, self.ci, self.pulls.of(visit.pull, into), into, starts)

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
        keeper, ledger = Shown(self.runs, post, self.render, outlives, log, before), Kept(self.ledger, records, log)
        spending = Spending(self.shelf(policy.ledger.branch))
        kit = Kit(ledger, spending, keeper, self.clock, log, by(self.step), bench, desk, halt, before=before)
        return self.observer.observed(kit)

    def halt(self, visit: Visit) -> Halt:
        ear = self.ear(visit.thread.number, visit.me, visit.since or visit.now)
        read = visit.notes if visit.since else None
        return Halt(ear, self.forge, visit.id, self.clock, visit.policy.triggers.command, self.step.run, read)

    def left(self, visit: Visit) -> Trail | Record | None:
        """What an earlier job for this very command has left: its record, or how far it came before it was cut off.

        The first attempt at a workflow run begins with nothing. Raises `Unavailable` or `Denied` where that cannot be known: what
        is paid is not bought again for a moment's trouble.
        """
        if visit.own is None or (visit.own.note.run == self.step.run and self.step.attempt == "1"):
            return None
        branch = visit.policy.ledger.branch
        found = self.records(branch).left(visit.id, visit.now)
        if not isinstance(found, Begun):
            return found if found is None or _same(found, visit) else None
        try:
            trail = unpack(found.trail)
        except TrailError as error:
            why = f"{place(found.id, found.at)} on {branch} does not say what this run has paid for ({error})"
            raise Denied(f"{why}; remove it, or give a new command") from None
        return trail if goes_on(trail, visit.id, visit.base) else None

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


def _same(record: Record, visit: Visit) -> bool:
    """Whether a record that lies where others can write may be this command's."""
    return (record.repo, record.number, record.base) == (visit.repo, visit.thread.number, visit.base)


def doors(step: Step, repo: str) -> tuple[Reader, Speaker]:
    """GitHub to read and to speak to, and nothing else."""
    hub = connect(step.api, step.server, step.token, repo)
    return Reader(hub), Speaker(hub)


def settled_by_file(step: Step, repo: str, command: str, clock: Clock) -> None:
    """Settle the share of a run that was cut off by what its job had written down, calls without an answer at their worst.

    Raises `Denied` or `Unavailable`; what is not settled counts as spent.
    """
    own = step.workspace / OWN
    trail = Runs(own).find(command)
    if trail is None or trail.finished:
        return
    spent = Lines(own / "ledger.jsonl").spent(command)
    if step.attempt == "1" and spent is not None:  # of a later attempt the Trail holds what was taken over, too
        spent = None if trail.usage.unpriced else max(spent, trail.usage.micros)
    shelf = Shelf(connect(step.api, step.server, step.token, repo), trail.opened.policy.ledger.branch)
    Spending(shelf).settle(Wish(command, trail.opened.request.actor, clock.now(), by(step), spent))


def swept_by_file(step: Step, repo: str, run: str) -> None:
    """Delete the branches that a blind audit may have left whose job was cut off. Raises `Denied`."""
    trail = Runs(step.workspace / OWN).find(run)
    if trail is not None:
        swept(trail, partial(drop, connect(step.api, step.server, step.token, repo)))


def by(step: Step) -> str:
    """This process, as the ledger names it."""
    return f"{step.run}.{step.attempt}"


def _swept(own: Path) -> Path:
    """Our folder in the workspace, without what somebody else may have left there: it is written for later steps alone."""
    if own.is_symlink():
        raise Denied(f"{OWN} in the workspace is a link; remove it")
    for stale in (*own.glob("*.json"), own / "ledger.jsonl"):
        stale.unlink(missing_ok=True)
    return own


@contextmanager
def office(
    step: Step, event: Event, templates: Path, clock: Clock, pause: float = PAUSE, host: Ground | None = None
) -> Iterator[Office]:
    """Open it; what was fetched is gone afterwards, Trail and ledger stay. `host`: what checks may use of this machine."""
    render = Redacted(Templates(templates), step.secrets)
    own = _swept(step.workspace / OWN)
    path = os.environ.get("PATH", os.defpath)
    hub = connect(step.api, step.server, step.token, event.repo.full_name, pause)
    url = f"{step.server}/{event.repo.full_name}.git"
    with (
        tempfile.TemporaryDirectory(
            prefix="route-agent-", dir=host.scratch if host else None, ignore_cleanup_errors=True
        ) as folder,
        fetched(Path(folder), url, step.token, path) as sources,
    ):
        timing = Timing(clock.seconds, clock.sleep, random.random)
        yield Office(
            step=step,
            event=event,
            policy=step.policy,
            forge=Reader(hub),
            notices=Speaker(hub),
            writer=Branches(hub, sources),
            ci=Workflows(hub, Polled(hub)),
            pulls=PullRequests(hub),
            sources=sources,
            ear=partial(Ear, Polled(hub)),
            model=Models(Keys(step.keys, "anywhere", step.said), Prices(), render, timing, partial(Log(step), "asking")),
            render=render,
            ledger=Lines(own / "ledger.jsonl"),
            shelf=partial(Shelf, hub),
            records=cache(lambda branch: Records(Shelf(hub, branch))),
            runs=Runs(own),
            clock=clock,
            host=hosting(host, Path(folder), event.repo.full_name) if host else None,
        )
