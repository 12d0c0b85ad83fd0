"""Every command that the documents say can be typed is parsed by what would run it."""

import importlib.util
import re
import shlex
import subprocess
import tomllib
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest

import dev
from bot.arguments import parse
from bot.ports import Denied
from tests.documents.parts import ROOT, Found, in_blocks, in_lines, tracked, words


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
