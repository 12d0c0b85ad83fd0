"""What the documents say can be done: every command is parsed by what would run it, or run; every block of YAML is read by what
would read it; every link leads somewhere."""

import importlib.util
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

import dev
from bot.arguments import parse
from bot.core import setup
from bot.core.cost import Price
from bot.core.lane import ADDRESSED, ADDRESSES, KEYS, Lane
from bot.core.money import middling
from bot.core.policyfile import read
from bot.core.words import Provider
from bot.demo.scripted import Scripted
from bot.edge.prices import Prices
from bot.ports import Denied
from tests.documents import DOCUMENTS, ROOT, Found, anchors, blocks, in_blocks, in_lines, links, scripted, spans, tracked, words
from tests.fakes import repos
from tests.fakes.jobs import Job
from tests.ledgers import Plan, ledger, text

# ---- commands: parsed ----------------------------------------------------------------------------------------------


def of_ours(typed: list[str]) -> None:
    with suppress(SystemExit):  # --version and --help say what they say, and that is all
        parse(typed)


def of_python(typed: list[str]) -> None:
    """`dev.py` by its own table; another program of ours exists, and its source knows every flag."""
    if typed[:1] == ["dev.py"]:
        assert len(typed) == 1 or typed[1] in dev.COMMANDS
        if typed[1:2] == ["demo"]:
            of_ours(typed[1:])
        return
    if typed[0] == "-m":
        found = importlib.util.find_spec(typed[1])
        assert found is not None, f"there is no module {typed[1]}"
        folder = Path(str(found.origin)).parent
        sources, rest = folder.glob("*.py") if found.submodule_search_locations else [Path(str(found.origin))], typed[2:]
    else:
        assert typed[0] in tracked(), f"there is no file {typed[0]}"
        sources, rest = [ROOT / typed[0]], typed[1:]
    source = "".join(path.read_text() for path in sources)
    for flag in (word for word in rest if word.startswith("--")):
        assert f'"{flag}"' in source, f"nothing there knows {flag}"


def of_pip(typed: list[str]) -> None:
    """What is installed is this checkout, or what its file says that there is; on our own name only extras that there are."""
    verb, *rest = typed
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert verb == "install"
    for word in (word for word in rest if not word.startswith("-")):
        named = re.fullmatch(r"route-agent\[(\w+)\]", word)
        assert word == "." or (named and named[1] in project["optional-dependencies"]), word


def of_git(typed: list[str]) -> None:
    verb = typed[2] if typed[0] == "-C" else typed[0]
    listed = subprocess.run(["git", "--list-cmds=main,others"], check=True, capture_output=True, text=True).stdout.split()
    assert verb in listed


def of_gh(typed: list[str]) -> None:
    """GitHub's command line is not here. What is told to people is what the release does itself, or stops a workflow of ours."""
    if typed[0] != "attestation":
        assert typed[:2] in (["workflow", "disable"], ["run", "cancel"], ["run", "list"])
        assert {word for word in typed if word.startswith("--")} <= {"--workflow", "--status"}
        assert all((ROOT / "templates" / "workflows" / word).exists() for word in typed if word.endswith(".yml"))
        return
    assert typed[:2] == ["attestation", "verify"]
    (ours,) = (line for line in (ROOT / ".ci" / "attest").read_text().splitlines() if line.startswith("gh attestation verify"))
    given = {"GITHUB_REPOSITORY": "route-agent/route-agent", "GITHUB_REF": "refs/tags/source/v0.1.0"}
    given |= {"GITHUB_WORKFLOW_REF%%@*": "route-agent/route-agent/.github/workflows/release.yml"}
    assert typed[2:] == [] or typed[3:] == shlex.split(re.sub(r"\$\{?([A-Z][^}\s\"]*)\}?", lambda each: given[each[1]], ours))[4:]


READERS: dict[str, Callable[[list[str]], None]] = {
    "route-agent": of_ours,
    "python3": of_python,
    "python": of_python,
    "pip": of_pip,
    "git": of_git,
    "gh": of_gh,
}


@pytest.mark.parametrize("command", list(in_blocks()), ids=str)
def test_a_command_to_paste_is_one_that_can_be_typed(command: Found):
    program, *typed = words(command.text)
    READERS[program.rpartition("/")[2]](typed)


@pytest.mark.parametrize("command", list(in_lines()), ids=str)
def test_a_command_in_running_text_is_one_whatever_it_leaves_out(command: Found):
    program, *typed = words(command.text)
    with pytest.raises(Denied) if short(typed) else nullcontext() as denied:
        READERS[program.rpartition("/")[2]](typed)
    assert not denied or re.search("(is|are) required", str(denied.value))


