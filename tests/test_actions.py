"""What we hand to GitHub: the action's contract, the workflows that people copy and our own, and the verdict on a test report."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.core import lane
from bot.core.keys import Said
from bot.core.policyfile import read
from bot.edge import actions
from bot.ports import Denied

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((ROOT / "templates" / "workflows").glob("*.yml"))
WORKFLOWS = [*TEMPLATES, *sorted((ROOT / ".github" / "workflows").glob("*.yml"))]
OURS = "route-agent/route-agent@v0"
HOST = "route-agent/route-agent/host@v0"


def load(path: Path) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(path.read_text())
    return found


def jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = load(path)["jobs"]
    return found


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in jobs(path).values():
        yield from job.get("steps", ())  # a job that calls a workflow has none


# ---- the action --------------------------------------------------------------------------------------------------

INPUTS = {
    "github-token": "${{ github.token }}",
    "policy": ".github/route-agent.yml",
    "phase": "auto",
    "issue": None,
    "instructions": None,
    "lane": None,
    "dry-run": "false",
    "openrouter-api-key": None,
    "openai-api-key": None,
    "anthropic-api-key": None,
    "litellm-api-key": None,
    "vllm-api-key": None,
    "api-key-env": None,
    "handover": None,
    "before": None,
}
OUTPUTS = ["result", "lane", "attempts", "score", "confidence", "cost_usd", "branch", "pull_request", "trail", "handover"]


def test_the_actions_inputs_defaults_and_outputs_are_the_contract():
    action = load(ROOT / "action.yml")

    assert {name: given.get("default") for name, given in action["inputs"].items()} == INPUTS
    assert list(action["outputs"]) == OUTPUTS
    assert all(given.keys() <= {"description", "default"} for given in action["inputs"].values()), "none is required"
    assert action["runs"] == {
        "using": "docker",
        "image": "Dockerfile",
        "entrypoint": "/opt/route-agent/bin/route-agent-action",
        "post-entrypoint": "/opt/route-agent/bin/route-agent-close",
    }


def test_where_keys_may_go_is_said_in_the_environment_of_the_step():
    env = dict.fromkeys(("INPUT_GITHUB-TOKEN", "GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_RUN_ID", "GITHUB_WORKSPACE"), "x")
    env |= dict.fromkeys(("GITHUB_API_URL", "GITHUB_SERVER_URL", "GITHUB_REPOSITORY"), "x")
    assert actions.step(env).said == ()
    assert actions.step({**env, "ROUTE_AGENT_SEND_KEY": "CORP_KEY@llm.example"}).said == (Said("CORP_KEY", "", "llm.example"),)
    with pytest.raises(Denied, match="write NAME@HOST"):
        actions.step({**env, "ROUTE_AGENT_SEND_KEY": "CORP_KEY"})


def test_a_key_that_was_stored_with_a_line_s_end_is_known_without_it():
    env = dict.fromkeys(("INPUT_GITHUB-TOKEN", "GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_RUN_ID", "GITHUB_WORKSPACE"), "x")
    env |= dict.fromkeys(("GITHUB_API_URL", "GITHUB_SERVER_URL", "GITHUB_REPOSITORY"), "x")
    step = actions.step(
        {**env, "INPUT_LITELLM-API-KEY": "first-16-of-it\n", "INPUT_API-KEY-ENV": "MINE", "MINE": " other-16-of-it\r\n"}
    )
    assert actions.harmless("first-16-of-it, other-16-of-it", step.secrets) == "[redacted], [redacted]"


def test_every_provider_that_has_a_usual_key_has_an_input_for_it_which_the_program_reads():
    wanted = {f"{name}-api-key" for name in lane.KEYS}
    assert wanted == {name for name in INPUTS if name.endswith("-api-key")}
    given = {f"INPUT_{name.upper()}": f"k-{name}" for name in wanted}
    set_by_the_runner = ("GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_RUN_ID", "GITHUB_WORKSPACE", "GITHUB_SERVER_URL")
    runner = dict.fromkeys(
        (*set_by_the_runner, "GITHUB_REPOSITORY", "GITHUB_API_URL", "GITHUB_RUN_ATTEMPT", "INPUT_GITHUB-TOKEN"), "1"
    )
    assert set(actions.step({**runner, **given}).keys) == set(lane.KEYS.values())


def test_the_image_is_made_from_listed_files_alone_and_by_hash():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    text = (ROOT / "Dockerfile").read_text()
    lines = [line.split()[0] for line in text.splitlines() if re.match(r"[A-Z]+ ", line)]
    assert not {"USER", "WORKDIR", "ADD"} & set(lines)
    # What pip installs is listed with hashes, or a wheel made in the build itself.
    installs = re.findall(r" install (\S+)", text.replace("apt-get install", ""))
    assert installs == ["--require-hashes", "--require-hashes", "--no-deps"]


# ---- the host action ---------------------------------------------------------------------------------------------

SPLIT = {"phase", "handover", "before"}
"""Of the inputs, what makes sense only where several jobs work on a run."""


def host() -> dict[str, Any]:
    return load(ROOT / "host" / "action.yml")


def host_steps() -> dict[str, dict[str, Any]]:
    return {step["name"]: step for step in host()["runs"]["steps"]}


def test_the_host_action_has_the_same_inputs_and_outputs_but_those_of_a_split_workflow():
    whole = load(ROOT / "action.yml")
    assert host()["inputs"] == {name: given for name, given in whole["inputs"].items() if name not in SPLIT}
    assert list(host()["outputs"]) == [name for name in OUTPUTS if name != "handover"]
    for name, given in host()["outputs"].items():
        assert given["value"] == f"${{{{ steps.agent.outputs.{name} }}}}"
        assert name == "result" or given["description"] == whole["outputs"][name]["description"]
    assert host()["runs"]["using"] == "composite"


def test_every_input_reaches_the_program_under_the_name_that_an_image_would_see_and_none_is_pasted_into_a_script():
    steps_ = host_steps()
    assert steps_["run"]["env"] == {f"INPUT_{name.upper()}": f"${{{{ inputs.{name} }}}}" for name in host()["inputs"]}
    assert steps_["close"]["env"] == {"INPUT_GITHUB-TOKEN": "${{ inputs.github-token }}"}
    assert [name for name, step in steps_.items() if "${{" in step["run"]] == []
    for name in ("the runner", "install"):
        assert "inputs." not in str(steps_[name]), "neither key nor token before the program itself"


@pytest.mark.parametrize(("name", "entry"), [("run", "host"), ("close", "close")])
def test_the_shell_hands_every_input_on_to_the_program_as_it_is(tmp_path, name, entry):
    step = host_steps()[name]
    place = tmp_path / "route-agent-host" / "own" / "bin"
    place.mkdir(parents=True)
    told = "import json, os, sys; print(json.dumps([dict(os.environ), sys.argv[1:]]))"
    (place / "python3").write_text(f"#!{sys.executable} -I\n{told}\n")
    (place / "python3").chmod(0o755)
    given = {key: f"$(id) '\"` of {key}\n" for key in step["env"]}
    script = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    env = {"PATH": "/usr/bin:/bin", "RUNNER_TEMP": str(tmp_path), **given}
    done = subprocess.run(script, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    seen, words = json.loads(done.stdout)
    assert {key: value for key, value in seen.items() if key.startswith("INPUT_")} == given
    assert words == ["-IBu", "-c", f"from bot.__main__ import {entry}; raise SystemExit({entry}())"]


def test_the_last_step_has_nothing_to_do_where_nothing_could_be_installed(tmp_path):
    script = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", host_steps()["close"]["run"]]
    env = {"PATH": "/usr/bin:/bin", "RUNNER_TEMP": str(tmp_path)}
    done = subprocess.run(script, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_host_action_is_made_outside_the_workspace_by_hash_and_every_python_of_it_is_isolated():
    steps_ = host_steps()
    assert list(steps_) == ["the runner", "install", "run", "close"]
    script = steps_["install"]["run"]
    assert re.findall(r" install (\S+)", script) == ["--require-hashes", "--require-hashes", "--no-deps"]
    assert re.findall(r'^place="(\S+)/', script, re.MULTILINE) == ["$RUNNER_TEMP"]
    assert not re.search(r"GITHUB_WORKSPACE|github\.workspace", (ROOT / "host" / "action.yml").read_text())
    whole = "\n".join(step["run"] for step in steps_.values())
    started = re.findall(r'python3?" (-\w+)', whole)
    assert len(started) >= 4
    assert all(flags.startswith("-I") or flags == "-x" for flags in started), started
    assert steps_["close"]["if"] == "always()"
    assert all("continue-on-error" not in step for step in steps_.values())


def test_the_workflow_for_the_host_hears_the_same_and_holds_no_right_to_start_ci():
    one, here = (load(ROOT / "templates" / "workflows" / f"{name}.yml") for name in ("route-agent", "route-agent-host"))
    assert here[True] == one[True], "`on` is YAML's true"
    (job,) = here["jobs"].values()
    assert job["if"] == one["jobs"]["gate"]["if"]
    assert job["permissions"] == {"contents": "write", "issues": "write", "pull-requests": "write", "actions": "read"}
    assert job["runs-on"] == "ubuntu-latest"
    assert [step["uses"] for step in job["steps"]] == [HOST], "nothing is checked out"


def on_runner(folder: Path, restricted: str | None, *, sudo: bool = True, **runner: str) -> tuple[int, str, list[str]]:
    """The action's first step on a runner whose kernel has this restriction: exit code, log, and what was set."""
    commands = {"sysctl": f'[ "$1" = -n ] && echo {restricted}' if restricted else "exit 255", "sudo": 'echo "$*" >> set'}
    commands["sudo"] += "" if sudo else "; exit 1"
    for name, body in commands.items():
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)
    script = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", host_steps()["the runner"]["run"]]
    env = {"PATH": f"{folder}:/usr/bin:/bin", "RUNNER_OS": "Linux", "RUNNER_ENVIRONMENT": "github-hosted", **runner}
    done = subprocess.run(script, cwd=folder, env=env, capture_output=True, text=True, check=False)
    done_ = (folder / "set").read_text().splitlines() if (folder / "set").exists() else []
    return done.returncode, done.stdout + done.stderr, done_


