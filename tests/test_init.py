"""`route-agent init`: what it writes into repositories of every shape, what it refuses, and what it prints, word for word."""

import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from bot import arguments, init
from bot.core import setup
from bot.core.cost import Price
from bot.core.policy import Policy
from bot.core.policyfile import read
from bot.core.words import Provider
from bot.edge.prices import Prices
from bot.edge.terminal import Progress
from bot.ports import Denied
from bot.shop import Outside, Wall
from bot.voice import templates
from tests.fakes import repos
from tests.fakes.typed import ROOT, typed
from tests.test_golden import held

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


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    repos.make(tmp_path / "shop", repos.SHOP)
    return tmp_path / "shop"


def steps(repo: Path) -> dict[str, Any]:
    (job,) = yaml.safe_load((repo / VERIFY).read_text())["jobs"].values()
    return {step["name"]: step for step in job["steps"]}


# ---- what is written ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("provider", get_args(Provider))
def test_the_policy_loads_for_every_provider_and_shape_and_its_checks_are_the_ones_found(tmp_path, shape, provider):
    repos.make(tmp_path / "r", SHAPES[shape])

    said = made(tmp_path / "r", "--provider", provider, *address(provider))

    found = policy(tmp_path / "r")
    assert {found.lane(name).provider for name in found.lanes} == {provider}
    for check in found.verification.checks:
        assert f"{check.kind}: {check.run} (from " in said
    assert bool(found.verification.checks) == (shape not in ("untested", "empty"))
    assert found.budget.per_run_usd == 1_000_000


@pytest.mark.parametrize("provider", setup.MODELS)
def test_the_price_table_knows_the_models_that_are_begun_with(shop, provider):
    made(shop, "--provider", provider)
    fast, strong = (Prices().price(policy(shop).lane(name)) for name in ("fast", "strong"))
    assert isinstance(fast, Price)
    assert isinstance(strong, Price)
    assert fast.output < strong.output


@pytest.mark.parametrize("provider", ["litellm", "vllm", "openai_compatible"])
def test_a_server_of_ones_own_has_a_price_to_fill_in_and_its_key_reaches_the_action(shop, provider):
    said = made(shop, "--provider", provider, *address(provider))

    key = setup.key_of(provider)
    assert "# price: {input: , output: }" in (shop / POLICY).read_text()
    assert "Write the models' names and prices" in said
    assert f"gh secret set {key}" in said
    step = yaml.safe_load((shop / AGENT).read_text())["jobs"]["work"]["steps"][0]
    if provider == "openai_compatible":
        assert policy(shop).lane("fast").api_key_env == step["with"]["api-key-env"] == key
        assert step["env"] == {key: "${{ secrets.MODEL_API_KEY }}"}
    else:
        assert step["with"][f"{provider}-api-key"] == f"${{{{ secrets.{key} }}}}"


@pytest.mark.parametrize(("words", "name"), [((), "route-agent.yml"), (("--split",), "route-agent-split.yml")])
def test_workflows_that_need_no_change_are_the_templates_byte_for_byte(shop, words, name):
    made(shop, *words)
    assert (shop / AGENT).read_bytes() == (SHIPPED / name).read_bytes()
    assert (shop / VERIFY).read_bytes() == (SHIPPED / "route-agent-verify.yml").read_bytes()


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


@pytest.mark.parametrize("words", [(), ("--split",)])
def test_the_commit_that_is_named_stands_in_every_workflow(shop, words):
    said = made(shop, *words, "--action-ref", "0123abc")
    text = "".join((shop / path).read_text() for path in OURS)
    assert "@v0" not in text
    assert "route-agent/route-agent@0123abc" in text
    assert "ls-remote" not in said
    made(shop, *words, "--force")
    (sed,) = (row.partition("    (")[0] for row in made(shop, *words, "--force").splitlines() if row.strip().startswith("sed "))
    subprocess.run(["sh", "-c", sed.replace("COMMIT", "0123abc")], cwd=shop, check=True)
    assert "".join((shop / path).read_text() for path in OURS) == text


@pytest.mark.parametrize("ref", ["", "-x", "a b", "a'b", "ä"])
def test_what_is_no_name_of_a_commit_is_denied_and_nothing_is_written(shop, ref):
    with pytest.raises(Denied, match="--action-ref"):
        made(shop, f"--action-ref={ref}")
    assert not (shop / POLICY).exists()


def test_a_toolchain_that_ci_sets_up_is_pointed_at_and_a_server_that_only_this_machine_reaches(tmp_path):
    ci = "on: push\njobs:\n  a:\n    steps:\n      - uses: actions/setup-python@v6\n"
    repos.make(tmp_path / "r", {**SHAPES["pytest"], ".github/workflows/ci.yml": ci})
    said = made(tmp_path / "r", "--provider", "vllm", "--base-url", "http://127.0.0.1:8000/v1")
    assert "actions/setup-python, from ci.yml" in said
    assert "a runner of GitHub's does not reach that address" in said


