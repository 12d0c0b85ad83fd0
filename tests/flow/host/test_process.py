"""The host action as the process that it is: what its surroundings hold, and how it ends."""

from pathlib import Path
from typing import Any

import pytest

from bot.host import ground
from bot.ports import Denied
from tests.fakes.hosted import Job
from tests.fakes.repos import DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.shops import TEST
from tests.fakes.world import World
from tests.flow.host.hosting import CLOSE, TESTS, commented, ours, policy, process, trail, unpaid
from tests.flow.test_door import last

CANARY = "sk-canary-of-the-models-key"


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
    assert "set-up: what may be secret is not shown, unless ROUTE_AGENT_SETUP_ENV names it: " in log
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
