"""Whole runs as people type them: every flag, ^C at any moment, a terminal. Real processes, git, walls and HTTP."""

import json
import os
import pty
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.core.ledger import Record, decode
from bot.core.spend import Charge
from tests.fakes import repos
from tests.fakes.repos import BAD, DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.typed import started, typed

TASK = ("--task", "add(2, 2) gives 5, see shop/add.py")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def shop(tmp_path: Path, server: Server) -> Path:
    policy = repos.POLICY.replace("http://127.0.0.1:9/v1", server.url)
    repos.make(tmp_path / "shop", repos.SHOP | {".github/route-agent.yml": policy})
    return tmp_path / "shop"


def ledger(shop: Path) -> list[Any]:
    return [decode(line) for line in (shop / ".git" / "route-agent" / "ledger.jsonl").read_text().splitlines()]


def answers(*actions: dict[str, Any]) -> list[dict[str, Any]]:
    return [dict(action) for action in actions]


def test_a_run_leaves_a_branch_a_record_and_an_untouched_repository(shop, server):
    """Complaint 18: hooks ran, and what was uncommitted went into the bot's commit."""
    server.script("m-fast", answers(BAD, DONE))
    server.script("m-strong", answers(GOOD, DONE))
    (shop / "shop" / "add.py").write_text("# work in progress\n")
    (shop / "new.txt").write_text("not tracked\n")
    hook = shop / ".git" / "hooks" / "reference-transaction"
    hook.write_text(f"#!/bin/sh\ntouch {shop}/hooked\n")
    hook.chmod(0o755)
    before = repos.snapshot(shop)

    done = typed(*TASK, "--exit-code", cwd=shop)

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[4] == "result: pass"
    assert lines[7] == "escalated_to: strong (failed_tests)"
    assert lines[8] == ""
    (record,) = [item for item in ledger(shop) if isinstance(item, Record)]
    assert repos.git(shop, "show", f"{record.branch}:shop/add.py").endswith("return a + b")
    assert f"{record.branch}" in done.stdout
    assert repos.snapshot(shop) == before
    assert not (shop / "hooked").exists()
    assert "uncommitted changes are not part of this" in done.stderr


def test_exit_code_2_says_that_nothing_was_proved(shop, server):
    for lane in ("m-fast", "m-strong"):
        server.script(lane, [{"action": "give_up", "reason": f"{lane} cannot"}])
    assert typed(*TASK, "--exit-code", cwd=shop).returncode == 2


def test_the_change_since_a_base_is_scored_and_the_patch_is_made_on_head(shop, server):
    base = repos.git(shop, "rev-parse", "HEAD")
    repos.make(shop, {"shop/migrations/0001_x.sql": "ALTER TABLE a ADD b int;\n"}, "a migration")
    server.script("m-strong", answers(GOOD, DONE))

    done = typed(*TASK, "--base", base, "--json", cwd=shop)

    record = json.loads(done.stdout)
    assert record["route"]["lane"] == "strong"
    assert record["result"] == "pass"
    assert record["base"] == repos.git(shop, "rev-parse", "HEAD")


DIFF = (
    "diff --git a/src/login/token.py b/src/login/token.py\nindex 1..2 100644\n"
    "--- a/src/login/token.py\n+++ b/src/login/token.py\n@@ -1 +1 @@\n-1\n+2\n"
)


@pytest.mark.parametrize("way", ["../d.diff", "-"])
def test_a_diff_from_elsewhere_is_scored(shop, way):
    (shop.parent / "d.diff").write_text(DIFF)
    opened = json.loads(typed("explain", *TASK, "--diff", way, "--json", cwd=shop, stdin=DIFF if way == "-" else None).stdout)
    assert [signal["because"] for signal in opened["signals"] if signal["name"] == "auth_code"] == [["src/login/token.py"]]
    assert opened["route"]["lane"] == "strong"


