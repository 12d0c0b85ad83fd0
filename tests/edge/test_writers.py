"""Twenty runs that write to one ledger's branch at once, and what a report then reads from it. Real PyGithub, git, processes."""

import base64
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.budget import Wish
from bot.core.imported import Imported
from bot.core.ledger import Begun, Record, decode
from bot.core.spend import Movement, accounts
from bot.edge.github.client import connect
from bot.edge.github.records import Records
from bot.edge.github.shelf import TRIES, Shelf
from bot.edge.github.spending import Spending
from bot.ledgers import Wanted, gathered
from bot.ports import Unavailable
from tests.fakes.hosted import ME
from tests.fakes.repos import PATH, git
from tests.fakes.world import Repo, World
from tests.fakes.writers import CAPS, LATER, NOW, cost, made, outcome

BRANCH, ROOT = "route-agent-ledger", Path(__file__).resolve().parents[2]
RUNS = [f"c{number}" for number in range(1, 21)]
SPEND = "spend/2026-01.jsonl"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path / "world") as made:
        made.token("ghs_all", ME)
        yield made
        made.finish()


@pytest.fixture
def shop(world: World) -> Repo:
    return world.repo("octo/shop", {"README": "shop\n"}, ann="write")


def processes(world: World, many: int) -> list[subprocess.Popen[str]]:
    words = [sys.executable, "-m", "tests.fakes.writers", world.api, world.url, "ghs_all", "octo/shop", BRANCH]
    found = [
        subprocess.Popen([*words, *RUNS[start::many]], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for start in range(many)
    ]
    for each in found:
        assert each.stdout
        assert each.stdout.readline() == "ready\n"
    return found


def tries(world: World) -> Counter[tuple[str, str]]:
    """How often a run has tried to write a line, whichever file it stood at the end of."""
    made: Counter[tuple[str, str]] = Counter()
    for seen in world.sent("PUT"):
        text = base64.b64decode(seen.body["content"]).decode().splitlines()[-1]
        last = decode(text)
        assert not isinstance(last, Imported)
        made[last.id if isinstance(last, Record | Begun) else last.run, text] += 1
    return made


def test_of_twenty_writers_at_once_nothing_is_lost_or_doubled_and_each_tries_a_bounded_number_of_times(world, shop, tmp_path):
    """The branch is not there yet, and an eighth of all swaps loses to somebody who is not one of them."""
    world.contended = 1 / 8
    world.limit_left = 100_000
    at_work = processes(world, 4)
    for each in at_work:
        assert each.stdin
        each.stdin.write("go\n")
        each.stdin.flush()
    assert [each.communicate(timeout=120)[0].strip() for each in at_work] == [""] * 4

    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(shop.path), str(clone))
    books, _ = gathered(Wanted((), (clone,), None), PATH, datetime(2026, 1, 3, tzinfo=UTC))
    assert books.faults == ()
    assert (books.unknown, books.at_work) == (0, 0)
    assert [life.run.id for life in books.lives] == sorted(RUNS)
    assert {life.run.id: life.run.micros for life in books.lives} == {run: cost(run) for run in RUNS}
    assert {run: [each.pull for each in life.happened] for life in books.lives for run in [life.run.id]} == {
        run: [int(run[1:])] for run in RUNS
    }
    for run in RUNS:
        assert decode(shop.file(BRANCH, f"records/2026-01/{run}.json") or "") == made(run)
        assert decode(shop.file(BRANCH, f"outcomes/2026-01/{run}-merged-2026-01-02T110000Z.json") or "") == outcome(run)
    files = shop.git("ls-tree", "-r", "--name-only", BRANCH).split()
    assert len(files) == 2 * len(RUNS) + 1

    lines = [decode(row) for row in (shop.file(BRANCH, SPEND) or "").splitlines()]
    assert all(isinstance(line, Movement) for line in lines)
    kinds = Counter((line.run, line.kind) for line in lines)  # type: ignore[union-attr]
    assert kinds == {(run, kind): 1 for run in RUNS for kind in ("reserved", "settled")}
    assert {each.run: each.counted for each in accounts(lines)} == {run: cost(run) for run in RUNS}  # type: ignore[arg-type]

    made_tries = tries(world)
    assert {run for run, _ in made_tries} == set(RUNS)
    assert max(made_tries.values()) <= TRIES
    assert sum(seen.status == 409 for seen in world.journal) > len(RUNS), "it was busy"


def _record(shelf: Shelf) -> None:
    Records(shelf).put(made("c1"))


def _outcome(shelf: Shelf) -> None:
    Records(shelf).add(outcome("c1"))


def _share(shelf: Shelf) -> None:
    Spending(shelf).reserve(CAPS, Wish("c1", "ann", NOW, "7.1"))


def _settlement(shelf: Shelf) -> None:
    Spending(shelf).settle(Wish("c0", "ann", LATER, "7.1", 5))


@pytest.mark.parametrize("write", [_record, _outcome, _share, _settlement])
def test_a_writer_that_loses_every_time_gives_up_after_its_tries_and_says_so(world, shop, write: Callable[[Shelf], None]):
    shelf = Shelf(connect(world.api, world.url, "ghs_all", "octo/shop", 0), BRANCH)
    Spending(shelf).reserve(CAPS, Wish("c0", "ann", NOW, "7.1"))
    del world.journal[:]
    world.contended = 1
    with pytest.raises(Unavailable, match=rf"(records|outcomes|spend)/2026-01.*{BRANCH}"):
        write(shelf)
    assert len(world.sent("PUT")) == TRIES
