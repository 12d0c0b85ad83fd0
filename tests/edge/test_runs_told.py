"""A workflow run that is told to end, or to begin once more: one request each, whatever GitHub says of the run itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.edge.github.client import Polled, connect
from bot.edge.github.workflows import Workflows
from bot.ports import Denied
from tests.fakes import shops
from tests.fakes.hosted import ME
from tests.fakes.world import World
from tests.fakes.world.runs import Scripted

BRANCH = "route-agent/1/c9-1"
INPUTS = {"base": "b", "tests-only": "", "patched": "p", "request": "c9"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path / "world") as made:
        made.token("ghs_all", ME)
        yield made


def begun(world: World, *outcomes: dict[str, str] | None) -> tuple[Workflows, int]:
    shop = world.repo("octo/shop", shops.files("http://127.0.0.1:9/v1"))
    world.runner = Scripted(*outcomes)
    of = connect(world.api, world.url, "ghs_all", "octo/shop", 0)
    ci = Workflows(of, Polled(of))
    return ci, ci.start(shops.VERIFY, BRANCH, world.commit(shop, BRANCH, {"a.txt": "1\n"}), INPUTS)


def asked(world: World, since: int) -> list[str]:
    return [seen.line.rpartition(" ")[0] for seen in world.journal[since:]]


def test_a_run_is_ended_by_one_request_and_one_that_has_ended_is_left(world):
    ci, run = begun(world, None)
    for _ in range(2):
        before = len(world.journal)
        ci.stop(run)
        assert asked(world, before) == [f"POST /repos/octo/shop/actions/runs/{run}/cancel"]
    assert ci.look(run).conclusion == "cancelled"


def test_a_run_begins_once_more_by_one_request_and_where_it_may_not_that_is_said(world):
    ci, run = begun(world, {"patched": "failure"}, {"patched": "success"})
    before = len(world.journal)
    ci.again(run)
    assert asked(world, before) == [f"POST /repos/octo/shop/actions/runs/{run}/rerun"]
    assert (ci.look(run).attempt, ci.look(run).conclusion) == (2, "success")
    world.reruns = False
    with pytest.raises(Denied, match=f"running {run} once more: GitHub answers 403"):
        ci.again(run)
