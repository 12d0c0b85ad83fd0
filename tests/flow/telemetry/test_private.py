"""What no collector gets, and no provider: task, replies, patch, keys, headers, and traces of others."""

import json

from tests.fakes.repos import DONE, GOOD
from tests.fakes.typed import typed
from tests.flow.review.verdicts import FINE
from tests.flow.telemetry.observed import KEY, POLICY, TASK, TOKEN, USAGE, named, told


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
