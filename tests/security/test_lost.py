"""Bad moments on the way to CI's verdict and on the way to a write: nothing is green for them, and nothing is done twice."""

import pytest

from tests.fakes.hosted import Hurried
from tests.fakes.repos import DONE, GOOD
from tests.fakes.shops import TEST
from tests.fakes.world import Issue, Repo, Run, World
from tests.fakes.world.runs import Scripted
from tests.flow.test_door import PROVED, RED, Happened, commented, happened, last
from tests.security.attacks import attack, off

OTHERS = {f"job {number}": "success" for number in range(120)}
LOOK = "bot.edge.github.workflows.Workflows.look"


def fixed(world: World, models: object, shop: Repo, issue: Issue, folder: object) -> str:
    """How a command ends whose one lane makes a good patch."""
    models.script("m-fast", [GOOD, TEST, DONE])  # type: ignore[attr-defined]  # the server
    models.script("m-strong", [{"action": "give_up", "reason": "no"}])  # type: ignore[attr-defined]
    ended = commented(world, shop, issue, folder).act()  # type: ignore[arg-type]  # a test's own folder
    return str(ended.state)


@attack("ci-flaky", off=off(LOOK, cut=('found.jobs("latest")', 'found.jobs("latest").get_page(0)')))
@pytest.mark.parametrize(("ends", "said"), [(RED, "not_fixed"), (PROVED, "accepted")])
def test_the_job_that_decides_is_found_on_whatever_page_it_stands(world, models, shop, issue, tmp_path, ends, said):
    world.runner = Scripted(*[{**OTHERS, **ends}] * 2)
    green = int(said == "accepted")
    assert fixed(world, models, shop, issue, tmp_path / "job") == said
    assert happened(world, shop, issue) == Happened(branches=green, pulls=green, runs=1)


class Later(Hurried):
    """A clock by which a run is over after some looks at it; a look that finds nothing new is answered 304."""

    def __init__(self, world: World, shop: Repo, ends: dict[str, str]) -> None:
        super().__init__()
        self.world, self.shop, self.ends = world, shop, ends

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        for run in self.shop.runs.values():
            if run.looks >= LOOKS and run.status != "completed":
                Scripted(self.ends)(self.world, self.shop, run)


LOOKS = 3
FAULTS = ({"status": 502}, {"status": 503, "times": 2}, {"status": 429}, {"status": 200, "drop": True})
RUN, JOBS = "/actions/runs/\\d+$", "/actions/runs/\\d+/jobs$"


def begun(_world: World, _shop: Repo, run: Run) -> None:
    run.status = "in_progress"


@attack("ci-flaky", off=off("bot.edge.github.client.Polled.get", cut=("        if found is None:", "        if False:")))
@pytest.mark.parametrize("bad", [(RUN, {"status": 304}), *((what, each) for what in (RUN, JOBS) for each in FAULTS)], ids=str)
@pytest.mark.parametrize(("ends", "said"), [(RED, "not_fixed"), (PROVED, "accepted")])
def test_no_bad_moment_on_the_way_to_a_verdict_changes_it(world, models, shop, issue, tmp_path, bad, ends, said):
    what, fault = bad
    world.runner = begun
    world.fail("GET", what, **fault)
    models.script("m-fast", [GOOD, TEST, DONE])
    models.script("m-strong", [{"action": "give_up", "reason": "no"}])
    job = commented(world, shop, issue, tmp_path / "job")
    job.clock = Later(world, shop, ends)
    green = int(said == "accepted")
    assert job.act().state == said
    assert happened(world, shop, issue) == Happened(branches=green, pulls=green, runs=1)


@attack("ci-flaky", off=off("bot.polling.answered", cut=("if silent >= PATIENCE or", "if silent >= 10**9 or")))
@pytest.mark.parametrize("fault", [{"status": 502}, {"status": 429}], ids=str)
def test_a_github_that_never_says_how_ci_ended_proves_nothing_and_is_not_asked_for_ever(
    world, models, shop, issue, tmp_path, fault
):
    world.runner = Scripted(PROVED)
    world.fail("GET", "/actions/runs/\\d+$", times=10**6, **fault)
    assert fixed(world, models, shop, issue, tmp_path / "job") != "accepted"
    world.faults.clear()
    assert len(world.sent("GET", "/actions/runs/")) < 60
    assert world.pulls(shop) == []
    happened(world, shop, issue)


@attack("write-branch", off=off("bot.edge.github.workflows.Workflows._start", cut=("self._later(workflow, sha) or ", "")))
@pytest.mark.parametrize("fault", [{"status": 502}, {"status": 200, "drop": True}], ids=str)
def test_a_run_whose_answer_is_lost_is_not_started_twice(world, models, shop, issue, tmp_path, fault):
    world.lists_late = 2
    world.fail("POST", "/dispatches$", after=True, **fault)
    world.runner = Scripted(PROVED, PROVED)
    assert fixed(world, models, shop, issue, tmp_path / "job") == "accepted"
    assert happened(world, shop, issue) == Happened(branches=1, pulls=1, runs=1)


@attack("write-branch", off=off("bot.edge.github.pulls.Pulls._there", "return None"))
@pytest.mark.parametrize("fault", [{"status": 502}, {"status": 200, "drop": True}], ids=str)
def test_a_pull_request_whose_answer_is_lost_is_not_opened_twice_and_is_told(world, models, shop, issue, tmp_path, fault):
    world.fail("POST", "/pulls$", after=True, **fault)
    world.runner = Scripted(PROVED)
    assert fixed(world, models, shop, issue, tmp_path / "job") == "accepted"
    (pull,) = world.pulls(shop)
    assert f"/pull/{pull.number}" in last(world, issue)
    assert happened(world, shop, issue) == Happened(branches=1, pulls=1, runs=1)


@attack("write-branch", off=off("bot.edge.github.client._trouble", cut=("if status == 429 or (", "if (")))
@pytest.mark.parametrize("path", ["/dispatches$", "/pulls$", "/git/refs$"])
def test_a_write_that_comes_too_often_is_no_person_s_mistake_and_leaves_nothing_half_said(
    world, models, shop, issue, tmp_path, path
):
    shop.git("update-ref", "refs/heads/route-agent-ledger", str(shop.tip("main")))  # else it would be the one that is refused
    world.fail("POST", path, status=429, times=50)
    world.runner = Scripted(PROVED)
    state = fixed(world, models, shop, issue, tmp_path / "job")
    assert state == "error"
    assert "rate limit" in last(world, issue)
    assert world.pulls(shop) == []
    world.faults.clear()
    happened(world, shop, issue)
