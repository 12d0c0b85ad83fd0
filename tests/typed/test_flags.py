"""Whole runs as people type them: every flag, a terminal. Real processes, git, walls and HTTP."""

import json
import os
import pty

import pytest

from bot.core.ledger import Record
from tests.fakes import repos
from tests.fakes.repos import BAD, DONE, GOOD
from tests.fakes.typed import started, typed
from tests.typed.runs import TASK, answers, ledger


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


@pytest.mark.parametrize(("given", "why"), [("hello\n", "the text is no unified diff"), ("\n", "there is nothing in it")])
def test_a_diff_that_is_none_is_said_before_anything_is_paid(shop, server, given, why):
    done = typed(*TASK, "--diff", "-", cwd=shop, stdin=given)
    assert done.returncode == 1
    assert f"--diff: {why}" in done.stderr
    assert "give a unified diff" in done.stderr
    assert server.requests == []
