"""Attacks on the runner, on GitHub's pages and on keys: by what the bot prints, hands on and says."""

import os
import re
import subprocess
import sys

import pytest
import yaml

from bot.edge import actions
from tests.fakes import shops
from tests.fakes.canaries import told
from tests.fakes.repos import DONE, GOOD
from tests.fakes.shops import TEST
from tests.fakes.world.runs import Scripted
from tests.flow.host import hosting
from tests.flow.test_door import PROVED, Happened, commented, happened, last, of
from tests.security.attacks import ROOT, attack, off
from tests.test_hosted import outputs as written
from tests.test_hosted import run

KEY = "sk-canary/of+this=job-0123456789"


def obeyed(log: str) -> list[str]:
    """The commands that the runner finds in a log, as its ActionCommand.cs reads lines: `::` after blanks, `##[` anywhere."""
    rows = re.split(r"\r\n|\n|\r", log)
    new = [row for row in rows if row.lstrip().startswith("::") and "::" in row.lstrip()[2:]]
    old = [row for row in rows if "##[" in row and "]" in row.partition("##[")[2]]
    return [row.strip() for row in new + old]


COMMANDS = (
    "::set-output name=result::accepted",
    "  ::add-mask::e",
    "##[set-output name=result]accepted",
    "mid ##[add-path]/tmp line",
    "::stop-commands::x",
    "\r::error::x",
    "x%0A::error::x",
)


@attack("runner-commands", off=off("bot.edge.actions.harmless", "return text"))
@pytest.mark.parametrize("command", COMMANDS)
def test_no_word_of_anybody_is_a_command_to_the_runner(world, models, shop, issue, tmp_path, command):
    """The title, the commander's words, a path that a model asks for, and why it gives up."""
    issue.title = f"{command} add(2, 2) gives 5"
    for lane in ("m-fast", "m-strong"):
        models.script(lane, [{"action": "read", "path": f"a\n{command}"}, {"action": "give_up", "reason": f"no\n{command}"}])
    job = commented(world, shop, issue, tmp_path / "job", f"/agent fix {command}\n{command}")
    done = run(job)
    ours = [
        row
        for row in obeyed(done.stdout + "\n" + done.stderr)
        if not re.match(r"::(notice|warning|error) title=route-agent::", row)
    ]
    assert ours == []
    assert written(job)["result"] == "not_fixed"
    assert happened(world, shop, issue) == Happened()


@attack("runner-summary", off=off("bot.edge.actions.MOST_SUMMARY", "10**9"))
def test_a_summary_above_the_runner_s_limit_is_cut_and_still_shown(world, shop, issue, tmp_path):
    job = commented(world, shop, issue, tmp_path / "job", "/agent help")
    actions.summarise(actions.step(job.env()), "\u00e9" * 600_000 + "\n" + "line\n" * 200_000)
    assert (job.folder / "summary.md").stat().st_size < 1_000_000
    world.read.update(f"comment {comment.id}" for comment in issue.comments)


@attack("runner-errors", off=off("bot.core.clean.redact", "return text"))
@pytest.mark.parametrize("said", [KEY, f"Bearer {KEY}", f"key={KEY!r}\n{KEY}", "ghs_1_" + "eyJhbGciOi" * 4 + ".x-y"])
def test_a_key_in_a_server_s_error_is_said_nowhere(world, models, shop, issue, tmp_path, said):
    """A gateway that repeats what it was sent; the job's log, comment, summary and outputs are looked at."""
    models.script("m-fast", [{"status": 401, "body": {"error": {"message": f"bad key {said}"}}}] * 3)
    job = commented(world, shop, issue, tmp_path / "job")
    job.inputs = {"openai-api-key": KEY}
    done = run(job, OPENAI_API_KEY=KEY)
    whole = done.stdout + done.stderr + last(world, issue) + (job.folder / "output").read_text()
    whole += (job.folder / "summary.md").read_text() if (job.folder / "summary.md").exists() else ""
    assert said.rpartition(" ")[2] not in whole
    assert KEY not in whole
    happened(world, shop, issue)


