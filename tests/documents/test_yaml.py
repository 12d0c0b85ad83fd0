"""Every block of YAML in the documents is read by what would read it, and what they say of workflows is so."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.core.policyfile import read
from bot.demo.scripted import Scripted
from tests.documents.parts import DOCUMENTS, ROOT, Found, blocks
from tests.fakes import repos
from tests.fakes.jobs import Job

YAML = [block for file in DOCUMENTS for block in blocks(file) if block.kind == "yaml"]
WHOLE: dict[str, Any] = {"models": {name: {"provider": "openai", "model": name} for name in ("fast", "strong")}}
WHOLE |= {"routing": {"fast_max_score": 6, "strong_min_score": 7}}
"""What every policy has to say."""
STEP = """\
name: a
on: {push: {branches: [main]}}
permissions: {}
jobs:
  a:
    name: a
    runs-on: ubuntu-latest
    steps: [{run: make}]
"""
"""Where `env:` of a job or of a step is shown, the rest of the workflow."""


def joined(whole: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """A policy of which a document shows a part."""
    return whole | {key: joined(whole.get(key, {}), value) if isinstance(value, dict) else value for key, value in part.items()}


def workflow(source: str, folder: Path) -> None:
    """By zizmor, offline, as we audit what we ship; but what is called by a moving tag is the reader's own or ours,
    and a comment is what a bot hears: its gate is what that audit asks for."""
    place = folder / ".github" / "workflows" / "shown.yml"
    place.parent.mkdir(parents=True)
    place.write_text(source)
    config = folder / "zizmor.yml"
    policies = {"route-agent/*": "ref-pin", "acme/*": "ref-pin", "*": "hash-pin"}
    rules = {"unpinned-uses": {"config": {"policies": policies}}, "dangerous-triggers": {"ignore": [place.name]}}
    config.write_text(yaml.safe_dump({"rules": rules}))
    zizmor = str(Path(sys.executable).with_name("zizmor"))
    done = subprocess.run(
        [zizmor, "--offline", "--no-progress", "--min-severity=high", "--format=plain", f"--config={config}", place],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    inputs = yaml.safe_load((ROOT / "action.yml").read_text())["inputs"]
    for job in yaml.safe_load(source)["jobs"].values():
        for step in job.get("steps", []):
            if step.get("uses", "").startswith("route-agent/"):
                assert set(step.get("with", {})) <= set(inputs)


@pytest.mark.parametrize("block", YAML, ids=str)
def test_a_block_of_yaml_is_read_by_what_would_read_it(block: Found, tmp_path: Path):
    found = yaml.safe_load(block.text)
    if "jobs" in found:
        workflow(block.text, tmp_path)
    elif set(found) == {"env"}:
        workflow(STEP + block.text, tmp_path)
    else:
        read(yaml.safe_dump(joined(WHOLE, found)).encode(), str(block))
        if WHOLE.keys() <= found.keys():
            read(block.text.encode(), str(block))


def test_the_shared_workflow_is_called_with_what_it_takes_and_hears_and_may_what_it_does():
    (block,) = (each for each in YAML if "acme/automation" in each.text)
    shown = yaml.safe_load(block.text)
    called = yaml.safe_load((ROOT / "templates" / "workflows" / "route-agent.yml").read_text())
    (job,) = shown["jobs"].values()
    assert {event: shown[True][event] for event in ("issues", "issue_comment", "pull_request")} == {
        event: called[True][event] for event in ("issues", "issue_comment", "pull_request")
    }, "`on` is YAML's true"
    assert shown[True].keys() == called[True].keys() - {"workflow_call"}
    inputs = called[True]["workflow_call"]["inputs"]
    assert {name for name, given in inputs.items() if given.get("required")} <= job["with"].keys() <= inputs.keys()
    assert job["permissions"] == called["jobs"]["gate"]["permissions"] | called["jobs"]["work"]["permissions"]


def rights(job: dict[str, Any]) -> str:
    """Of a job's token, or of the one that an App gives it: as the page says it."""
    given = job["steps"][0].get("with", {})
    held = job["permissions"] or {name.removeprefix("permission-"): may for name, may in given.items() if "permission-" in name}
    ways = {way: sorted(name for name, may in held.items() if may == way) for way in ("write", "read")}
    return "; ".join(f"{way} {', '.join(f'`{name}`' for name in names)}" for way, names in ways.items() if names)


def holding() -> dict[tuple[str, str], tuple[str, str]]:
    """From the table of security.md: by file and job the rights and the keys."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    file = ""
    for row in (ROOT / "docs" / "security.md").read_text().splitlines():
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if len(cells) == 5:
            file = cells[0].strip("`") or file
            found |= {(file, job.strip("` ")): (cells[2], cells[3]) for job in cells[1].split(",")}
    return found


def test_what_each_job_holds_is_what_its_template_gives_it():
    said = holding()
    for path in (ROOT / "templates" / "workflows").glob("*.yml"):
        for name, job in yaml.safe_load(path.read_text())["jobs"].items():
            token, keys = said[path.name, name]
            assert token == rights(job), (path.name, name)
            assert ("the model's" in keys) == ("-api-key" in str(job)), (path.name, name)
            assert ("App's" in keys) == ("PRIVATE_KEY" in str(job)), (path.name, name)


@pytest.mark.parametrize("name", ["route-agent", "route-agent-app", "route-agent-host", "route-agent-split"])
def test_a_template_that_can_be_called_declares_each_secret_that_it_takes(name: str):
    source = (ROOT / "templates" / "workflows" / f"{name}.yml").read_text()
    declared = yaml.safe_load(source)[True]["workflow_call"]["secrets"]
    assert set(declared) == set(re.findall(r"secrets\.(\w+)", source))


@pytest.mark.parametrize(("price", "asked"), [(1, 0), (0, 2)])
def test_a_budget_of_nothing_asks_no_model_that_costs_anything(tmp_path: Path, price: int, asked: int):
    (block,) = (each for each in YAML if each.file.name == "security.md" and "shadow" in each.text)
    repos.make(tmp_path / "shop", repos.SHOP)
    job, model = Job(tmp_path / "shop"), Scripted({"fast": [repos.GOOD, repos.DONE]})
    off = block.text.replace("routing: {shadow: true}\n", "")
    job.policy = (
        re.sub("price: {input: 1, ", f"price: {{input: {price}, ", job.policy).replace("output: 2}", f"output: {price}}}") + off
    )
    record, _ = job.run(model)
    assert (record.result == "budget", len(model.heard)) == (price > 0, asked)