LIFTED = "-n sysctl -q -w kernel.apparmor_restrict_unprivileged_userns=0"


def test_on_a_hosted_runner_the_restriction_is_lifted_where_there_is_one_and_the_log_says_so_and_why(tmp_path):
    code, log, lifted = on_runner(tmp_path, "1")
    assert (code, lifted) == (0, [LIFTED])
    assert "set kernel.apparmor_restrict_unprivileged_userns to 0" in log
    assert "the walls around the checks are made of them" in log


@pytest.mark.parametrize("restricted", ["0", None])
def test_without_a_restriction_nothing_is_set(tmp_path, restricted):
    assert on_runner(tmp_path, restricted) == (0, "", [])


def test_a_restriction_that_stays_is_a_warning_and_the_walls_decide(tmp_path):
    code, log, _ = on_runner(tmp_path, "1", sudo=False)
    assert code == 0
    assert log.startswith("::warning")
    assert "nothing will be run" in log


@pytest.mark.parametrize("runner", [{"RUNNER_ENVIRONMENT": "self-hosted"}, {"RUNNER_ENVIRONMENT": ""}, {"RUNNER_OS": "Windows"}])
def test_any_other_runner_is_refused_with_the_remedy_before_anything_is_set(tmp_path, runner):
    code, log, lifted = on_runner(tmp_path, "1", **runner)
    assert (code, lifted) == (1, [])
    assert log.startswith("::error title=route-agent::")
    assert "runs-on: ubuntu-latest" in log
    assert "uses: route-agent/route-agent@v0" in log


