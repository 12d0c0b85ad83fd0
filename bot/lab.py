"""Where patches are proved by running them, and one patch under proof, several runs at a time."""

from collections.abc import Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event

from bot.core.changed import Changed
from bot.core.checks import Check, Probe, Probed, Run
from bot.core.paths import is_test
from bot.core.suite import Retold
from bot.core.words import TaskClass
from bot.ports import Clock, Sandbox, Tree, Trees, Watcher


@dataclass(frozen=True, slots=True)
class Lab:
    """Where and how a patch is proved."""

    trees: Trees
    sandbox: Sandbox | None
    """None where nothing of the repository may run: then the patch's own text is all that is looked at."""
    clock: Clock
    watch: Watcher
    timeout: float

    @property
    def walls(self) -> Sandbox:
        assert self.sandbox is not None, "checks run elsewhere"
        return self.sandbox


@dataclass(frozen=True, slots=True)
class Specimen:
    """A patch under proof. `alone` is the base with its tests and nothing else of it; None where it brings none, or only tests."""

    changes: tuple[Changed, ...]
    retold: Retold
    base: Tree
    patched: Tree
    alone: Tree | None
    deep: bool
    """Whether the policy asks for mutants."""
    task_class: TaskClass
    critic: bool
    """Whether a model is still to be asked about the patch."""

    @property
    def tests(self) -> tuple[str, ...]:
        """The Python test files that it changes and leaves."""
        left = (each.path for each in self.changes if each.after is not None)
        return tuple(path for path in left if is_test(path) and path.endswith(".py"))


WHOLE = Probe()


@dataclass(frozen=True, slots=True)
class Session:
    """The runs that prove one patch. `before` are the checks' runs on the base."""

    specimen: Specimen
    checks: tuple[Check, ...]
    before: tuple[Run, ...]
    lab: Lab
    pool: ThreadPoolExecutor
    over: Event
    """Set when nothing more is wanted: what runs is ended, and nothing begins."""

    @property
    def tests(self) -> Check | None:
        return tests_among(self.checks)

    def start(self, tree: Tree, check: Check, probe: Probe, seconds: float | None = None) -> Future[Probed]:
        """A run as soon as there is room for it. `seconds`: its deadline, where it is not that of every check."""
        return self.pool.submit(self.look, tree, check, probe, seconds)

    def look(self, tree: Tree, check: Check, probe: Probe = WHOLE, seconds: float | None = None) -> Probed:
        """A run, here and now. Raises `CancelledError` where the session is over."""
        if self.over.is_set():
            raise CancelledError
        limit = self.lab.timeout if seconds is None else seconds
        return self.lab.walls.look(tree, check, limit, probe, self.over.is_set)

    def watch(self, what: str, check: Check) -> None:
        self.lab.watch("verifying", f"{what}: {check.run}")


@contextmanager
def session(specimen: Specimen, checks: tuple[Check, ...], before: tuple[Run, ...], lab: Lab) -> Iterator[Session]:
    """As many runs at a time as the sandbox keeps apart. However it ends: what runs then is ended, and nothing more begins."""
    pool, over = ThreadPoolExecutor(lab.walls.at_once), Event()
    try:
        yield Session(specimen, checks, before, lab, pool, over)
    finally:
        over.set()
        pool.shutdown(cancel_futures=True)


def tests_among(checks: tuple[Check, ...]) -> Check | None:
    """The check whose tests are run one by one; None where none runs tests."""
    return next((check for check in checks if check.kind == "tests"), None)


def run_of(check: Check, runs: tuple[Run, ...]) -> Run:
    return next(run for run in runs if run.check == check.name)
