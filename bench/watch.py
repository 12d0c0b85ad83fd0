"""A process watched from outside: when it says something, when it ends, and what it and its descendants hold in memory."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EVERY = 0.02
"""Seconds between two looks at the tree. The kernel keeps a process's own peak, so that it cannot fall between two looks."""

JUST = 0.1
"""Seconds after which a process that was split off has its own memory, whether or not it has become another program."""


@dataclass(frozen=True, slots=True)
class Watched:
    """Instants of the monotonic clock. `own_mb` is the process's own peak, `tree_mb` the highest sum with all that it started."""

    started: float
    ended: float
    code: int
    said: tuple[tuple[float, str], ...]
    """Lines of its standard error, and when each came."""
    own_mb: float
    tree_mb: float


def watch(words: Sequence[str], env: Mapping[str, str], folder: Path, log: Path) -> Watched:
    """Run it to its end; its standard output goes to `log`."""
    said: list[tuple[float, str]] = []
    own = tree = 0.0
    with log.open("w") as out:
        started = time.monotonic()
        process = subprocess.Popen(words, env=dict(env), cwd=folder, stdin=-3, stdout=out, stderr=-1, text=True)
        reading = threading.Thread(target=_hear, args=(process, said))
        reading.start()
        while (code := _ended(process)) is None:
            own = max(own, _status(process.pid, "VmHWM"))
            tree = max(tree, sum(map(_share, family(process.pid))))
        ended = time.monotonic()
        reading.join()
    return Watched(started, ended, code, tuple(said), own, tree)


def reported(words: Sequence[str], folder: Path) -> tuple[Watched, str]:
    """`route-agent ledger report` as people type it, and what it prints. Ends this process where it fails."""
    out = folder / "out"
    seen = watch([sys.executable, "-m", "bot", "ledger", "report", *words], os.environ, ROOT, out)
    if seen.code:
        sys.exit("\n".join(text for _, text in seen.said))
    return seen, out.read_text(encoding="utf-8")


def _ended(process: "subprocess.Popen[str]") -> int | None:
    """Its exit code as soon as it has one; None after so long a wait."""
    try:
        return process.wait(EVERY)
    except subprocess.TimeoutExpired:
        return None


def _hear(process: "subprocess.Popen[str]", said: list[tuple[float, str]]) -> None:
    assert process.stderr is not None
    with process.stderr as lines:
        said.extend((time.monotonic(), text.rstrip("\n")) for text in lines)


def family(pid: int) -> Iterator[int]:
    """A process and all that descend from it. One just split off may still share its parent's memory, and is left out."""
    yield pid
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        born = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return
    for child in born:
        if _words(child) != _words(pid) or _age(child) > JUST:
            yield from family(child)


def _words(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _age(pid: int) -> float:
    """Seconds since it was split off; 0 where it has gone."""
    try:
        began = int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[19])
    except OSError:
        return 0.0
    return time.clock_gettime(time.CLOCK_BOOTTIME) - began / os.sysconf("SC_CLK_TCK")


def _share(pid: int) -> float:
    """What it holds in MB, a page that several processes share counted in parts: a fork does not double the sum."""
    try:
        rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(row.split()[1]) / 1024 for row in rows if row.startswith("Pss:")), 0.0)


def _status(pid: int, name: str) -> float:
    """A size from `/proc/PID/status`, in MB; 0 where the process has gone."""
    try:
        rows = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(row.split()[1]) / 1024 for row in rows if row.startswith(f"{name}:")), 0.0)
