"""Plays one schedule: everything in it follows from its seed."""

import itertools
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.core.notes import Note, read
from bot.exits import INTERRUPTED
from tests.chaos import setting as settings
from tests.chaos.flows import Flow, Jumping, Machine
from tests.chaos.models import Wild
from tests.chaos.people import People
from tests.chaos.refs import Refs
from tests.chaos.setting import Setting
from tests.chaos.turns import Process, Turns
from tests.chaos.verdicts import Verdicts
from tests.fakes.hosted import Hurried
from tests.fakes.world import Issue, Repo, Run, World
from tests.fakes.world.http import Fault

MOST_TURNS = 6_000
ROUNDS = 2
"""So often is what is not at its end run again, in a world in which nothing fails any more: once, and once for who had to wait."""
COMMANDS = ("fix", "fix", "fix", "fix with care", "fix use strong", "retry", "stop", "status", "explain", "help", "fxi")
WORKFLOW = ".github/workflows/route-agent.yml"
JUMPS = (timedelta(days=1), timedelta(hours=-1), timedelta(days=-1), timedelta(days=31), timedelta(minutes=7))
FAULTS = (
    Fault("", "", 502, 1),
    Fault("", "", 500, 1, after=True),
    Fault("", "", 503, 1),
    Fault("", "", 502, 1, drop=True),
    Fault("", "", 502, 1, after=True, drop=True),
    Fault("", "", 429, 1),
    Fault("", "", 403, 1),
    Fault("", "", 404, 1),
    Fault("", "", 409, 1),
)


