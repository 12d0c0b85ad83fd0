"""One command with a chosen environment, a bounded memory of what it prints, and an end."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

FIRST, LAST = 65_536, 262_144
"""Bytes kept of the beginning and of the end of what a command prints; the middle of a flood is thrown away."""


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    seconds: float
    timed_out: bool
    output: str


def run(command: list[str], env: Mapping[str, str], cwd: Path, seconds: float, over: Callable[[], bool] | None = None) -> Ended:
    """Run to its end, to the deadline or until `over` says so; each time its whole process group is dead afterwards."""
    start = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        kept, timed_out = _listen(process, start + seconds, over or (lambda: False))
    finally:
        _kill(process)
    code = process.wait()
    return Ended(code, round(time.monotonic() - start, 3), timed_out, kept)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _listen(process: subprocess.Popen[bytes], deadline: float, over: Callable[[], bool]) -> tuple[str, bool]:
    """Read until the command has ended, or its time is up; a grandchild that holds the pipe open cannot hold us."""
    assert process.stdout is not None
    first, last = bytearray(), bytearray()
    with process.stdout as pipe, selectors.DefaultSelector() as selector:
        os.set_blocking(pipe.fileno(), False)
        selector.register(pipe, selectors.EVENT_READ)
        open_ = True
        while time.monotonic() < deadline and not over():
            if open_ and selector.select(timeout=0.05):
                chunk = os.read(pipe.fileno(), 65_536)
                open_ = bool(chunk)
                room = max(0, FIRST - len(first))
                first += chunk[:room]
                last += chunk[room:]
                del last[:-LAST]
            elif process.poll() is not None:
                return (first + last).decode(errors="replace"), False
            elif not open_:
                time.sleep(0.01)
    return (first + last).decode(errors="replace"), True
