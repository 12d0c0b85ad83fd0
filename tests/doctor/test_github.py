"""`doctor` as a step of a job: what it sees of GitHub, what it cannot know, and that the log it writes to obeys nothing."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import repos, shops
from tests.fakes.canaries import canary
from tests.fakes.checkups import KEY, READY, doctor, policy, ran, states
from tests.fakes.hosted import GATE, ME, WORK, Job
from tests.fakes.server import Server
from tests.fakes.world import Repo, World

AREAS = ("contents", "issues", "pull-requests", "actions", "checks", "statuses")


@pytest.fixture
def models() -> Iterator[Server]:
    with Server() as running:
        running.script("m-fast", [READY])
        running.script("m-strong", [READY])
        yield running


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path / "world") as made:
        yield made
        assert {seen.method for seen in made.journal} <= {"GET", "POST"}
        assert {seen.path for seen in made.sent("POST")} <= {"/api/graphql"}, "a look changes nothing"
        made.finish()


@pytest.fixture
def shop(world: World, models: Server, tmp_path: Path) -> Repo:
    files = shops.files(models.url) | {".github/route-agent.yml": policy(models)}
    repos.make(tmp_path / "shop", files)
    return world.repo("octo/shop", files, ann="write")


def looked(
    world: World, shop: Repo, folder: Path, *flags: str, scopes: str | None = WORK, login: str = ME, **more: str
) -> subprocess.CompletedProcess[str]:
    token = f"ghs_{canary('doctor')}"  # as one begins that GitHub makes
    job = Job(world, folder / "job", "workflow_dispatch", world.dispatched(shop, "ann"), token=token, scopes=scopes, login=login)
    env = job.env() | {"GITHUB_ACTIONS": "true", "MINE": KEY} | more
    done = doctor(*flags, cwd=folder / "shop", **env)
    assert env["INPUT_GITHUB-TOKEN"] not in done.stdout + done.stderr or not env["INPUT_GITHUB-TOKEN"]
    return done


def test_a_job_with_the_rights_that_it_needs_is_told_what_is_sure_and_what_no_read_can_show(world, shop, tmp_path):
    world.commit(shop, "main", {".github/workflows/ci.yml": "on: push\n"})
    shop.required = ("ci",)

    done = looked(world, shop, tmp_path)

    found = states(done)
    assert done.returncode == 0, done.stdout
    assert found["github.token"] == ("ok", f"an installation's token: the workflow's own, or a GitHub App's; it speaks as {ME}")
    assert [found[f"github.{area}"][0] for area in AREAS] == ["unknown"] * 4 + ["ok"] * 2
    assert found["github.workflows"] == ("ok", "1 of 2 can be started by hand: route-agent-verify.yml")
    assert found["github.proof"][0] == "ok"
    assert found["github.pulls"][0] == "unknown"
    assert "Allow GitHub Actions to create and approve pull requests" in found["github.pulls"][1]
    assert found["github.protection"][0] == "ok"
    assert "started by hand do not satisfy them" in found["github.protection"][1]


def test_a_right_that_is_missing_is_named_as_the_job_writes_it(world, shop, tmp_path):
    done = looked(world, shop, tmp_path, scopes="contents:read actions:read")
    found = states(done)
    assert done.returncode == 1
    assert [found[f"github.{area}"][0] for area in AREAS] == ["unknown", "problem", "problem", "unknown", "problem", "problem"]
    said = "cannot be read: GitHub answers 403 (Resource not accessible by integration)"
    assert found["github.issues"][1] == f"{said} → give the job `permissions: issues: write`"
    assert "403" not in done.stderr, "the library's own log stays out of the job's"
    assert found["github.checks"][1].endswith(" → give the job `permissions: checks: read`")


def test_a_default_branch_without_the_verify_workflow_proves_nothing(world, shop, tmp_path):
    shop.disabled.add("route-agent-verify.yml")
    assert states(looked(world, shop, tmp_path))["github.proof"][0] == "problem"


def test_the_workflows_that_the_policy_names_are_the_ones_that_have_to_prove_a_patch(world, models, shop, tmp_path):
    (tmp_path / "own.yml").write_text(policy(models, verification={"ci": {"workflows": ["lint.yml"]}}))
    found = states(looked(world, shop, tmp_path, "--policy", "../own.yml"))
    assert found["github.proof"][0] == "problem"
    assert found["github.proof"][1].startswith(".github/workflows/lint.yml is not on the default branch")


def test_without_a_policy_that_can_be_read_the_shipped_workflow_is_what_is_looked_for(world, shop, tmp_path):
    found = states(looked(world, shop, tmp_path, "--policy", "../none.yml"))
    assert found["github.proof"] == ("ok", ".github/workflows/route-agent-verify.yml can be started by hand")


def test_where_nobody_says_as_whom_a_token_speaks_it_is_not_known_what_binds_it_and_the_rest_is_looked_at(world, shop, tmp_path):
    shop.opens_pulls = True
    world.fail("POST", "/api/graphql", status=403)
    found = states(looked(world, shop, tmp_path, scopes=None))
    assert found["github.token"][0] != "ok"
    assert found["github.pulls"] == ("unknown", "it is not known as whom this token speaks")
    assert found["github.protection"][0] == "ok"


def test_a_default_branch_without_a_commit_is_said_as_it_is(world, shop, tmp_path):
    shop.default = "gone"
    found = states(looked(world, shop, tmp_path))
    assert found["github.contents"][1].startswith("cannot be read: the branch gone has no commit → ")


def test_an_administrators_token_sees_the_setting_that_a_workflows_own_cannot(world, shop, tmp_path):
    assert states(looked(world, shop, tmp_path, scopes=None))["github.pulls"][0] == "problem"
    shop.opens_pulls = True
    assert states(looked(world, shop, tmp_path, scopes=None))["github.pulls"][0] == "ok"
    assert states(looked(world, shop, tmp_path, login="ann"))["github.pulls"][0] == "ok", "it binds no person's token"


def test_a_token_that_github_does_not_take_is_a_problem_and_hides_nothing_of_the_models(world, shop, tmp_path):
    done = looked(world, shop, tmp_path, **{"INPUT_GITHUB-TOKEN": "ghs_wrong"})
    found = states(done)
    assert found["github.token"][0] == "problem"
    assert found["fast.call"][0] == "ok"
    assert "ghs_wrong" not in done.stdout


def test_a_token_may_come_in_the_environment_and_without_any_that_is_said(world, shop, tmp_path):
    token = world.token("ghs_other", ME, GATE)
    assert states(looked(world, shop, tmp_path, **{"INPUT_GITHUB-TOKEN": "", "GITHUB_TOKEN": token}))["github.token"][0] == "ok"
    found = states(looked(world, shop, tmp_path, **{"INPUT_GITHUB-TOKEN": ""}))
    assert [(name, state) for name, (state, _) in found.items() if name.startswith("github")] == [("github.token", "unknown")]


def test_a_models_key_may_come_as_an_input_of_the_step(world, models, shop, tmp_path):
    (tmp_path / "own.yml").write_text(policy(models, fast={"provider": "vllm", "api_key_env": None}))
    done = looked(world, shop, tmp_path, "--policy", "../own.yml", **{"INPUT_VLLM-API-KEY": "of-the-step-123"})
    assert states(done)["fast.key"] == ("ok", "VLLM_API_KEY is set")
    assert "Bearer of-the-step-123" in {headers.get("authorization") for headers in models.headers}
    assert "of-the-step" not in done.stdout


@pytest.mark.parametrize("flag", [(), ("--json",)])
def test_the_runner_finds_no_command_in_what_it_prints(world, models, shop, tmp_path, flag):
    (tmp_path / "own.yml").write_text(policy(models, fast={"model": "##[stop]::error::m"}))
    models.script("##[stop]::error::m", [ran("##[set-output name=x]y ::add-mask::e")])
    world.commit(shop, "main", {".github/workflows/##[stop].yml": "on: workflow_dispatch\n"})
    done = looked(world, shop, tmp_path, "--policy", "../own.yml", *flag)
    assert "set-output" in done.stdout
    assert "stop" in done.stderr
    assert not [mark for mark in ("##[", "::") if mark in done.stdout + done.stderr]
    if flag:
        assert json.loads(done.stdout)["kind"] == "doctor"


def test_elsewhere_and_offline_github_is_not_asked(world, shop, tmp_path):
    found = states(looked(world, shop, tmp_path, GITHUB_ACTIONS=""))
    assert not [name for name in found if name.startswith("github")]
    assert states(looked(world, shop, tmp_path, "--offline"))["github"] == ("unknown", "skipped (--offline)")
    assert world.journal == []
