"""Every command of the documents that asks nobody is run, and does what it says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents.parts import DOCUMENTS, ROOT, Found, blocks, in_blocks, scripted
from tests.fakes import repos
from tests.ledgers import ledger, text
from tests.plans import Plan

ELSEWHERE = {
    "route-agent doctor": "asks the models; tests/doctor/ runs it",
    "route-agent --task": "asks a model; tests/flow/test_job.py runs it",
    "route-agent demo": "tests/test_golden.py runs it",
}
"""What is not run here, and why."""
RUN = [each for each in in_blocks() if each.text.startswith("route-agent ") and not each.text.startswith(tuple(ELSEWHERE))]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A repository with a policy, a test and a ledger, two others beside it, and the files that the documents name."""
    drawn = text(ledger(Plan(runs=60)))
    policy = (ROOT / "bot" / "demo" / "policy.yml").read_text()
    files = {"fair.py": "def split(): ...\n", "tests/test_fair.py": "def test_fair(): ...\n", ".github/route-agent.yml": policy}
    for name in ("a", "b", "here"):
        repos.make(tmp_path / name, files)
        (tmp_path / name / ".git" / "route-agent").mkdir()
        (tmp_path / name / ".git" / "route-agent" / "ledger.jsonl").write_bytes(drawn)
    here = tmp_path / "here"
    for name in ("ledger.jsonl", "all.jsonl", "records/one.jsonl"):
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).write_bytes(drawn)
    for name in ("new.yml", "old.yml"):
        (here / name).write_text(policy)
    return here


def typed_there(script: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """By a shell, with the program on PATH as an installed one is."""
    tools = folder.parent / "tools"
    tools.mkdir(exist_ok=True)
    (tools / "route-agent").write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m bot "$@"\n')
    (tools / "route-agent").chmod(0o755)
    given = {"PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(folder.parent), **env}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=given, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("command", RUN, ids=str)
def test_a_command_that_asks_nobody_does_what_it_says(place: Path, command: Found):
    if command.text.startswith("route-agent init"):
        (place / ".github" / "route-agent.yml").unlink()
        repos.git(place, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qam", "no policy yet")
    done = typed_there(command.text, place)
    assert done.returncode == 0, done.stderr
    assert done.stdout or "--output" in command.text


def test_the_ledgers_of_many_repositories_are_collected_and_reported_by_the_script_that_is_shown(tmp_path: Path):
    (script,) = (each for file in DOCUMENTS for each in blocks(file) if each.kind == "sh" and scripted(each))
    for name in ("acme/cart", "acme/mail"):
        files = {"records/2026-06/all.jsonl": text(ledger(Plan(runs=5, repo=name))).decode()}
        repos.make(tmp_path / "hub" / f"{name}.git", files)
        repos.git(tmp_path / "hub" / f"{name}.git", "branch", "-q", "-m", "route-agent-ledger")
    repos.make(tmp_path / "hub" / "acme" / "new.git", {"a": "b\n"})
    work = tmp_path / "work"
    work.mkdir()
    (work / "repositories.txt").write_text("acme/cart\nacme/mail\nacme/new\n")
    instead = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{tmp_path}/hub/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/",
    }
    done = typed_there(script.text.replace(" --since 30d", ""), work, **instead)
    assert done.returncode == 0, done.stderr
    assert "acme/new: no ledger yet" in done.stderr
    assert "what 10 runs say" in (work / "report.md").read_text()
