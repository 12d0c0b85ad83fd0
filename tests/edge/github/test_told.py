"""A workflow run that is told to end, or to begin once more: one request each, whatever GitHub says of the run itself."""

import pytest

from bot.edge.github.workflows import Workflows
from bot.ports import Denied
from tests.edge.github.adapter import BRANCH, INPUTS, VERIFY, hub, watched
from tests.fakes.world import Repo, World
from tests.fakes.world.runs import Scripted


def begun(world: World, shop: Repo, *outcomes: dict[str, str] | None) -> tuple[Workflows, int]:
    world.runner = Scripted(*outcomes)
    ci = watched(hub(world))
    return ci, ci.start(VERIFY, BRANCH, world.commit(shop, BRANCH, {"a.txt": "1\n"}), INPUTS)


def asked(world: World, since: int) -> list[str]:
    return [seen.line.rpartition(" ")[0] for seen in world.journal[since:]]


def test_a_run_is_ended_by_one_request_and_one_that_has_ended_is_left(world, shop):
    ci, run = begun(world, shop, None)
    for _ in range(2):
        before = len(world.journal)
        ci.stop(run)
        assert asked(world, before) == [f"POST /repos/octo/shop/actions/runs/{run}/cancel"]
    assert ci.look(run).conclusion == "cancelled"


def test_a_run_begins_once_more_by_one_request_and_where_it_may_not_that_is_said(world, shop):
    ci, run = begun(world, shop, {"patched": "failure"}, {"patched": "success"})
    before = len(world.journal)
    ci.again(run)
    assert asked(world, before) == [f"POST /repos/octo/shop/actions/runs/{run}/rerun"]
    assert (ci.look(run).attempt, ci.look(run).conclusion) == (2, "success")
    world.reruns = False
    with pytest.raises(Denied, match=f"running {run} once more: GitHub answers 403"):
        ci.again(run)