@pytest.mark.parametrize(
    "shape", [shape for shape in SHAPES if shape not in ("pytest", "unittest", "extras", "groups", "locked", "mixed")]
)
def test_in_other_languages_two_steps_of_the_verify_workflow_differ_and_nothing_else(tmp_path, shape):
    repos.make(tmp_path / "r", SHAPES[shape])
    made(tmp_path / "r")
    (job,) = yaml.safe_load((SHIPPED / "route-agent-verify.yml").read_text())["jobs"].values()
    shipped = {step["name"]: step for step in job["steps"]}
    written = steps(tmp_path / "r")
    assert list(written) == list(shipped)
    assert {name for name in shipped if written[name] != shipped[name]} == {"set up", "test"}
    for name in ("set up", "test"):
        kept = ("if", "id", "continue-on-error", "timeout-minutes")
        assert [written[name].get(key) for key in kept] == [shipped[name].get(key) for key in kept]
    before, _, after = (tmp_path / "r" / VERIFY).read_text().partition("      - name: set up\n")
    text = (SHIPPED / "route-agent-verify.yml").read_text()
    assert text.startswith(before)
    assert text.endswith(after[after.index("      # An exit code of 0") :])


@pytest.mark.parametrize("shape", SHAPES)
def test_zizmor_and_bash_have_nothing_to_say_of_what_is_written(tmp_path, shape):
    repos.make(tmp_path / "r", SHAPES[shape])
    made(tmp_path / "r", "--provider", "openai_compatible", *address("openai_compatible"), "--split")
    zizmor = [str(Path(sys.executable).with_name("zizmor")), "--offline", "--no-progress", "--persona=pedantic", "--format=plain"]
    words = [*zizmor, f"--config={ROOT / '.github' / 'zizmor.yml'}", str(tmp_path / "r" / AGENT), str(tmp_path / "r" / VERIFY)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    for name in ("set up", "test"):
        subprocess.run(["bash", "-n"], input=steps(tmp_path / "r")[name]["run"], text=True, check=True)


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


# ---- what is not written -----------------------------------------------------------------------------------------


def tree(repo: Path) -> dict[str, bytes]:
    return repos.snapshot(repo)


def test_a_second_time_everything_is_unchanged(shop):
    made(shop)
    before = tree(shop)
    said = made(shop)
    assert said.endswith("".join(f"unchanged: {path}\n" for path in OURS))
    assert tree(shop) == before


def test_after_the_commit_our_own_workflows_are_not_taken_for_the_repository_s(shop):
    made(shop)
    repos.git(shop, "add", ".github")
    repos.git(shop, "commit", "-qm", "set up")
    assert "CI: no workflow of your own" in made(shop)


def test_files_that_differ_are_all_named_and_nothing_is_written(shop):
    for path in (AGENT, POLICY):
        (shop / path).parent.mkdir(parents=True, exist_ok=True)
        (shop / path).write_text("mine\n")
    before = tree(shop)
    with pytest.raises(Denied, match=f"{AGENT}, {POLICY} would be overwritten") as caught:
        made(shop)
    assert VERIFY not in str(caught.value)
    assert tree(shop) == before

    assert f"overwrote: {AGENT}\nwrote: {VERIFY}\nwrote: {SELFTEST}\noverwrote: {POLICY}\n" in made(shop, "--force")
    assert policy(shop).routing.fast_max_score == 6


def test_a_dry_run_writes_nothing(shop):
    (shop / ".github").mkdir()
    (shop / POLICY).write_text("mine\n")
    before = tree(shop)
    said = made(shop, "--dry-run")
    assert f"would write: {AGENT}\n" in said
    assert f"differs (--force overwrites): {POLICY}\n" in said
    assert tree(shop) == before
    assert not (shop / ".github" / "workflows").exists()


def test_every_line_that_would_be_written_can_be_read_first_and_applied(shop):
    (shop / ".github").mkdir()
    (shop / POLICY).write_text("mine\n\x1b[2Jmine too\n")
    before = tree(shop)
    said = made(shop, "--diff")
    assert tree(shop) == before
    assert "-mine\n-mine too\n" in said, "no file of the repository steers a terminal"

    (shop / POLICY).write_text("mine\nmine too\n")
    subprocess.run(["git", "apply"], cwd=shop, input=made(shop, "--diff"), text=True, check=True)
    applied = tree(shop)
    made(shop, "--force")
    assert tree(shop) == applied
    assert made(shop, "--diff") == "", "nothing is left to write"


@pytest.mark.parametrize("linked", [".github", ".github/workflows", AGENT, POLICY])
@pytest.mark.parametrize("words", [(), ("--force",)])
def test_a_link_leads_no_write_out_of_the_repository(shop, tmp_path, linked, words):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("theirs\n")
    (shop / linked).parent.mkdir(parents=True, exist_ok=True)
    (shop / linked).symlink_to(outside / "file" if linked.endswith("yml") else outside)
    before = tree(shop)
    with pytest.raises(Denied, match="is a link"):
        made(shop, *words)
    assert [path.name for path in outside.iterdir()] == ["file"]
    assert (outside / "file").read_text() == "theirs\n"
    assert tree(shop) == before


def test_a_pipe_in_the_place_of_a_file_does_not_hang(shop):
    (shop / ".github").mkdir()
    os.mkfifo(shop / POLICY)
    with pytest.raises(Denied, match="is no file"):
        made(shop)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--provider", "vllm"), "--provider vllm has no address of its own; add --base-url"),
        (("--provider", "vllm", "--base-url", "x"), "--base-url: "),
        (("--provider", "vllm", "--base-url", "http://a:b@c/"), "holds credentials"),
        (("--base-url", 'http://h/"\n  evil: 1'), "--base-url: "),
    ],
)
def test_an_address_that_is_none_is_denied_and_nothing_is_written(shop, words, said):
    before = tree(shop)
    with pytest.raises(Denied) as caught:
        made(shop, *words)
    assert said in str(caught.value)
    assert tree(shop) == before


