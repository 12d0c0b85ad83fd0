"""A run that ends before its time: its record has all that was paid for it, and no branch is left without one."""

import pytest

from bot.core.ledger import Record, decode
from bot.ports import Unavailable
from tests.fakes import shops
from tests.fakes.hosted import GATE, PROPOSE, Job
from tests.fakes.repos import DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.shops import TEST
from tests.fakes.world import Issue, Repo, World
from tests.fakes.world.runs import Scripted
from tests.flow.review.verdicts import FINE
from tests.flow.test_commands import seen
from tests.flow.test_door import PROVED, commented, last

LEDGER = "route-agent-ledger"


def records(shop: Repo) -> list[Record]:
    paths = shop.git("ls-tree", "-r", "--name-only", LEDGER, "records/").split()
    found = [decode(shop.file(LEDGER, path) or "") for path in paths]
    return [each for each in found if isinstance(each, Record)]


def ours(world: World, shop: Repo) -> list[str]:
    return [name for name in world.branches(shop) if name.startswith("route-agent/")]


@pytest.fixture
def pull(world: World, shop: Repo) -> Issue:
    return world.pull(shop, "topic", {"shop/extra.py": "x = 1\n"}, "add(2, 2) gives 5", "see shop/add.py")


@pytest.mark.parametrize("told", [False, True])
def test_a_pull_request_that_has_moved_on_ends_the_run_that_was_cut_off_on_it(world, models, shop, pull, tmp_path, told):
    """Run again, it is turned away at the door; what it has paid for and pushed has an end all the same."""
    models.script("m-fast", [GOOD, TEST, DONE])
    job = commented(world, shop, pull, tmp_path / "job")
    if told:  # it came to its end, but for the word that says so
        world.runner = Scripted(PROVED)
        models.meanwhile = lambda model: world.fail("PATCH", "/issues/comments/", times=50)
        with pytest.raises(Unavailable):
            job.act()
    else:
        world.fail("POST", "/dispatches", times=2)
        world.fail("GET", "/actions/runs$", times=8)
        assert job.act().state == "error"
    world.faults.clear()
    models.meanwhile = lambda model: None
    world.commit(shop, "topic", {"shop/extra.py": "x = 2\n"})

    job.attempt = "2"
    ended = job.act()

    (record,) = records(shop)
    assert ended.state == ("accepted" if told else "stopped"), ended
    assert (record.result, record.cost_micros) == ("pass" if told else "stopped", 3 * 1_200)
    assert ("pull request has moved on" in last(world, pull)) is not told
    assert ours(world, shop) == ([record.branch] if told else [])
    seen(world, shop, pull)


def test_a_review_that_the_job_with_the_key_has_paid_for_counts_where_the_next_job_never_comes_to_it(
    world: World, models: Server, shop: Repo, issue: Issue, tmp_path
):
    judge = f'  verifier: {{provider: vllm, model: m-judge, base_url: "{models.url}", price: {{input: 1, output: 2}}}}'
    policy = shops.POLICY.format(url=models.url).replace("routing:", f"{judge}\nrouting:", 1)
    world.commit(shop, "main", {".github/route-agent.yml": policy})
    models.script("m-fast", [GOOD, TEST, DONE])
    models.script("m-judge", [FINE])
    payload = world.comment(shop, issue, "ann", "/agent fix")
    gate = Job(world, tmp_path / "gate", "issue_comment", payload, scopes=GATE).packed("gate")
    made = Job(world, tmp_path / "propose", "issue_comment", payload, scopes=PROPOSE).packed("propose", handover=gate["handover"])
    assert [body["model"] for body in models.requests] == ["m-fast"] * 3 + ["m-judge"]
    commented(world, shop, issue, tmp_path / "stop", "/agent stop").act("gate")

    job = Job(world, tmp_path / "apply", "issue_comment", payload)
    ended = job.act("apply", handover=made["handover"], before=gate["handover"])

    assert ended.state == "stopped", ended
    (record,) = records(shop)
    assert record.cost_micros == 4 * 1_200
    assert ours(world, shop) == []
    seen(world, shop, issue)


def test_a_no_to_the_job_that_would_go_on_ends_what_the_one_before_it_has_begun(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    job = commented(world, shop, issue, tmp_path / "job")
    world.fail("POST", "/dispatches", times=2)
    world.fail("GET", "/actions/runs$", times=8)
    assert job.act().state == "error"
    assert ours(world, shop)
    world.faults.clear()

    world.fail("PUT", "/contents/spend/", status=403)
    job.attempt = "2"
    assert job.act().state == "error"

    (record,) = records(shop)
    assert (record.result, record.cost_micros) == ("stopped", 3 * 1_200)
    assert ours(world, shop) == []
    assert "GitHub answers 403" in last(world, issue)
    seen(world, shop, issue)