@attack(
    "runner-children", off=off("bot.edge.git.plumbing.environment", 'return {**__import__("os").environ, "PATH": path, **more}')
)
def test_what_the_bot_starts_sees_no_key(world, models, shop, issue, tmp_path, tmp_path_factory):
    """git on PATH writes down its environment: what it would see of ours, it sees; it has a token to fetch with."""
    heard = tmp_path_factory.mktemp("heard") / "seen"
    folder = tmp_path / "bin"
    folder.mkdir()
    real = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout.strip()
    (folder / "git").write_text(f'#!/bin/sh\nenv >> {heard}\nexec {real} "$@"\n')
    (folder / "git").chmod(0o755)
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    job = commented(world, shop, issue, tmp_path / "job")
    done = run(
        job, PATH=f"{folder}:{os.environ['PATH']}", SECRET_CANARY=KEY, ACTIONS_RUNTIME_TOKEN=KEY, ACTIONS_ID_TOKEN_REQUEST_URL=KEY
    )
    assert written(job)["result"] == "accepted", done.stderr
    seen = heard.read_text()
    assert "GIT_CONFIG_NOSYSTEM" in seen
    assert KEY not in seen
    assert not re.search(r"^(INPUT|ACTIONS|SECRET)_", seen, re.MULTILINE)
    assert happened(world, shop, issue) == Happened(branches=1, pulls=1, runs=1)


@attack("runner-headers", off=off("bot.core.words.SDKS", "()"))
@pytest.mark.parametrize("api", ["chat", "responses", "messages"])
def test_no_header_of_the_workflow_s_environment_goes_to_a_model(world, models, issue, tmp_path, shop, api):
    """Of a step that stands beside the bot's, say: `env:` of a workflow or of a job is every step's."""
    policy = ".github/route-agent.yml"
    world.commit(
        shop, "main", {policy: shops.POLICY.format(url=models.url).replace("provider: vllm", f"provider: vllm, api: {api}")}
    )
    models.script("m-fast", [{"action": "give_up", "reason": "no"}])
    models.script("m-strong", [{"action": "give_up", "reason": "no"}])
    job = commented(world, shop, issue, tmp_path / "job")
    run(job, ANTHROPIC_CUSTOM_HEADERS=f"X-Gateway: {KEY}", OPENAI_CUSTOM_HEADERS=f"X-Gateway: {KEY}", OPENAI_ORG_ID=KEY)
    assert models.requests
    assert KEY not in str(models.headers)
    happened(world, shop, issue)


_UP = "p=$PPID; for n in 1 2 3 4 5 6 7 8 9; do cat /proc/$p/environ; p=$(sed -n 's/^PPid:\\s*//p' /proc/$p/status); done"
UP = f"( {_UP}; cat /proc/[0-9]*/environ ) 2>/dev/null | tr '\\0' '\\n' | grep -a '^INPUT_' | sort -u; echo looked; exit 1"
"""Of the processes above a check, one after the other, and of every one that can be seen."""


@attack(
    "runner-parents",
    "proc_self_environ",
    off=off("bot.edge.sandbox.box.Box._start", cut=('[*command, "sh", "-c"', '["sh", "-c"')),
)
def test_proc_self_environ_a_check_finds_no_key_in_the_processes_above_it(world, models, tmp_path):
    """The step's process was started with them, and what a process was started with stays there to be read."""
    shop = hosting.stocked(world, hosting.policy(models.url, UP))
    issue = world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")
    job = hosting.commented(world, shop, issue, tmp_path / "job")
    hosting.process(job)
    seen = str(hosting.trail(job.folder)["opened"]["baseline"])
    assert "looked" in seen
    assert not told(seen.encode()), "a check reads the environment of the bot"
    hosting.ours(world, shop)
    world.pulls(shop)


ISOLATED = "-{}Bu -c 'from bot.__main__ import host;"


