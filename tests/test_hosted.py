"""The action's process: how long the first look takes, what makes a job red, and what the last phase mends."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.edge.actions import strip
from tests.fakes import shops
from tests.fakes.hosted import ME, Job
from tests.fakes.repos import DONE, GOOD
from tests.fakes.shops import TEST
from tests.fakes.typed import ROOT
from tests.fakes.world import Repo, World
from tests.fakes.world.runs import Scripted

ACTION = "from bot.__main__ import action; raise SystemExit(action())"
CLOSE = "from bot.__main__ import close; raise SystemExit(close())"


def env(job: Job, **more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONPATH": str(ROOT), **job.env(), **more}


def run(job: Job, program: str = ACTION, *flags: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *flags, "-c", program]
    done = subprocess.run(command, cwd=job.folder, env=env(job, **more), capture_output=True, text=True, check=False, timeout=120)
    with (job.folder / "log").open("a", encoding="utf-8") as file:  # as the runner keeps it
        file.write(done.stdout + done.stderr)
    return done


def commented(world: World, shop: Repo, folder: Path, body: str) -> Job:
    issue = shop.issues.get(1) or world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")
    job = Job(world, folder, "issue_comment", world.comment(shop, issue, "ann", body))
    job.env()
    return job


def test_a_comment_that_is_no_command_ends_in_a_fifth_of_a_second_and_loads_nothing_heavy(world, shop, tmp_path):
    job = commented(world, shop, tmp_path / "job", "thanks, looks good!")
    seconds = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = run(job)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        assert (done.returncode, done.stdout) == (0, "route-agent: the comment is no command\n")
    assert min(seconds) < 0.2
    loaded = run(job, ACTION, "-X", "importtime").stderr
    assert not [name for name in ("pydantic", "github", "openai", "jinja2", "yaml") if f" {name}\n" in loaded]
    assert world.journal == []


def test_a_command_gets_one_reaction_and_gets_it_before_the_gate_is_loaded(world, shop, tmp_path):
    job = commented(world, shop, tmp_path / "job", "/agent help")
    assert run(job).returncode == 0
    asked = [f"{seen.method} {seen.path}" for seen in world.journal]
    reaction = next(index for index, line in enumerate(asked) if line.endswith("/reactions"))
    assert reaction < asked.index("GET /repos/octo/shop/git/ref/heads/main"), "the gate reads the branch"
    assert sum(line.endswith("/reactions") for line in asked) == 1
    assert "state: explained" in world.said(shop.issues[1], ME)[0]


def outputs(job: Job) -> dict[str, str]:
    """As the runner reads them: name, bar, value, bar."""
    rows = (job.folder / "output").read_text().split("\n")
    found: dict[str, str] = {}
    while len(rows) > 1:
        name, _, bar = rows.pop(0).partition("<<")
        end = rows.index(bar)
        found[name] = "\n".join(rows[:end])
        rows = rows[end + 1 :]
    return found


def test_a_run_leaves_outputs_a_summary_and_a_trail_and_says_no_secret(world, models, shop, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted({"base": "success", "tests-only": "success", "patched": "success"})
    job = commented(world, shop, tmp_path / "job", "/agent fix\n\n::set-output name=result::mine")
    job.inputs = {"openai-api-key": "sk-canary-canary-canary"}

    done = run(job)

    assert done.returncode == 0, done.stdout + done.stderr
    said = outputs(job)
    assert said["result"] == "accepted"
    assert {name: said[name] for name in ("lane", "attempts", "confidence")} == {
        "lane": "fast",
        "attempts": "1",
        "confidence": "0.86",
    }
    assert float(said["cost_usd"]) > 0
    assert said["pull_request"].startswith(world.url)
    assert json.loads((job.folder / "workspace" / said["trail"]).read_text())["opened"]["request"]["number"] == 1
    assert "### route-agent: accepted" in (job.folder / "summary.md").read_text()
    whole = done.stdout + done.stderr + (job.folder / "summary.md").read_text() + (job.folder / "output").read_text()
    assert "canary" not in whole
    assert job.env()["INPUT_GITHUB-TOKEN"] not in whole
    assert not (job.folder / "workspace" / "route-agent" / "open.json").exists()


def test_a_policy_that_cannot_be_obeyed_makes_the_job_red_and_is_said_on_the_thread(world, models, tmp_path):
    broken = shops.files(models.url, more={".github/route-agent.yml": "models: {}\nrouting: {fast_max_scor: 6}\n"})
    shop = world.repo("octo/shop", broken, ann="write")
    done = run(commented(world, shop, tmp_path / "job", "/agent fix"))
    assert done.returncode == 1
    assert "::error" in done.stdout
    (said,) = world.said(shop.issues[1], ME)
    assert "did you mean `fast_max_score`" in said
    assert models.requests == []


def test_a_comment_for_another_bot_is_left_alone_even_under_a_broken_policy(world, models, tmp_path):
    shop = world.repo("octo/shop", shops.files(models.url, more={".github/route-agent.yml": "x"}), ann="write")
    run(commented(world, shop, tmp_path / "job", "/rebase"))
    assert world.said(shop.issues[1], ME) == []


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ({"phase": "all"}, "the input `phase` is `all`"),
        ({"dry-run": "yes"}, "write true or false"),
        ({"api-key-env": "MY_KEY"}, "MY_KEY, which is not set"),
        ({"phase": "propose"}, "the input `handover` is empty"),
        ({"phase": "propose", "handover": "x"}, "the input `handover` is no Trail"),
    ],
)
def test_what_the_workflow_passes_in_wrongly_makes_the_job_red_with_the_remedy(world, shop, tmp_path, inputs, says):
    job = commented(world, shop, tmp_path / "job", "/agent fix")
    job.inputs = inputs
    done = run(job)
    assert done.returncode == 1
    assert says in done.stdout


def test_github_out_of_reach_is_no_red_job(world, shop, tmp_path):
    job = commented(world, shop, tmp_path / "job", "/agent fix")
    world.limit_left = 0
    done = run(job)
    assert done.returncode == 0
    assert "::warning" in done.stdout
    assert "rate limit" in done.stdout


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_last_phase_closes_the_comment_of_a_run_that_was_cut_off(world, models, shop, tmp_path, number):
    """Complaint 1: a run that was killed left a comment that said for ever that it was at work."""
    models.script("m-fast", [{**GOOD, "delay": 60}])
    job = commented(world, shop, tmp_path / "job", "/agent fix")
    with subprocess.Popen([sys.executable, "-c", ACTION], cwd=job.folder, env=env(job), stdout=-1, stderr=-1) as process:
        deadline = time.monotonic() + 60
        while not models.requests and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(number)
        process.communicate(timeout=30)
    (said,) = world.said(shop.issues[1], ME)
    assert "### route-agent: a model is at work" in said

    assert run(job, CLOSE).returncode == 0

    (said,) = world.said(shop.issues[1], ME)
    assert "### route-agent: stopped" in said
    assert run(job, CLOSE, GITHUB_RUN_ID="78").returncode == 0, "another run's leavings are not ours"


def test_a_dry_run_says_the_route_and_spends_nothing(world, models, shop, tmp_path):
    job = commented(world, shop, tmp_path / "job", "/agent fix")
    job.inputs = {"dry-run": "true"}
    assert run(job).returncode == 0
    assert outputs(job)["result"] == "explained"
    assert "would start in lane **fast**" in world.said(shop.issues[1], ME)[0]
    assert models.requests == []


def test_a_job_that_hands_on_leaves_nothing_for_its_last_phase_to_close(world, shop, tmp_path):
    job = commented(world, shop, tmp_path / "job", "/agent fix")
    job.inputs = {"phase": "gate"}

    assert run(job).returncode == 0
    assert outputs(job)["result"] == "routing"
    before = world.said(shop.issues[1], ME)
    assert run(job, CLOSE).returncode == 0

    assert world.said(shop.issues[1], ME) == before, "the next job goes on with it"


def test_a_key_that_is_missing_makes_the_job_red_and_says_where_it_belongs(world, models, shop, tmp_path):
    policy = shop.file("main", ".github/route-agent.yml") or ""
    world.commit(shop, "main", {".github/route-agent.yml": policy.replace("provider: vllm", "provider: openai")})
    job = commented(world, shop, tmp_path / "job", "/agent fix")
    job.inputs = {"openai-api-key": ""}  # as the runner passes a secret that is not there

    done = run(job)

    assert done.returncode == 1, done.stdout
    (said,) = world.said(shop.issues[1], ME)
    for where in (done.stdout, said):
        assert "set OPENAI_API_KEY" in where
        assert "like `openrouter-api-key`, or by `api-key-env`" in where
    assert "### route-agent: error" in said
    assert models.requests == []
    assert not [seen for seen in world.sent("POST", "/git/") if "spend" in str(seen.body)], "nothing was set aside"


def test_money_that_cannot_be_set_aside_is_said_on_the_thread_with_the_permission_to_give(world, models, shop, tmp_path):
    job = commented(world, shop, tmp_path / "job", "/agent fix")
    job.inputs, job.scopes = (
        {"phase": "gate"},
        "contents:read issues:write pull-requests:write checks:read statuses:read actions:read",
    )

    assert run(job).returncode == 1

    (said,) = world.said(shop.issues[1], ME)
    assert "permissions: contents: write" in said


def test_an_explanation_hands_nothing_on(world, shop, tmp_path):
    job = commented(world, shop, tmp_path / "job", "/agent explain")
    assert run(job).returncode == 0
    assert (outputs(job)["result"], outputs(job)["handover"]) == ("explained", "")


def test_a_number_that_is_no_issue_and_an_input_that_is_no_word_are_named(world, shop, tmp_path):
    world.issue(shop, "T")
    job = Job(world, tmp_path / "job", "workflow_dispatch", world.dispatched(shop, "ann"), inputs={"issue": "999"})
    done = run(job)
    assert (done.returncode, "there is no issue or pull request #999 here" in done.stdout) == (1, True), done.stdout
    job = commented(world, shop, tmp_path / "other", "/agent fix")
    job.inputs = {"dry-run": "yes"}
    assert run(job).returncode == 1
    assert "write true or false" in world.said(shop.issues[1], ME)[0]


def test_no_secret_stays_in_the_environment_for_a_library_or_a_child_to_find(monkeypatch):
    names = (
        "INPUT_GITHUB-TOKEN",
        "ACTIONS_RUNTIME_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "OTEL_EXPORTER_OTLP_HEADERS",
        "GITHUB_TOKEN",
        "OPENAI_API_KEY",
        "ANTHROPIC_CUSTOM_HEADERS",
        "OPENAI_ADMIN_KEY",
        "MINE",
    )
    for name in names:
        monkeypatch.setenv(name, "canary")
    strip({"MINE": "canary"})
    assert "canary" not in os.environ.values()
    assert os.environ["PATH"]
