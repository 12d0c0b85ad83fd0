"""The files of a branch, one after the other, without a checkout."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Literal

from bot.core.past import shelves
from bot.core.past.lines import Fault
from bot.edge.git.plumbing import PLAIN, Git
from bot.edge.git.repository import Repository
from bot.ports import Denied

MOST = 20_000_000
"""Bytes of one file; a month's compacted records are less."""


@dataclass(frozen=True, slots=True)
class Leaf:
    path: str
    content: bytes


def leaves(git: Git, commit: str, folders: tuple[str, ...]) -> Iterator[Leaf | Fault]:
    """Every file of a ledger below the folders, by path, after what else lies there. Raises `Denied` where it cannot be read."""
    listed = git.run("ls-tree", "-r", "-z", "-l", "--full-tree", commit, "--", *folders)
    if listed.code:
        raise Denied(f"the tree of {commit} cannot be listed: {listed.err}")
    wanted: list[tuple[str, str]] = []
    strange: dict[str, Fault] = {}
    for entry in filter(None, listed.out.decode(errors="replace").split("\0")):
        about, _, path = entry.partition("\t")
        mode, _, sha, size = about.split()
        fault = _fault(mode, size, path)
        if fault is None:
            wanted.append((path, sha))
        else:
            strange[fault.place] = fault
    yield from strange.values()
    yield from _contents(git, wanted)


def _fault(mode: str, size: str, path: str) -> Fault | None:
    """Why an entry of a tree is not read."""
    match mode:
        case "120000":
            return Fault(path, "a link, which is not followed")
        case "160000":
            return Fault(path, "another repository (a submodule)")
        case _ if int(size) > MOST:
            return Fault(path, f"{int(size):,} bytes; no file of a ledger has more than {MOST:,}")
        case _:
            return shelves.foreign(path)


REMEMBERED = 100
"""Tips of the past that are looked at."""


def rewritten(repository: Repository, ref: str) -> Fault | Literal["no", "cannot be known"]:
    """Whether what this clone has had of a branch is gone from it. Only its own log of where the branch was tells.

    A clone that was made just now, or shallow, cannot know.
    """
    git = repository.git
    name = (
        git.run("rev-parse", "--verify", "--quiet", "--symbolic-full-name", "--end-of-options", ref)
        .out.decode(errors="replace")
        .strip()
    )
    logged = git.run("rev-list", "-g", f"-n{REMEMBERED}", name, "--") if name else None
    tips = list(dict.fromkeys(logged.out.decode().split())) if logged and logged.code == 0 else []
    if len(tips) < 2 or (repository.common_dir / "shallow").exists():
        return "cannot be known"
    for old in tips[1:]:
        if git.run("merge-base", "--is-ancestor", old, tips[0]).code == 1:
            gone = git.run("diff-tree", "-r", "-z", "--name-only", "--no-renames", "--diff-filter=D", old, tips[0]).out.count(b"\0")
            files = "1 file that was there is" if gone == 1 else f"{gone} files that were there are"
            why = f"rewritten: {old[:12]}, which was its tip, is no ancestor of {tips[0][:12]}; {files} gone"
            return Fault(f"the branch {ref.removeprefix('refs/remotes/').removeprefix('refs/heads/')}", why)
    return "no"


def _contents(git: Git, wanted: list[tuple[str, str]]) -> Iterator[Leaf]:
    """One process for all of them; each is asked for when the one before was read, so that no pipe fills up."""
    command = ["git", f"--git-dir={git.folder}", *PLAIN, "cat-file", "--batch"]
    with subprocess.Popen(command, cwd="/", env=dict(git.env), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        try:
            for start in range(0, len(wanted), 100):
                batch = wanted[start : start + 100]
                process.stdin.write("".join(f"{sha}\n" for _, sha in batch).encode())
                process.stdin.flush()
                if start + 100 >= len(wanted):
                    process.stdin.close()
                yield from _answers(process.stdout, batch)
        finally:
            process.kill()


def _answers(out: IO[bytes], batch: list[tuple[str, str]]) -> Iterator[Leaf]:
    for path, _ in batch:
        head = out.readline().split()
        if len(head) != 3:
            raise Denied(f"git has no content for {path}; fetch the branch whole, without a filter")
        content = out.read(int(head[2]))
        out.read(1)
        yield Leaf(path, content)
