"""A pull request that changes the policy: one comment, edited with each push, or the summary alone. Real processes and git."""

import subprocess
from pathlib import Path

import pytest

from bot.core.notes import REPLAY
from tests.fakes import shops
from tests.fakes.hosted import ME, Job
from tests.fakes.recorded import Went, record, written
from tests.fakes.repos import DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.shops import TEST
from tests.fakes.world import Issue, Repo, World
from tests.fakes.world.runs import Scripted
from tests.flow.test_door import PROVED, commented, of
from tests.test_hosted import run

POLICY = ".github/route-agent.yml"
MAY_COMMENT, MAY_READ = "contents:read pull-requests:write", "contents:read pull-requests:read"


def proposing(text: str, **changed: str) -> dict[str, bytes | str]:
    for key, value in changed.items():
        text = "\n".join(f"  {key}: {value}" if row.strip().startswith(f"{key}:") else row for row in text.split("\n"))
    return {POLICY: text}


def answered(
    world: World, shop: Repo, pull: Issue, folder: Path, action: str = "opened", scopes: str = MAY_COMMENT
) -> subprocess.CompletedProcess[str]:
    job = Job(world, folder, "pull_request", world.proposed(shop, pull, pull.user.login, action), scopes=scopes)
    job.inputs = {"phase": "replay"}
    before = len(world.journal)
    done = run(job)
    wrote = [
        seen.line for seen in world.journal[before:] if seen.method not in ("GET", "HEAD", "GIT") and "graphql" not in seen.path
    ]
    assert [line for line in wrote if "/comments" not in line] == [], "a comment is all that it writes"
    assert "Traceback" not in done.stdout + done.stderr
    return done


def summary(folder: Path) -> str:
    return (folder / "summary.md").read_text()


@pytest.fixture
def rules(models: Server) -> str:
    return shops.POLICY.format(url=models.url).lstrip()


@pytest.fixture
def ran(world: World, models: Server, shop: Repo, issue: Issue, tmp_path: Path) -> str:
    """The ledger of a run that was accepted in the fast lane; its id."""
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    ended = commented(world, shop, issue, tmp_path / "run").act()
    assert of(ended).result == "pass"
    for looked in (world.said(issue, ME), world.reacted(shop, issue), world.branches(shop), world.runs(shop), world.pulls(shop)):
        assert looked
    return of(ended).id


def test_what_recorded_runs_say_of_a_proposed_policy_stands_on_its_pull_request(world, shop, ran, rules, tmp_path):
    pull = world.pull(shop, "tune", proposing(rules, fast_max_score="0", strong_min_score="1"), "Be careful", by="ann")
    done = answered(world, shop, pull, tmp_path / "job")
    assert done.returncode == 0, done
    assert "::notice title=route-agent::1 of 1 recorded runs would start in another lane" in done.stdout
    (said,) = world.said(pull, ME)
    assert said.startswith(f"{REPLAY}\n### route-agent: policy replay\n")
    assert f"`{POLICY} of {str(shop.tip('tune'))[:12]}` than under `that of main`" in said
    assert f"| `{ran}` | `octo/shop#1` | bugfix | `fast` → `strong` | `score " in said
    assert said.removeprefix(f"{REPLAY}\n") in summary(tmp_path / "job")


def test_the_next_push_edits_the_same_comment(world, shop, ran, rules, tmp_path):
    pull = world.pull(shop, "tune", proposing(rules, fast_max_score="0", strong_min_score="1"), "Be careful", by="ann")
    answered(world, shop, pull, tmp_path / "one")
    world.commit(shop, "tune", proposing(rules, fast_max_score="8", strong_min_score="9"))
    before = [comment.id for comment in pull.comments]
    answered(world, shop, pull, tmp_path / "two", "synchronize")
    assert [comment.id for comment in pull.comments] == before
    (said,) = world.said(pull, ME)
    assert "**None of 1 recorded runs would start in another lane**" in said
    assert str(shop.tip("tune"))[:12] in said


def test_it_is_compared_with_the_policy_in_force_so_that_an_earlier_change_is_not_laid_at_its_door(
    world, shop, ran, rules, tmp_path
):
    careful = proposing(rules, fast_max_score="0", strong_min_score="1")
    world.commit(shop, "main", careful)
    pull = world.pull(shop, "tune", {POLICY: f"{careful[POLICY]!s}budget: {{per_day_usd: 3}}\n"}, "Spend less", by="ann")
    answered(world, shop, pull, tmp_path / "job")
    (said,) = world.said(pull, ME)
    assert "**None of 1 recorded runs would start in another lane**" in said
    assert "`that of main` itself starts 1 run elsewhere than was recorded" in said


def test_somebody_s_comment_that_looks_like_it_is_left_alone(world, shop, ran, rules, tmp_path):
    pull = world.pull(shop, "tune", proposing(rules, fast_max_score="5", strong_min_score="6"), "Tune", by="ann")
    world.comment(shop, pull, "bob", f"{REPLAY}\nall is well")
    answered(world, shop, pull, tmp_path / "job")
    assert world.said(pull, "bob") == [f"{REPLAY}\nall is well"]
    assert len(world.said(pull, ME)) == 1


