"""The action's jobs, each telling its part of one trace."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from bot.edge.telemetry import switch
from tests.fakes import shops
from tests.fakes.hosted import GATE, PROPOSE, WORK, Job
from tests.fakes.repos import BAD, DONE, GOOD
from tests.fakes.shops import TEST
from tests.fakes.typed import ROOT
from tests.fakes.world.runs import Scripted
from tests.flow.review.verdicts import FINE
from tests.flow.telemetry.observed import TOKEN, named, only, told
from tests.flow.test_commands import seen
from tests.flow.test_door import PROVED, RED
from tests.flow.test_kills import JUDGE


@pytest.fixture
def telling(world, collector, tmp_path, monkeypatch) -> Iterator[Callable[..., str]]:
    """Runs a job in which a phase does its part, and tells what it did; gives what it hands on."""
    for name, value in told(collector.url).items():
        monkeypatch.setenv(name, value)
    said: list[str] = []

    def job(payload: Mapping[str, Any], name: str, phase: str, scopes: str, **inputs: str) -> str:
        made = Job(world, tmp_path / name, "issue_comment", payload, scopes=scopes)
        with closing(switch.opened(os.environ, said.append)) as observer:
            made.furnished = lambda office: replace(office, observer=observer)
            return made.packed(phase, **inputs)["handover"]

    yield job
    assert said == []


def test_the_jobs_of_a_split_workflow_tell_one_trace(world, models, shop, issue, collector, telling):
    models.script("m-fast", [BAD, DONE])
    models.script("m-strong", [GOOD, TEST, DONE])
    world.runner = Scripted(RED, RED, PROVED)
    job = partial(telling, world.comment(shop, issue, "ann", "/agent fix"))

    gate = job("gate", "gate", GATE)
    first = job("propose", "propose", PROPOSE, handover=gate)
    applied = job("apply", "apply", WORK, handover=first, before=gate)
    second = job("propose-again", "propose", PROPOSE, handover=applied)
    job("apply-again", "apply", WORK, handover=second, before=applied)

    spans = collector.spans
    root = only(spans, "invoke_workflow route-agent")
    assert {span.trace for span in spans} == {root.trace}
    assert (root.values["route_agent.result"], root.values["route_agent.repository"]) == ("pass", "octo/shop")
    assert root.values["route_agent.number"] == issue.number
    assert len(named(spans)["route"]) == 1
    assert [span.values["route_agent.ci"] for span in named(spans)["await_ci"]] == ["failed", "passed"]
    assert {span.parent for span in spans if not span.name.startswith(("chat", "invoke_workflow"))} == {root.id}
    assert len(named(spans)["chat m-fast"]) + len(named(spans)["chat m-strong"]) == 5
    assert len([point for point in collector.points if point.metric == "route_agent.runs"]) == 1
    seen(world, shop, issue)


def test_what_another_job_paid_for_is_told_there_and_only_marked_here(world, models, collector, telling):
    """The verifier is asked by the job that holds its key; the one that writes takes over what it said."""
    policy = shops.POLICY.replace("routing:", f"{JUDGE}\nrouting:", 1).format(url=models.url)
    shop = world.repo("octo/shop", shops.files(models.url, more={".github/route-agent.yml": policy}), ann="write")
    issue = world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")
    models.script("m-fast", [GOOD, TEST, DONE])
    models.script("m-judge", [FINE])
    world.runner = Scripted(PROVED)
    job = partial(telling, world.comment(shop, issue, "ann", "/agent fix"))

    gate = job("gate", "gate", GATE)
    job("apply", "apply", WORK, handover=job("propose", "propose", PROPOSE, handover=gate), before=gate)

    asked, taken = named(collector.spans)["invoke_agent verifier"]
    (chat,) = named(collector.spans)["chat m-judge"]
    assert (chat.parent, "route_agent.taken_over" in asked.values) == (asked.id, False)
    assert taken.values["route_agent.taken_over"] is True
    durations = [point for point in collector.points if point.metric == "gen_ai.invoke_agent.duration"]
    assert sum(point.count for point in durations if point.values.get("gen_ai.agent.name") == "verifier") == 1
    seen(world, shop, issue)


def test_a_job_tells_what_it_does_and_says_the_token_nowhere(world, models, shop, issue, collector, tmp_path):
    """With the token in the task: whatever is said of it, to the log, to a model or to the next job, is without it."""
    models.script("m-fast", [GOOD, TEST, DONE])
    payload = world.comment(shop, issue, "ann", f"/agent fix\n\nuse {TOKEN}")
    gate = Job(world, tmp_path / "gate", "issue_comment", payload, scopes=GATE).packed("gate")
    job = Job(world, tmp_path / "job", "issue_comment", payload, scopes=PROPOSE)
    job.inputs = {"phase": "propose", "handover": gate["handover"]}
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONPATH": str(ROOT), **job.env(), **told(collector.url)}
    command = [sys.executable, "-c", "from bot.__main__ import action; raise SystemExit(action())"]
    done = subprocess.run(command, cwd=job.folder, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert only(collector.spans, "invoke_agent fast").values["route_agent.calls"] == 3
    assert {header["authorization"] for header in collector.headers} == {f"Bearer {TOKEN}"}
    summary = job.folder / "summary.md"
    heard = [collector.text, done.stdout, done.stderr, json.dumps(models.requests), summary.read_text() if summary.exists() else ""]
    assert "use [redacted]" in json.dumps(models.requests)
    assert not [text for text in heard if TOKEN in text]
    seen(world, shop, issue)
