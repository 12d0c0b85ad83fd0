"""Blind audits on the runner, as the process that it is."""

from pathlib import Path

import pytest

from bot.edge.actions import OWN
from tests.fakes.hosted import Job
from tests.fakes.server import Server
from tests.fakes.world import Repo, World
from tests.flow.audit.audited import SHARE, records, scripted
from tests.flow.host import hosting as hosts
from tests.flow.test_door import Happened, happened, last


@pytest.fixture
def housed(world: World, models: Server, tmp_path: Path) -> tuple[Repo, Job]:
    """A job of the host action whose patch is proved there."""
    shop = hosts.stocked(world, hosts.policy(models.url).replace("strong_min_score: 7", SHARE))
    issue = world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")
    scripted(world, models)
    return shop, hosts.commented(world, shop, issue, tmp_path / "job")


def whole(world: World, shop: Repo) -> None:
    """One comment, which says that it was accepted, one pull request, its branch, and no CI."""
    assert happened(world, shop, shop.issues[1]) == Happened(branches=1, pulls=1)
    assert "### route-agent: accepted" in last(world, shop.issues[1])
    assert records(shop)[0].result == "pass"
    world.finish()


def test_where_the_gate_on_the_runner_is_the_proof_no_branch_is_pushed_at_all(world, housed):
    shop, job = housed
    job.act()
    run, audit = records(shop)
    assert (audit.audits, audit.result, audit.proof) == (run.id, "pass", "sandbox")
    assert len([seen for seen in world.journal if seen.path.endswith("/git/refs") and "heads/route-agent/" in str(seen.body)]) == 1
    whole(world, shop)


def test_an_audit_that_breaks_down_makes_no_job_red(world, models, housed):
    shop, job = housed
    own = job.folder / "workspace" / OWN

    def broken(model: str) -> None:
        if model == "m-strong" and own.is_dir():
            own.rename(own.with_name("away"))
            own.write_text("in the way")

    models.meanwhile = broken
    done = hosts.process(job)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "::warning title=route-agent::this is a bug in route-agent" in done.stdout
    assert "result<<" in (job.folder / "output").read_text()
    whole(world, shop)