def test_a_task_from_a_file_a_label_and_a_lane_are_heard(shop):
    (shop.parent / "issue.md").write_text("add(2, 2) gives 5 <!-- hidden -->\n\nsee shop/add.py\n")
    plain = typed("explain", "--issue-file", "../issue.md", "--json", cwd=shop)
    opened = json.loads(plain.stdout)
    assert opened["request"]["task"] == "add(2, 2) gives 5 \n\nsee shop/add.py"
    assert opened["route"]["lane"] == "fast"

    labelled = json.loads(typed("explain", *TASK, "--label", "incident", "--label", "x", "--json", cwd=shop).stdout)
    assert labelled["route"]["lane"] == "strong"
    assert labelled["request"]["labels"] == ["incident", "x"]

    raised = json.loads(typed("explain", *TASK, "--lane", "strong", "--json", cwd=shop).stdout)
    assert raised["route"]["lane"] == "strong"
    unknown = typed("explain", *TASK, "--lane", "storng", cwd=shop)
    assert unknown.returncode == 1
    assert "did you mean `strong`" in unknown.stderr


def test_the_demo_runs_with_real_models_behind_an_address(server):
    server.script("small", [{"action": "give_up", "reason": "too hard"}])
    server.script("large", [{"action": "give_up", "reason": "too hard as well"}])
    done = typed("demo", "--model-url", server.url, "--fast", "small", "--strong", "large")
    assert done.returncode == 0, done.stderr
    assert "result: not_fixed" in done.stdout
    assert "scripted" not in done.stdout.split("classifier:")[0]
    assert [request["model"] for request in server.requests] == ["small", "large"]
    assert typed("demo", "--model-url", server.url).returncode == 1


# ---- ^C ----------------------------------------------------------------------------------------------------------

SLOW = "(grep -q 'a + b + 1' shop/add.py || sleep 61.625); python3 -m unittest discover -v -t . -s tests"
MOMENTS = ["reading", "base:", "m-fast", "patch:"]


def slow_checks(shop: Path, command: str) -> None:
    path = ".github/route-agent.yml"
    fast = "run: python3 -m unittest discover -v -t . -s tests"
    repos.make(shop, {path: (shop / path).read_text().replace(fast, f'run: "{command}"')}, "slow checks")


def cut(shop: Path, server: Server, moment: str, number: signal.Signals) -> str:
    """Start the command and send a signal once it says, or the server sees, that it has got so far. What it says from then on."""
    process = started(*TASK, cwd=shop)
    assert process.stderr is not None
    for line in process.stderr:
        if moment in line:
            break
    deadline = time.monotonic() + 30
    while moment == "m-fast" and not server.requests and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    rest = process.stderr.read()
    out, _ = process.communicate(timeout=20)
    assert out == ""
    assert process.returncode == 130, rest
    return rest


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", MOMENTS)
def test_cut_off_at_any_moment_the_repository_is_as_it_was_and_the_ledger_says_what_was_spent(shop, server, moment, number):
    if moment in ("base:", "patch:"):
        slow_checks(shop, "sleep 61.625" if moment == "base:" else SLOW)
    server.script("m-fast", [{**GOOD, "delay": 30 if moment == "m-fast" else 0}, DONE])
    before = repos.snapshot(shop)

    said = cut(shop, server, moment, number)

    assert "interrupted; the repository is as it was, what was spent is booked" in said
    assert "Traceback" not in said
    assert repos.snapshot(shop) == before
    assert repos.git(shop, "branch", "--list", "route-agent/*") == ""
    assert sleeping("61.625") == [], "no child outlives the command"
    if moment in ("m-fast", "patch:"):
        charges = [item.micros for item in ledger(shop) if isinstance(item, Charge)]
        assert len(charges) == (1 if moment == "m-fast" else 2)
        (record,) = [item for item in ledger(shop) if isinstance(item, Record)]
        assert (record.result, record.detail, record.cost_micros) == ("stopped", "interrupted", sum(c or 0 for c in charges))


def sleeping(seconds: str) -> list[str]:
    listed = subprocess.run(["pgrep", "-fx", f"sleep {seconds}"], capture_output=True, text=True, check=False)
    return listed.stdout.split()


