"""The repository, as far as the bot needs it: trees to read and edit, walls to run checks behind, a way to publish a patch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.core.checks import Check, Probe, Probed, Run


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

    def links(self) -> Mapping[str, str]:
        """The commit's links by their path, and where in the tree each leads; those that lead elsewhere are left out."""
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

    def key(self) -> str:
        """A name for exactly these files: two trees with the same key hold the same."""
        ...

    def unpack(self, folder: str) -> None:
        """Write every file, link and executable bit into an empty folder, byte for byte; no attribute is applied."""
        ...


class Trees(Protocol):
    def open(self, sha: str, diff: str = "") -> Tree:
        """The tree of a commit, with a diff laid over it. Raises `Denied` for a diff that does not apply."""
        ...


class Sources(Protocol):
    """Commits of the repository on the server, fetched by hash."""

    def tree(self, sha: str) -> Tree: ...

    def change(self, old: str, new: str) -> str:
        """What differs between two commits, as a unified diff with renames."""
        ...


class Sandbox(Protocol):
    """Where checks run: no network, no secrets, one writable copy at the repository's own path, limits, a deadline."""

    @property
    def at_once(self) -> int:
        """So many checks may run at a time: more would share a port, a folder or the time of a processor."""
        ...

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

    def look(self, tree: Tree, check: Check, seconds: float, probe: Probe, over: Callable[[], bool] | None = None) -> Probed:
        """The same, and note what the probe asks for. Where it cannot be noted the check runs all the same. It is ended at once
        when `over` says so."""
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
