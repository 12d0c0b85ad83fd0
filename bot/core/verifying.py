"""The two steps of the verify workflow that depend on the repository: how to set up, and how to test with a JUnit report."""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from bot.core.checks import Check
from bot.core.lane import KEYS
from bot.core.setup import REQUIREMENTS, SetUp, install

Kind = Literal["python", "node", "go", "rust", "unknown"]
BEGIN, END = "      - name: set up\n", "      # An exit code of 0 proves nothing"


@dataclass(frozen=True, slots=True)
class Shipped:
    """The workflow's own steps fit: pip and pytest. `files` of requirements and `extras` are what pip is asked for besides."""

    kind: Kind = "python"
    files: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Steps:
    """`runner` is the program that makes the report; its arguments have been looked at."""

    kind: Kind
    install: str
    runner: str
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class ToWrite:
    """Nobody can say how to test here; `what` is for the person who does."""

    what: str
    kind: Kind = "unknown"


Verifying = Shipped | Steps | ToWrite

_SCRIPT = re.compile(r"(jest|vitest run|vitest|mocha|node --test)((?: [A-Za-z0-9_./*=@:-]+)*)")


def fitting(files: Collection[str], manifest: str, checks: tuple[Check, ...], set_up: SetUp, *, python: bool) -> Verifying:
    """What fits the first of a repository's tests; `python` says whether it holds Python at all, tests or none."""
    tests = next((check for check in checks if check.kind == "tests"), None)
    if tests is None:
        return _pip(files, set_up) if python else ToWrite("no test command was found in this repository")
    match tests.run.split()[0]:
        case "python":
            return _pip(files, set_up)
        case "npm" | "pnpm" | "yarn":
            return _node(files, manifest)
        case "go":
            return Steps("go", "", "gotestsum")
        case "cargo":
            return Steps("rust", "", "nextest")
        case _:
            return ToWrite("it is not known which runner the tests are for")


def _pip(files: Collection[str], set_up: SetUp) -> Shipped:
    extras = tuple(group[2:-1] for group in set_up.groups if group.startswith(".["))
    return Shipped("python", tuple(name for name in REQUIREMENTS if name in files), extras)


def _node(files: Collection[str], manifest: str) -> Verifying:
    found = _SCRIPT.fullmatch(_script(manifest))
    if found is None or "report" in found[2]:
        return ToWrite("it is not known how the script test of package.json is made to write a report")
    return Steps("node", install(files), found[1].removesuffix(" run").replace("node --test", "node"), found[2].strip())


def _script(manifest: str) -> str:
    try:
        scripts = json.loads(manifest).get("scripts", {})
        return " ".join(str(scripts.get("test", "")).split()) if isinstance(scripts, dict) else ""
    except (ValueError, AttributeError, RecursionError):
        return ""


def adapted(shipped: str, steps: str) -> str:
    """The shipped workflow with other steps in the place of `set up` and `test`; the rest stays byte for byte."""
    before, begin, rest = shipped.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin, "the shipped workflow has its step `set up`"
    assert end, "the shipped workflow has its step `report`"
    return before + steps + end + after


_PLAIN = "          if [[ -e requirements.txt ]]; then wanted+=(-r requirements.txt); fi\n"
_ITSELF = "wanted+=(-e .)"


def with_more(shipped: str, more: Shipped) -> str:
    """The shipped workflow with what else the tests need put to what pip is asked for."""
    assert _PLAIN in shipped, "the shipped workflow asks for requirements.txt"
    assert _ITSELF in shipped, "the shipped workflow asks for the repository itself"
    files = "".join(_PLAIN.replace("requirements.txt", name) for name in more.files)
    itself = f"wanted+=(-e '.[{','.join(more.extras)}]')" if more.extras else _ITSELF
    return shipped.replace(_PLAIN, files or _PLAIN).replace(_ITSELF, itself)


_ANTHROPIC = "          anthropic-api-key: ${{ secrets.ANTHROPIC_API_KEY }}\n"
_DECLARED = "      ANTHROPIC_API_KEY:\n        required: false\n"
"""Where a calling workflow is told which secrets are taken."""


def with_key(shipped: str, provider: str, key: str) -> str:
    """The workflow with the secret of a provider that the shipped one does not name."""
    if f"secrets.{key} " in shipped:
        return shipped
    shipped = shipped.replace(_DECLARED, f"{_DECLARED}{_DECLARED.replace('ANTHROPIC_API_KEY', key)}")
    if provider in KEYS:
        return shipped.replace(_ANTHROPIC, f"{_ANTHROPIC}          {provider}-api-key: ${{{{ secrets.{key} }}}}\n")
    own = f"          api-key-env: {key}\n        env:\n          {key}: ${{{{ secrets.{key} }}}}\n"
    return shipped.replace(_ANTHROPIC, _ANTHROPIC + own)
