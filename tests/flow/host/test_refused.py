"""Stories of the host action: runners, forks and checks that are refused before a model is paid."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.edge.sandbox.box import Box
from bot.office import Office
from tests.flow.host.hosting import commented, on, ours, policy, unpaid
from tests.flow.test_door import last


@pytest.mark.parametrize("kind", ["self-hosted", "", "github-hosted\n::error::x"])
def test_any_runner_but_a_hosted_one_is_refused_with_the_remedy_before_anything_is_paid(world, models, shop, issue, tmp_path, kind):
    job = commented(world, shop, issue, tmp_path / "job")
    ended = replace(job, host=on(tmp_path, RUNNER_ENVIRONMENT=kind)).act()
    assert (ended.state, ended.broken) == ("error", True)
    assert "not github-hosted: it may outlive the job" in last(world, issue)
    assert "take the docker action" in last(world, issue)
    unpaid(world, models, shop)


def test_without_walls_nothing_is_run_or_paid_and_the_remedy_is_said(world, models, shop, issue, tmp_path):
    def fallen(place: Office) -> Office:
        assert place.host is not None
        return replace(place, host=replace(place.host, sandbox=Box(place.host.sandbox.at, Path("/bin/false"))))

    ended = commented(world, shop, issue, tmp_path / "job", furnished=fallen).act()

    assert (ended.state, ended.broken) == ("error", True)
    said = last(world, issue)
    assert "the sandbox does not start" in said
    assert "take the docker action" in said
    assert "--no-sandbox" not in said
    unpaid(world, models, shop)


def test_a_fork_is_never_run(world, models, shop, tmp_path):
    pull = world.fork_pull(shop, "mallory/shop", {"shop/extra.py": "x = 1\n"}, "Mine", by="mallory")
    ended = commented(world, shop, pull, tmp_path / "job").act()
    assert ended.state == "refused"
    assert "lies in a fork" in last(world, pull)
    unpaid(world, models, shop)


def test_explain_runs_nothing_and_says_where_a_patch_would_be_proved(world, models, issue_of, tmp_path):
    shop, issue = issue_of(policy(models.url, "exit 9", "exit 9"))
    ended = commented(world, shop, issue, tmp_path / "job", "/agent explain").act()
    assert ended.state == "explained"
    assert "`exit 9`, on the runner, in a sandbox" in last(world, issue)
    unpaid(world, models, shop)


def test_checks_that_do_not_run_on_the_commit_are_said_to_before_a_model_is_paid(world, models, issue_of, tmp_path):
    shop, issue = issue_of(policy(models.url, setup="echo no such package; exit 4"))
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "refused"
    assert "ended with exit code 4 on the base: no such package" in last(world, issue)
    assert models.requests == []
    ours(world, shop)
