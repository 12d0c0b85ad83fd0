"""Runs beside each other, and cut off: how one is made to be that, and what the ledger has of them."""

import re
from collections.abc import Callable
from pathlib import Path

from bot.core.ledger import Record, decode
from bot.core.spend import Settled
from tests.fakes.hosted import Hurried, Job
from tests.fakes.repos import DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.shops import TEST
from tests.fakes.world import Issue, Repo, Run, World
from tests.flow.test_door import commented

LEDGER = "route-agent-ledger"


def at_work(shop: Repo, run: int) -> None:
    shop.runs[run] = Run(run, ".github/workflows/route-agent.yml", "main", "", {}, "in_progress")


def records(shop: Repo) -> list[Record]:
    paths = shop.git("ls-tree", "-r", "--name-only", LEDGER, "records/").split()
    found = [decode(shop.file(LEDGER, path) or "") for path in paths]
    return [each for each in found if isinstance(each, Record)]


def settled(shop: Repo) -> list[int | None]:
    (path,) = shop.git("ls-tree", "-r", "--name-only", LEDGER, "spend/").split()
    return [line.micros for line in map(decode, (shop.file(LEDGER, path) or "").splitlines()) if isinstance(line, Settled)]


def first_time(world: World, wanted: str, do: Callable[[], object]) -> None:
    """Something happens after a job has sent a request that is like this one, and before GitHub looks at it."""

    def turn(_token: str, line: str) -> None:
        if re.search(wanted, line):
            world.turn = lambda token, line: None
            do()

    world.turn = turn


def cut_off(world: World, models: Server, shop: Repo, issue: Issue, folder: Path, clock: Hurried | None = None) -> Job:
    """A run that has paid and made its branch when GitHub falls silent."""
    models.script("m-fast", [GOOD, TEST, DONE])
    job = commented(world, shop, issue, folder)
    job.clock = clock or job.clock
    world.fail("POST", "/dispatches", times=2)
    world.fail("GET", "/actions/runs$", times=8)
    assert job.act().state == "error"
    world.faults.clear()
    assert len(models.requests) == 3
    return job
