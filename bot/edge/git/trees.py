"""Commits as trees with edits laid over them, read from git's objects; nothing is ever checked out."""

import os
import posixpath
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.core.clean import line
from bot.core.patch import path_problem
from bot.edge.git.plumbing import bare
from bot.ports import Denied, Hit, Layer

REGULAR = ("100644", "100755")
LINK, SUBMODULE = "120000", "160000"
MOST_HITS, LONGEST_LINE = 200, 300
DIFF = (
    "--no-renames",
    "--full-index",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--text",
    "--src-prefix=a/",
    "--dst-prefix=b/",
)
"""`--text`: the repository's own idea of what is binary has no say in what a patch shows."""


@dataclass(frozen=True, slots=True)
class Entry:
    mode: str
    hash: str


class Trees:
    """The trees of one repository's commits. Holds a bare directory of our own and one git process; close it."""

    def __init__(self, folder: Path, objects: Path, path: str) -> None:
        self._git = bare(folder / "git", objects, path)
        self._folder = folder
        self._count = 0
        self._batch: subprocess.Popen[bytes] | None = None

    def close(self) -> None:
        if self._batch is not None:
            assert self._batch.stdin is not None
            assert self._batch.stdout is not None
            self._batch.stdin.close()
            self._batch.stdout.close()
            self._batch.kill()
            self._batch.wait()
            self._batch = None

    def open(self, sha: str, diff: str = "") -> "Overlay":
        """Raises `Denied` for a commit that is not there or a diff that does not apply."""
        tree = self._git("rev-parse", "--verify", "--end-of-options", f"{sha}^{{tree}}").decode().strip()
        top = self.patched(tree, diff) if diff else tree
        return Overlay(self, tree, top, self._entries(top))

    def patched(self, tree: str, diff: str) -> str:
        """The hash of the tree with a diff applied to it."""
        with self.index(tree) as env:
            self._git("apply", "--cached", "--whitespace=nowarn", "-", stdin=diff.encode(errors="surrogateescape"), env=env)
            return self._git("write-tree", env=env).decode().strip()

    def changed(self, tree: str, edits: Mapping[str, "bytes | None"], entries: Mapping[str, Entry]) -> str:
        """The hash of the tree with files written and deleted."""
        rows: list[bytes] = []
        for path, content in edits.items():
            name = os.fsencode(path)
            if content is None:
                rows.append(b"0 " + b"0" * 40 + b"\t" + name)
            else:
                blob = self._git("hash-object", "-w", "--stdin", "--no-filters", stdin=content).strip()
                mode = entries[path].mode if path in entries else "100644"
                rows.append(mode.encode() + b" " + blob + b"\t" + name)
        with self.index(tree) as env:
            self._git("update-index", "-z", "--index-info", stdin=b"".join(row + b"\0" for row in rows), env=env)
            return self._git("write-tree", env=env).decode().strip()

    def commit(self, sha: str, layer: Layer, parent: str, when: str, who: tuple[str, str], objects: Path) -> str:
        """Make a commit on `parent` that differs from `sha` by the layer's diff, its objects written into `objects`."""
        tree = self._git("rev-parse", "--verify", "--end-of-options", f"{sha}^{{tree}}").decode().strip()
        name, mail = who
        env = {"GIT_OBJECT_DIRECTORY": str(objects)}
        for role in ("AUTHOR", "COMMITTER"):
            env |= {f"GIT_{role}_NAME": name, f"GIT_{role}_EMAIL": mail, f"GIT_{role}_DATE": when}
        with self.index(tree) as index:
            env |= index
            self._git("apply", "--cached", "--whitespace=nowarn", "-", stdin=layer.diff.encode(errors="surrogateescape"), env=env)
            made = self._git("write-tree", env=env).decode().strip()
        return self._git("commit-tree", made, "-p", parent, "-F", "-", stdin=layer.message.encode(), env=env).decode().strip()

    @contextmanager
    def index(self, tree: str) -> Iterator[dict[str, str]]:
        """A fresh index of a tree, as an environment for git."""
        self._count += 1
        path = self._folder / f"index-{self._count}"
        env = {"GIT_INDEX_FILE": str(path)}
        try:
            self._git("read-tree", tree, env=env)
            yield env
        finally:
            path.unlink(missing_ok=True)

    def between(self, old: str, new: str) -> str:
        return self._git("diff-tree", "-p", *DIFF, old, new).decode(errors="surrogateescape")

    def change(self, old: str, new: str) -> str:
        """What differs between two commits, with renames."""
        words = ("diff-tree", "-p", "-M", "--no-ext-diff", "--no-textconv", "--no-color", old, new)
        return self._git(*words).decode(errors="surrogateescape")

    def grep(self, tree: str, pattern: str, glob: str, seconds: float) -> tuple[Hit, ...]:
        where = [f":(top,glob){glob}"] if glob else []
        words = ("grep", "-z", "-n", "-I", "--no-color", "--full-name", "-P", "-e", pattern, tree, "--", *where)
        done = self._git.run(*words, seconds=seconds)
        if done.code > 1:
            if "limit" in done.err or "stack" in done.err:  # PCRE gave up on a pattern that backtracks without end
                raise TimeoutError
            raise ValueError(done.err.splitlines()[-1].removeprefix("fatal: ") if done.err else "the search failed")
        return tuple(_hits(done.out, f"{tree}:"))

    def blob(self, hash_: str) -> bytes:
        """The bytes of an object, by one long-lived process."""
        if self._batch is None:
            command = ["git", f"--git-dir={self._git.folder}", "cat-file", "--batch"]
            self._batch = subprocess.Popen(
                command,
                cwd="/",
                env=dict(self._git.env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        assert self._batch.stdin is not None
        assert self._batch.stdout is not None
        self._batch.stdin.write(hash_.encode() + b"\n")
        self._batch.stdin.flush()
        head = self._batch.stdout.readline().split()
        if len(head) != 3:
            raise Denied(f"object {hash_} is missing: this is a partial clone; `git fetch --refetch --no-filter` completes it")
        content = self._batch.stdout.read(int(head[2]))
        self._batch.stdout.read(1)
        return content

    def _entries(self, tree: str) -> dict[str, Entry]:
        rows = self._git("ls-tree", "-r", "-z", "--full-tree", tree).split(b"\0")
        found: dict[str, Entry] = {}
        for row in filter(None, rows):
            meta, _, name = row.partition(b"\t")
            mode, _, hash_ = meta.decode().split(" ")
            path = os.fsdecode(name)
            if path in found or not _sound(path):
                raise Denied(f"the tree {tree[:12]} holds the path `{line(path)}`, which git would not check out; nothing is done")
            found[path] = Entry(mode, hash_)
        for path in found:
            if any(above in found for above in _above(path)):
                raise Denied(f"the tree {tree[:12]} holds `{line(path)}` below a file or a link; nothing is done")
        return found


def _sound(path: str) -> bool:
    """Whether a path stays where it is written to. Hand-made tree objects may hold any name."""
    return all(part not in ("", ".", "..") and part.lower() != ".git" for part in path.split("/"))


def _above(path: str) -> Iterator[str]:
    """The folders that a path lies in, outermost first."""
    parts = path.split("/")
    return ("/".join(parts[:depth]) for depth in range(1, len(parts)))


def _hits(out: bytes, start: str) -> Iterator[Hit]:
    for row in out.split(b"\n")[:MOST_HITS]:
        parts = row.split(b"\0", 2)
        if len(parts) == 3:
            name = os.fsdecode(parts[0]).removeprefix(start)
            yield Hit(name, int(parts[1]), parts[2].decode(errors="replace").rstrip("\r")[:LONGEST_LINE])


class Overlay:
    """The files of a tree with edits laid over them. `base` is what a diff is taken from, `top` what is read."""

    def __init__(self, trees: Trees, base: str, top: str, entries: Mapping[str, Entry]) -> None:
        self._trees, self._base, self._top, self._entries = trees, base, top, entries
        self._edits: dict[str, bytes | None] = {}

    def files(self) -> tuple[str, ...]:
        kept = {path for path, entry in self._entries.items() if entry.mode in REGULAR}
        kept |= {path for path, content in self._edits.items() if content is not None}
        return tuple(sorted(kept - {path for path, content in self._edits.items() if content is None}))

    def links(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for path, entry in self._entries.items():
            if entry.mode == LINK:
                target = posixpath.normpath(posixpath.join(posixpath.dirname(path), os.fsdecode(self._trees.blob(entry.hash))))
                if not target.startswith(("/", "../")) and target not in (".", ".."):
                    found[path] = target
        return found

    def read(self, path: str) -> bytes:
        if path in self._edits:
            content = self._edits[path]
            if content is None:
                raise KeyError(path)
            return content
        entry = self._entries[path]
        if entry.mode not in REGULAR:
            raise KeyError(path)
        return self._trees.blob(entry.hash)

    def mode(self, path: str) -> str:
        entry = self._entries.get(path)
        return entry.mode if entry and entry.mode in REGULAR else "100644"

    def search(self, pattern: str, glob: str, seconds: float) -> tuple[Hit, ...]:
        return self._trees.grep(self._now(), pattern, glob, seconds)

    def write(self, path: str, content: bytes) -> None:
        entry = self._entries.get(path)
        if (entry is None or entry.mode not in REGULAR) and (problem := self._problem(path, entry)):
            raise ValueError(f"`{path}`: {problem}")
        if b"\0" in content:
            raise ValueError(f"`{path}`: only text can be written")
        self._edits[path] = content

    def _problem(self, path: str, entry: Entry | None) -> str | None:
        if entry is not None:
            return "a link" if entry.mode == LINK else "a submodule"
        if any(folder in self._entries or self._edits.get(folder) is not None for folder in _above(path)):
            return "a part of the path is a file, a link or a submodule"
        if any(other.startswith(f"{path}/") for other in self.files()):
            return "a folder"
        return path_problem(path)

    def delete(self, path: str) -> None:
        self.read(path)
        if path in self._entries:
            self._edits[path] = None
        else:
            del self._edits[path]

    def edited(self) -> tuple[str, ...]:
        return tuple(sorted(self._edits))

    def diff(self) -> str:
        now = self._now()
        return "" if now == self._base else self._trees.between(self._base, now)

    def _now(self) -> str:
        return self._trees.changed(self._top, self._edits, self._entries) if self._edits else self._top

    def key(self) -> str:
        return self._now()

    def unpack(self, folder: str) -> None:
        root = Path(folder)
        links: list[tuple[Path, bytes]] = []
        for path in self.files():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self.read(path))
            entry = self._entries.get(path)
            target.chmod(0o755 if entry and entry.mode == "100755" else 0o644)
        for path, entry in self._entries.items():
            if entry.mode == SUBMODULE:
                (root / path).mkdir(parents=True, exist_ok=True)
            elif entry.mode == LINK:
                links.append((root / path, self._trees.blob(entry.hash)))
        for link, target_ in links:  # last, so that nothing is ever written through one
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(os.fsdecode(target_))
