"""A blind audit whose machine goes away: nothing is left, nothing is bought again, and the run stands."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.fakes import shops
from tests.fakes.hosted import Job
from tests.fakes.server import Server
from tests.fakes.world import World
from tests.flow.audit.audited import AS_EVER, money, policy, records, scripted
from tests.flow.test_door import PROVED, commented, happened, last
from tests.flow.test_kills import closed, forked


@contextmanager
def place(folder: Path) -> Iterator[tuple[World, Server, Job]]:
    with Server() as models, World(folder / "world") as world:
        shop = world.repo("octo/shop", shops.files(models.url, more={".github/route-agent.yml": policy(models.url)}), ann="write")
        issue = world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")
        scripted(world, models, PROVED, PROVED)
        job = commented(world, shop, issue, folder / "first")
        job.env()  # its token is known to this side, too
        yield world, models, job


def looked_at(world: World, models: Server) -> None:
    """The run is as it was told, whatever became of its audit."""
    shop = world.repos["octo/shop"]
    issue = shop.issues[1]
    found = happened(world, shop, issue)
    assert found in (AS_EVER, replace(AS_EVER, runs=1))
    assert "### route-agent: accepted" in last(world, issue)
    assert [body["model"] for body in models.requests][:3] == ["m-fast"] * 3
    assert len(models.requests) <= 6, "an audit that was cut off is not bought again"
    run, *audit = records(shop)
    assert run.result == "pass"
    assert {each.result for each in audit} <= {"pass"}
    accounted = {account.run: account for account in money(shop)}
    assert (accounted[run.id].settled, accounted[run.id].spent) == ("settled", run.cost_micros)
    if len(models.requests) > 3:
        spent = 12_000 * (len(models.requests) - 3)
        assert spent <= (accounted[f"{run.id}-again"].counted or 0)
    world.finish()


def test_killed_after_any_call_from_the_last_word_on_nothing_is_left_and_the_run_stands(tmp_path):
    told: list[int] = []
    with place(tmp_path / "undisturbed") as (world, models, job):
        replace(job, told=lambda _: told.append(len(world.journal))).act()
        looked_at(world, models)
        total = len(world.journal)
    for left in range(told[0], total + 1):
        with place(tmp_path / str(left)) as (world, models, job):
            assert forked(job.act, world, left) == -9, f"killed after request {left} of {total}"
            assert forked(lambda job=job: closed(job), world, 0) == 0  # type: ignore[misc]  # bound here and now
            again = Job(world, tmp_path / str(left) / "second", job.name, job.payload, attempt="2")
            assert forked(again.act, world, 0) == 0
            try:
                looked_at(world, models)
            except BaseException as error:
                error.add_note(f"killed after request {left} of {told[0]} to {total}: {world.journal[left - 1].line}")
                raise
