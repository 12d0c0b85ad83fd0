"""The two workflows that people copy, really run with a stand-in for our program: which job is given what, and when it runs."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.e2e.engine import ROOT, Place, execute
from tests.e2e.machine import base_image
from tests.e2e.results import Job, Outcome

pytestmark = pytest.mark.engine

TEMPLATES = ROOT / "templates" / "workflows"
BASE = base_image()
KEYS = {"OPENAI_API_KEY": "sk-canary", "OPENROUTER_API_KEY": ""}


class _Fine(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Fine) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def action(tmp_path: Path) -> Path:
    """Our own action.yml, with another program in the image."""
    (tmp_path / "action.yml").write_text((ROOT / "action.yml").read_text())
    # Straight into Python: a shell would drop inputs whose names hold a dash.
    program = "#!/usr/bin/env -S python3 -I\n" + (ROOT / "tests" / "e2e" / "standin.py").read_text()
    (tmp_path / "route-agent-action").write_text(program)
    (tmp_path / "route-agent-close").write_text("#!/bin/true\n")
    for name in ("action", "close"):
        (tmp_path / f"route-agent-{name}").chmod(0o755)
    (tmp_path / "Dockerfile").write_text(f"FROM {BASE}\nCOPY route-agent-action route-agent-close /opt/route-agent/bin/\n")
    return tmp_path


def given(job: Job) -> dict[str, Any]:
    (said,) = [line for line in job.log.splitlines() if " GIVEN " in line]
    found: dict[str, Any] = json.loads(said.partition(" GIVEN ")[2])
    return found


def run(name: str, url: str, action: Path, body: str, answers: dict[str, str]) -> Outcome:
    event = {"action": "created", "comment": {"id": 5, "body": body}, "issue": {"number": 7}, "answers": answers}
    workflow = (TEMPLATES / name).read_text()
    return execute(workflow, "issue_comment", event, Place(url), secrets=KEYS, action=action)


def test_the_gate_has_no_key_and_the_work_begins_when_it_says_so(url, action):
    outcome = run("route-agent.yml", url, action, "/agent fix", {"gate": "routing", "auto": "pass"})

    assert outcome.conclusions == {"gate": "success", "work": "success"}, str(outcome)
    gate, work = (given(job) for job in outcome.jobs)
    assert gate == {
        "phase": "gate",
        "policy": ".github/route-agent.yml",
        "dry-run": "false",
        "heard": 204,
        "token": True,
        "isolated": 1,
    }
    assert work == {**gate, "phase": "auto", "openai-api-key": "***", "handover": ">gate"}


@pytest.mark.parametrize(("body", "gate"), [("thanks!", "skipped"), ("see /agent fix", "skipped"), ("/agent fix", "success")])
def test_nothing_is_done_for_another_comment_or_where_the_gate_refuses(url, action, body, gate):
    outcome = run("route-agent.yml", url, action, body, {"gate": "refused"})

    assert outcome.conclusions == {"gate": gate, "work": "skipped"}, str(outcome)


def test_in_the_split_workflow_no_job_has_both_the_key_and_the_trail_of_the_gate(url, action):
    outcome = run("route-agent-split.yml", url, action, "/agent fix", {"gate": "routing", "apply": "attempting"})

    assert outcome.conclusions == dict.fromkeys(["gate", "propose", "apply", "propose again", "apply again"], "success"), str(
        outcome
    )
    shown = {job.name: given(job) for job in outcome.jobs}
    assert {name: job["handover"] for name, job in shown.items() if name != "gate"} == {
        "propose": ">gate",
        "apply": ">gate>propose",
        "propose again": ">gate>propose>apply",
        "apply again": ">gate>propose>apply>propose",
    }
    assert {name: job.get("before") for name, job in shown.items() if "apply" in name} == {
        "apply": ">gate",
        "apply again": ">gate>propose>apply",
    }
    assert [name for name, job in shown.items() if "openai-api-key" in job] == ["propose", "propose again"]


def test_the_second_round_of_the_split_workflow_runs_only_for_another_attempt(url, action):
    outcome = run("route-agent-split.yml", url, action, "/agent fix", {"gate": "routing", "apply": "pass"})

    assert outcome.conclusions == {
        "gate": "success",
        "propose": "success",
        "apply": "success",
        "propose again": "skipped",
        "apply again": "skipped",
    }, str(outcome)
