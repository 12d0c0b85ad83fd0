"""The chat adapter against a real llama.cpp server with a real model: what it says is its own, that it is heard is ours."""

import sys
from pathlib import Path
from typing import get_args

import pytest

from bot.core.attempt import StopReason
from bot.core.cost import Cost
from bot.ports import TooLong
from tests.counterparts import product
from tests.counterparts.product import Product
from tests.counterparts.servers import Served
from tests.fakes import repos
from tests.fakes.jobs import Job

pytestmark = pytest.mark.weights

TASK = """add(2, 2) gives 5. Take these two actions, one after the other, and no other:
{"action": "edit", "path": "shop/add.py", "old": "a + b + 1", "new": "a + b"}
{"action": "finish", "summary": "Adds without the extra one."}"""
"""As small as a task can be: half a billion weights are no engineer."""
FREE = {"input": 0.0, "output": 0.0}


@pytest.fixture
def server(llamacpp: Served) -> Product:
    return Product(f"{llamacpp.url}/v1", "sk-none")


def test_chat_is_heard_and_counted(server):
    reply = server.ask("weights", "Say hello.", seconds=120, price=FREE, timeout_seconds=120)
    assert reply.said.text or reply.said.calls
    assert reply.tokens.input > 20
    assert 0 < reply.tokens.output <= 256
    assert reply.cost == Cost(0, "policy")
    assert reply.model == "weights"


def test_in_tool_free_mode_the_server_keeps_the_model_to_the_schema(server):
    reply = server.ask("weights", "Show the file a.py.", seconds=120, price=FREE, timeout_seconds=120, api="chat_json")
    (call,) = reply.said.calls
    assert call.name == "read"
    assert isinstance(call.arguments["path"], str)
    assert reply.said.malformed is None
    assert server.told == [], "the server understands the schema: nothing less was settled for"


def test_what_does_not_fit_the_server_is_too_long(server):
    with pytest.raises(TooLong):
        server.ask("weights", "word " * 9_000, price=FREE)


def test_a_whole_job_ends_with_a_name_and_each_call_is_booked(llamacpp, tmp_path: Path):
    repos.make(tmp_path / "shop", repos.SHOP)
    job = Job(tmp_path / "shop", task=TASK)
    size = "max_context_tokens: 8000, max_output_tokens: 512, timeout_seconds: 300, price: {input: 0, output: 0}"
    lane = f'  fast: {{provider: vllm, model: weights, base_url: "{llamacpp.url}/v1", api: chat_json, {size}}}\n'
    first, _, rest = job.policy.partition("  fast: ")
    job.policy = first + lane + rest.partition("\n")[2].replace("routing:", "routing:\n  max_attempts: 1")
    (attempt,) = job.run(product.model({}, []))[0].attempts
    assert attempt.ended in set(get_args(StopReason)) - {"denied", "unavailable", "context", "time_limit"}
    assert attempt.calls == len(job.charges()) >= 1
    assert attempt.tokens.output > 0
    assert attempt.cost_micros == 0
    figures = f"{attempt.ended} {attempt.note}: {attempt.calls} calls, {attempt.tokens}, {attempt.seconds:.0f} s"
    sys.stdout.write(f"{figures}\n{job.progress.getvalue()}")  # pytest shows it with -rP
