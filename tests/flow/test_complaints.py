"""What people who run such a bot complain of, in twenty-five numbers: here 1 to 9. None of it can happen to ours.

The others are in `test_complaints_work` and `test_complaints_word`; where another story plays one already, its docstring says so.
"""

import ast
import re
from pathlib import Path

import pytest

from bot.core.notes import read
from bot.core.words import FINAL
from bot.hosted import outputs
from tests.fakes import shops
from tests.fakes.hosted import ME
from tests.fakes.repos import DONE, GOOD
from tests.fakes.shops import ROOT, TEST
from tests.fakes.world.runs import Scripted
from tests.flow.test_day import capped
from tests.flow.test_door import Happened, commented, happened, last, of
from tests.test_hosted import run


def named() -> set[int]:
    """The complaints that a test's docstring names."""
    found: set[int] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found.update(map(int, re.findall(r"Complaint (\d+):", ast.get_docstring(node) or "")))
    return found


def test_no_complaint_is_without_a_test_that_names_it():
    assert named() == set(range(1, 26))


IDLE = {
    "gives up": [{"action": "give_up", "reason": "too hard"}],
    "only talks": [{"content": "Done! Everything is fixed."}] * 3,
    "finishes without a change": [DONE, DONE],
    "reads on and on": [{"action": "read", "path": "shop/add.py"}] * 9,
    "answers with a web page": [{"raw": "<html>hello</html>"}] * 3,
    "goes away": [{"drop": True}] * 3,
}


@pytest.mark.parametrize("how", IDLE)
def test_no_run_that_paid_a_model_ends_without_a_word(world, models, shop, issue, tmp_path, how):
    """Complaint 1: the job was green and had eaten tokens, and nothing had been said anywhere."""
    models.script("m-fast", IDLE[how])
    models.script("m-strong", IDLE[how])

    ended = commented(world, shop, issue, tmp_path / "job").act()

    note, said = read(last(world, issue)), outputs(ended, "")
    assert note is not None
    assert note.state == said["result"], "the state is written by code, and is the output"
    assert said["result"] in FINAL
    assert said["result"] != "accepted"
    assert models.requests
    assert float(said["cost_usd"]) > 0
    assert "No patch is proved." in last(world, issue)
    assert happened(world, shop, issue) == Happened()


def test_a_job_that_ends_green_says_in_its_own_words_that_nothing_is_fixed(world, models, shop, issue, tmp_path):
    """Complaint 1: the one colour that the job had was green, and neither log nor summary said more."""
    for name in ("m-fast", "m-strong"):
        models.script(name, IDLE["gives up"])
    job = commented(world, shop, issue, tmp_path / "job")
    done = run(job)
    assert "::notice title=route-agent::not_fixed" in done.stdout, done.stdout + done.stderr
    assert "### route-agent: not fixed" in (job.folder / "summary.md").read_text()
    assert happened(world, shop, issue) == Happened()


def test_a_judge_that_was_skipped_is_said_and_never_green(world, models, shop, issue, tmp_path):
    """Complaint 2: the run was green since what should have looked was skipped, and nobody could see that."""
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted({"base": "success", "tests-only": "success", "patched": "skipped"})
    ended = commented(world, shop, issue, tmp_path / "job").act()
    (looked,) = world.runs(shop)
    assert looked.conclusion == "success", "as GitHub has it, all is well"
    assert ended.state == "no_ci"
    assert "every job was skipped, so nothing judged the patch" in last(world, issue)
    assert happened(world, shop, issue) == Happened(branches=1, runs=1)


LOGINS = (ME, "octo-helper[bot]", "robot")
"""Whose token it can be: the workflow's own, an App's, a person's account that is kept for it."""


def test_a_run_spends_no_more_than_its_dollars_and_says_on_the_thread_what_it_spent(world, models, shop, issue, tmp_path):
    """Complaint 4: one could say how many turns it may take, and not how many dollars; and what it had cost stood nowhere."""
    capped(world, shop, "{per_run_usd: 0.03}")
    models.script("m-fast", [{"action": "search", "pattern": f"sum{number}"} for number in range(60)])

    ended = commented(world, shop, issue, tmp_path / "job").act()

    said, comment = outputs(ended, ""), last(world, issue)
    assert said["result"] == "budget", ended
    assert 0.01 < float(said["cost_usd"]) <= 0.03
    assert "the next call could cost $" in comment
    assert f"| cost | ${said['cost_usd']} = fast ${said['cost_usd']}" in comment
    assert happened(world, shop, issue) == Happened()


def test_a_model_without_a_price_is_refused_with_the_key_to_add_and_breaks_nothing(world, models, shop, issue, tmp_path):
    """Complaint 5: a model that no price was known of was free as far as the cap went, or broke the run."""
    policy = (shop.file("main", ".github/route-agent.yml") or "").replace(", price: {input: 10, output: 20}", "")
    world.commit(shop, "main", {".github/route-agent.yml": policy})
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert (ended.state, ended.broken) == ("refused", False)
    assert "models.strong.price" in last(world, issue)
    assert models.requests == []
    assert happened(world, shop, issue) == Happened()


def test_a_reply_that_costs_more_than_it_could_is_the_last_that_is_paid_for(world, models, shop, issue, tmp_path):
    """Complaint 5: the cap was looked at after the money was gone, and passed by some more every week."""
    models.usage = {"prompt_tokens": 10_000_000, "completion_tokens": 1, "total_tokens": 10_000_001}
    models.script("m-fast", [GOOD, TEST, DONE])
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "budget"
    assert "mend models.fast.price" in last(world, issue)
    assert len(models.requests) == 1
    assert of(ended).cost_micros == 10_000_002, "and it is booked as it was charged"
    assert happened(world, shop, issue) == Happened()


def test_a_task_about_workflows_is_refused_before_anything_is_paid(world, models, shop, tmp_path):
    """Complaint 7: the bot worked for an hour on a workflow file, and could not push it in the end."""
    issue = world.issue(shop, "CI is slow", f"cache pip in {shops.VERIFY}")
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "refused"
    assert f"this is about {shops.VERIFY}, which no patch may touch" in last(world, issue)
    assert models.requests == []
    assert happened(world, shop, issue) == Happened()


def test_no_workflow_that_people_copy_needs_an_identity_token_or_gives_a_fork_the_keys():
    """Complaint 8: on a fork's pull request there were no secrets and no identity token, and the bot broke down on it."""
    for path in sorted((ROOT / "templates" / "workflows").glob("*.yml")):
        text = path.read_text()
        assert "id-token" not in text, path.name
        assert "pull_request_target" not in text, path.name


@pytest.mark.parametrize("trigger", ["actors: ['*']", "actors: '*'", "permission: none", "permission: read", "users: '*'"])
def test_no_policy_lets_everybody_give_commands(world, models, shop, issue, tmp_path: Path, trigger):
    """Complaint 9: there was a way to allow all, and in the end everybody took it."""
    policy = shop.file("main", ".github/route-agent.yml") or ""
    world.commit(shop, "main", {".github/route-agent.yml": f"{policy}\ntriggers: {{{trigger}}}\n"})
    assert commented(world, shop, issue, tmp_path / "bob", by="bob").act().state is None
    assert world.said(issue, ME) == []
    ended = commented(world, shop, issue, tmp_path / "ann").act()
    assert (ended.state, ended.broken) == ("error", True)
    assert "triggers." in last(world, issue)
    assert models.requests == []
    assert happened(world, shop, issue) == Happened(reactions=frozenset({"-1"}))
