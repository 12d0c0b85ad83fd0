"""The world, as far as the bot needs it, and the ways in which it can fail. Two kits: Bench (no writer), Desk (no model)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.core.checks import Check, Run
from bot.core.ci import CiRun
from bot.core.cost import Cost, Price, Tokens, Unpriced
from bot.core.forge import Checks, Comment, Permission, Pull, Reaction, Thread
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

    def mode(self, path: str) -> str:
        """`100644` or `100755`; the first for a file that is new."""
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
    lost: int = 0
    """Calls before it that may have been billed, though no reply of theirs could be read."""


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


@dataclass(frozen=True, slots=True)
class Layer:
    """One commit of a branch. `diff` is the whole difference from the branch's base, what lower layers change included."""

    diff: str
    message: str


class Writer(Protocol):
    """Publishes a patch."""

    def push(self, sha: str, layers: tuple[Layer, ...], branch: str, when: str) -> tuple[str, ...]:
        """Make a branch with these commits on `sha`; gives their hashes. Doing it again changes nothing."""
        ...

    def drop(self, branch: str) -> None:
        """Delete a branch of ours; one that is gone is fine."""
        ...


@dataclass(frozen=True, slots=True)
class Opening:
    """A pull request to be made."""

    branch: str
    title: str
    body: str
    draft: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """The address of a pull request; of the page on which a person can open it where it is not `open`."""

    url: str
    open: bool


class Pulls(Protocol):
    def moved(self, base: str) -> bool:
        """Whether the pull request that a command was given on has left the commit; never for an issue."""
        ...

    def offer(self, opening: Opening) -> Offer:
        """Open a pull request, or find the one that is there."""
        ...


class Forge(Protocol):
    """GitHub, read: every question is asked live. Raises `Unavailable` or `Denied`; an answer is never guessed."""

    def me(self) -> str:
        """The login under which this token speaks."""
        ...

    def permission(self, login: str) -> Permission:
        """What a person may do in the repository; `none` for one whom GitHub does not know as a user."""
        ...

    def thread(self, number: int) -> Thread: ...

    def pull(self, number: int) -> Pull: ...

    def tip(self, branch: str) -> str | None:
        """The commit a branch points at; None where there is no such branch."""
        ...

    def merge_base(self, base: str, head: str) -> str:
        """The commit at which two commits parted."""
        ...

    def labelled(self, number: int, label: str, login: str) -> int | None:
        """The id of the newest event by which a person set a label."""
        ...

    def failing(self, sha: str) -> Checks:
        """The checks of a commit, and those that fail with what they say."""
        ...

    def dispatchable(self, workflow: str) -> bool:
        """Whether a workflow file can be started by hand."""
        ...

    def comment(self, number: int, marker: str, login: str) -> Comment | None:
        """A person's comment that begins with a marker."""
        ...


class Notices(Protocol):
    """GitHub, spoken to about one thread."""

    def react(self, number: int, comment: int | None, content: Reaction) -> None:
        """On a comment, or on the thread itself. Doing it again changes nothing."""
        ...

    def say(self, number: int, marker: str, login: str, body: str) -> int:
        """Make the comment that begins with a marker, or edit the one there is; gives its id."""
        ...


class Sources(Protocol):
    """Commits of the repository on the server, fetched by hash."""

    def tree(self, sha: str) -> Tree: ...

    def change(self, old: str, new: str) -> str:
        """What differs between two commits, as a unified diff with renames."""
        ...


class Ci(Protocol):
    """The repository's own CI, started by hand on a branch of ours."""

    def start(self, workflow: str, branch: str, sha: str, inputs: Mapping[str, str]) -> int:
        """The id of the run. One that was started on this very commit before is found, not started again."""
        ...

    def look(self, run: int) -> CiRun:
        """How a run stands now, with its jobs and their steps."""
        ...

    def moved(self, branch: str, sha: str) -> bool:
        """Whether a branch no longer points at a commit."""
        ...

    def tail(self, job: int) -> str:
        """The end of a job's log; untrusted."""
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


@dataclass(frozen=True, slots=True)
class Kit:
    """The parts a process was given: a bench, a desk or both, and what every process has."""

    ledger: Ledger
    keeper: Keeper
    clock: Clock
    watch: Watcher
    bench: Bench | None = None
    desk: Desk | None = None
