"""The workflows that people copy and our own: rights, pins, scripts, and what each hears."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.core.policyfile import read
from tests.test_host_action import LIFTED
from tests.workflows import HOST, INPUTS, OURS, ROOT, SPLIT, TEMPLATES, WORKFLOWS, jobs, load, steps


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_gives_no_rights_by_default_and_names_those_of_each_job(path):
    """Complaint 14: a job had no limit but the six hours of the runner."""
    assert load(path)["permissions"] == {}
    assert all(job["permissions"] or job["steps"][0]["id"] == "app" for job in jobs(path).values())  # an App's stand with its token
    assert all(job["timeout-minutes"] <= 60 for job in jobs(path).values() if "uses" not in job)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_expression_is_pasted_into_a_script(path):
    """Complaint 25: the title of an issue was pasted into a script, and ran there."""
    assert [step["run"] for step in steps(path) if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_others_wrote_is_pinned_by_its_commit_and_a_checkout_keeps_no_token(path):
    for step in steps(path):
        uses = step.get("uses", OURS)
        assert uses in (OURS, HOST) or re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", uses), uses
        if uses.startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_the_workflows_that_people_copy_pass_only_inputs_that_the_action_has(path):
    for step in steps(path):
        if step.get("uses") in (OURS, HOST):
            assert set(step.get("with", {})) <= set(INPUTS) - (SPLIT if step["uses"] == HOST else set())


KEYS = {"openrouter-api-key", "openai-api-key", "anthropic-api-key"}


def test_in_the_split_workflow_a_job_has_a_models_key_or_the_right_to_write():
    for name, job in jobs(ROOT / "templates" / "workflows" / "route-agent-split.yml").items():
        (step,) = job["steps"]
        writes = "write" in job["permissions"].values()
        assert writes != bool(KEYS & set(step["with"])), name
        assert writes or job["permissions"] == {"contents": "read"}


def test_the_dashboard_s_workflow_checks_out_nothing_holds_no_key_and_may_write_nothing_but_issues():
    path = ROOT / "templates" / "workflows" / "route-agent-report.yml"
    assert set(load(path)[True]) == {"schedule", "workflow_dispatch"}, "`on` is YAML's true"
    assert "secrets." not in path.read_text()
    (job,) = jobs(path).values()
    assert job["permissions"] == {"contents": "read", "issues": "write"}
    assert job["steps"] == [{"uses": OURS, "with": {"phase": "report"}}]


def test_a_label_on_a_pull_request_of_the_repository_itself_is_heard_and_one_from_a_fork_is_not():
    for name in ("route-agent.yml", "route-agent-split.yml", "route-agent-host.yml", "route-agent-app.yml"):
        text = (ROOT / "templates" / "workflows" / name).read_text()
        assert "  pull_request:\n    types: [labeled]\n" in text
        assert "github.event.pull_request.head.repo.full_name == github.repository" in text


def test_with_an_app_the_same_is_heard_with_the_app_s_rights_alone():
    one, app = (load(ROOT / "templates" / "workflows" / f"{name}.yml") for name in ("route-agent", "route-agent-app"))
    more, taken = (set(each[True]["workflow_call"].pop("secrets")) for each in (app, one))
    assert more == taken | {"ROUTE_AGENT_PRIVATE_KEY"}
    assert app[True] == one[True], "`on` is YAML's true"
    for name, job in app["jobs"].items():
        like = one["jobs"][name]
        token, agent = job["steps"]
        assert job["permissions"] == {}
        assert job.get("if") == like.get("if")
        rights = {key.removeprefix("permission-"): value for key, value in token["with"].items() if key.startswith("permission-")}
        assert rights == like["permissions"]
        assert agent["with"] == like["steps"][0]["with"] | {"github-token": "${{ steps.app.outputs.token }}"}
        assert agent["uses"] == like["steps"][0]["uses"]


def test_the_replay_of_a_proposed_policy_checks_nothing_out_holds_no_secret_and_may_only_comment():
    """A pull request from anybody starts it, so it has the rights of that event and runs nothing of the pull request."""
    path = ROOT / "templates" / "workflows" / "route-agent-replay.yml"
    assert load(path)[True] == {"pull_request": {"paths": [".github/route-agent.yml"]}}, "`on` is YAML's true"
    assert "secrets." not in path.read_text()
    (job,) = jobs(path).values()
    assert job["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert job["steps"] == [{"uses": OURS, "with": {"phase": "replay"}}]


def test_every_template_can_be_called_with_what_it_can_be_started_by_hand_with():
    for name in ("route-agent", "route-agent-split", "route-agent-host", "route-agent-app"):
        found = load(ROOT / "templates" / "workflows" / f"{name}.yml")[True]
        assert found["workflow_call"]["inputs"] == found["workflow_dispatch"]["inputs"], name


def test_the_short_workflow_and_policy_of_the_readme_are_short_and_whole(tmp_path: Path):
    """Copied as they stand: what is audited is what people get."""
    workflow, policy = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[:2]
    assert len(workflow.splitlines()) <= 15
    assert len(policy.splitlines()) <= 15
    assert read(policy.encode(), "policy.yml").lanes == ("fast", "strong")
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    (tmp_path / ".github" / "workflows" / "route-agent.yml").write_text(workflow)
    found = yaml.safe_load(workflow)
    like = load(ROOT / "templates" / "workflows" / "route-agent.yml")["jobs"]
    (job,) = found["jobs"].values()
    assert job["permissions"] == like["gate"]["permissions"] | like["work"]["permissions"]
    (step,) = job["steps"]
    assert step["uses"] == like["work"]["steps"][0]["uses"]
    assert set(step["with"]) <= set(load(ROOT / "action.yml")["inputs"])


def test_the_gate_is_the_same_in_both_workflows_and_waits_for_nobody():
    """Complaint 15: a concurrency group cancelled the run that mattered."""
    whole, split = (jobs(ROOT / "templates" / "workflows" / f"{name}.yml") for name in ("route-agent", "route-agent-split"))
    assert not [job for part in (whole, split) for job in part.values() if "concurrency" in job], "of a group GitHub drops runs"
    assert whole["gate"] == split["gate"]
    assert split["propose"]["steps"][0]["with"].keys() == split["propose-again"]["steps"][0]["with"].keys()
    assert split["apply"]["permissions"] == split["apply-again"]["permissions"] == whole["work"]["permissions"]


def test_the_verify_workflow_sees_no_secret_and_has_the_jobs_that_the_bot_looks_for():
    path = ROOT / "templates" / "workflows" / "route-agent-verify.yml"
    assert "secrets." not in path.read_text()
    assert "github.token" not in path.read_text()
    (job,) = jobs(path).values()
    assert job["permissions"] == {"contents": "read"}
    assert job["name"] == "${{ matrix.tree }}"
    assert [tree["tree"] for tree in job["strategy"]["matrix"]["include"]] == ["base", "tests-only", "patched"]
    assert [step["name"] for step in job["steps"]] == ["nothing to run", "commit", "check out", "set up", "test", "report"]
    assert list(load(path)[True]["workflow_dispatch"]["inputs"]) == [
        "base",
        "tests-only",
        "patched",
        "request",
    ]  # `on` is YAML's true


def test_ci_on_github_is_what_everybody_can_run_and_nothing_else():
    (job,) = jobs(ROOT / ".github" / "workflows" / "ci.yml").values()
    assert [step["run"] for step in job["steps"] if "run" in step][1:] == ["bash .ci/run"]
    lifted = LIFTED.rpartition(" ")[2]
    assert job["steps"][1]["run"] == f"sudo sysctl -q -e -w {lifted}", "Ubuntu's runners have no walls without it"


def test_our_own_verify_workflow_differs_from_the_one_to_copy_in_what_is_there_to_be_changed_alone():
    def rest(path: Path) -> dict[Any, Any]:
        whole = load(path)
        for job in whole["jobs"].values():
            del job["timeout-minutes"]
            for step in job["steps"]:
                for key in ("run", "env", "timeout-minutes") if step["name"] in ("set up", "test") else ():
                    step.pop(key, None)
        return whole

    name = "route-agent-verify.yml"
    assert rest(ROOT / ".github" / "workflows" / name) == rest(ROOT / "templates" / "workflows" / name)


def test_the_policy_of_our_own_repository_is_sound_and_keeps_patches_from_what_judges_them():
    policy = read((ROOT / ".github" / "route-agent.yml").read_bytes(), "policy.yml")
    assert {".ci/", "/dev.py", "/action.yml", "/host/", "/Dockerfile", "/templates/workflows/"} <= set(policy.protect.paths)
    paths = [path for globs in policy.signals.paths.values() for path in globs]
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_strictest_scan_of_the_templates_says_what_security_md_says_and_no_more():
    zizmor = [str(Path(sys.executable).with_name("zizmor")), "--offline", "--no-progress", "--no-config", "--no-exit-codes"]
    words = [*zizmor, "--persona=auditor", "--format=json", *map(str, TEMPLATES)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    found = {
        (each["ident"], Path(each["locations"][0]["symbolic"]["key"]["Local"]["verbatim_path"]).name)
        for each in json.loads(done.stdout)
        if each["ident"] != "unpinned-uses"
    }
    assert found == {("misfeature", "route-agent-verify.yml")}
    said = " ".join((ROOT / "SECURITY.md").read_text().split())
    assert "persona `auditor` adds that the step `report` of `route-agent-verify.yml` names a shell" in said


def test_zizmor_has_nothing_to_say():
    words = [str(Path(sys.executable).with_name("zizmor")), "--offline", "--no-progress", "--persona=pedantic", "--format=plain"]
    config = f"--config={ROOT / '.github' / 'zizmor.yml'}"
    done = subprocess.run(
        [
            *words,
            config,
            *map(str, WORKFLOWS),
            *(str(ROOT / name) for name in ("action.yml", "host/action.yml", ".github/dependabot.yml")),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert "No findings to report" in done.stdout