def short(typed: list[str]) -> bool:
    """A command's name alone, that needs more: it is a mention. Named with a flag it is to be whole."""
    return " ".join(typed) in ("explain", "policy replay")


def test_what_no_program_takes_is_found():
    """The checks above would be green for anything if they looked at nothing."""
    wrong = {
        "route-agent": ["ledger", "report", "--formt", "md"],
        "python3": ["dev.py", "tests"],
        "python": ["bench/ledger.py", "--record", "3"],
        "pip": ["install", "route-agent[plot]"],
        "git": ["fetsh"],
        "gh": ["attestation", "check"],
    }
    assert wrong.keys() == READERS.keys()
    for program, typed in wrong.items():
        with pytest.raises((Denied, AssertionError)):
            READERS[program](typed)


# ---- commands: run -------------------------------------------------------------------------------------------------

ELSEWHERE = {
    "route-agent doctor": "asks the models; tests/test_doctor.py runs it",
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


# ---- YAML ----------------------------------------------------------------------------------------------------------

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


# ---- links ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_link_leads_somewhere(file: Path):
    files = tracked()
    folders = {str(parent) for name in files for parent in Path(name).parents}
    for link in links(file):
        target, _, anchor = link.text.partition("#")
        if "://" in target:
            assert target.startswith("https://"), link
            continue
        path = (file.parent / target).resolve() if target else file
        name = str(path.relative_to(ROOT))
        assert name in files or name in folders, link
        assert not anchor or anchor in anchors(path), link


THEIRS = (".github/workflows/", ".github/route-agent.yml", ".github/CODEOWNERS")
"""What is to be in a repository that uses it."""


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_file_of_ours_that_is_named_is_there(file: Path):
    for span in spans(file):
        if re.match(r"(docs|templates|bench|tests|bot|host|\.github|\.ci)/[^ ]*$", span.text) and not span.text.startswith(THEIRS):
            assert list(ROOT.glob(span.text.rstrip("/"))), span


def named_in(text: str) -> Iterator[tuple[str, str]]:
    """Names of ours with the file that they are said to stand in: "`A` and `B` in `file`", "`A` (`file`)"."""
    for each in re.finditer(r"((?:`\w+`(?:,| and| or)?(?: its [a-z ]+)? )+)(?:in |\()`([\w/]+\.py)`", " ".join(text.split())):
        yield from ((name, each[2]) for name in re.findall(r"`(\w+)`", each[1]))


def test_what_a_contributor_is_to_change_stands_in_the_file_that_is_named():
    found = list(named_in((ROOT / "CONTRIBUTING.md").read_text()))
    assert {"WEIGHTS", "CAPS", "SignalName", "RULES", "Provider", "KEYS", "ADDRESSES", "ADDRESSED", "TABLE", "MODELS"} <= {
        *dict(found)
    }
    for name, file in found:
        assert re.search(rf"^(?:class |def )?{name}\b *[:=(]", (ROOT / file).read_text(), re.MULTILINE), f"{file} has no {name}"


def test_what_dev_py_says_can_be_typed_is_what_it_does():
    said = re.findall(r"^python3 dev\.py (\w+)", str(dev.__doc__), re.MULTILINE)
    assert sorted(said) == sorted(dev.COMMANDS)


# ---- figures and lists ---------------------------------------------------------------------------------------------


def test_what_an_attempt_costs_is_what_the_price_table_says_of_the_models_that_init_begins_with():
    said = (ROOT / "README.md").read_text()
    for provider, models in setup.MODELS.items():
        for model in models:
            price = Prices().price(Lane(name="fast", provider=provider, model=model))
            assert isinstance(price, Price)
            figure, _, size = middling(price).partition(" for ")
            assert figure in said, f"{model} costs {figure} for {size}"
    assert size == "8 calls of 8,000 tokens sent and 500 made"
    assert "eight calls that send 8,000 tokens and make 500 each" in said


@pytest.mark.parametrize("provider", get_args(Provider))
def test_every_provider_has_its_row_with_its_key_and_is_checked_for_an_address(provider: Provider):
    rows = [row for row in (ROOT / "docs" / "policy.md").read_text().splitlines() if row.startswith("| `")]
    assert any(f"`{provider}`" in row.split("|")[1] and KEYS.get(provider, "api_key_env") in row.split("|")[3] for row in rows)
    assert (provider in ADDRESSES) != (provider in ADDRESSED)
    assert (provider in setup.MODELS) == (provider in ADDRESSES)