@attack("python-path", off=off("host/action.yml", cut=(ISOLATED.format("I"), ISOLATED.format(""))))
def test_modules_of_the_workspace_do_not_stand_in_for_the_bot_s_own(tmp_path):
    """As the step starts its Python, in a checkout that holds modules of these names, and with a `PYTHONPATH` to them."""
    steps = {step["name"]: step for step in yaml.safe_load((ROOT / "host" / "action.yml").read_text())["runs"]["steps"]}
    flags = re.findall(r'python3" (-\S+) -c', steps["run"]["run"])
    assert flags
    for name in ("json.py", "sitecustomize.py", "bot/__init__.py", "pydantic/__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"open({str(tmp_path / 'owned')!r}, 'w')\n")
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)}
    for flag in flags:
        subprocess.run([sys.executable, flag, "-c", "import json"], cwd=tmp_path, env=env, check=True)
    assert not (tmp_path / "owned").exists()


VERIFY = "templates/workflows/route-agent-verify.yml"
PASTED = "    steps:\n      - run: echo ${{ github.head_ref }}\n"


@attack("runner-templates", "hackerbot_claw", off=off(VERIFY, cut=("    steps:\n", PASTED)))
def test_hackerbot_claw_no_name_that_others_choose_is_pasted_into_a_script():
    files = [*(ROOT / "templates" / "workflows").glob("*.yml"), *(ROOT / ".github" / "workflows").glob("*.yml")]
    scripts = [
        (path.name, step["run"])
        for path in files
        for job in yaml.safe_load(path.read_text())["jobs"].values()
        for step in job.get("steps", ())
        if "run" in step
    ]
    scripts += [("host", step["run"]) for step in yaml.safe_load((ROOT / "host" / "action.yml").read_text())["runs"]["steps"]]
    assert scripts
    assert [name for name, script in scripts if "${{" in script] == []


def test_no_words_of_a_model_are_an_output_of_the_step(world, models, shop, issue, tmp_path):
    """Complaint 25: what a model said became an output of the step, or a command to the runner."""
    words = "EOF\nresult=accepted\nresult<<x\naccepted\nx\n::set-output name=result::accepted"
    for lane in ("m-fast", "m-strong"):
        models.script(lane, [{"action": "give_up", "reason": words}])
    job = commented(world, shop, issue, tmp_path / "job", f"/agent fix {words}")
    done = run(job)
    assert written(job)["result"] == "not_fixed"
    assert "\nresult" not in (job.folder / "output").read_text()
    assert "::set-output" not in done.stdout + done.stderr
    assert happened(world, shop, issue) == Happened()


@attack("runner-outputs", off=off("bot.edge.actions.put_out", cut=("secrets.token_hex(16)", '"EOF"')))
def test_no_value_of_an_output_can_end_itself(world, shop, issue, tmp_path):
    """Complaint 25: a text that held the line by which outputs end began the next one itself."""
    job = commented(world, shop, issue, tmp_path / "job")
    step = actions.step(job.env())
    actions.put_out(step, result="not_fixed")
    (_, _, bar), *_ = (row.partition("<<") for row in (job.folder / "output").read_text().splitlines())
    words = f"x\n{bar}\nresult<<y\naccepted\ny"
    actions.put_out(step, branch=words)
    assert written(job) == {"result": "not_fixed", "branch": words}


@attack("ci-skip-marker", off=off("bot.core.clean._SKIPS_CI", 're.compile("(?!)")'))
@pytest.mark.parametrize(
    "marker", ["[skip  ci]", "[skip\tci]", "[skip\u00a0ci]", "[ci skip ]", "[sk[skip ci]ip ci]", "[skip\u200b ci]"]
)
def test_no_title_skips_ci(world, models, shop, issue, tmp_path, marker):
    issue.title = f"add is wrong {marker}"
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    ended = commented(world, shop, issue, tmp_path / "job").act()
    (pull,) = world.pulls(shop)
    whole = pull.title + shop.git("log", "--format=%B", f"main..{of(ended).branch}")
    assert not re.search(r"skip\W*ci|ci\W*skip", whole, re.IGNORECASE)
    assert happened(world, shop, issue) == Happened(branches=1, pulls=1, runs=1)
