"""Runs beside each other: how one is made to be at work, and what the ledger has of them."""

import re
from collections.abc import Callable

from bot.core.ledger import Record, decode
from bot.core.spend import Settled
from tests.fakes.world import Repo, Run, World

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
