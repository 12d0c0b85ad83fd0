"""What every process has, and the two kits: Bench (no writer), Desk (no model)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from bot.core.budget import Wish
from bot.core.entries import Reviewed
from bot.core.ledger import Line
from bot.core.policy import Budget
from bot.core.route import Refusal
from bot.core.standing import Standing
from bot.core.trail import Trail
from bot.ports.github import Ci, Pulls
from bot.ports.models import Model
from bot.ports.repository import Sandbox, Trees, Writer


@dataclass(frozen=True, slots=True)
class Unkept:
    """Why a run's record is not where everybody can read it. `again`: whether the same job, run again, would put it there."""

    why: str
    again: bool


class Ledger(Protocol):
    """Appended, never rewritten."""

    def append(self, item: Line) -> None:
        """On disk when it returns."""
        ...

    def spent(self, run: str) -> int | None:
        """Micro-dollars that a run spent, calls that were never answered at their worst; None where a charge is unknown."""
        ...

    def standing(self, now: str) -> Standing:
        """What past runs say of the lanes; empty where there are none, or where what is there cannot be believed."""
        ...

    def unkept(self) -> Unkept | None:
        """Of the last record, after one more try; None where it is kept."""
        ...


class Purse(Protocol):
    """Where the money of all runs is counted, whichever job, machine or person they are of."""

    def reserve(self, budget: Budget, wish: Wish) -> int | Refusal:
        """Micro-dollars that the run may still spend, set aside so that no other run gets them. Asking again gives no more."""
        ...

    def earlier(self, run: str, by: str, at: str) -> int:
        """Micro-dollars that other processes have spent for a run that began at this instant, by what was read when its share was
        set aside; else by what is read now. What one has not said is none. Raises `Unavailable` or `Denied` where that cannot
        be had."""
        ...

    def settle(self, wish: Wish) -> None:
        """The run is over: what it spent takes the place of what was set aside."""
        ...


class Keeper(Protocol):
    """Where the Trail of a run lies between its steps."""

    def keep(self, trail: Trail) -> None:
        """On disk, whole, when it returns."""
        ...


class Renderer(Protocol):
    def __call__(self, template: str, /, **values: Any) -> str:
        """A missing value is an error."""
        ...


class Clock(Protocol):
    def now(self) -> str:
        """ISO 8601, UTC, to the second."""
        ...

    def seconds(self) -> float:
        """A count that only rises."""
        ...

    def sleep(self, seconds: float) -> None: ...


class Watcher(Protocol):
    """Somebody who looks on while it works."""

    def __call__(self, step: str, detail: str) -> None: ...


class Halted(Exception):
    """A person has ended the run. `trail` is how far it came; None where it had not begun."""

    def __init__(self, why: str, trail: Trail | None = None) -> None:
        super().__init__(why)
        self.why, self.trail = why, trail


def never() -> None:
    """Nobody can end the run but by ending its process."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What making and proving a patch needs. Nothing here can publish."""

    trees: Trees
    sandbox: Sandbox | None
    """None where nothing of the repository may run."""
    model: Model
    render: Renderer

    @property
    def walls(self) -> Sandbox:
        assert self.sandbox is not None, "checks run elsewhere"
        return self.sandbox


@dataclass(frozen=True, slots=True)
class Desk:
    """What publishing needs. Nothing here can ask a model or run a stranger's code."""

    writer: Writer
    render: Renderer
    trees: Trees
    ci: Ci | None = None
    pulls: Pulls | None = None
    """None where there are no pull requests."""
    into: str = ""
    """The branch that a pull request goes into."""
    starts_ci: bool = False
    """Whether a pull request of this token's starts CI by itself: of a workflow's own token each run waits for a person."""


@dataclass(frozen=True, slots=True)
class Kit:
    """The parts a process was given: a bench, a desk or both, and what every process has."""

    ledger: Ledger
    purse: Purse
    keeper: Keeper
    clock: Clock
    watch: Watcher
    by: str = ""
    """This process, where another could not know what it spent; empty where the ledger knows."""
    bench: Bench | None = None
    desk: Desk | None = None
    halt: Callable[[], None] = never
    """Called before whatever takes long or costs money; raises `Halted` where somebody has ended the run."""
    handed: Reviewed | None = None
    """What another job's model said of the last attempt's patch, for a process that has none."""
    before: Trail | None = None
    """How far an earlier job of the same run came before it was cut off."""
    reached: int = 0
    """How many attempts an earlier job of the run had come to, whose branches may be there."""
    over: frozenset[str] = frozenset()
    """GitHub's other workflow runs that have answered the same command, and are known to have ended."""


class Observer(Protocol):
    """Tells somebody else what runs do, while they do it. Nothing that it meets may change a run."""

    def observed(self, kit: Kit) -> Kit:
        """A kit that does the same as this one."""
        ...

    def close(self) -> None:
        """Say what is not said yet; gives up after seconds."""
        ...


class Unobserved:
    """Nobody is told anything."""

    def observed(self, kit: Kit) -> Kit:
        return kit

    def close(self) -> None:
        """There is nothing to say."""


UNOBSERVED = Unobserved()