@pytest.mark.parametrize(("kind", "said"), [("plain", "not in a git"), ("bare", "bare repository"), ("unborn", "no commit yet")])
def test_what_is_no_repository_with_a_commit_is_one_line(tmp_path, kind, said):
    folder = tmp_path / "r"
    folder.mkdir()
    if kind != "plain":
        repos.git(folder, "init", "-q", *(["--bare"] if kind == "bare" else []))
    done = typed("init", cwd=folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


# ---- hostile repositories ----------------------------------------------------------------------------------------

LAUGHS = [f"{n}: &{n} [{','.join([f'*{p}'] * 9)}]\n" for p, n in zip("abcdefgh", "bcdefghi", strict=True)]
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(LAUGHS)


def test_a_hostile_repository_neither_hangs_nor_breaks_a_line(tmp_path):
    evil = "\x1b[2J\nwrote: /etc/passwd\u202e\u2028 \x85"
    flows: dict[str, bytes | str] = {
        "bomb.yml": BOMB + "on: push\n",
        "deep.yml": "[" * 50_000,
        "huge.yml": "on: push\n#" + "x" * 50_000_000,
        "wide.yml": "on: {" + ",".join(f"k{n}: 1" for n in range(20_000)) + "}\n",
        "tag.yml": "on: !!python/object/apply:os.system ['touch pwned']\n",
        "keys.yml": f'on:\n  push:\n  {evil.splitlines()[0]!r}: 1\n  "a\\nwrote: /x": 1\n',
        "bytes.yml": b"on: \xff\xfe\0",
        f"n{evil.replace('/', '')}.yml": "on: push\n",
        os.fsdecode(b"\xff.yml"): "on: push\n",
    }
    files: dict[str, bytes | str] = {f".github/workflows/{name}": text for name, text in flows.items()}
    files |= {f".github/workflows/w{n}.yml": "on: push\n" for n in range(60)}
    folder = f"t{evil.replace('/', '')}"
    files[f"{folder}/test_a.py"] = "import unittest\n"
    files["package.json"] = '{"scripts": {"test": "x", "lint": "y"}}'
    repo = tmp_path / "r\x1b[2J\u202e\x84"
    repos.make(repo, files)
    repos.git(repo, "remote", "add", "origin", f"https://u:hidden@github.com/a/b{evil}")

    began = time.monotonic()
    said = made(repo)

    assert time.monotonic() - began < 20
    assert "hidden" not in said
    assert [row for row in said.split("\n") if row.startswith("wrote:")] == [f"wrote: {path}" for path in OURS]
    assert all(row.isprintable() for row in said.split("\n"))
    assert "workflow: huge.yml cannot be read" in said
    assert "not looked into" in said
    assert "tests: left out, since its command holds characters that cannot be shown" in said
    assert {check.name for check in policy(repo).verification.checks} == {"tests-npm", "lint"}
    policy(repo)
    assert not (repo / "pwned").exists()


# ---- what is printed ---------------------------------------------------------------------------------------------

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


@pytest.mark.parametrize("shape", ["node", "jest", "mocha", "vitest", "go", "rust", "make"])
def test_which_steps_are_written(tmp_path, shape):
    repos.make(tmp_path / "r", SHAPES[shape])
    made(tmp_path / "r")
    _, _, rest = (tmp_path / "r" / VERIFY).read_text().partition("      - name: set up\n")
    held(f"init-steps-{shape}.txt", rest.partition("      # An exit code")[0])


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
