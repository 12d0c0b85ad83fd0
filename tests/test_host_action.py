"""The action for a runner itself: the same contract, the shell around the program, and the runner's walls."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.workflows import HOST, OUTPUTS, ROOT, SPLIT, load


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