def test_from_a_fork_the_summary_has_it_and_the_log_says_why_there_is_no_comment(world, shop, ran, rules, tmp_path):
    pull = world.fork_pull(shop, "bob/shop", proposing(rules, fast_max_score="0", strong_min_score="1"), "From a fork", by="bob")
    done = answered(world, shop, pull, tmp_path / "job", scopes=MAY_READ)
    assert done.returncode == 0, done
    assert "what there is to say is in this job's summary" in done.stdout
    assert "**1 of 1 recorded runs would start in another lane**" in summary(tmp_path / "job")
    assert world.said(pull, ME) == []


def test_a_policy_that_cannot_be_obeyed_makes_the_job_red_and_every_problem_is_listed(world, shop, rules, tmp_path):
    broken = rules.replace("fast_max_score", "fast_max_scoer") + "budget: {per_run_usd: '1'}\n"
    pull = world.pull(shop, "tune", {POLICY: broken}, "Oops", by="ann")
    done = answered(world, shop, pull, tmp_path / "job")
    assert done.returncode == 1
    (said,) = world.said(pull, ME)
    assert "- ``line 5: routing.fast_max_scoer: unknown key; did you mean `fast_max_score`?``" in said
    assert "- `line 9: budget.per_run_usd: " in said
    assert "::error title=route-agent::" in done.stdout


HOSTILE = "models:\n  '@octo/team': {provider: '](http://x) <img src=x> fixes #1'}\n  fast: \"```\\n::set-env name=A::b\"\n"


@pytest.mark.parametrize("text", [HOSTILE, "a: &a [*a]\n" * 50, "x" * 300_000, "\0\x1b[2J", "[" * 5_000], ids=range(5))
def test_a_hostile_policy_is_text_that_steers_nothing(world, shop, tmp_path, text):
    pull = world.fork_pull(shop, "bob/shop", {POLICY: text}, "From a fork", by="bob")
    done = answered(world, shop, pull, tmp_path / "job")
    assert done.returncode == 1
    (said,) = world.said(pull, ME)
    outside = "".join(part for n, part in enumerate(said.split("`")) if n % 2 == 0) if "```" not in said else said.split("- ")[0]
    assert not {"@", "http", "<img", "#1", "::set-env"} & {
        word for word in ("@", "http", "<img", "#1", "::set-env") if word in outside
    }
    assert [row for row in done.stdout.splitlines() if row.startswith("::")] == done.stdout.splitlines()
    assert "::set-env" not in done.stdout
    assert "\x1b" not in said + done.stdout


def test_which_ledger_is_read_the_policy_on_the_default_branch_says(world, shop, ran, rules, tmp_path):
    world.commit(shop, "other-ledger", {f"records/2026-11/c{n}.json": written([record(n, Went("fast"))]) for n in (8, 9)})
    pull = world.pull(shop, "tune", {POLICY: rules + "ledger: {branch: other-ledger}\n"}, "Move it", by="ann")
    answered(world, shop, pull, tmp_path / "job")
    (said,) = world.said(pull, ME)
    assert "**None of 1 recorded runs" in said
    assert "(1 attempt)" in said


def test_a_line_that_cannot_be_read_is_named_and_the_rest_is_replayed(world, shop, ran, rules, tmp_path):
    world.commit(shop, "route-agent-ledger", {"records/2026-11/odd`@x`.json": "{}\n"})
    pull = world.pull(shop, "tune", proposing(rules, fast_max_score="5", strong_min_score="6"), "Tune", by="ann")
    answered(world, shop, pull, tmp_path / "job")
    (said,) = world.said(pull, ME)
    assert "1 line of the ledger could not be read and is not counted" in said
    assert "``records/2026-11/odd`@x`.json:1``" in said
    assert "None of 1 recorded runs" in said


def test_without_a_ledger_or_a_policy_to_compare_with_it_says_that_there_is_nothing_to_replay(world, models, rules, tmp_path):
    bare = world.repo("octo/shop", {"README": "x\n"}, ann="write")
    pull = world.pull(bare, "begin", {POLICY: rules}, "Begin", by="ann")
    done = answered(world, bare, pull, tmp_path / "job")
    assert done.returncode == 0, done
    (said,) = world.said(pull, ME)
    assert "There is no recorded run to replay" in said
    assert "What this cannot say" in said


def test_a_pull_request_that_takes_the_policy_away_is_told_what_follows(world, shop, tmp_path):
    shop.git("update-ref", "refs/heads/gone", shop.git("commit-tree", "-m", "gone", shop.git("mktree", stdin=b"")))
    pull = world.issue(shop, "Take it away", by="ann")
    pull.head, pull.base = (shop.name, "gone"), shop.default
    done = answered(world, shop, pull, tmp_path / "job")
    assert done.returncode == 0, done
    (said,) = world.said(pull, ME)
    assert f"This pull request leaves no `{POLICY}`." in said


def test_any_other_event_is_nothing_to_this_phase_and_this_event_is_nothing_to_any_other(world, shop, issue, tmp_path):
    job = Job(world, tmp_path / "one", "issue_comment", world.comment(shop, issue, "ann", "/agent fix"), inputs={"phase": "replay"})
    done = run(job)
    assert (done.returncode, done.stdout) == (
        0,
        "route-agent: the event `issue_comment` proposes no policy, which is all that `phase: replay` hears\n",
    )
    pull = world.pull(shop, "tune", {POLICY: "x"}, "Tune", by="ann")
    job = Job(world, tmp_path / "two", "pull_request", world.proposed(shop, pull, "ann"))
    done = run(job)
    assert (done.returncode, done.stdout) == (0, "route-agent: the event `pull_request` is no command\n")
    assert world.journal == []