@dataclass
class Schedule:
    """One at play. `told` is what happened, line by line: the seed makes it happen again."""

    setting: Setting
    folder: Path
    world: World
    models: Wild
    shop: Repo
    thread: Issue
    ci: Verdicts
    people: People
    refs: Refs
    chance: random.Random
    turns: Turns = field(default_factory=Turns)
    cancelled: set[str] = field(default_factory=set)
    flows: list[Flow] = field(default_factory=list)
    working: dict[str, tuple[Flow, Machine, str]] = field(default_factory=dict)
    """By token: what the process does, and in which phase."""
    told: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """Jobs that ended by what nobody has foreseen."""
    silent: set[str] = field(default_factory=set)
    """Workflow runs of which a job was cut off, or met silence, and did not come to say how it ended."""
    numbers: Any = field(default_factory=lambda: itertools.count(501))
    now: str = ""
    """The token of the process that is at work."""

    # ---- events ------------------------------------------------------------------------------------------------------

    def deliver(self) -> None:
        """A new command, an old one a second time, or an old run once more."""
        over = [flow for flow in self.flows if not self._at_work(flow)]
        kind = self.chance.random()
        if over and kind < 0.25:
            self.again(self.chance.choice(over), failed_only=self.chance.random() < 0.5)
        elif self.flows and kind < 0.4:
            twin = self.chance.choice(self.flows)
            self._flow(twin.event, twin.payload, twin.command, twin.by)
        else:
            self._new()

    def _new(self) -> None:
        if self.chance.random() < 0.1 and not self.thread.pull:
            payload = self.world.label(self.shop, self.thread, "ann", "agent:fix")
            self._flow("issues", payload, f"l{self.thread.events[-1]['id']}", "ann")
            return
        if self.chance.random() < 0.05:
            payload = self.world.dispatched(self.shop, "ann", issue=str(self.thread.number))
            self._flow("workflow_dispatch", payload, "", "ann")
            return
        self.give(self.chance.choice(COMMANDS), "bob" if self.chance.random() < 0.1 else "ann")

    def give(self, words: str, by: str = "ann") -> None:
        payload = self.world.comment(self.shop, self.thread, by, f"/agent {words}")
        self._flow("issue_comment", payload, f"c{payload['comment']['id']}", by, words)

    def _flow(self, event: str, payload: Any, command: str, by: str, words: str = "again") -> None:
        run = str(next(self.numbers))
        key = f"d{run}{self.thread.number:08}" if event == "workflow_dispatch" else command
        flow = Flow(self.world, self.folder / "jobs", event, payload, key, run, self.setting, by)
        flow.inputs = {"issue": str(self.thread.number)} if event == "workflow_dispatch" else {}
        self.flows.append(flow)
        self._tell(f"{by} gives {key} ({words}), answered by run {run}")
        self.again(flow)

    def again(self, flow: Flow, *, failed_only: bool = False) -> None:
        self.shop.runs[int(flow.run)] = Run(int(flow.run), WORKFLOW, "main", "", {}, "in_progress")
        job, phase = flow.begin(self._clock(), failed_only=failed_only)
        self._tell(f"run {flow.run} attempt {flow.attempt} begins with {phase}")
        self._start(flow, job, phase)

    def _clock(self) -> Hurried:
        if self.chance.random() < self.setting.jumpy:
            return Jumping(self.chance.randint(0, 6), self.chance.choice(JUMPS))
        return Jumping(1_000_000, timedelta(0))

    def _start(self, flow: Flow, job: Machine, phase: str) -> None:
        work: Callable[[], None] = job.close if phase == "close" else lambda: job.work(phase)
        job.folder.mkdir(parents=True, exist_ok=True)
        self.working[job.token] = (flow, job, phase)
        self.now = job.token
        self.turns.begin(job.token, work, job.folder / "log")
        self.turns.settle()

    def _at_work(self, flow: Flow) -> bool:
        return any(each is flow for each, _, _ in self.working.values())

    def asking(self) -> str:
        """The command that the process at work answers, as its comment says; a label's event does not name one."""
        flow, _, _ = self.working[self.now]
        said = (note.command for note in notes(self.thread, self.setting.login) if note.run == flow.run and note.command[0] != "e")
        return next(said, flow.command)

    # ---- turns -------------------------------------------------------------------------------------------------------

    def run(self, deliveries: int) -> None:
        """Until all that is delivered has come to whatever end."""
        left = deliveries
        for _ in range(MOST_TURNS):
            self.turns.settle()
            for process in self.turns.ended():
                self._followed(process)
            if left and (not self.working or self.chance.random() < 0.02):
                left -= 1
                self.deliver()
                continue
            if not self.working and not left:
                return
            waiting = self.turns.settle()
            if waiting:
                self.ci.tick()
                self._lived()
                self._turn(self.chance.choice(waiting))
        raise AssertionError(f"{MOST_TURNS} turns, and no end")

    def _followed(self, process: Process) -> None:
        flow, job, phase = self.working.pop(process.name)
        if process.code not in (0, -signal.SIGKILL, *([INTERRUPTED] if process.name in self.cancelled else [])):
            self.broken.append(f"{job.folder.name} {phase} ends with {process.code}: {(job.folder / 'log').read_text()[-600:]}")
        self._tell(f"run {flow.run}.{flow.attempt} {phase} ends with {process.code} {dict(job.said).get('result', '')}")
        if phase != "close" and not job.said:
            self.silent.add(flow.run)
        if phase != "close" and (process.code == 0 or self.chance.random() < 0.6):
            self._start(flow, job, "close")
            return
        following = flow.next(self._clock())
        if following is not None:
            self._start(flow, *following)
        else:
            self.shop.runs[int(flow.run)].status = "completed"

    def _lived(self) -> None:
        if self.chance.random() < self.setting.lively:
            self._tell(self.people.act())
            self.refs.take()
        if self.world.limit_left <= 0 and self.chance.random() < 0.1:
            self.world.limit_left = 10_000

    def _turn(self, process: Process) -> None:
        self.now, name = process.name, self.working[process.name][1].folder.name
        line = process.waiting[0].line
        drawn = self.chance.random()
        fault = None
        if drawn < self.setting.deadly:
            self._kill(process, name, line)
            return
        if drawn < self.setting.deadly + self.setting.faulty:
            kind = self.chance.choice(FAULTS)
            fault = Fault("", "", kind.status, 1, after=kind.after, drop=kind.drop)
            self._tell(f"{name}: {line}: {kind.status}{' done' if kind.after else ''}{' dropped' if kind.drop else ''}")
        else:
            self._tell(f"{name}: {line}")
        self.turns.go(process, fault)
        self.turns.settle()
        self.refs.look(line)

    def _kill(self, process: Process, name: str, line: str) -> None:
        """Before the request is sent, or after it was done and before the answer is heard."""
        kind = self.chance.random()
        if kind < 0.3:
            self._tell(f"{name}: {line}: cancelled")
            self.cancelled.add(process.name)
            self.turns.interrupt(process)
            self.turns.settle()
            return
        if kind < 0.6:
            self._tell(f"{name}: {line}: killed before")
            self.turns.kill(process)
            return
        self._tell(f"{name}: {line}: killed after")
        self.world.left, self.world.victim = 1, process.pid
        self.turns.go(process)
        self.turns.settle()
        self.world.victim = None
        self.refs.look(line)

    def _tell(self, line: str) -> None:
        self.told.append(line)

    # ---- afterwards --------------------------------------------------------------------------------------------------

    def mended(self) -> None:
        """Nothing fails any more; whatever is not at its end is run again, as its comment or its log says."""
        self.setting = calm(self.setting)
        self.models.foolish = self.world.contended = 0.0
        self.people.calm()
        self._tell("from here on nothing fails")
        for _ in range(ROUNDS):
            open_ = [flow for flow in self.flows if not self.answered(flow)]
            if not open_:
                return
            for flow in open_:
                if not self.answered(flow):
                    self.again(flow)
                    self.run(0)

    def tidied(self) -> None:
        """A comment one too many is there until the next command, where its job did not come to take it back."""
        said = notes(self.thread, self.setting.login)
        counted = Counter(note.command for note in said)
        if any(counted[note.command] > 1 and note.run in self.silent for note in said):
            self.give("status")
            self.run(0)

    def answered(self, flow: Flow) -> bool:
        """A label that is set twice before anybody looks is one command, and a stranger's is none."""
        said = notes(self.thread, self.setting.login)
        mine = [note for note in said if note.command == flow.command or note.run == flow.run]
        if flow.event == "issues":
            mine = mine or [note for note in said if note.command[0] == "l" and int(note.command[1:]) > int(flow.command[1:])]
        return flow.by != "ann" or (bool(mine) and all(note.answered for note in mine))