# ---- the workflows -----------------------------------------------------------------------------------------------


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


# ---- the report --------------------------------------------------------------------------------------------------


def said(folder: Path, tree: str, test: str | None) -> tuple[int, str]:
    """What the workflow's own script says of a report, where pytest wrote one for this test file."""
    if test is not None:
        (folder / "test_it.py").write_text(test)
        pytest_ = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir=."]
        subprocess.run([*pytest_, f"--junitxml={folder / 'report.xml'}"], cwd=folder, capture_output=True, check=False)
    (job,) = jobs(ROOT / "templates" / "workflows" / "route-agent-verify.yml").values()
    script = next(step for step in job["steps"] if step["name"] == "report")
    assert script["shell"] == "/usr/bin/python3 -IS {0}", "what the judged code put before it on PATH is not run"
    (folder / "script.py").write_text(script["run"])
    env = {"RUNNER_TEMP": str(folder), "TREE": tree}
    done = subprocess.run([sys.executable, "-IS", folder / "script.py"], env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


ASSERTIONS = {
    "a comparison": "def test_a():\n    assert 2 + 2 == 5\n",
    "a message": "def test_a():\n    assert False, 'four'\n",
    "nothing raised": "import pytest\n\ndef test_a():\n    with pytest.raises(ValueError):\n        pass\n",
    "failed by hand": "import pytest\n\ndef test_a():\n    pytest.fail('no')\n",
    "unittest": "import unittest\n\nclass A(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(4, 5)\n",
    "a part of a test": (
        "import unittest\n\nclass A(unittest.TestCase):\n    def test_a(self):\n"
        "        with self.subTest(1):\n            self.assertEqual(4, 5)\n"
    ),
    "an error that the code raises": "def test_a():\n    assert [][0] == 1\n",
    "nothing where something should be": "def test_a():\n    assert None.name == 'x'\n",
    "one of several": "import missing_a\n".replace("import", "def test_b():\n    import") + "\ndef test_a():\n    assert not 1\n",
}


@pytest.mark.parametrize("test", ASSERTIONS.values(), ids=ASSERTIONS.keys())
def test_a_question_that_was_asked_and_answered_wrongly_makes_the_tests_alone_green(tmp_path, test):
    code, text = said(tmp_path, "tests-only", test)
    assert code == 0, text


OTHERS = {
    "a module that is not there": "import missing_a\n\ndef test_a():\n    assert False\n",
    "imported late": "def test_a():\n    import missing_a\n    assert missing_a\n",
    "a missing name": "def test_a():\n    assert plus(2, 2) == 4\n",
    "a missing attribute": "import math\n\ndef test_a():\n    assert math.plus(2, 2) == 4\n",
    "a missing argument": "def f(): ...\n\ndef test_a():\n    assert f(wanted=1)\n",
    "a syntax error": "def test_a(:\n",
    "broken before it began": "import pytest\n\n@pytest.fixture\ndef a():\n    assert False\n\ndef test_a(a): ...\n",
    "it passes": "def test_a(): ...\n",
    "skipped": "import pytest\n\n@pytest.mark.skip\ndef test_a():\n    assert False\n",
    "expected to fail": "import pytest\n\n@pytest.mark.xfail\ndef test_a():\n    assert False\n",
    "no test": "",
}


@pytest.mark.parametrize("test", OTHERS.values(), ids=OTHERS.keys())
def test_anything_else_leaves_the_tests_alone_red(tmp_path, test):
    code, text = said(tmp_path, "tests-only", test)
    assert code == 1
    assert "Traceback" not in text


@pytest.mark.parametrize("tree", ["base", "patched"])
def test_a_whole_tree_needs_a_closed_report_with_an_executed_test(tmp_path, tree):
    assert said(tmp_path, tree, "def test_a(): ...\n") == (0, "1 executed, 0 failed, 0 in error\n")
    assert said(tmp_path, tree, "def test_a():\n    assert 0\n") == (0, "1 executed, 1 failed, 0 in error\n")
    assert said(tmp_path, tree, "")[0] == 1
    (tmp_path / "report.xml").write_bytes((tmp_path / "report.xml").read_bytes()[:-9])
    assert "did not close its report" in said(tmp_path, tree, None)[1]
    (tmp_path / "report.xml").unlink()
    assert said(tmp_path, tree, "import os\n\ndef test_a():\n    os._exit(0)\n")[0] == 1
