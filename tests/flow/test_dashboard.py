"""The dashboard issue: made once, edited in place, nobody else's, left alone once closed. Real PyGithub, git, HTTP, processes."""

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from bot.core.ledger import Record, encode
from bot.core.past.dashboard import LABEL, MARK, TITLE
from tests import ledgers
from tests.fakes.hosted import ME, Job
from tests.fakes.world import Issue, Repo, World
from tests.pages import hostile
from tests.plans import Entry, Plan
from tests.test_hosted import run

REPORT = "contents:read issues:write"
BRANCH = "route-agent-ledger"


def files(items: Iterable[Entry]) -> dict[str, bytes | str]:
    """As the ledger's branch holds them."""
    found: dict[str, bytes | str] = {}
    for item in items:
        month = item.at[:7]
        if isinstance(item, Record):
            found[f"records/{month}/{item.id}.json"] = f"{encode(item)}\n"
        else:
            found[f"outcomes/{month}/{item.run}-{item.what}-{item.at.replace(':', '')}.json"] = f"{encode(item)}\n"
    return found


@pytest.fixture
def ledger(world: World, shop: Repo) -> None:
    world.commit(shop, BRANCH, files(ledgers.ledger(Plan(runs=30, days=3))))


def reported(world: World, folder: Path, scopes: str = REPORT) -> subprocess.CompletedProcess[str]:
    """One run of the workflow, by the clock: an event that names nobody."""
    job = Job(world, folder, "schedule", {"schedule": "23 5 * * 1"}, scopes=scopes, inputs={"phase": "report"})
    job.env()
    return run(job)


def summary(folder: Path) -> str:
    return (folder / "summary.md").read_text()


def only(world: World, shop: Repo) -> Issue:
    (issue,) = world.opened(shop)
    return issue


def test_the_first_run_makes_the_issue_and_the_next_edits_it_in_place(world, shop, ledger, tmp_path):
    done = reported(world, tmp_path / "1")
    assert done.returncode == 0, done.stdout
    issue = only(world, shop)
    assert (issue.title, issue.labels, issue.user.login) == (TITLE, [LABEL], ME)
    assert issue.body.split("\n")[:2] == [MARK, "## route-agent: what 30 runs say"]
    assert "30 runs" in done.stdout
    assert f"/issues/{issue.number}" in done.stdout
    assert "/actions/runs/77" in issue.body
    assert summary(tmp_path / "1").startswith("## route-agent: what 30 runs say")
    world.commit(shop, BRANCH, files(ledgers.ledger(Plan(runs=10, seed=2, days=3))))
    assert reported(world, tmp_path / "2").returncode == 0
    assert "what 40 runs say" in only(world, shop).body
    assert [seen.line.split()[0] for seen in world.journal if seen.method in ("POST", "PATCH") and "/issues" in seen.path] == [
        "POST",
        "PATCH",
    ]


def test_the_ledger_is_fetched_once_however_many_files_it_has(world, shop, ledger, tmp_path):
    assert reported(world, tmp_path / "job").returncode == 0
    only(world, shop)
    assert [seen.line.replace("/repos/octo/shop", "") for seen in world.journal] == [
        "GET  200",
        "GET /contents/.github/route-agent.yml 200",
        "GET /git/ref/heads/route-agent-ledger 200",
        "GIT /octo/shop.git/info/refs?service=git-upload-pack 200",
        "GIT /octo/shop.git/git-upload-pack? 200",
        "POST /api/graphql 200",
        "GET /issues 200",
        "GET /issues 200",
        "POST /issues 201",
    ]


def test_who_wrote_the_mark_first_is_never_written_to(world, shop, ledger, tmp_path):
    strangers = [
        world.issue(shop, TITLE, f"{MARK}\nmine", by="zoe", labels=(LABEL,)),
        world.issue(shop, TITLE, f"{MARK}\nmine", by="github-actions", labels=(LABEL,)),
        world.pull(shop, "topic", {"a.txt": "a\n"}, "A pull request of the same bot's", f"{MARK}\n", by=ME),
        world.issue(shop, "Another workflow's", f"see {MARK}\n", by=ME, labels=(LABEL,)),
    ]
    bodies = [issue.body for issue in strangers]
    for number in range(2):
        assert reported(world, tmp_path / str(number)).returncode == 0
    assert only(world, shop).number == 5
    assert [issue.body for issue in strangers] == bodies


