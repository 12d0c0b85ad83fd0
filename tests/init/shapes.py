"""Repositories of every shape, and `route-agent init` run in them."""

import os
from pathlib import Path
from typing import Any

import yaml

from bot import arguments, init
from bot.core import setup
from bot.core.policy import Policy
from bot.core.policyfile import read
from bot.edge.terminal import Progress
from bot.shop import Outside, Wall
from bot.voice import templates
from tests.fakes import repos
from tests.fakes.typed import ROOT

POLICY, AGENT, VERIFY = ".github/route-agent.yml", ".github/workflows/route-agent.yml", ".github/workflows/route-agent-verify.yml"
SELFTEST = ".github/workflows/route-agent-selftest.yml"
OURS = (AGENT, VERIFY, SELFTEST, POLICY)
SHIPPED = ROOT / "templates" / "workflows"
NODE = '{"scripts": {"test": "node --test", "lint": "eslint ."}}'
SHAPES: dict[str, dict[str, bytes | str]] = {
    "pytest": {
        "pyproject.toml": "[project]\nname = 'a'\n[tool.pytest.ini_options]\n[tool.mypy]\n[tool.ruff]\n",
        "requirements-dev.txt": "pytest\n",
        "tests/test_a.py": "def test_a():\n    assert True\n",
    },
    "unittest": dict(repos.SHOP),
    "extras": {
        "pyproject.toml": "[project]\nname = 'a'\n[project.optional-dependencies]\ntest = ['pytest']\nx = []\n[tool.x]\ndev = 1\n",
    },
    "groups": {"pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ntests = ['pytest']\n"},
    "locked": {"pyproject.toml": "[project]\nname = 'a'\n[tool.pytest.ini_options]\n", "uv.lock": "version = 1\n"},
    "node": {"package.json": NODE, "package-lock.json": "{}", "a.test.js": ""},
    "jest": {"package.json": '{"scripts": {"test": "jest --runInBand"}}', "yarn.lock": "", "a.test.ts": ""},
    "mocha": {"package.json": '{"scripts": {"test": "mocha"}}', "pnpm-lock.yaml": ""},
    "vitest": {"package.json": '{"scripts": {"test": "vitest"}}', "yarn.lock": "", ".yarnrc.yml": ""},
    "odd": {"package.json": '{"scripts": {"test": "./run.sh \\"$(x)\\" && jest"}}'},
    "go": {"go.mod": "module a\n", "go.sum": "x", "a_test.go": "package a\n"},
    "rust": {"Cargo.toml": "[package]\nname = 'a'\n", "Cargo.lock": "", "src/lib.rs": ""},
    "mixed": {**repos.SHOP, "package.json": NODE, "go.mod": "module a\n", "web/a.ts": ""},
    "monorepo": {
        "packages/api/pyproject.toml": "[project]\nname = 'api'\n[tool.pytest.ini_options]\npythonpath = ['src']\n",
        "packages/api/src/api.py": "A = 1\n",
        "packages/api/tests/test_api.py": "from api import A\n\n\ndef test_a():\n    assert A == 1\n",
        "packages/web/package.json": '{"scripts": {"test": "node --test"}}',
        "packages/web/a.test.js": "",
    },
    "nested": {"README.md": "", "packages/web/package.json": '{"scripts": {"test": "node --test"}}'},
    "make": {"Makefile": "test:\n\t./run\n", "a.c": ""},
    "untested": {"a.rb": "1\n", "README.md": "nothing to test\n"},
    "empty": {},
}


def made(repo: Path, *words: str, env: tuple[str, ...] = ()) -> str:
    """What the command prints for a repository, run in this process."""
    shown: list[str] = []
    with Path(os.devnull).open("w") as quiet:
        outside = Outside({"PATH": os.environ["PATH"], **dict.fromkeys(env, "k")}, templates(), Progress(quiet, Wall().seconds))
        init.init(arguments.parse(["init", "--repo", str(repo), *words]), outside, shown.append)
    return "".join(shown)


def policy(repo: Path) -> Policy:
    return read((repo / POLICY).read_bytes(), POLICY)


def address(provider: str) -> tuple[str, ...]:
    return () if provider in setup.MODELS else ("--base-url", "https://models.example/v1")


def steps(repo: Path) -> dict[str, Any]:
    (job,) = yaml.safe_load((repo / VERIFY).read_text())["jobs"].values()
    return {step["name"]: step for step in job["steps"]}


def tree(repo: Path) -> dict[str, bytes]:
    return repos.snapshot(repo)
