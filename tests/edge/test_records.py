"""Records on the ledger's branch: one file a run, whoever else writes there. Real PyGithub and git."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.ledger import Record, decode, encode
from bot.core.recording import record as recorded
from bot.core.trail import Trail
from bot.edge.github.client import connect
from bot.edge.github.records import Records, place
from bot.edge.github.shelf import Shelf
from bot.ports import Denied, Unavailable
from tests.core.test_trail import opened
from tests.fakes.world import Repo, World

BRANCH = "route-agent-ledger"
RECORD = recorded(Trail(opened()), 7)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path / "world") as made:
        yield made
        made.finish()


@pytest.fixture
def shop(world: World) -> Repo:
    return world.repo("octo/shop", {"a.py": "x = 1\n"}, ann="write")


def records(world: World, scopes: str = "contents:write", pause: float = 0) -> Records:
    token = world.token(f"ghs_{scopes}", "github-actions[bot]", scopes)
    return Records(Shelf(connect(world.api, world.url, token, "octo/shop", pause), BRANCH))


def there(world: World, shop: Repo) -> dict[str, Record]:
    world.branches(shop)
    paths = shop.git("ls-tree", "-r", "--name-only", BRANCH).split()
    found = {path: decode(shop.file(BRANCH, path) or "") for path in paths}
    return {path: item for path, item in found.items() if isinstance(item, Record)}


def test_the_first_record_makes_the_branch_and_the_same_one_again_changes_nothing(world, shop):
    for _ in range(2):
        records(world).put(RECORD)
    assert there(world, shop) == {place(RECORD.id, RECORD.at): RECORD}
    assert shop.git("rev-list", "--count", BRANCH) == "1"
    assert shop.git("log", "-1", "--format=%s", BRANCH).endswith("[skip ci]")
    assert shop.git("merge-base", "--all", "main", "main") != shop.git("rev-list", "--max-parents=0", BRANCH)


def test_twenty_runs_that_end_at_once_lose_no_record(world, shop):
    records(world).put(RECORD)
    made = [replace(RECORD, id=f"c{number}") for number in range(1, 21)]
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(records(world).put, made))
    assert set(there(world, shop).values()) == {RECORD, *made}


@pytest.mark.parametrize("after", [False, True])
def test_a_write_whose_answer_is_lost_is_there_once(world, shop, after):
    records(world).put(RECORD)
    other = replace(RECORD, id="c99")
    world.fail("PUT", "/contents/records", status=502, after=after)
    records(world).put(other)
    assert set(there(world, shop).values()) == {RECORD, other}
    assert shop.git("rev-list", "--count", BRANCH) == "2"


def test_where_github_says_one_thing_and_another_nothing_is_taken_for_gone(world, shop):
    records(world).put(RECORD)
    world.fail("GET", "/contents/records", status=404, times=2)
    with pytest.raises(Unavailable, match=r"GitHub says that there is a records/.*, and that there is none"):
        records(world).left(RECORD.id, RECORD.at)
    assert records(world).left(RECORD.id, RECORD.at) == RECORD
    assert there(world, shop)


def test_a_read_that_fails_is_sent_again_at_once_and_then_later_each_time(world, shop):
    records(world).put(RECORD)
    world.fail("GET", "/contents/records", status=502, times=3)
    start = time.monotonic()
    assert records(world, pause=0.1).left(RECORD.id, RECORD.at) == RECORD
    assert 0.6 <= time.monotonic() - start < 10, "0.2 and 0.4 seconds"
    assert there(world, shop)


@pytest.mark.parametrize(("at", "found"), [("2026-01-02", True), ("2026-02-01", True), ("2025-12-31", True), ("2026-03-01", False)])
def test_a_run_is_looked_for_in_this_month_the_one_before_and_the_one_after(world, shop, at, found):
    record = replace(RECORD, at="2026-01-15T10:00:00Z")
    records(world).put(record)
    assert records(world).left(record.id, f"{at}T00:00:00Z") == (record if found else None)
    assert there(world, shop)


def test_a_job_that_may_not_write_says_what_it_needs(world, shop):
    with pytest.raises(Denied, match="contents: write"):
        records(world, "contents:read").put(RECORD)
    assert encode(RECORD)
