"""One event's place of work on a runner: GitHub's doors, the commits, the models, the ledger; opened for one run of the action."""

import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bot import tell
from bot.core.clean import redact
from bot.core.event import Dispatched, Event
from bot.core.forge import Comment
from bot.core.ledger import Line, Record
from bot.core.notes import Note, mark, posted, stamped, stopped_by
from bot.core.policy import Policy
from bot.core.state import running
from bot.core.step import Review, next_step
from bot.core.trail import Trail
from bot.core.words import State, TaskClass
from bot.door import Visit
from bot.edge import actions
from bot.edge.actions import OWN, Step, harmless
from bot.edge.git.fetch import Fetched, fetched
from bot.edge.github.client import PAUSE, Polled, connect
from bot.edge.github.ear import Ear
from bot.edge.github.pulls import PullRequests
from bot.edge.github.reader import Reader
from bot.edge.github.records import Records
from bot.edge.github.shelf import Shelf
from bot.edge.github.speaker import Speaker
from bot.edge.github.spending import Spending
from bot.edge.github.workflows import Workflows
from bot.edge.github.writer import Branches
from bot.edge.model.asking import Models, Timing
from bot.edge.prices import Prices
from bot.edge.render import Templates
from bot.edge.store import Lines, Runs
from bot.ports import (
    Bench,
    Ci,
    Clock,
    Denied,
    Desk,
    Forge,
    Halted,
    Keeper,
    Kit,
    Ledger,
    Model,
    Notices,
    Renderer,
    Unavailable,
    Watcher,
    Writer,
    never,
)

EVERY = 20.0
"""Seconds between two looks for a word that ends the run."""


@dataclass(frozen=True, slots=True)
class Post:
    """The one comment of a command: made when it is heard, edited ever after."""

    notices: Notices
    step: Step
    number: int
    command: str
    me: str
    commit: str = ""
    """The commit that the command is about."""

    by: str = ""
    """Who gave the command."""

    def say(self, state: State, text: str, *, lane: str = "", pull: int | None = None, stops: tuple[str, ...] = ()) -> str:
        """`lane` and `pull`: what the run came to; `stops`: the commands that this one ends."""
        self._put(Note(self.command, state, self.commit, self.by, lane, pull, stops), text)
        return text

    def put(self, state: State, text: str) -> int:
        """The same, and the comment's id."""
        return self._put(Note(self.command, state, self.commit, self.by), text)

    def _put(self, note: Note, text: str) -> int:
        return self.notices.say(self.number, mark(self.command), self.me, stamped(note, text))

    def keep_open(self) -> None:
        """From here on this job answers for the comment: its last phase closes it if the job is cut off."""
        actions.leave_open(self.step, actions.Left(self.step.run, self.number, self.command, self.me))


@dataclass(slots=True)
class Shown:
    """Keeps the Trail, and shows on the comment what is about to happen whenever that changes."""

    keeper: Keeper
    post: Post | None
    render: Renderer
    last: State = "routing"

    def keep(self, trail: Trail) -> None:
        self.keeper.keep(trail)
        state = running(trail)
        if self.post is None or trail.finished or state == self.last or self._moment(trail, state):
            return
        self.last = state
        try:
            self.post.say(state, tell.progress(trail, state, self.post.step.url, self.render))
        except (Denied, Unavailable):
            return  # a progress line is not worth a run; the last word is said again until it is heard

    @staticmethod
    def _moment(trail: Trail, state: State) -> bool:
        """Whether it is over before anybody could read it: where CI is the proof, all but a verifier's look at a patch is."""
        quick = trail.opened.proof == "ci" and not isinstance(next_step(trail), Review)
        return state == "verifying" and (quick or not trail.attempts)


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

    def costs(self, lane: str, task_class: TaskClass) -> tuple[int, ...]:
        return self.lines.costs(lane, task_class)


