"""What a collector of OpenTelemetry gets of real runs over HTTP, what it never gets, and that no collector can touch a run."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.core.keys import SEND_KEY
from bot.edge.telemetry import switch
from tests.fakes import repos, shops
from tests.fakes.collector import Collector, Span
from tests.fakes.hosted import GATE, PROPOSE, WORK, Job
from tests.fakes.repos import BAD, DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.shops import TEST
from tests.fakes.typed import ENV, ROOT, started, typed
from tests.fakes.world.runs import Scripted
from tests.flow.test_commands import seen
from tests.flow.test_door import PROVED, RED
from tests.flow.test_kills import JUDGE
from tests.flow.test_review import FINE

TASK = "add(2, 2) gives 5, see shop/add.py; taskcanary"
TOKEN, KEY = "tokencanary-1234567890", "keycanary-1234567890"
SAID = "SHOP_API_KEY@127.0.0.1"
POLICY = """
models:
  fast: {{provider: openai_compatible, model: m-fast, base_url: "{url}", api_key_env: SHOP_API_KEY, price: {{input: 1, output: 2}}}}
  strong: {{provider: openai_compatible, model: m-strong, base_url: "{url}", price: {{input: 10, output: 20}}}}
  verifier: {{provider: openai_compatible, model: m-judge, base_url: "{url}", price: {{input: 1, output: 2}}}}
routing:
  fast_max_score: 6
  strong_min_score: 7
verification:
  checks:
    - {{name: tests, run: python3 -m unittest discover -v -t . -s tests, kind: tests}}
