"""`route-agent init`: how the workflow that verifies sets up and tests, and which set-up is sure."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes import repos
from tests.init.shapes import POLICY, SHAPES, VERIFY, made, policy, steps
from tests.test_golden import held


def test_what_the_tests_need_besides_is_asked_for_in_the_workflow_that_proves_too(tmp_path):
    more = {**SHAPES["extras"], "requirements-dev.txt": "x\n", "requirements.txt": "y\n"}
    repos.make(tmp_path / "r", more)
    made(tmp_path / "r")
    script = steps(tmp_path / "r")["set up"]["run"]
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").write_text("#!/bin/sh\nmkdir -p $3/bin; ln -s /bin/echo $3/bin/python\n")
    (tmp_path / "bin" / "python3").chmod(0o755)
    env = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "RUNNER_TEMP": str(tmp_path), "GITHUB_PATH": "/dev/null"}
    done = subprocess.run(["bash", "-e"], input=script, text=True, cwd=tmp_path / "r", env=env, capture_output=True, check=True)
    assert done.stdout == "-m pip install pytest -r requirements.txt -r requirements-dev.txt -e .[test]\n"


@pytest.mark.parametrize("shape", ["odd", "make", "untested", "empty"])
def test_where_nobody_knows_how_to_test_the_set_up_fails_and_says_what_to_write(tmp_path, shape):
    repos.make(tmp_path / "r", SHAPES[shape])
    said = made(tmp_path / "r")
    for name in ("set up", "test"):
        done = subprocess.run(["bash", "-e"], input=steps(tmp_path / "r")[name]["run"], text=True, capture_output=True, check=False)
        assert done.returncode == 1
        assert done.stdout.startswith("::error file=.github/workflows/route-agent-verify.yml::")
        assert done.stderr == ""
    assert "Write set-up and test command into the steps" in said


@pytest.mark.parametrize(
    ("shape", "rows"),
    [
        ("unittest", ()),
        ("extras", ("python3 -m venv .venv", ".venv/bin/pip install -q pytest -e '.[test]'")),
        ("groups", ()),
        ("locked", ()),
        ("node", ("npm ci",)),
        ("jest", ("yarn install --frozen-lockfile",)),
        ("mocha", ("pnpm install --frozen-lockfile",)),
        ("vitest", ("yarn install --immutable",)),
        ("odd", ()),
        ("go", ()),
        ("rust", ()),
    ],
)
def test_only_what_is_sure_is_set_up_and_the_rest_is_a_comment(tmp_path, shape, rows):
    repos.make(tmp_path / "r", SHAPES[shape])
    said = made(tmp_path / "r")
    assert policy(tmp_path / "r").verification.setup == rows
    unsure = shape in ("groups", "locked", "odd", "go", "rust")
    assert ("  #   - " in (tmp_path / "r" / POLICY).read_text()) == unsure == ("set-up: not sure" in said)
    assert ("Look at the step `set up`" in said) == (shape == "groups")


def judged(repo: Path, tree: str, test: str) -> tuple[int, int, str]:
    """The step `test`, then the step `report`, as the workflow runs them, on a Node test."""
    (repo / "a.test.js").write_text(f"const {{test}} = require('node:test'), assert = require('node:assert');\n{test}\n")
    env = {"PATH": os.environ["PATH"], "RUNNER_TEMP": str(repo.parent), "TREE": tree}
    tested = subprocess.run(["bash", "-e"], input=steps(repo)["test"]["run"], text=True, cwd=repo, env=env, check=False)
    script = repo.parent / "report.py"
    script.write_text(steps(repo)["report"]["run"])
    done = subprocess.run([sys.executable, "-IS", script], env=env, capture_output=True, text=True, check=False)
    return tested.returncode, done.returncode, done.stdout + done.stderr


@pytest.mark.skipif(not (shutil.which("node") and shutil.which("perl")), reason="needs node and perl")
def test_in_node_a_failed_assertion_is_told_from_a_missing_name(tmp_path):
    repos.make(tmp_path / "r", SHAPES["node"])
    made(tmp_path / "r")
    repo = tmp_path / "r"
    assert judged(repo, "patched", "test('a > b', () => {})")[:2] == (0, 0)
    assert judged(repo, "tests-only", "test('a > b', () => assert.equal(1, 2))")[:2] == (1, 0)
    code, verdict, said = judged(repo, "tests-only", "test('a', () => nope()); test('b', () => {})")
    assert (code, verdict) == (1, 1)
    assert "Nothing failed that was asked" in said
    assert judged(repo, "patched", "process.exit(0); test('a', () => {})") == (1, 1, "No test was executed.\n")


@pytest.mark.parametrize("shape", ["node", "jest", "mocha", "vitest", "go", "rust", "make"])
def test_which_steps_are_written(tmp_path, shape):
    repos.make(tmp_path / "r", SHAPES[shape])
    made(tmp_path / "r")
    _, _, rest = (tmp_path / "r" / VERIFY).read_text().partition("      - name: set up\n")
    held(f"init-steps-{shape}.txt", rest.partition("      # An exit code")[0])
