"""The money of all runs of a repository, on a branch of it: real PyGithub, real git, and rivals at the same moment."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.core.budget import Wish
from bot.core.ledger import decode
from bot.core.policy import Budget
from bot.core.route import Refusal
from bot.core.spend import Movement, Reserved, accounts
from bot.edge.github.client import connect
from bot.edge.github.shelf import Shelf
from bot.edge.github.spending import Spending
from bot.ports import Denied
from tests.fakes.hosted import ME
from tests.fakes.world import Repo, World

CAPS = Budget.model_validate({"per_run_usd": 1, "per_day_usd": 2})
NOW, PATH, BRANCH = "2026-01-02T10:00:00Z", "spend/2026-01.jsonl", "route-agent-ledger"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path / "world") as made:
        made.token("ghs_all", ME)
        yield made
        made.finish()


@pytest.fixture
def shop(world: World) -> Repo:
    return world.repo("octo/shop", {"README": "shop\n"}, ann="write")


def spending(world: World, token: str = "ghs_all") -> Spending:  # noqa: S107 - of a server on this machine
    return Spending(Shelf(connect(world.api, world.url, token, "octo/shop", 0), BRANCH))


def wish(run: str, at: str = NOW, spent: int | None = 0, by: str = "7.1") -> Wish:
    return Wish(run, "ann", at, by, spent)


def lines(shop: Repo, path: str = PATH) -> list[Movement]:
    found = [decode(row) for row in (shop.file(BRANCH, path) or "").splitlines()]
    return [item for item in found if isinstance(item, Movement)]


def test_a_share_is_set_aside_on_a_branch_of_its_own_and_settled_there(world, shop):
    purse = spending(world)
    assert purse.reserve(CAPS, wish("c1")) == 1_000_000
    assert purse.reserve(CAPS, wish("c1", spent=300_000)) == 700_000, "asking again gives no more"
    assert lines(shop) == [Reserved("c1", NOW, "ann", 1_000_000, "7.1")]
    purse.settle(wish("c1", spent=400_000))
    purse.settle(wish("c1", spent=400_000))
    (account,) = accounts(lines(shop))
    assert (account.counted, len(lines(shop))) == (400_000, 2)
    assert shop.git("ls-tree", "--name-only", BRANCH) == "spend"
    assert shop.git("log", "--format=%P", f"{BRANCH}~1") == "", "it shares nothing with the code"
    assert "[skip ci]" in world.repos["octo/shop"].git("log", "-1", "--format=%s", BRANCH)


def test_of_many_runs_at_once_as_many_get_a_share_as_the_day_has(world, shop):
    spending(world).reserve(CAPS, wish("c0"))
    got: dict[str, int | Refusal] = {}

    def run(name: str) -> None:
        got[name] = spending(world).reserve(CAPS, wish(name))

    threads = [threading.Thread(target=run, args=(f"c{number}",)) for number in range(1, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(found).__name__ for found in got.values()) == ["Refusal"] * 4 + ["int"]
    assert sum(account.counted or 0 for account in accounts(lines(shop))) == 2_000_000


def test_two_runs_that_begin_the_branch_at_once_lose_no_line(world, shop):
    threads = [threading.Thread(target=spending(world).reserve, args=(CAPS, wish(name))) for name in ("c1", "c2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {line.run for line in lines(shop)} == {"c1", "c2"}


@pytest.mark.parametrize("fault", [{}, {"after": True}, {"drop": True}, {"after": True, "drop": True}])
def test_a_write_whose_answer_is_lost_is_made_once(world, shop, fault):
    spending(world).reserve(CAPS, wish("c1"))
    world.fail("PUT", "/contents/", **fault)
    assert spending(world).reserve(CAPS, wish("c2")) == 1_000_000
    assert [line.run for line in lines(shop)] == ["c1", "c2"]


def test_a_re_run_of_a_job_does_not_spend_the_share_of_the_one_before(world, shop):
    spending(world).reserve(CAPS, wish("c1", by="7.1"))
    found = spending(world).reserve(CAPS, wish("c1", by="8.1"))
    assert isinstance(found, Refusal)
    assert "another job has this run's share set aside" in found.detail
    assert spending(world).reserve(CAPS, wish("c1", by="7.2")) == 1_000_000
    again = spending(world).reserve(CAPS, wish("c1", by="7.3"))
    assert isinstance(again, Refusal), "each share that was lost counts as spent, so the day's cap holds"


def test_a_run_that_ends_in_another_month_is_settled_where_it_began(world, shop):
    spending(world).reserve(CAPS, wish("c1"))
    spending(world).settle(wish("c1", at="2026-02-01T00:10:00Z", spent=5))
    assert [line.kind for line in lines(shop)] == ["reserved", "settled"]
    assert lines(shop, "spend/2026-02.jsonl") == []
    spending(world).reserve(CAPS, wish("c2", at="2026-12-31T23:59:00Z"))
    spending(world).settle(wish("c2", at="2027-01-01T00:10:00Z", spent=5))
    assert [line.kind for line in lines(shop, "spend/2026-12.jsonl")] == ["reserved", "settled"]


def test_a_large_file_is_read_whole(world, shop):
    spending(world).reserve(CAPS, wish("c1"))
    row = (shop.file(BRANCH, PATH) or "").strip()
    many = "\n".join(row.replace('"c1"', f'"old{number}"').replace("2026-01-02", "2026-01-01") for number in range(8_000))
    world.commit(shop, BRANCH, {PATH: f"{many}\n{row}\n"})
    assert spending(world).reserve(CAPS, wish("c2")) == 1_000_000
    assert len(lines(shop)) == 8_002


def test_a_line_that_is_none_leaves_nothing_to_spend(world, shop):
    spending(world).reserve(CAPS, wish("c1"))
    world.commit(shop, BRANCH, {PATH: '{"kind": "reserved", "micros": -5}\n'})
    with pytest.raises(Denied, match=r"spend/2026-01\.jsonl:1 on the branch route-agent-ledger is no ledger line"):
        spending(world).reserve(CAPS, wish("c2"))


def test_a_token_that_may_not_write_says_what_the_job_needs(world, shop):
    world.token("ghs_read", ME, "contents:read")
    with pytest.raises(Denied, match="permissions: contents: write"):
        spending(world, "ghs_read").reserve(CAPS, wish("c1"))