"""
USAGE = {
    "prompt_tokens": 1_000,
    "completion_tokens": 100,
    "total_tokens": 1_100,
    "prompt_tokens_details": {"cached_tokens": 400},
    "completion_tokens_details": {"reasoning_tokens": 30},
}


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path, models: Server) -> Path:
    return shop_in(tmp_path, models)


def shop_in(folder: Path, models: Server) -> Path:
    repos.make(folder / "shop", repos.SHOP)
    (folder / "policy.yml").write_text(POLICY.format(url=models.url))
    return folder / "shop"


def told(url: str, **more: str) -> dict[str, str]:
    """The environment of a run whose collector asks for a token."""
    header = f"authorization=Bearer%20{TOKEN}"
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_EXPORTER_OTLP_HEADERS": header, "SHOP_API_KEY": KEY, SEND_KEY: SAID, **more}


def fixed(folder: Path, models: Server, env: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """A run that goes up a lane: the first lane's patch breaks a test, the second's is proved and reviewed."""
    scripted(models)
    return typed(*RUN, *words, cwd=folder, more=env)


RUN = ("--task", TASK, "--policy", "../policy.yml")


def scripted(models: Server) -> None:
    models.usage = USAGE
    models.script("m-fast", [BAD, DONE])
    models.script("m-strong", [GOOD, DONE])
    models.script("m-judge", [FINE])


def timed(folder: Path, models: Server, env: Mapping[str, str]) -> tuple[subprocess.CompletedProcess[str], float]:
    """The same, and how many seconds lie between its last word on standard output and its end."""
    scripted(models)
    with started(*RUN, cwd=folder, more=env) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        rows, said = [], time.monotonic()
        for row in run.stdout:
            rows.append(row)
            said = time.monotonic()
        took, rest = time.monotonic() - said, run.stderr.read()
    return subprocess.CompletedProcess(run.args, run.returncode, "".join(rows), rest), took


def named(spans: list[Span]) -> dict[str, list[Span]]:
    found: dict[str, list[Span]] = {}
    for span in spans:
        found.setdefault(span.name, []).append(span)
    return found


def only(spans: list[Span], name: str) -> Span:
    (span,) = named(spans)[name]
    return span


# ---- what is told -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Story:
    record: dict[str, Any]
    collector: Collector
    models: Server


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """One run that several tests look at."""
    with Server() as models, Collector() as collector:
        done = fixed(shop_in(tmp_path_factory.mktemp("story"), models), models, told(collector.url), "--json")
        assert done.returncode == 0, done.stderr
        yield Story(json.loads(done.stdout), collector, models)


def test_a_run_is_one_trace_of_a_workflow_its_steps_and_their_calls(story):
    spans = story.collector.spans
    root = only(spans, "invoke_workflow route-agent")
    steps = ["route", "invoke_agent fast", "prove", "invoke_agent strong", "prove", "invoke_agent verifier", "push", "publish"]
    assert {span.trace for span in spans} == {root.trace}
    assert root.parent == ""
    assert [span.name for span in sorted(spans, key=lambda span: span.start) if span.parent == root.id] == steps
    for lane, model, calls in (("fast", "m-fast", 2), ("strong", "m-strong", 2), ("verifier", "m-judge", 1)):
        chats = named(spans)[f"chat {model}"]
        agent = only(spans, f"invoke_agent {lane}")
        assert len(chats) == calls
        for chat in chats:
            assert (chat.parent, chat.kind) == (agent.id, 3), "a client's span below the attempt"
            assert root.start <= agent.start <= chat.start <= chat.end <= agent.end <= root.end
    assert len(spans) == 1 + len(steps) + 5


def test_a_call_has_the_attributes_of_the_genai_conventions(story):
    chat = named(story.collector.spans)["chat m-fast"][0]
    port = int(story.models.url.rpartition(":")[2].partition("/")[0])
    session = chat.values["gen_ai.conversation.id"]
    assert session
    assert chat.values == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai_compatible",
        "gen_ai.request.model": "m-fast",
        "gen_ai.request.max_tokens": 4_096,
        "gen_ai.response.model": "m-fast",
        "gen_ai.conversation.id": session,
        "gen_ai.usage.input_tokens": 1_000,
        "gen_ai.usage.output_tokens": 100,
        "gen_ai.usage.cache_read.input_tokens": 400,
        "gen_ai.usage.cache_write.input_tokens": 0,
        "gen_ai.usage.reasoning.output_tokens": 30,
        "server.address": "127.0.0.1",
        "server.port": port,
        "route_agent.lane": "fast",
        "route_agent.cost_micros": 1_200,
    }


def test_the_steps_say_lane_score_decision_reason_confidence_and_result(story):
    record, spans = story.record, story.collector.spans
    root, route, attempt = (only(spans, name) for name in ("invoke_workflow route-agent", "route", "invoke_agent fast"))
    score = sum(part["points"] for part in record["score"]["parts"])
    assert (route.values["route_agent.score"], route.values["route_agent.route"]) == (score, "fast")
    shown = {"route_agent.attempt": 1, "route_agent.ended": "finished", "route_agent.calls": 2, "route_agent.cost_micros": 2_400}
    assert shown.items() <= attempt.values.items()
    assert (attempt.values["gen_ai.operation.name"], attempt.values["gen_ai.agent.name"]) == ("invoke_agent", "fast")
    assert attempt.values["gen_ai.usage.input_tokens"] == 2_000
    first, second = named(spans)["prove"]
    assert first.values["route_agent.decision"] == "escalate"
    assert (first.values["route_agent.reason"], first.values["route_agent.next_lane"]) == ("failed_tests", "strong")
    assert "route_agent.decision" not in second.values, "the verifier had not spoken yet"
    review = only(spans, "invoke_agent verifier")
    assert (review.values["route_agent.question"], review.values["route_agent.decision"]) == ("critic", "accept")
    assert review.values["route_agent.confidence"] == record["confidence"]["value"]
    expected = {
        "gen_ai.operation.name": "invoke_workflow",
        "route_agent.result": "pass",
        "route_agent.class": record["task_class"],
        "route_agent.score": score,
        "route_agent.lane": "strong",
        "route_agent.attempts": 2,
        "route_agent.escalations": 1,
        "route_agent.confidence": record["confidence"]["value"],
        "route_agent.threshold": record["threshold"],
        "route_agent.cost_micros": record["cost_micros"],
        "route_agent.verification_micros": record["verification_micros"],
        "route_agent.branch": record["branch"],
        "route_agent.run.id": record["id"],
    }
    assert expected.items() <= root.values.items()
    assert not any(span.error for span in spans)


def test_metrics_count_tokens_calls_runs_and_micro_dollars(story):
    def total(metric: str, **values: object) -> tuple[float, float]:
        wanted = {key.replace("__", "."): value for key, value in values.items()}
        found = [point for point in story.collector.points if point.metric == metric and wanted.items() <= point.values.items()]
        return sum(point.sum for point in found), sum(point.count for point in found)

    for kind, count in (("input", 2_000), ("output", 200)):
        model = {"gen_ai__request__model": "m-fast", "gen_ai__operation__name": "chat"}
        assert total("gen_ai.client.token.usage", gen_ai__token__type=kind, **model) == (count, 2)
        assert total(f"gen_ai.client.inference.usage.{kind}_tokens", **model)[0] == count
    seconds, calls = total("gen_ai.client.operation.duration", gen_ai__provider__name="openai_compatible")
    assert calls == 5
    assert 0 < seconds < 60
    assert total("gen_ai.invoke_agent.duration", gen_ai__operation__name="invoke_agent")[1] == 3
    assert total("gen_ai.invoke_agent.duration", gen_ai__operation__name="invoke_workflow")[1] == 1
    assert total("route_agent.runs", route_agent__result="pass", route_agent__lane="strong") == (1, 1)
    assert total("route_agent.cost", route_agent__lane="fast")[0] == 2_400
    assert total("route_agent.cost", route_agent__lane="strong")[0] == 24_000
    assert total("route_agent.cost", route_agent__lane="verifier")[0] == 1_200


def test_task_replies_patch_keys_and_headers_are_told_to_nobody(folder, models, collector):
    models.usage = USAGE
    models.script("m-fast", [{**GOOD, "new": "a + b  # patchcanary"}, {**DONE, "summary": "summarycanary", "risks": "riskcanary"}])
    models.script("m-judge", [FINE])
    done = typed("--task", TASK, "--policy", "../policy.yml", cwd=folder, more=told(collector.url))
    assert "result: pass" in done.stdout
    assert {header["authorization"] for header in collector.headers} == {f"Bearer {TOKEN}"}, "whom it is for gets it"
    assert "invoke_workflow" in collector.text
    for secret in ("taskcanary", "patchcanary", "summarycanary", "riskcanary", TOKEN, KEY, "ann"):
        assert secret not in collector.text
    assert TOKEN not in done.stdout + done.stderr
    assert KEY not in done.stdout + done.stderr
    asked = json.dumps([models.requests, models.headers])
    assert TOKEN not in asked
    assert "traceparent" not in asked, "a provider learns no trace"


def test_what_a_provider_calls_its_model_is_passed_on_only_where_it_is_a_models_name(folder, models, collector):
    answer = {
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "x"}, "finish_reason": "stop"}],
        "model": "the task was: taskcanary",
        "usage": USAGE,
    }
    models.script("m-fast", [{"body": {"id": "r", "object": "chat.completion", "created": 0, **answer}}] * 3)
    typed("--task", TASK, "--policy", "../policy.yml", cwd=folder, more=told(collector.url))
    assert named(collector.spans)["chat m-fast"][0].values["gen_ai.response.model"] == "other"
    assert "taskcanary" not in collector.text


def test_a_call_that_fails_says_so_on_its_span_the_attempts_and_the_runs(folder, models, collector):
    models.script("m-fast", [{"status": 401, "body": {"error": {"message": "keycanary is wrong"}}}])
    typed("--task", TASK, "--policy", "../policy.yml", cwd=folder, more=told(collector.url))
    spans = collector.spans
    chat, attempt, root = (only(spans, name) for name in ("chat m-fast", "invoke_agent fast", "invoke_workflow route-agent"))
    assert (chat.values["error.type"], chat.error) == ("Denied", True)
    assert (attempt.values["error.type"], attempt.error) == ("denied", True)
    assert (root.values["route_agent.result"], root.values["error.type"], root.error) == ("quota", "quota", True)
    assert "gen_ai.usage.input_tokens" not in chat.values, "nobody counted"
    (point,) = [point for point in collector.points if point.metric == "gen_ai.client.operation.duration"]
    assert point.values["error.type"] == "Denied"
    assert "keycanary" not in collector.text


def test_a_providers_own_library_adds_no_span_and_sends_the_provider_no_trace(folder, models, collector):
    """Anthropic's traces itself wherever a process has a tracer; content too, where a variable says so."""
    policy = POLICY.format(url=models.url).replace("fast: {provider: openai_compatible", "fast: {provider: anthropic")
    (folder.parent / "policy.yml").write_text(policy)
    models.script("m-fast", [GOOD, DONE])
    models.script("m-judge", [FINE])
    done = typed("--task", TASK, "--policy", "../policy.yml", cwd=folder, more=told(collector.url))
    assert "result: pass" in done.stdout, done.stderr
    assert "/v1/messages" in models.paths
    assert len(named(collector.spans)["chat m-fast"]) == 2
    assert {span.name for span in collector.spans} == {
        *("invoke_workflow route-agent", "route", "invoke_agent fast", "prove", "invoke_agent verifier", "push", "publish"),
        *("chat m-fast", "chat m-judge"),
    }
    assert not [sent for sent in models.headers if "traceparent" in sent]


