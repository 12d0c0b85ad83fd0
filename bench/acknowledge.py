"""How soon a command on GitHub is acknowledged: from the start of the action's process to its reaction, beside `import github`."""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.agents import ROOT
from tests.fakes import shops
from tests.fakes.hosted import Job
from tests.fakes.server import Server
from tests.fakes.world import World

AIM = 1.3
ACTION = "from bot.__main__ import action; raise SystemExit(action())"
LONGEST = 60.0


@dataclass(frozen=True, slots=True)
class Noticed:
    """Medians and least, in seconds."""

    reaction: float
    reaction_least: float
    imported: float
    imported_least: float

    @property
    def times(self) -> float:
        return self.reaction / self.imported


def measure(runs: int) -> Noticed:
    reactions, imports = [], []
    for number in range(runs + 1):  # the first of each warms the caches and does not count
        imports.append(_imported())
        reactions.append(_reaction(number))
    return Noticed(median(reactions[1:]), min(reactions[1:]), median(imports[1:]), min(imports[1:]))


def _imported() -> float:
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", "import github"], check=True, env={"PATH": os.environ["PATH"]})
    return time.monotonic() - started


def _reaction(number: int) -> float:
    """One process on one `/agent fix`, ended as soon as its reaction stands on the comment."""
    with tempfile.TemporaryDirectory(prefix="overhead-") as name, Server() as models, World(Path(name) / "world") as world:
        shop = world.repo("octo/shop", shops.files(models.url), ann="write")
        issue = world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")
        job = Job(world, Path(name) / "job", "issue_comment", world.comment(shop, issue, "ann", "/agent fix"), run=str(number))
        env = {"PATH": os.environ["PATH"], "HOME": name, "PYTHONPATH": str(ROOT), **job.env()}
        started = time.monotonic()
        process = subprocess.Popen([sys.executable, "-c", ACTION], env=env, cwd=job.folder, stdout=-3, stderr=-3)
        try:
            return _wait(world, process, started)
        finally:
            time.sleep(0.2)  # it reads its answer first: a reset connection would be an error in this process's log
            process.terminate()
            process.wait(30)


def _wait(world: World, process: "subprocess.Popen[bytes]", started: float) -> float:
    while time.monotonic() - started < LONGEST and process.poll() is None:
        if any(seen.method == "POST" and seen.path.endswith("/reactions") for seen in list(world.journal)):
            return time.monotonic() - started
        time.sleep(0.002)
    raise SystemExit("the action did not react to the command")


def say(noticed: Noticed) -> str:
    met = "met" if noticed.times <= AIM else "NOT met"
    return (
        f"Acknowledgement on GitHub: {noticed.reaction:.2f} s from the start of the process to the reaction "
        f"(least {noticed.reaction_least:.2f});\n"
        f"`import github` alone: {noticed.imported:.2f} s (least {noticed.imported_least:.2f}). "
        f"{noticed.times:.2f} times; the aim is at most {AIM} times: {met}"
    )
