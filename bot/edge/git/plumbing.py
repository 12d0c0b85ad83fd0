"""How git is run: arguments are lists, directory and configuration are chosen, nothing of the caller's environment goes in."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.ports import Denied

WHO = "route-agent"
MAIL = "bot@route-agent.invalid"
PLAIN = (
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.quotePath=false"),
    *("-c", "core.protectHFS=true"),  # a tree that would write into `.git` somewhere is refused everywhere
    *("-c", "core.protectNTFS=true"),
)


def environment(path: str, **more: str) -> dict[str, str]:
    """What git gets to see: nothing of the caller's, no configuration of the user or the system, no prompt, no network."""
    return {
        "PATH": path,
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "",  # for those older than the line above: a partial clone fetches by commands of its own configuration
        **more,
    }


@dataclass(frozen=True, slots=True)
class Done:
    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """What it printed, without the last line end; bytes that are not UTF-8 are surrogate escapes."""
        return self.out.decode(errors="surrogateescape").removesuffix("\n")

    @property
    def why(self) -> str:
        """git's own last word on what went wrong."""
        lines = [line.removeprefix("fatal: ").removeprefix("error: ") for line in self.err.splitlines() if line.strip()]
        return lines[-1] if lines else f"exit code {self.code}"


@dataclass(frozen=True, slots=True)
class Git:
    """git, told where to work (`--git-dir=…`, or `-C` and a folder) and with one environment."""

    where: tuple[str, ...]
    env: Mapping[str, str]

    def given(self, **more: str) -> "Git":
        return Git(self.where, {**self.env, **more})

    @contextmanager
    def start(self, *args: str) -> Iterator[subprocess.Popen[bytes]]:
        """git at work. However this ends, everything that git started is dead afterwards."""
        pipe = subprocess.PIPE
        command = ["git", *self.where, *PLAIN, *args]
        try:  # from `/`: a folder on PATH that is not absolute is never one of the repository's
            process = subprocess.Popen(
                command, cwd="/", env=dict(self.env), stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
            )
        except OSError:
            raise Denied("git was not found on PATH; install it") from None
        with process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    def run(self, *args: str, stdin: bytes = b"") -> Done:
        with self.start(*args) as process:
            out, err = process.communicate(stdin)
        return Done(process.returncode, out, err.decode(errors="replace").strip())

    def __call__(self, *args: str, stdin: bytes = b"") -> bytes:
        """Raises `Denied` with git's own words where git fails."""
        done = self.run(*args, stdin=stdin)
        if done.code:
            raise Denied(f"git {args[0]}: {done.why}")
        return done.out


def at(git_dir: Path, path: str) -> Git:
    """git on a git directory that is known: nothing is searched for."""
    return Git((f"--git-dir={git_dir}",), environment(path))