def test_the_service_is_ours_unless_the_variables_name_another(folder, models, collector):
    models.script("m-fast", [GOOD, DONE] * 2)
    models.script("m-judge", [FINE] * 2)
    env = told(
        collector.url, OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=ci", OTEL_EXPERIMENTAL_RESOURCE_DETECTORS="process"
    )
    for more in ({}, {"OTEL_SERVICE_NAME": "bots"}):
        typed("--task", TASK, "--policy", "../policy.yml", cwd=folder, more=env | more)
    names = [each["service.name"] for each in collector.resources]  # of every batch: a slow run sends more than one
    assert list(dict.fromkeys(names)) == ["route-agent", "bots"]
    assert {each["deployment.environment.name"] for each in collector.resources} == {"ci"}
    assert len({each["service.instance.id"] for each in collector.resources}) == 2
    assert not any(key.startswith("process.") for each in collector.resources for key in each), "a command line holds the task"


def test_the_demo_tells_too_so_that_a_collector_can_be_tried_without_a_key(collector):
    assert typed("demo", "--no-sandbox", more=told(collector.url)).returncode == 0
    assert only(collector.spans, "invoke_workflow route-agent").values["route_agent.lane"] == "strong"


def test_one_signal_can_be_had_without_the_other(folder, models, collector):
    models.script("m-fast", [GOOD, DONE] * 3)
    models.script("m-judge", [FINE] * 3)
    own = {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": f"{collector.url}/v1/metrics"}
    for env, path in (
        (told(collector.url, OTEL_TRACES_EXPORTER="none"), "/v1/metrics"),
        (told(collector.url, OTEL_METRICS_EXPORTER="none"), "/v1/traces"),
        (own | {"SHOP_API_KEY": KEY, SEND_KEY: SAID}, "/v1/metrics"),
    ):
        collector.bodies.clear()
        typed("--task", TASK, "--policy", "../policy.yml", cwd=folder, more=env)
        assert {path for path, _ in collector.bodies} == {path}


def test_a_sampler_that_takes_nothing_leaves_no_span_and_all_metrics(folder, models, collector):
    fixed(folder, models, told(collector.url, OTEL_TRACES_SAMPLER="parentbased_always_off"))
    assert collector.spans == []
    assert any(point.metric == "route_agent.runs" for point in collector.points)


# ---- runs that are cut off --------------------------------------------------------------------------------------------


def interrupted(folder: Path, models: Server, collector: Collector, by: signal.Signals) -> subprocess.Popen[str]:
    """Ended in the second lane's first call, once what was before it is told."""
    models.script("m-fast", [BAD, DONE])
    models.script("m-strong", [{**GOOD, "delay": 20}])
    running: list[subprocess.Popen[str]] = []

    def end(model: str) -> None:
        if model == "m-strong":
            deadline = time.monotonic() + 10
            while "prove" not in named(collector.spans) and time.monotonic() < deadline:
                time.sleep(0.05)
            running[0].send_signal(by)

    models.meanwhile = end
    env = told(collector.url, OTEL_BSP_SCHEDULE_DELAY="50")
    running.append(started("--task", TASK, "--policy", "../policy.yml", cwd=folder, more=env))
    running[0].communicate(timeout=60)
    return running[0]


def test_a_killed_run_has_told_what_it_did_until_then(folder, models, collector):
    assert interrupted(folder, models, collector, signal.SIGKILL).returncode == -signal.SIGKILL
    spans = collector.spans
    assert {"route", "chat m-fast", "invoke_agent fast", "prove"} == set(named(spans))
    assert len({span.trace for span in spans}) == 1


def test_an_interrupted_run_says_that_it_was_stopped_and_in_which_call(folder, models, collector):
    assert interrupted(folder, models, collector, signal.SIGINT).returncode == 130
    spans = collector.spans
    assert only(spans, "chat m-strong").values["error.type"] == "KeyboardInterrupt"
    assert only(spans, "invoke_agent strong").values["error.type"] == "cut_off"
    root = only(spans, "invoke_workflow route-agent")
    assert (root.values["route_agent.result"], root.error) == ("stopped", True)


def test_the_same_command_goes_on_in_the_same_trace(folder, models, collector):
    interrupted(folder, models, collector, signal.SIGKILL)
    models.meanwhile = lambda model: None
    models.script("m-strong", [GOOD, DONE])
    models.script("m-judge", [FINE])
    before = len(collector.spans)
    done = typed("--task", TASK, "--policy", "../policy.yml", cwd=folder, more=told(collector.url))
    assert "result: pass" in done.stdout
    later = collector.spans[before:]
    assert only(later, "invoke_workflow route-agent").values["route_agent.attempts"] == 2
    assert "invoke_agent fast" not in named(later), "it was told already"
    assert len({span.trace for span in collector.spans}) == 1


# ---- the action -------------------------------------------------------------------------------------------------------

ACTION = "from bot.__main__ import action; raise SystemExit(action())"


def acted(job: Job, env: Mapping[str, str], **inputs: str) -> subprocess.CompletedProcess[str]:
    """A job of the action in a process of its own, with a container's environment."""
    job.inputs = {**job.inputs, **inputs}
    whole = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONPATH": str(ROOT), **job.env(), **env}
    command = [sys.executable, "-c", ACTION]
    return subprocess.run(command, cwd=job.folder, env=whole, capture_output=True, text=True, check=False, timeout=120)


def put_out(job: Job, name: str) -> str:
    rows = (job.folder / "output").read_text().split("\n")
    return next(rows[number + 1] for number, row in enumerate(rows) if row.startswith(f"{name}<<"))


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


# ---- no collector can touch a run -------------------------------------------------------------------------------------


def steady(text: str) -> list[str]:
    """Without how long it took, and without the names of the commit and of the run that follows from it."""
    lines = [line for line in text.splitlines() if not line.startswith(("latency_seconds", "  "))]
    return [re.sub(r"\b[0-9a-f]{10,12}\b|\d+\.\d s", "…", line) for line in lines]


def refused() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """What a run says of which nobody is told."""
    with Server() as models:
        return fixed(shop_in(tmp_path_factory.mktemp("plain"), models), models, {"SHOP_API_KEY": KEY, SEND_KEY: SAID})


@pytest.mark.parametrize("how", ["refuses", "500", "503", "hangs", "no address"])
def test_a_collector_that_fails_changes_nothing_but_a_line_of_progress_and_seconds(folder, models, plain, how):
    with Collector(status=int(how) if how.isdecimal() else 200, delay=60.0 if how == "hangs" else 0.0) as bad:
        url = {"refuses": refused(), "no address": "not an address"}.get(how, bad.url)
        done, took = timed(folder, models, told(url))
    assert took < 15, "five seconds after the report, and as much again and more for a busy machine"
    assert (done.returncode, steady(done.stdout)) == (plain.returncode, steady(plain.stdout))
    assert "result: pass" in done.stdout
    (said,) = [line for line in done.stderr.splitlines() if "telemetry" in line]
    assert "the collector did not take everything" in said
    assert "Traceback" not in done.stderr
    assert TOKEN not in done.stderr


def test_what_the_sdk_cannot_read_is_one_line_and_the_run_goes_on(folder, models, collector):
    for variables, said in (
        ({"OTEL_METRIC_EXPORT_INTERVAL": "-1"}, "nothing is sent: a variable OTEL_* has no fit value (ValueError)"),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "no metrics are sent: OTEL_EXPORTER_OTLP_PROTOCOL is not http/protobuf"),
    ):
        models.script("m-fast", [GOOD, DONE])
        models.script("m-judge", [FINE])
        done = typed("--task", TASK, "--policy", "../policy.yml", cwd=folder, more=told(collector.url, **variables))
        assert "result: pass" in done.stdout
        assert said in " ".join(done.stderr.split())
    assert collector.bodies == []
    models.script("m-fast", [GOOD, DONE])
    models.script("m-judge", [FINE])
    env = told(collector.url, OTEL_EXPORTER_OTLP_COMPRESSION=TOKEN)
    done = typed("--task", TASK, "--policy", "../policy.yml", cwd=folder, more=env)
    assert "a variable OTEL_* has no fit value: its default is taken" in done.stderr
    assert "did not take everything" not in done.stderr
    assert TOKEN not in done.stderr
    assert collector.spans


