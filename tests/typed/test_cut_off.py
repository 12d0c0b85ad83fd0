"""Whole runs as people type them, and ^C at any moment, in an audit as well. Real processes, git, walls and HTTP."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from bot.core.ledger import Record
from bot.core.spend import Charge
from tests.fakes import repos
from tests.fakes.repos import DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.typed import started, typed
from tests.typed.runs import TASK, ledger

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