@dataclass(slots=True)
class Halt:
    """Ends the run of a command when a later one on its thread says so; asks no oftener than is polite."""

    ear: Ear
    command: str
    clock: Clock
    trigger: str
    next: float = 0.0

    def __call__(self) -> None:
        if self.clock.seconds() < self.next:
            return
        self.next = self.clock.seconds() + EVERY
        try:
            by = stopped_by(posted(self.ear.comments()), self.command)
        except (Denied, Unavailable):
            return  # who cannot be heard cannot end the run; the runner's own cancel does
        if by:
            raise Halted(f"ended by `{self.trigger} stop`")


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
    runs: Runs
    clock: Clock

    @property
    def dry(self) -> bool:
        """Whether a fix is only to be explained. What is neither word is an error, never a `false`."""
        found = self.step.input("dry-run").lower() or "false"
        if found not in ("true", "false"):
            raise Denied(f"the input `dry-run` is `{found[:20]}`; write true or false")
        return found == "true"

    @property
    def bench(self) -> Bench:
        """Nothing of the repository runs in this process, so there is no sandbox."""
        return Bench(self.sources, None, self.model, self.render)

    def desk(self, visit: Visit) -> Desk:
        into = visit.pull.head_ref if visit.pull else self.event.repo.default_branch
        return Desk(self.writer, self.render, self.sources, self.ci, self.pulls.of(visit.pull, into))

    def kit(
        self,
        policy: Policy,
        post: Post | None,
        *,
        bench: Bench | None = None,
        desk: Desk | None = None,
        halt: Callable[[], None] = never,
    ) -> Kit:
        keeper, by = Shown(self.runs, post, self.render), f"{self.step.run}.{self.step.attempt}"
        shelf, log = self.shelf(policy.ledger.branch), Log(self.step)
        ledger = Kept(self.ledger, Records(shelf) if desk else None, log)
        return Kit(ledger, Spending(shelf), keeper, self.clock, log, by, bench, desk, halt)

    def halt(self, visit: Visit) -> Halt:
        since = visit.since or self.clock.now()
        return Halt(self.ear(visit.thread.number, visit.me, since), visit.id, self.clock, visit.policy.triggers.command)

    def post(self, visit: Visit) -> Post:
        there = next((Comment(each.id, "", each.at) for each in visit.notes if each.note.command == visit.id), None)
        self.notices.expect(mark(visit.id), there)
        return Post(self.notices, self.step, visit.thread.number, visit.id, visit.me, visit.base, visit.sender)

    def address(self, number: int, comment: int) -> str:
        """Where a person finds a comment."""
        return f"{self.step.server}/{self.event.repo.full_name}/issues/{number}#issuecomment-{comment}"

    def complain(self, text: str) -> None:
        """Say on the thread that nothing can be done under this policy: once for each event."""
        number = self.event.number if isinstance(self.event, Dispatched) else self.event.thread.number
        Post(self.notices, self.step, number, f"e{self.step.run}", self.forge.me()).say("error", text)


def doors(step: Step, repo: str) -> tuple[Reader, Speaker]:
    """GitHub to read and to speak to, and nothing else."""
    hub = connect(step.api, step.server, step.token, repo)
    return Reader(hub), Speaker(hub)


def _swept(own: Path) -> Path:
    """Our folder in the workspace, without what somebody else may have left there: it is written for later steps alone."""
    if own.is_symlink():
        raise Denied(f"{OWN} in the workspace is a link; remove it")
    for stale in (*own.glob("*.json"), own / "ledger.jsonl"):
        stale.unlink(missing_ok=True)
    return own


@contextmanager
def office(step: Step, event: Event, templates: Path, clock: Clock, pause: float = PAUSE) -> Iterator[Office]:
    """Open it; what was fetched is gone afterwards, Trail and ledger stay."""
    render = Redacted(Templates(templates), step.secrets)
    own = _swept(step.workspace / OWN)
    path = os.environ.get("PATH", os.defpath)
    hub = connect(step.api, step.server, step.token, event.repo.full_name, pause)
    url = f"{step.server}/{event.repo.full_name}.git"
    with (
        tempfile.TemporaryDirectory(prefix="route-agent-", ignore_cleanup_errors=True) as folder,
        fetched(Path(folder), url, step.token, path) as sources,
    ):
        timing = Timing(clock.seconds, clock.sleep, random.random)
        yield Office(
            step=step,
            event=event,
            policy=step.input("policy") or ".github/route-agent.yml",
            forge=Reader(hub),
            notices=Speaker(hub),
            writer=Branches(hub, sources),
            ci=Workflows(hub, Polled(hub)),
            pulls=PullRequests(hub),
            sources=sources,
            ear=partial(Ear, Polled(hub)),
            model=Models(step.keys, Prices(), render, timing, partial(Log(step), "asking")),
            render=render,
            ledger=Lines(own / "ledger.jsonl"),
            shelf=partial(Shelf, hub),
            runs=Runs(own),
            clock=clock,
        )
