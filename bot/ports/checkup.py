"""What `doctor` looks at: the place where a run would work, a server's list of models, and GitHub's settings."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from bot.core.lane import Lane
from bot.core.policy import Policy
from bot.core.rights import About, Area, Protection, Workflow
from bot.core.sizes import Silent, Window
from bot.ports.kits import Ledger, Purse
from bot.ports.repository import Tree

Found = TypeVar("Found")


class Limit(Protocol):
    def __call__(self, seconds: float, work: Callable[[], Found], /) -> Found:
        """What the work brings, or raises. Raises `TimeoutError` past the limit, whatever the work is doing by then."""
        ...


@dataclass(frozen=True, slots=True)
class Checkout:
    """A repository that was found. `branch` is None where HEAD is detached."""

    root: str
    head: str
    branch: str | None


@dataclass(frozen=True, slots=True)
class Books:
    """A ledger that can be written to, and where it is."""

    path: str
    ledger: Ledger
    purse: Purse


class Site(Protocol):
    """Raises `Denied`, with the remedy, for what is missing; `Unavailable` for what cannot be known because something else is."""

    def git(self) -> str:
        """Its version."""
        ...

    def checkout(self) -> Checkout: ...

    def policy(self) -> Policy:
        """Raises `PolicyError` for one that cannot be obeyed."""
        ...

    def tree(self) -> Tree:
        """The files of HEAD."""
        ...

    def finds(self, program: str) -> bool:
        """Whether checks that run here would find it: on the PATH, in an environment folder, or as a file of the repository."""
        ...

    def shipped(self) -> str:
        """The verify workflow as it is handed out."""
        ...

    def sandbox(self) -> str:
        """What it is, once its walls have stood."""
        ...

    def ledger(self) -> Books:
        """Once a line could be appended."""
        ...


class Catalog(Protocol):
    def window(self, lane: Lane, seconds: float) -> Window | Silent:
        """How much the server says that the lane's model holds. Never raises for what a server does."""
        ...


class Hosting(Protocol):
    """GitHub's settings, read and left as they are. Raises `Denied` or `Unavailable`."""

    def me(self) -> str:
        """The login under which this token speaks."""
        ...

    def about(self) -> About: ...

    def look(self, area: Area, branch: str) -> None:
        """One harmless read in an area. Raises `Denied` where the token may not."""
        ...

    def workflows(self, branch: str) -> tuple[Workflow, ...]: ...

    def may_open_pulls(self) -> bool | None:
        """The repository's setting for workflows' own tokens; None where this token may not see it."""
        ...

    def protection(self, branch: str) -> Protection: ...