def test_a_closed_one_is_left_alone_and_the_summary_is_written(world, shop, ledger, tmp_path):
    assert reported(world, tmp_path / "1").returncode == 0
    issue = only(world, shop)
    issue.state, before = "closed", issue.body
    world.commit(shop, BRANCH, files(ledgers.ledger(Plan(runs=10, seed=2, days=3))))
    done = reported(world, tmp_path / "2")
    assert done.returncode == 0
    assert "closed, so it was left alone" in done.stdout
    assert (only(world, shop).state, issue.body) == ("closed", before)
    assert "what 40 runs say" in summary(tmp_path / "2")


def test_a_locked_one_is_edited_since_nobody_is_answered_there(world, shop, ledger, tmp_path):
    assert reported(world, tmp_path / "1").returncode == 0
    only(world, shop).locked = True
    world.commit(shop, BRANCH, files(ledgers.ledger(Plan(runs=10, seed=2, days=3))))
    assert reported(world, tmp_path / "2").returncode == 0
    assert "what 40 runs say" in only(world, shop).body


def test_one_that_has_lost_its_label_and_got_another_title_is_still_the_one(world, shop, ledger, tmp_path):
    assert reported(world, tmp_path / "1").returncode == 0
    issue = only(world, shop)
    issue.labels.clear()
    issue.title = "Our numbers"
    assert reported(world, tmp_path / "2").returncode == 0
    assert only(world, shop).title == "Our numbers"


def test_an_answer_that_got_lost_makes_no_second_issue(world, shop, ledger, tmp_path):
    world.fail("POST", "/repos/octo/shop/issues", after=True)
    done = reported(world, tmp_path / "1")
    assert done.returncode == 0, done.stdout
    assert f"made: {world.url}/octo/shop/issues/1" in done.stdout
    assert "what 30 runs say" in only(world, shop).body


def test_where_no_run_left_a_record_there_is_no_issue(world, shop, tmp_path):
    done = reported(world, tmp_path / "job")
    assert done.returncode == 0
    assert "no run has left a record" in done.stdout
    assert world.opened(shop) == []


def test_without_the_right_to_write_issues_the_summary_has_the_report_and_the_job_says_what_it_needs(world, shop, ledger, tmp_path):
    done = reported(world, tmp_path / "job", "contents:read issues:read")
    assert done.returncode == 1
    assert "issues: write" in done.stdout
    assert "what 30 runs say" in summary(tmp_path / "job")
    assert world.opened(shop) == []


def test_a_long_report_is_cut_where_an_issue_ends_and_whole_in_the_summary(world, shop, tmp_path):
    many = files(ledgers.ledger(Plan(runs=400, days=3)))
    lanes = {
        path: str(text).replace('"lane":"fast"', json.dumps("lane") + ":" + json.dumps(f"{number:03} " + "x" * 290))
        for number, (path, text) in enumerate(many.items())
    }
    world.commit(shop, BRANCH, lanes)
    done = reported(world, tmp_path / "job")
    assert done.returncode == 0, done.stdout
    body = only(world, shop).body
    assert 60_000 < len(body) < 65_536
    assert "a comment holds no more" in body
    whole = summary(tmp_path / "job")
    assert "holds no more" not in whole
    assert whole.rstrip().endswith("The line is the policy's cap for a day, $10.00.")
    assert whole.rstrip()[-40:] not in body


def test_names_in_a_ledger_speak_to_nobody_and_link_to_nothing(world, shop, tmp_path):
    text = {path: hostile(str(text).encode()) for path, text in files(ledgers.ledger(Plan(runs=40, days=3))).items()}
    nasty = "@octo/team [click](https://evil.example) | fixes #1 <!-- x"
    other = f'"name":{json.dumps(nasty)}'.encode()
    world.commit(shop, BRANCH, {path: data.replace(b'"name":"tests"', other) for path, data in text.items()})
    assert reported(world, tmp_path / "job").returncode == 0
    body = only(world, shop).body
    assert "@octo/team" in body
    bare = "".join(part for number, part in enumerate(body.split("`")) if number % 2 == 0)
    assert "@octo" not in bare
    assert "evil.example" not in bare
    assert "<script" not in bare


def test_a_broken_policy_is_said_and_makes_the_job_red(world, shop, ledger, tmp_path):
    world.commit(shop, "main", {".github/route-agent.yml": "models: 7\n"})
    done = reported(world, tmp_path / "job")
    assert done.returncode == 1
    assert "::error" in done.stdout
    assert "route-agent.yml" in done.stdout
    assert world.opened(shop) == []