def test_without_the_extra_one_line_names_the_remedy_and_the_run_goes_on(folder, models, collector, tmp_path):
    """An installation without it: a finder that does not find, as there would be nothing to be found."""
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "sitecustomize.py").write_text(
        "import sys\n\n\nclass Missing:\n    def find_spec(self, name, path=None, target=None):\n"
        "        if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter')):\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n\n\nsys.meta_path.insert(0, Missing())\n"
    )
    env = told(collector.url, PYTHONPATH=f"{tmp_path / 'bare'}:{ROOT}")
    done = fixed(folder, models, env)
    assert "result: pass" in done.stdout
    (said,) = [line for line in done.stderr.splitlines() if "telemetry" in line]
    assert "pip install 'route-agent[otel]'" in said
    assert collector.bodies == []


LOADED = """
import os, sys
from bot.cli import main
code = main(sys.argv[1:])
print([name for name in sys.modules if name.startswith("opentelemetry")], file=sys.stderr)
print([name for name in os.environ if name.startswith("OTEL_")], file=sys.stderr)
raise SystemExit(code)
"""


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"OTEL_SERVICE_NAME": "bots"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"},
    ],
)
def test_a_run_that_nobody_is_told_of_loads_nothing_of_opentelemetry(folder, models, variables):
    done = loaded(folder, models, variables)
    assert done.stderr.splitlines()[-2] == "[]"


def test_the_variables_are_gone_once_they_are_read(folder, models, collector):
    done = loaded(folder, models, told(collector.url))
    assert "opentelemetry.sdk" in done.stderr.splitlines()[-2]
    assert done.stderr.splitlines()[-1] == "[]"


def loaded(folder: Path, models: Server, more: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    models.script("m-fast", [GOOD, DONE])
    models.script("m-judge", [FINE])
    command = [sys.executable, "-c", LOADED, "--task", TASK, "--policy", "../policy.yml"]
    env = {**ENV, "SHOP_API_KEY": KEY, SEND_KEY: SAID, **more}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert "result: pass" in done.stdout, done.stderr
    return done
