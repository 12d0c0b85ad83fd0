"""The host action, really run: the workflow that people copy, its own environment made by hash, and checks behind real walls.

It needs the workflow engine alone, no container: what GitHub's hosted runner would be is this machine, which says so.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.engine import ROOT, Place, execute
from tests.e2e.results import Outcome
from tests.fakes.hosted import ME
from tests.fakes.repos import DONE, GOOD
from tests.fakes.server import Answer, Server
from tests.fakes.shops import TEST
from tests.fakes.world import Issue, Repo, World
from tests.flow.host.hosting import SCOPES, TESTS, ours, policy, stocked

pytestmark = pytest.mark.engine

WORKFLOW = (ROOT / "templates" / "workflows" / "route-agent-host.yml").read_text()
TOKEN = "ghs_1_eyJhbGciOi.canary-token_of-this-test"
KEY = "sk-canary-of-the-models-key"
USES = "      - uses: route-agent/route-agent/host@v0\n"
HOSTILE = """      - run: |
          for name in sitecustomize usercustomize bot pip venv json subprocess; do
            echo "print('hostile $name')" > "$name.py"
          done
          echo "PYTHONPATH=$PWD" >> "$GITHUB_ENV"
"""
"""What an earlier step may leave behind: no Python of ours looks at it."""
PIP = "python3 -m venv .venv && .venv/bin/pip install -q packaging"
"""A set-up that reaches for an index, as the checks after it may not."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path / "world") as made:
        made.token(TOKEN, ME, SCOPES)
        yield made


def keyed(url: str, run: str = TESTS, setup: str = "") -> str:
    """A policy whose lanes want the key that the workflow passes on."""
    return policy(url, run, setup).replace("{provider: vllm,", "{provider: vllm, api_key_env: OPENAI_API_KEY,")


def run(world: World, shop: Repo, issue: Issue, runner: str = "github-hosted", before: str = "") -> Outcome:
    by, payload = "ann", world.comment(shop, issue, "ann", "/agent fix")
    assert USES in WORKFLOW
    workflow = WORKFLOW.replace(USES, before + USES)
    place = Place(world.url, shop.name, TOKEN, shop.default)
    told = {"RUNNER_ENVIRONMENT": runner}
    return execute(workflow, "issue_comment", payload, place, actor=by, secrets={"OPENAI_API_KEY": KEY}, env=told)


def test_a_command_ends_in_a_pull_request_whose_patch_was_proved_on_the_runner(world, models):
    shop = stocked(world, keyed(models.url, f"env >&2; python3 -c 'import packaging' && {TESTS}", PIP))
    issue = world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")
    models.script("m-fast", [GOOD, TEST, DONE])

    outcome = run(world, shop, issue, before=HOSTILE)

    assert outcome.conclusions == {"work": "success"}, str(outcome)
    (said,) = world.said(issue, ME)
    assert "### route-agent: accepted" in said, said
    assert "on the runner of this job, in a sandbox (`bubblewrap" in said
    log = outcome.job("work").log
    assert "sandbox: bubblewrap" in log
    assert "hostile" not in log
    assert {found.get("Authorization", found.get("authorization")) for found in models.headers} == {f"Bearer {KEY}"}
    assert not [secret for secret in (TOKEN, KEY) if secret in log + said + str(models.requests)]
    assert len(ours(world, shop)) == 1
    (pull,) = world.pulls(shop)
    assert f"Refs #{issue.number}" in pull.body
    world.finish()


def test_a_run_that_is_killed_has_its_comment_closed_by_the_last_step(world):
    class Deadly(Server):
        def answer(self, body: dict[str, Any]) -> Answer:
            os.kill(working(world), signal.SIGKILL)
            return super().answer(body)

    with Deadly() as models:
        shop = stocked(world, keyed(models.url))
        issue = world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")
        outcome = run(world, shop, issue)

    assert outcome.conclusions == {"work": "failure"}, str(outcome)
    (said,) = world.said(issue, ME)
    assert "state: stopped" in said, said
    assert (ours(world, shop), world.pulls(shop)) == ([], [])
    world.finish()


def working(world: World) -> int:
    """The process of the action that speaks to this world."""
    for place in Path("/proc").glob("[0-9]*"):
        try:
            words, env = ((place / name).read_bytes().split(b"\0") for name in ("cmdline", "environ"))
        except OSError:
            continue
        if b"-IBu" in words and f"GITHUB_API_URL={world.api}".encode() in env:
            return int(place.name)
    raise AssertionError("no process of the action is at work")


def test_on_a_runner_of_ones_own_nothing_is_installed_run_or_said_on_the_thread(world, models):
    shop = stocked(world, policy(models.url))
    issue = world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")

    outcome = run(world, shop, issue, runner="self-hosted")

    assert outcome.conclusions == {"work": "failure"}, str(outcome)
    log = outcome.job("work").log
    assert "this runner is self-hosted (Linux), not github-hosted Linux" in log
    assert "uses: route-agent/route-agent@v0" in log
    assert "installed" not in log.lower()
    assert world.said(issue, ME) == []
    assert models.requests == []
    world.finish()
