"""The world, as far as the bot needs it, and the ways in which it can fail. Two kits: Bench (no writer), Desk (no model)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.core.checks import Check, Run
from bot.core.cost import Cost, Price, Tokens, Unpriced
from bot.core.ledger import Line
from bot.core.policy import Lane
from bot.core.trail import Trail


class Unavailable(Exception):
    """A service did not answer; later may go better. `paid` says whether the call may have been charged all the same."""

    def __init__(self, message: str, *, paid: bool = False) -> None:
        super().__init__(message)
        self.paid = paid


class Denied(Exception):
    """A service or a person's setting said no; later will not go better. The message holds the remedy."""


class TooLong(Denied):
    """The conversation no longer fits what the model can hold."""


# ---- trees -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hit:
    """One line that a search found. `line` counts from 1."""

    path: str
    line: int
    text: str


class Tree(Protocol):
    """The files of one commit with edits laid over them. Nothing is ever checked out, nothing of the repository runs."""

    def files(self) -> tuple[str, ...]:
        """Paths of all regular files, sorted; links and submodules are not among them."""
        ...

    def read(self, path: str) -> bytes:
        """The file's bytes. Raises `KeyError` where there is no such regular file."""
        ...

    def search(self, pattern: str, glob: str, seconds: float) -> tuple[Hit, ...]:
        """Lines that match a Perl regex. Raises `TimeoutError` past the limit, `ValueError` for a pattern that is none."""
        ...

    def write(self, path: str, content: bytes) -> None:
        """Lay a file over the tree. Raises `ValueError` for a path that no patch may touch (not canonical, a link, …)."""
        ...

    def delete(self, path: str) -> None:
        """Raises `KeyError` where there is no such regular file."""
        ...

    def edited(self) -> tuple[str, ...]:
        """Paths that `write` and `delete` were asked for, sorted."""
        ...

    def diff(self) -> str:
        """The edits as a unified diff with git headers, no renames; empty where nothing differs from the commit.

        Bytes that are not UTF-8 stand as surrogate escapes, so that the text round-trips.
        """
        ...

    def unpack(self, folder: str) -> None:
        """Write every file, link and executable bit into an empty folder, byte for byte; no attribute is applied."""
        ...


class Trees(Protocol):
    def open(self, sha: str, diff: str = "") -> Tree:
        """The tree of a commit, with a diff laid over it. Raises `Denied` for a diff that does not apply."""
        ...


# ---- sandbox -----------------------------------------------------------------------------------------------------


class Sandbox(Protocol):
    """Where checks run: no network, no secrets, one writable copy at the repository's own path, limits, a deadline."""

    def describe(self) -> str:
        """What it is, for reports: `bubblewrap 0.11.0`, `none (--no-sandbox)`."""
        ...

    def prepare(self, tree: Tree, setup: tuple[str, ...], seconds: float) -> Run | None:
        """Run the set-up commands once on a copy, with network. Later copies see its environment folders
        read-only, and hold the other files that it made where the tree has none at their path.

        None where there was nothing to set up. The run's exit code says whether it worked.
        """
        ...

    def run(self, tree: Tree, check: Check, seconds: float) -> Run:
        """Run one check on a fresh copy of the tree."""
        ...


# ---- models ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call:
    """One action a model asks for. `arguments` is what the model wrote, parsed from JSON, not yet believed."""

    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """We speak: the task, a correction."""

    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """The model speaks. `malformed` says why its calls could not be read."""

    text: str
    calls: tuple[Call, ...] = ()
    malformed: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What an action brought back."""

    call: str
    text: str


Turn = Told | Said | Shown


@dataclass(frozen=True, slots=True)
class Tool:
    """`parameters` is a JSON Schema of an object."""

    name: str
    about: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Prompt:
    """Everything one call sends. The system text and the tools stay the same through an attempt, for the prompt cache."""

    system: str
    turns: tuple[Turn, ...]
    tools: tuple[Tool, ...]
    max_output_tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of a model. Paid for when it exists, whatever it says."""

    said: Said
    tokens: Tokens
    cost: Cost | Unpriced
    model: str
    """The model that the provider says it ran; not always the one asked for."""
    cut_off: bool = False
    """It ran into the output limit; its calls are not to be believed."""


class Model(Protocol):
    def price(self, lane: Lane) -> Price | Unpriced:
        """What the lane's tokens cost, or that nobody knows; asked before any call."""
        ...

    def ready(self, lane: Lane) -> None:
        """Raises `Denied`, with the remedy, for what can be known to fail before any call: a missing key, say."""
        ...

    def ask(self, lane: Lane, prompt: Prompt) -> Reply:
        """Raises `Unavailable` (try later, or the fallback) or `Denied` (key, quota, model name)."""
        ...


# ---- the rest ----------------------------------------------------------------------------------------------------


class Ledger(Protocol):
    """Appended, never rewritten."""

    def append(self, item: Line) -> None:
        """On disk when it returns."""
        ...

    def spent(self, *, run: str = "", since: str = "", actor: str = "") -> int | None:
        """Micro-dollars charged to a run, or since an instant, or to a person since then; None where a charge is unknown."""
        ...


class Keeper(Protocol):
    """Where the Trail of a run lies between its steps."""

    def keep(self, trail: Trail) -> None:
        """On disk, whole, when it returns."""
        ...


class Writer(Protocol):
    """Publishes a patch."""

    def push(self, sha: str, diff: str, branch: str, message: str, when: str) -> str:
        """Make a branch with one commit on `sha`; gives the commit's hash. Doing it again changes nothing."""
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


class Watcher(Protocol):
    """Somebody who looks on while it works."""

    def __call__(self, step: str, detail: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Bench:
    """What making and proving a patch needs. Nothing here can publish."""

    trees: Trees
    sandbox: Sandbox
    model: Model
    render: Renderer


@dataclass(frozen=True, slots=True)
class Desk:
    """What publishing needs. Nothing here can ask a model or run a stranger's code."""

    writer: Writer
    render: Renderer


@dataclass(frozen=True, slots=True)
class Kit:
    """The parts a process was given: a bench, a desk or both, and what every process has."""

    ledger: Ledger
    keeper: Keeper
    clock: Clock
    watch: Watcher
    bench: Bench | None = None
    desk: Desk | None = None
