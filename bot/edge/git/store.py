"""A bare git directory of our own that borrows a repository's objects: no configuration, hook or attribute but ours."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bot.edge.git.plumbing import PLAIN, Git, at
from bot.ports import Denied

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
EMPTY_TREE_256 = "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
DIFF = (
    *("-p", "--binary", "--full-index", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color"),
    *("--src-prefix=a/", "--dst-prefix=b/", "-U3", "--diff-algorithm=myers", "--indent-heuristic"),
)
"""One way to write a change down, whatever a later git takes for its default."""


def bare(folder: Path, common: Path, path: str, *, refs: bool = False) -> Git:
    """Make the directory. `common` is the repository's common directory; with `refs` its references are ours too."""
    wide = _is_sha256(common, path)
    tables = refs and (common / "reftable").is_dir()
    extensions = ["\tobjectFormat = sha256\n"] * wide + ["\trefStorage = reftable\n"] * tables
    (folder / "objects" / "info").mkdir(parents=True)
    (folder / "HEAD").write_text("ref: refs/heads/none\n")
    (folder / "config").write_text(
        f"[core]\n\trepositoryFormatVersion = {int(bool(extensions))}\n\tbare = true\n"
        f"[extensions]\n{''.join(extensions)}"
        f"[attr]\n\ttree = {EMPTY_TREE_256 if wide else EMPTY_TREE}\n"  # read by git 2.43 and later
    )
    (folder / "objects" / "info" / "alternates").write_text(_quoted(common / "objects") + "\n")
    if (common / "shallow").exists():
        (folder / "shallow").write_bytes((common / "shallow").read_bytes())
    if refs:
        for name in ("refs", "packed-refs", *(["reftable"] * tables)):
            (folder / name).symlink_to(common / name)
    else:
        (folder / "refs").mkdir()
    return at(folder, path)


def _is_sha256(common: Path, path: str) -> bool:
    """A file is read, not a repository: nothing that it includes is looked at."""
    done = Git((), at(common, path).env).run("config", "--file", str(common / "config"), "--get", "extensions.objectFormat")
    return done.text.lower() == "sha256"


def _quoted(path: Path) -> str:
    """As git wants an unusual path in a list of alternates: in quotes, with octal escapes."""
    plain = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+ "
    return '"' + "".join(chr(byte) if byte in plain else f"\\{byte:03o}" for byte in os.fsencode(path)) + '"'


@dataclass(frozen=True, slots=True)
class Entry:
    """A path's mode and object, as an index holds them."""

    mode: str
    hash: str


@dataclass(frozen=True, slots=True)
class Index:
    """An index of our own. It belongs to no work tree; it is where a tree is changed."""

    git: Git

    @classmethod
    def of(cls, git: Git, file: Path, tree: str) -> "Index":
        """Raises `Denied` for a tree with paths that git would not check out either: `..`, `.git`, …"""
        made = cls(git.given(GIT_INDEX_FILE=str(file)))
        made.git("read-tree", tree)
        return made

    def entries(self) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for row in filter(None, self.git("ls-files", "--stage", "-z").split(b"\0")):
            about, _, name = row.partition(b"\t")
            mode, hash_, _ = about.decode().split(" ")
            found[name.decode(errors="surrogateescape")] = Entry(mode, hash_)
        return found

    def put(self, path: str, entry: Entry | None) -> None:
        """Set one path, or take it out."""
        about = f"0 {'0' * 40}" if entry is None else f"{entry.mode} {entry.hash}"
        row = f"{about}\t{path}\0".encode(errors="surrogateescape")
        self.git("update-index", "-z", "--index-info", stdin=row)

    def apply(self, diff: str, base: str) -> None:
        """Lay a diff over the tree `base`. Raises `Denied` unless it is, byte for byte, what we would write for what it does.

        git takes more for a patch than the parser that judged it: a second file without a `diff --git` line, text
        between the files, a hunk that fits elsewhere. What does not read the same both ways is not applied.
        """
        try:
            text = diff.encode(errors="surrogateescape")
        except UnicodeEncodeError:
            raise Denied("the diff holds characters that no file can hold") from None
        self.git("apply", "--cached", "--whitespace=nowarn", "-", stdin=text)
        if self.diff(base) != diff:
            raise Denied("the diff is not written as route-agent writes one, so what it does may not be what was judged")

    def tree(self) -> str:
        return self.git("write-tree").decode().strip()

    def diff(self, base: str) -> str:
        """What the index differs by from the tree `base`."""
        return self.git("diff-tree", *DIFF, base, self.tree()).decode(errors="surrogateescape")


class Blobs:
    """The contents of files, read by one long-lived process; close it."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._process: subprocess.Popen[bytes] | None = None

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def write(self, content: bytes) -> str:
        """Keep the content, as it is, in our own store; gives its hash."""
        return self._git("hash-object", "-w", "--stdin", "--no-filters", stdin=content).decode().strip()

    def read(self, hash_: str) -> bytes:
        """Raises `Denied` for an object that is not there."""
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(hash_.encode() + b"\n")
        process.stdin.flush()
        head = process.stdout.readline().split()
        if len(head) != 3:
            raise Denied(f"the object {hash_[:12]} is missing or broken; `git fsck` says more")
        content = process.stdout.read(int(head[2]))
        process.stdout.read(1)
        return content

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            command = ["git", *self._git.where, *PLAIN, "cat-file", "--batch"]
            self._process = subprocess.Popen(
                command,
                cwd="/",
                env=dict(self._git.env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        return self._process
