"""The files of a branch, one after the other, without a checkout."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from bot.edge.git.plumbing import PLAIN, Git
from bot.ports import Denied

MOST = 20_000_000
"""Bytes of one file; a month's compacted records are less."""


@dataclass(frozen=True, slots=True)
class Leaf:
    path: str
    content: bytes
    """Nothing where the file is above `MOST`."""


def leaves(git: Git, commit: str, folders: tuple[str, ...]) -> Iterator[Leaf]:
    """Every regular file of a commit below the folders, by path."""
    listed = git.run("ls-tree", "-r", "-z", "-l", "--full-tree", commit, "--", *folders)
    if listed.code:
        raise Denied(f"the tree of {commit} cannot be listed: {listed.err}")
    wanted: list[tuple[str, str]] = []
    for entry in listed.out.decode(errors="replace").rstrip("\0").split("\0"):
        about, _, path = entry.partition("\t")
        mode, _, rest = about.partition(" ")
        if mode in ("100644", "100755"):
            sha, size = rest.split()[1:3]
            if int(size) > MOST:
                yield Leaf(path, b"")
            else:
                wanted.append((path, sha))
    yield from _contents(git, wanted)


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
