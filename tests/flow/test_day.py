"""Money of many runs: what one has spent, or has set aside, counts for the next. Real PyGithub, git and HTTP."""

import pytest

from bot.core.cost import Usage
from bot.core.ledger import decode
from bot.core.spend import Movement, accounts
from tests.fakes.hosted import GATE, Job
from tests.fakes.repos import DONE, GOOD
from tests.fakes.shops import TEST
from tests.fakes.world import Repo, World
from tests.fakes.world.runs import Scripted
from tests.flow.test_door import PROVED, Happened, commented, happened


def capped(world: World, shop: Repo, budget: str) -> None:
    policy = shop.file("main", ".github/route-agent.yml") or ""
    world.commit(shop, "main", {".github/route-agent.yml": f"{policy}\nbudget: {budget}\n"})


def test_what_a_run_spent_counts_for_the_next_one_and_the_rest_of_its_share_is_free_again(world, models, shop, issue, tmp_path):
    capped(world, shop, "{per_run_usd: 0.5, per_day_usd: 0.9}")
    for number in (1, 2):
        world.runner = Scripted(PROVED)
        models.script("m-fast", [GOOD, TEST, DONE])
        ended = commented(world, shop, issue, tmp_path / f"job-{number}", f"/agent fix once more: {number}").act()
        assert ended.state == "accepted", ended
    spent = [account.counted for account in accounts(money(shop))]
    assert all(0 < (amount or 0) < 500_000 for amount in spent), "settled: 0.5 twice would not have fitted the day"
    assert sum(amount or 0 for amount in spent) <= 900_000
    assert happened(world, shop, issue) == Happened(comments=2, branches=2, pulls=2, runs=2)


def test_a_day_that_is_set_aside_by_a_run_that_was_killed_refuses_the_next_one_before_a_model_is_paid(
    world, models, shop, issue, tmp_path
):
    """Complaint 4: what a run that broke off had spent was in no sum, and the day had no cap."""
    capped(world, shop, "{per_run_usd: 0.5, per_day_usd: 0.5}")
    payload = world.comment(shop, issue, "ann", "/agent fix")
    Job(world, tmp_path / "gate", "issue_comment", payload, scopes=GATE).packed("gate")  # and the machine goes away

    ended = commented(world, shop, issue, tmp_path / "next").act()

    assert ended.state == "budget"
    assert "budget.per_day_usd is spent: $0.50 of $0.50, with what runs at work have set aside" in ended.why
    assert models.requests == []
    assert happened(world, shop, issue) == Happened(comments=2)


def money(shop: Repo) -> list[Movement]:
    (path,) = shop.git("ls-tree", "-r", "--name-only", "route-agent-ledger", "spend/").split()
    found = [decode(row) for row in (shop.file("route-agent-ledger", path) or "").splitlines()]
    return [item for item in found if isinstance(item, Movement)]


def test_money_that_another_job_says_it_gave_back_is_no_money():
    with pytest.raises(ValueError, match="greater than or equal to 0"):
        Usage(micros=-5)
