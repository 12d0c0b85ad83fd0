"""Stories of the host action: checks run on the runner, behind real walls, and what is proved there is offered without CI."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.edge.sandbox.box import Box
from bot.host import Ground, ground
from bot.office import Office
from bot.ports import Denied
from tests.fakes import repos, shops
from tests.fakes.hosted import ME, Job
from tests.fakes.repos import BAD, DONE, GOOD
from tests.fakes.server import Answer, Server
from tests.fakes.shops import TEST
from tests.fakes.typed import ROOT
from tests.fakes.world import Issue, Repo, World
from tests.flow.test_door import last, of

SCOPES = "contents:write issues:write pull-requests:write actions:read"
"""What the workflow that people copy gives: nothing of CI may be started."""
TESTS = "python3 -m unittest discover -v -t . -s tests"
HOST = "from bot.__main__ import host; raise SystemExit(host())"
CLOSE = "from bot.__main__ import close; raise SystemExit(close())"


def policy(url: str, run: str = TESTS, setup: str = "") -> str:
    models = shops.POLICY.format(url=url).partition("verification:")[0]
    check = json.dumps({"name": "tests", "run": run, "kind": "tests"})
    return f"{models}verification:\n  checks: [{check}]\n  setup: {json.dumps([setup] if setup else [])}\n"


@pytest.fixture
def shop(world: World, models: Server) -> Repo:
    return stocked(world, policy(models.url))


def stocked(world: World, text: str) -> Repo:
    return world.repo("octo/shop", {**repos.SHOP, ".github/route-agent.yml": text}, ann="write", bob="read")


def runner(folder: Path, **more: str) -> dict[str, str]:
    """What a hosted runner says of itself."""
    folder.mkdir(parents=True, exist_ok=True)
    home = str(folder / "home")
    return {"RUNNER_ENVIRONMENT": "github-hosted", "RUNNER_TEMP": str(folder), "PATH": os.environ["PATH"], "HOME": home, **more}


def on(folder: Path, **more: str) -> Ground:
    return ground(runner(folder / "temp", **more))


def commented(world: World, shop: Repo, issue: Issue, folder: Path, body: str = "/agent fix", **more: Any) -> Job:
    job = Job(world, folder, "issue_comment", world.comment(shop, issue, "ann", body), scopes=SCOPES)
    return replace(job, host=on(folder), **more)


def ours(world: World, shop: Repo) -> list[str]:
    world.reacted(shop, shop.issues[1])
    world.said(shop.issues[1], ME)
    return [name for name in world.branches(shop) if name.startswith("route-agent/")]


# ---- proof -------------------------------------------------------------------------------------------------------


def test_a_patch_that_the_checks_prove_behind_walls_is_offered_and_ci_is_neither_asked_nor_started(
    world, models, shop, issue, tmp_path
):
    models.script("m-fast", [GOOD, TEST, DONE])

    ended = commented(world, shop, issue, tmp_path / "job").act()

    assert ended.state == "accepted", ended
    (pull,) = world.pulls(shop)
    assert (pull.base, pull.head) == ("main", (shop.name, of(ended).branch))
    (branch,) = ours(world, shop)
    assert shop.git("log", "--format=%s", f"main..{branch}") == "add(2, 2) gives 5", "one commit"
    assert "Proved by route-agent" in shop.git("log", "-1", "--format=%B", branch)
    assert world.runs(shop) == []
    asked = " ".join(seen.path for seen in world.journal)
    assert not [word for word in ("check-runs", "/status", "/actions/") if word in asked]


def test_the_comment_and_the_pull_request_say_what_was_proved_where(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    ended = commented(world, shop, issue, tmp_path / "job").act()
    said, (pull,) = last(world, issue), world.pulls(shop)
    assert of(ended).sandbox.startswith("bubblewrap ")
    for text in (said, pull.body):
        assert f"`{TESTS}` on the " in text
        assert f"in a sandbox (`{of(ended).sandbox}`) without network" in text
        assert "CI has not judged it" in text
        assert "started by hand" not in text
    assert "fails without the change and passes with it" in said
    ours(world, shop)


def test_what_the_checks_say_of_the_fast_lanes_patch_is_read_by_the_strong_lane(world, models, shop, issue, tmp_path):
    models.script("m-fast", [BAD, DONE])
    models.script("m-strong", [GOOD, TEST, DONE])
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "accepted", ended
    assert [attempt.lane for attempt in of(ended).attempts] == ["fast", "strong"]
    assert "AssertionError: \\'4\\' != 4" in str(models.requests[-1]["messages"])
    assert len(ours(world, shop)) == 1
    world.pulls(shop)


def test_the_commit_is_judged_and_set_up_and_never_what_lies_in_the_workspace(world, models, issue_of, tmp_path):
    setup = "mkdir -p .venv && find . -name '*.py' | sort > .venv/seen && pwd >> .venv/seen"
    shop, issue = issue_of(policy(models.url, f"cat .venv/seen; {TESTS}", setup))
    workspace = tmp_path / "job" / "workspace"
    repos.make(workspace, {"tests/test_evil.py": "raise SystemExit(9)\n", "evil.py": "", "shop/add.py": "x = 1\n"})
    (workspace / ".venv").mkdir()
    models.script("m-fast", [GOOD, TEST, DONE])

    ended = commented(world, shop, issue, tmp_path / "job").act()

    assert ended.state == "accepted", ended
    assert ended.trail is not None
    (run,) = ended.trail.opened.baseline
    files = {name for name in repos.SHOP if name.endswith(".py")}
    head = run.tail.split("test_kind")[0].split()
    assert {name.removeprefix("./") for name in head[:-1]} == files
    assert head[-1].startswith(str(tmp_path / "job" / "temp"))
    assert head[-1].endswith("/shop"), "the folder has the repository's name"
    assert ours(world, shop)
    assert world.pulls(shop)


@pytest.fixture
def issue_of(world: World) -> Any:
    def made(text: str) -> tuple[Repo, Issue]:
        shop = stocked(world, text)
        return shop, world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")

    return made


def test_a_pull_request_that_moved_on_meanwhile_gets_no_branch(world, shop, tmp_path):
    pull = world.pull(shop, "topic", {"shop/extra.py": "x = 1\n"}, "More sums", "add(2, 2) gives 5, see shop/add.py")

    class Pushing(Server):
        def answer(self, body: dict[str, Any]) -> Answer:
            if not self.requests:
                world.commit(shop, "topic", {"shop/extra.py": "x = 2\n"})
            return super().answer(body)

    with Pushing() as models:
        world.commit(shop, "main", {".github/route-agent.yml": policy(models.url)})
        models.script("m-fast", [GOOD, TEST, DONE])
        ended = commented(world, shop, pull, tmp_path / "job").act()

    assert ended.state == "stopped", ended
    assert "has moved on from" in last(world, pull)
    assert (ours(world, shop), world.pulls(shop)) == ([], [])


# ---- refused -----------------------------------------------------------------------------------------------------


def unpaid(world: World, models: Server, shop: Repo) -> None:
    """No model was asked and no money set aside."""
    assert models.requests == []
    assert ours(world, shop) == []
    assert world.branches(shop) == ["main"], "no ledger was begun"


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


# ---- the process -------------------------------------------------------------------------------------------------

CANARY = "sk-canary-of-the-models-key"


def process(job: Job, program: str = HOST, **more: str) -> subprocess.CompletedProcess[str]:
    env = {**runner(job.folder / "temp"), "PYTHONPATH": str(ROOT), **job.env(), **more}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=job.folder, env=env, capture_output=True, text=True, check=False, timeout=240)


def trail(folder: Path) -> Mapping[str, Any]:
    (found,) = (path for path in (folder / "workspace" / "route-agent").glob("*.json") if path.name != "open.json")
    made: Mapping[str, Any] = json.loads(found.read_text())
    return made


@pytest.fixture
def told(world: World, models: Server, issue_of: Any, tmp_path: Path) -> tuple[Job, str, str]:
    """A run of the real process whose set-up and checks say all that they can see of their surroundings."""
    look = "env; cat /proc/1/environ /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'; echo the end"
    setup = f"mkdir -p .venv; ( {look} ) > .venv/seen"
    shop, issue = issue_of(policy(models.url, f"( {look} ) | sort -u >&2; {TESTS}; cat .venv/seen | sort -u; exit 1", setup))
    job = commented(world, shop, issue, tmp_path / "job")
    job.inputs = {"openai-api-key": CANARY, "api-key-env": "MY_KEY"}
    more = {"MY_KEY": f"{CANARY}-2", "GITHUB_TOKEN": f"{CANARY}-3", "ACTIONS_RUNTIME_TOKEN": f"{CANARY}-4"}
    done = process(job, **more, UV_PUBLISH_TOKEN=f"{CANARY}-5", PIP_INDEX_URL="http://index.invalid", npm_config_authToken=CANARY)
    ours(world, shop)
    world.pulls(shop)
    return job, done.stdout + done.stderr, str(trail(job.folder)["opened"]["baseline"])


def test_no_key_and_no_token_is_in_the_surroundings_of_set_up_or_checks(told, world):
    job, log, seen = told
    token = job.env()["INPUT_GITHUB-TOKEN"]
    assert seen.count("HOME=/tmp/route-agent-home") == 2, "both looked"
    assert seen.count("the end") == 2
    assert "set-up: does not see " in log, "what was kept from it is said"
    assert "ROUTE_AGENT_SETUP_ENV names what it may see" in log
    assert "PIP_INDEX_URL=http://index.invalid" in seen, "how packages are reached, set-up may know"
    for text in (seen, log):
        assert not [secret for secret in (CANARY, token) if secret in text]
    assert not [name for name in ("INPUT_", "ACTIONS_", "GITHUB_", "RUNNER_", "MY_KEY", "UV_PUBLISH", "npm_config") if name in seen]


def test_set_up_sees_a_token_that_a_person_names_for_it_and_nobody_else_is_told(world, models, issue_of, tmp_path):
    setup = 'mkdir -p .venv; echo "got $SHOP_INDEX_TOKEN ${SHOP_INDEX_TOKEN:+index-lets-us-in}" > .venv/seen'
    shop, issue = issue_of(policy(models.url, f"cat .venv/seen; echo now $SHOP_INDEX_TOKEN; {TESTS}; exit 1", setup))
    job = commented(world, shop, issue, tmp_path / "job")
    process(job, ROUTE_AGENT_SETUP_ENV="SHOP_INDEX_TOKEN", SHOP_INDEX_TOKEN=CANARY)
    seen = str(trail(job.folder)["opened"]["baseline"])
    assert "index-lets-us-in" in seen
    assert "got " in str(models.requests)
    assert CANARY not in str(models.requests) + last(world, issue) + (job.folder / "summary.md").read_text()
    ours(world, shop)
    world.pulls(shop)


def test_the_job_is_red_on_a_runner_of_ones_own_and_the_log_says_why(world, models, shop, issue, tmp_path):
    job = commented(world, shop, issue, tmp_path / "job")
    done = process(job, RUNNER_ENVIRONMENT="self-hosted")
    assert done.returncode == 1
    assert "::error title=route-agent::the host action runs the repository's code, and this runner is self-hosted" in done.stdout
    assert "take the docker action" in last(world, issue)
    unpaid(world, models, shop)


def test_no_input_makes_it_another_phase_or_lends_the_image_a_sandbox(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    job = commented(world, shop, issue, tmp_path / "job")
    done = process(job, INPUT_PHASE="gate")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "sandbox: bubblewrap" in done.stderr
    assert "accepted" in done.stdout
    assert process(job, CLOSE).returncode == 0
    assert "### route-agent: accepted" in last(world, issue)
    assert ours(world, shop)
    assert world.pulls(shop)


def test_without_a_folder_for_the_job_it_does_not_begin(tmp_path):
    with pytest.raises(Denied, match="RUNNER_TEMP names no folder"):
        ground({"RUNNER_ENVIRONMENT": "github-hosted", "PATH": "/bin"})
