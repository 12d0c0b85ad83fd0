"""`route-agent init`: what it prints, word for word."""

import shlex
import subprocess
from pathlib import Path

import pytest

from tests.fakes import repos
from tests.fakes.typed import typed
from tests.init.shapes import OURS, POLICY, SHAPES, made
from tests.test_golden import held

CI = {
    ".github/workflows/ci.yml": "name: ci\non:\n  push:\n  pull_request:\njobs: {}\n",
    ".github/workflows/lint.yaml": "on: push\njobs: {}\n",
    ".github/workflows/test.yml": "on: [push, workflow_dispatch]\njobs: {}\n",
    ".github/workflows/deploy.yml": "on: {push: {}, workflow_dispatch: {inputs: {to: {required: true}}}}\njobs: {}\n",
    ".github/workflows/release.yml": "on: {push: {tags: ['v*']}}\njobs: {}\n",
    ".github/workflows/nightly.yml": "on: {schedule: [{cron: '0 0 * * *'}]}\njobs: {}\n",
}


@pytest.mark.parametrize(
    ("name", "shape", "remote", "words"),
    [
        ("python", {**SHAPES["pytest"], **CI}, "https://ann:token@github.com/acme/shop.git", ()),
        ("mixed", SHAPES["mixed"], "git@git.corp.example:team/shop.git", ("--provider", "anthropic", "--split")),
        ("own-server", SHAPES["go"], "git@gitlab.com:a/b.git", ("--provider", "vllm", "--base-url", "http://gpu:8000/v1")),
        ("monorepo", SHAPES["monorepo"], "", ()),
        ("nested", SHAPES["nested"], "", ()),
        ("empty", {}, "", ("--dry-run",)),
    ],
)
def test_what_init_says(tmp_path, monkeypatch, name, shape, remote, words):
    repos.make(tmp_path / "shop", shape)
    if remote:
        repos.git(tmp_path / "shop", "remote", "add", "origin", remote)
    monkeypatch.chdir(tmp_path)
    held(f"init-{name}.txt", made(Path("shop"), *words))
    if "--dry-run" not in words:
        held(f"init-{name}.policy.yml", (tmp_path / "shop" / POLICY).read_text())


def test_the_provider_is_the_one_whose_key_is_set(shop):
    assert "provider: anthropic (ANTHROPIC_API_KEY is set here)" in made(shop, "--dry-run", env=("ANTHROPIC_API_KEY",))
    assert "provider: openrouter (no key is set here; --provider names another)" in made(shop, "--dry-run")


def test_typed_from_inside_the_repository_the_commands_need_no_folder(shop):
    done = typed("init", cwd=shop / "tests")
    assert done.returncode == 0, done.stderr
    assert "   git add -- :/.github/workflows/route-agent.yml" in done.stdout
    rows = [row.strip() for row in done.stdout.splitlines() if row.strip().startswith(("git add", "git commit"))]
    for row in rows:
        subprocess.run(["sh", "-c", row.replace("git ", f"git {shlex.join(repos.WHO)} ", 1)], cwd=shop / "tests", check=True)
    assert set(repos.git(shop, "show", "--name-only", "--format=", "HEAD").splitlines()) == set(OURS)
