"""What the door turns away, or answers before a model is paid. Real PyGithub, git and HTTP."""

import pytest

from bot.ports import Denied
from tests.fakes import shops
from tests.fakes.hosted import ME
from tests.flow.test_door import Happened, commented, happened, last


def test_where_there_is_no_ci_nothing_is_paid_for(world, models, tmp_path):
    shop = world.repo("octo/bare", shops.files(models.url, ci=False), ann="write")
    issue = world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")
    job = commented(world, shop, issue, tmp_path / "job")
    job.repo = shop.name

    ended = job.act()

    assert ended.state == "no_ci"
    assert "put route-agent-verify.yml into .github/workflows" in last(world, issue)
    assert models.requests == []
    world.reacted(shop, issue)
    assert "route-agent-ledger" in world.branches(shop), "what came to nothing has its record, too"
    world.finish()


def test_a_pull_request_that_changes_its_judge_is_not_judged_by_it(world, models, shop, tmp_path):
    """Complaint 2: a workflow file that differs from the default branch's was skipped, and that was green."""
    pull = world.pull(shop, "topic", {shops.VERIFY: shops.verify() + "# more\n", "a.py": "1\n"}, "More")
    ended = commented(world, shop, pull, tmp_path / "job").act()
    assert ended.state == "no_ci"
    assert "differs from the default branch" in last(world, pull)
    assert models.requests == []
    assert happened(world, shop, pull) == Happened()


def test_a_folder_of_ours_that_is_a_link_is_refused(world, shop, issue, tmp_path):
    job = commented(world, shop, issue, tmp_path / "job")
    (job.folder / "workspace").mkdir(parents=True)
    (job.folder / "workspace" / "route-agent").symlink_to(tmp_path)
    with pytest.raises(Denied, match="is a link"):
        job.act()


def test_bots_and_strangers_get_no_word_where_the_policy_is_missing(world, shop, issue, tmp_path):
    world.commit(shop, "main", {".github/route-agent.yml": "models: 5\n"})
    world.user("evil[bot]", "Bot")
    for by in ("evil[bot]", "bob"):
        commented(world, shop, issue, tmp_path / by.strip("[]"), by=by).act()
    assert world.said(issue, ME) == []
    assert commented(world, shop, issue, tmp_path / "ann").act().broken
    assert len(world.said(issue, ME)) == 1
    assert happened(world, shop, issue) == Happened(reactions=frozenset({"-1"}))


def test_workflows_that_do_not_show_which_tests_ran_are_said_to_prove_nothing_before_a_model_is_paid(
    world, models, shop, issue, tmp_path
):
    policy = (shop.file("main", ".github/route-agent.yml") or "").replace("ci: {", "ci: {workflows: [ci.yml], ")
    own = "on: workflow_dispatch\njobs: {t: {runs-on: x, steps: [{run: make test}]}}\n"
    world.commit(shop, "main", {".github/route-agent.yml": policy, ".github/workflows/ci.yml": own})
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "no_ci", ended.why
    assert "name route-agent-verify.yml as well" in ended.why
    assert models.requests == []
    assert happened(world, shop, issue) == Happened()


def test_the_ledger_is_not_kept_on_the_default_branch(world, shop, issue, tmp_path):
    policy = shop.file("main", ".github/route-agent.yml") or ""
    world.commit(shop, "main", {".github/route-agent.yml": f"{policy}\nledger: {{branch: main}}\n"})
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert ended.broken
    assert "ledger.branch is the default branch" in ended.why
    assert happened(world, shop, issue) == Happened(reactions=frozenset())
