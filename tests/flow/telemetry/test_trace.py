"""What a collector of OpenTelemetry gets of a real run over HTTP: its spans and its metrics."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.fakes.collector import Collector
from tests.fakes.server import Server
from tests.fakes.typed import typed
from tests.flow.telemetry.observed import TASK, fixed, named, only, shop_in, told


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