def notes(thread: Issue, login: str) -> list[Note]:
    """What the bot's comments say of themselves, in the order in which they were made."""
    said = [read(comment.body) for comment in thread.comments if comment.user.login == login]
    return [note for note in said if note is not None]


def calm(found: Setting) -> Setting:
    """The same, in a world in which nothing fails."""
    return replace(found, faulty=0.0, foolish=0.0, deadly=0.0, lively=0.0, jumpy=0.0, contended=0.0)


@contextmanager
def place(setting: Setting, folder: Path) -> Iterator[Schedule]:
    """A repository with an issue, where nothing has happened yet."""
    seed = setting.seed
    chance = random.Random(f"{seed} happens")  # noqa: S311
    with Wild(random.Random(f"{seed} answers")) as models, World(folder / "world") as world:  # noqa: S311
        shop = world.repo("octo/shop", settings.files(setting, models.url), ann="write", bob="read")
        branch = "topic" if setting.pull else "main"
        about = ("add(2, 2) gives 5", "see shop/add.py")
        thread = world.pull(shop, branch, {"more.txt": "x\n"}, *about) if setting.pull else world.issue(shop, *about)
        ci = Verdicts(random.Random(f"{seed} judges"))  # noqa: S311
        people = People(world, shop, thread, random.Random(f"{seed} lives"), branch)  # noqa: S311
        made = Schedule(setting, folder, world, models, shop, thread, ci, people, Refs(shop), chance)
        made.refs.take()
        models.foolish, models.asker = setting.foolish, made.asking
        world.runner, world.contended, world.limit_left, world.turn = ci, setting.contended, 10_000, made.turns.arrive
        try:
            yield made
        finally:
            made.turns.clear()


def played(seed: int, folder: Path) -> Schedule:
    """From the first event to where nothing is left to mend. What it left is for others to judge; its servers are down."""
    setting = settings.drawn(seed)
    with place(setting, folder) as made:
        try:
            made.run(setting.commands)
            made.mended()
            made.tidied()
        except AssertionError as error:
            raise AssertionError(f"{error}; before that: {'; '.join(made.told[-12:])}") from None
    return made
