"""Workflows, started once for a commit, and their runs."""

import pytest

from bot.edge.github.client import connect
from bot.edge.github.reader import Reader
from bot.ports import Denied
from tests.edge.github.adapter import BRANCH, INPUTS, VERIFY, hub, watched
from tests.fakes.world.runs import Scripted


@pytest.mark.parametrize("fault", [None, {}, {"after": True}, {"after": True, "drop": True}])
def test_a_workflow_is_started_once_for_a_commit(world, shop, fault):
    sha = world.commit(shop, BRANCH, {"a.txt": "1\n"})
    world.runner = Scripted(*[{"patched": "success"}] * 2)
    if fault is not None:
        world.fail("POST", "/dispatches$", **fault)
    ci = watched(hub(world))
    run = ci.start(VERIFY, BRANCH, sha, INPUTS)
    assert ci.start(VERIFY, BRANCH, sha, INPUTS) == run
    assert [made.inputs for made in world.runs(shop)] == [INPUTS]
    seen = ci.look(run)
    assert (seen.sha, seen.status, seen.conclusion, seen.seconds) == (sha, "completed", "success", 60.0)
    assert [(job.name, job.conclusion, [step.name for step in job.steps]) for job in seen.jobs] == [
        ("patched", "success", ["set up", "test", "report"])
    ]
    assert ci.tail(seen.jobs[0].id) == "E   assert 5 == 4"
    assert not ci.moved(BRANCH, sha)
    assert ci.moved(BRANCH, "f" * 40)


def test_a_workflow_that_cannot_be_started_by_hand_is_said_with_the_remedy(world, shop):
    path = ".github/workflows/ci.yml"
    world.commit(shop, "main", {path: "on: push\njobs: {}\n"})
    sha = world.commit(shop, BRANCH, {"a.txt": "1\n"})
    assert Reader(hub(world)).dispatchable(path)
    with pytest.raises(Denied, match="on: workflow_dispatch"):
        watched(hub(world)).start(path, BRANCH, sha, {})
    assert not Reader(hub(world)).dispatchable(".github/workflows/none.yml")
    shop.disabled.add("ci.yml")
    assert not Reader(hub(world)).dispatchable(path)


def test_a_run_that_is_listed_late_is_waited_for_and_not_started_twice(world, shop):
    sha = world.commit(shop, BRANCH, {"a.txt": "1\n"})
    world.runner = Scripted(*[{"patched": "success"}] * 2)
    world.lists_late = 3
    world.fail("POST", "/dispatches$", after=True)
    watched(hub(world)).start(VERIFY, BRANCH, sha, INPUTS)
    assert len(world.runs(shop)) == 1


def test_a_run_of_another_workflow_on_the_commit_is_not_ours(world, shop):
    other = ".github/workflows/other.yml"
    world.commit(shop, "main", {other: "on: workflow_dispatch\njobs: {}\n"})
    sha = world.commit(shop, BRANCH, {"a.txt": "1\n"})
    world.runner = Scripted(*[{"patched": "success"}] * 2)
    ci = watched(hub(world))
    assert ci.start(other, BRANCH, sha, {}) != ci.start(VERIFY, BRANCH, sha, INPUTS)
    assert len(world.runs(shop)) == 2


def test_a_server_that_calls_itself_by_another_name_is_said_to(world, shop):
    world.runner = Scripted({"patched": "success"})
    world.commit(shop, BRANCH, {"a.txt": "a"})
    sha = str(shop.tip(BRANCH))
    run = watched(hub(world)).start(VERIFY, BRANCH, sha, INPUTS)
    alias = connect(world.api.replace("127.0.0.1", "localhost"), world.url, "ghs_all", "octo/shop", 0)
    with pytest.raises(Denied, match=r"names another server than GITHUB_API_URL does \(127\.0\.0\.1\)"):
        watched(alias).look(run)