def test_the_same_command_goes_on_where_it_was_cut_off(shop, server):
    server.script("m-fast", [GOOD, DONE, {"status": 500}])
    policy = (
        (shop / ".github" / "route-agent.yml").read_text().replace("python3 -m unittest discover -v -t . -s tests", f'"{SLOW}"')
    )
    repos.make(shop, {".github/route-agent.yml": policy.replace("61.625", "3")}, "slow checks")
    cut(shop, server, "patch:", signal.SIGINT)

    done = typed(*TASK, cwd=shop)

    assert "result: pass" in done.stdout, done.stderr
    assert "cut off after 1 steps" in done.stderr
    assert len(server.requests) == 2, "the attempt was not bought again"


# ---- a terminal --------------------------------------------------------------------------------------------------


def test_on_a_terminal_each_step_has_one_live_line(shop, server):
    server.script("m-fast", answers(GOOD, DONE))
    leader, follower = pty.openpty()
    process = started(*TASK, cwd=shop, stderr=follower)
    os.close(follower)
    out, _ = process.communicate(timeout=60)
    said = os.read(leader, 100_000).decode()
    os.close(leader)
    assert "result: pass" in out
    shown = [line.split("\x1b[2K")[-1].strip() for line in said.split("\n")]
    steps = [line.split("s  ")[1].split()[0] for line in shown if "s  " in line]
    assert steps == ["reading", "verifying", "attempting", "verifying", "publishing"], "a step's line is rewritten, not repeated"


@pytest.mark.parametrize("ledger", ["/proc/none/ledger", "."])
def test_a_ledger_that_cannot_be_written_is_said_before_anything_is_paid(shop, server, ledger):
    done = typed(*TASK, "--ledger", ledger, cwd=shop)
    assert done.returncode == 1
    assert "give another with --ledger" in done.stderr
    assert server.requests == []


def test_a_diff_that_is_none_is_said_before_anything_is_paid(shop, server):
    done = typed(*TASK, "--diff", "-", cwd=shop, stdin="hello\n")
    assert done.returncode == 1
    assert "--diff: the text is no unified diff" in done.stderr
    assert server.requests == []


# ---- blind audits ------------------------------------------------------------------------------------------------


def audited(shop: Path) -> None:
    path = ".github/route-agent.yml"
    policy = (shop / path).read_text().replace("strong_min_score: 7", "strong_min_score: 7\n  audit_share: 1")
    repos.make(shop, {path: policy}, "every fix is audited")


def test_a_signal_that_ends_an_audit_changes_neither_what_was_said_nor_the_exit_code(shop, server):
    audited(shop)
    server.script("m-fast", [GOOD, DONE])
    server.script("m-strong", [{**GOOD, "delay": 60}])
    process = started(*TASK, "--exit-code", cwd=shop)
    assert process.stdout is not None
    said = ""
    while "git merge" not in said:
        said += process.stdout.readline()
    deadline = time.monotonic() + 30
    while all(request["model"] != "m-strong" for request in server.requests) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)

    rest, errors = process.communicate(timeout=30)

    assert (process.returncode, rest) == (0, ""), errors
    assert "broken off: interrupted" in errors
    assert "Traceback" not in errors
    run, audit = [item for item in ledger(shop) if isinstance(item, Record)]
    assert (run.result, audit.audits, audit.result) == ("pass", run.id, "stopped")


def test_an_audit_that_breaks_down_is_told_as_our_bug_and_the_exit_code_is_the_run_s(shop, server):
    audited(shop)
    server.script("m-fast", [GOOD, DONE])
    server.script("m-strong", [GOOD, DONE])
    runs = shop / ".git" / "route-agent" / "runs"

    def broken(model: str) -> None:
        if model == "m-strong" and runs.is_dir():
            runs.rename(runs.with_name("away"))
            runs.write_text("in the way")

    server.meanwhile = broken
    done = typed(*TASK, "--exit-code", cwd=shop)
    assert (done.returncode, "result: pass" in done.stdout) == (0, True), done.stderr
    assert "this is a bug in route-agent" in done.stderr
    run, audit = [item for item in ledger(shop) if isinstance(item, Record)]
    assert (run.result, audit.audits, audit.result) == ("pass", run.id, "stopped")
