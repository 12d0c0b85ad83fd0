"""How git is run: arguments are lists, directory and configuration are our own, nothing of the caller's environment goes in."""

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.ports import Denied

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
WHO = "route-agent"
MAIL = "bot@route-agent.invalid"
PLAIN = (
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.quotePath=false"),
    *("-c", f"attr.tree={EMPTY_TREE}"),  # from git 2.43 on a bare repository reads attributes from HEAD
)


def environment(path: str, **more: str) -> dict[str, str]:
    """What git gets to see: nothing of the caller's, no configuration of the user or the system, never a prompt."""
    return {
        "PATH": path,
        "HOME": "/nonexistent",
        "LANG": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_PROTOCOL_FROM_USER": "0",
        **more,
    }


@dataclass(frozen=True, slots=True)
class Done:
    code: int
    out: bytes
    err: str


@dataclass(frozen=True, slots=True)
class Git:
    """git on one directory, with one environment."""

    folder: Path
    env: Mapping[str, str]

    def run(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None, seconds: float | None = None) -> Done:
        """Raises `TimeoutError` past the limit; then everything that git started is dead."""
        command = ["git", f"--git-dir={self.folder}", *PLAIN, *args]
        try:
            process = subprocess.Popen(
                command,
                cwd="/",
                env={**self.env, **(env or {})},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except FileNotFoundError:
            raise Denied("git was not found on PATH; install it") from None
        try:
            out, err = process.communicate(stdin, timeout=seconds)
        except subprocess.TimeoutExpired:
            _kill(process)
            raise TimeoutError from None
        except BaseException:
            _kill(process)
            raise
        return Done(process.returncode, out, err.decode(errors="replace").strip())

    def __call__(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """Raises `Denied` with git's own last line where git fails."""
        done = self.run(*args, stdin=stdin, env=env)
        if done.code:
            last = done.err.splitlines()[-1] if done.err else f"exit code {done.code}"
            raise Denied(f"git {args[0]}: {last}")
        return done.out


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):  # it may have ended in this very moment
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def bare(folder: Path, objects: Path, path: str) -> Git:
    """A bare directory of our own that borrows another's objects: nothing is copied, no configuration but ours is read."""
    folder.mkdir(parents=True)
    (folder / "objects" / "info").mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "HEAD").write_text("ref: refs/heads/none\n")
    sha256 = (
        b"objectformat = sha256" in (objects.parent / "config").read_bytes().lower()
        if (objects.parent / "config").exists()
        else False
    )
    extension = "[extensions]\n\tobjectformat = sha256\n" if sha256 else ""
    (folder / "config").write_text(f"[core]\n\trepositoryformatversion = {int(sha256)}\n\tbare = true\n{extension}")
    (folder / "objects" / "info" / "alternates").write_bytes(os.fsencode(objects) + b"\n")
    return Git(folder, environment(path))
