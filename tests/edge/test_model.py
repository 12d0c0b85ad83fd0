"""The model port with the real SDKs, over real HTTP on loopback."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.core import health
from bot.core.cost import Cost, Price, Unpriced
from bot.core.keys import Keys
from bot.core.lane import KEYLESS, Lane
from bot.edge.model.asking import Models, Timing
from bot.edge.prices import Prices
from bot.edge.render import Templates
from bot.ports import Call, Denied, Moved, Prompt, Reply, Said, Shown, Told, Tool, TooLong, Unavailable
from bot.voice import templates
from tests.fakes.server import Server

READ = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"], "additionalProperties": False}
TOOLS = (Tool("read", "Show a file.", READ),)
DO = {"action": "read", "path": "a.py"}
OVERFLOW = {"error": {"message": "maximum context length is 10 tokens", "code": "context_length_exceeded"}}
KEY = "sk-our-own-secret-key"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        yield made


class Bed:
    """A chat with a clock that only moves when somebody waits."""

    def __init__(self, server: Server) -> None:
        self.server, self.now, self.told = server, 0.0, list[str]()
        timing = Timing(lambda: self.now, self._sleep, lambda: 0.0)
        self.chat = Models(Keys({"K": KEY}, "anywhere"), Prices(), Templates(templates()), timing, self.told.append)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def lane(self, **more: Any) -> Lane:
        given = {"name": "fast", "provider": "openai_compatible", "model": "m", "base_url": self.server.url, "api_key_env": "K"}
        return Lane(**(given | {"price": {"input": 1.0, "output": 2.0}} | more))

    def ask(self, *answers: Any, turns: tuple[Any, ...] = (Told("task"),), **more: Any) -> Any:
        self.server.script("m", list(answers))
        return self.chat.ask(self.lane(**more), Prompt("system", turns, TOOLS, 500, 60))


@pytest.fixture
def bed(server: Server) -> Bed:
    return Bed(server)


def test_a_native_tool_call_is_heard_and_charged_by_the_policy_s_price(bed):
    reply = bed.ask(DO)
    assert (reply.said.calls[0].name, reply.said.calls[0].arguments) == ("read", {"path": "a.py"})
    assert reply.cost == Cost(1_200, "policy")
    assert bed.server.requests[0]["max_tokens"] == 500
    assert bed.server.requests[0]["tool_choice"] == "auto"


def test_json_mode_sends_a_schema_and_hears_an_action_with_text_around_it(bed):
    reply = bed.ask({"content": 'Sure:\n```json\n{"action": "read", "path": "b.py"}\n```'}, api="chat_json")
    assert reply.said.calls[0].arguments == {"path": "b.py"}
    body = bed.server.requests[0]
    assert body["response_format"]["json_schema"]["schema"]["anyOf"][0]["required"] == ["action", "path"]
    assert "tools" not in body
    assert '"action": "read"' in body["messages"][0]["content"]


def test_a_server_without_tool_calls_is_asked_for_json_from_then_on(bed):
    no = {"status": 400, "body": {"error": {"message": '"auto" tool choice requires --enable-auto-tool-choice'}}}
    assert bed.ask(no, DO).said.calls[0].name == "read"
    assert ["tools" in request for request in bed.server.requests] == [True, False]
    assert "the server takes no tool calls" in bed.told[0]


def test_an_append_only_conversation_sends_an_append_only_prefix(bed):
    first = (Told("task"), Said("", (Call("c1", "read", {"path": "a"}),)), Shown("c1", "text"))
    bed.ask(DO, turns=first)
    bed.ask(DO, turns=(*first, Said("", (Call("c2", "read", {"path": "b"}),)), Shown("c2", "more")))
    one, two = (request["messages"] for request in bed.server.requests)
    assert two[: len(one)] == one


@pytest.mark.parametrize(
    ("answer", "tries"),
    [
        ({"status": 500, "body": {}}, 4),
        ({"status": 429, "body": {"error": {"message": "slow down"}}}, 4),
        ({"status": 529, "body": {}}, 4),
        ({"drop": True}, 1),
        ({"body": {"error": {"message": "upstream died", "code": 502}}}, 1),
        ({"raw": '{"choices": [', "type": "application/json"}, 1),  # it may be billed: whoever asked books it first
    ],
)
def test_passing_trouble_is_tried_again_within_bounds_and_then_unavailable(bed, answer, tries):
    """Complaint 13: the first answer of a busy provider was the end of the run."""
    with pytest.raises(Unavailable):
        bed.ask(*[answer] * 9)
    assert len(bed.server.requests) == tries


@pytest.mark.parametrize(
    ("status", "said"), [(401, "check the key"), (402, "no budget left"), (404, "check the model's name"), (400, "status 400")]
)
def test_what_will_not_go_better_is_denied_at_once_without_the_key(bed, status, said):
    with pytest.raises(Denied, match=said) as error:
        bed.ask({"status": status, "body": {"error": {"message": f"bad {KEY}"}}})
    assert KEY not in str(error.value)
    assert len(bed.server.requests) == 1


def test_a_spent_quota_is_no_reason_to_try_again(bed):
    with pytest.raises(Denied):
        bed.ask({"status": 429, "body": {"error": {"message": "insufficient_quota", "code": "insufficient_quota"}}})


def test_retry_after_is_obeyed_up_to_the_deadline(bed):
    slow = {"status": 429, "body": {}, "headers": {"retry-after": "7"}}
    assert bed.ask(slow, DO).said.calls
    assert bed.now == 7.0
    with pytest.raises(Unavailable):
        bed.ask({"status": 429, "body": {}, "headers": {"retry-after": "9999"}}, DO)


def test_a_conversation_that_is_too_long_says_so(bed):
    with pytest.raises(TooLong):
        bed.ask({"status": 400, "body": OVERFLOW})


def test_a_call_that_was_cut_off_or_garbled_is_charged_and_not_believed(bed):
    assert bed.ask(DO | {"finish": "length"}).cut_off
    garbled = {"id": "c", "type": "function", "function": {"name": "read", "arguments": "{oops"}}
    body = {"id": "r", "object": "chat.completion", "created": 0, "model": "m", "usage": bed.server.usage}
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": None, "tool_calls": [garbled]}}
    reply = bed.ask({"body": body | {"choices": [choice]}})
    assert reply.said.malformed == "the arguments of `read` are no JSON object"
    assert reply.cost == Cost(1_200, "policy")


def test_a_reply_without_usage_has_no_cost_of_its_own(bed):
    reply = bed.ask(DO | {"usage": None})
    assert (reply.cost, reply.tokens) == (None, None), "whoever asked takes it to have been the worst"


def test_the_provider_s_own_figure_goes_first(bed):
    own, header = DO | {"usage": bed.server.usage | {"cost": 0.00123}}, DO | {"headers": {"x-litellm-response-cost": "1.35e-05"}}
    assert bed.ask(own, provider="openrouter").cost == Cost(1_230, "provider")
    assert bed.ask(header, provider="litellm").cost == Cost(14, "provider", 1_200), "both are kept"


@pytest.mark.parametrize(
    ("provider", "answer"),
    [
        ("openai_compatible", {"usage": {"cost": 0}}),
        ("openai_compatible", {"headers": {"x-litellm-response-cost": "0"}}),
        ("openrouter", {"usage": {"cost": 0}}),
        ("openrouter", {"usage": {"cost": -1}}),
        ("litellm", {"headers": {"x-litellm-response-cost": "0.0"}}),
        ("litellm", {"headers": {"x-litellm-response-cost": "-0.5"}}),
    ],
)
def test_a_figure_from_where_no_bill_comes_from_and_one_of_nothing_are_no_figures(bed, provider, answer):
    usage = bed.server.usage | answer.get("usage", {})
    assert bed.ask(DO | answer | {"usage": usage}, provider=provider).cost == Cost(1_200, "policy")


def test_the_fallback_is_asked_once_the_model_is_out_of_reach(bed):
    bed.server.script("second", [DO, DO])
    with pytest.raises(Moved) as moved:
        bed.ask(*[{"status": 503, "body": {}}] * 4, fallback="second")
    assert not moved.value.paid
    assert bed.ask(fallback="second").model == "second", "whoever asked has the price of the other model to look at first"
    assert bed.ask(fallback="second").model == "second", "it stays there"
    assert "its fallback second is asked from here on" in bed.told[0]


def test_the_environment_does_not_send_the_key_elsewhere(bed, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert bed.ask(DO).said.calls
    assert bed.server.headers[0]["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("api", ["chat", "messages"])
def test_a_server_that_asks_for_no_key_is_sent_the_word_that_the_doctor_names(bed, api):
    lane = bed.lane(api_key_env=None, api=api)
    bed.server.script("m", [DO])
    bed.chat.ask(lane, Prompt("system", (Told("task"),), TOOLS, 500, 60))
    headers = bed.server.headers[0]
    sent = headers.get("authorization") or headers.get("x-api-key", "")
    assert sent.removeprefix("Bearer ") == KEYLESS
    assert f"no key is sent to openai_compatible, but the word `{KEYLESS}` in its place" in health.key(lane, present=False).found


def test_a_missing_key_is_said_before_any_call(bed):
    with pytest.raises(Denied, match="set OPENROUTER_API_KEY"):
        bed.chat.ready(Lane(name="fast", provider="openrouter", model="m"))


@pytest.mark.parametrize(
    ("provider", "model", "wanted"),
    [
        ("openrouter", "anthropic/claude-3.5-haiku", (800_000, 4_000_000)),
        ("openrouter", "anthropic/claude-3.7-sonnet", (3_000_000, 15_000_000)),
        ("openai", "gpt-4.1-mini", (400_000, 1_600_000)),
    ],
)
def test_the_minimal_policy_s_models_have_a_listed_price(provider, model, wanted):
    found = Prices().price(Lane(name="fast", provider=provider, model=model))
    assert isinstance(found, Price)
    assert (found.input, found.output) == wanted


@pytest.mark.parametrize("model", ["no-such-model", "gpt-5.6"])
def test_a_name_that_is_only_near_a_listed_one_has_no_price(model):
    found = Prices().price(Lane(name="fast", provider="openai", model=model))
    assert isinstance(found, Unpriced)
    assert "models.fast.price" in found.why


CHOICE = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "{}"}}


@pytest.mark.parametrize(
    "body",
    [
        {"choices": {"a": 1}},
        {
            "choices": [
                {
                    **CHOICE,
                    "message": {
                        "role": "assistant",
                        "tool_calls": [{"id": "x", "type": "function", "function": {"name": "read", "arguments": 5}}],
                    },
                }
            ]
        },
        {
            "choices": [
                {
                    **CHOICE,
                    "message": {
                        "role": "assistant",
                        "tool_calls": [{"id": "x", "type": "function", "function": {"name": None, "arguments": "{}"}}],
                    },
                }
            ]
        },
        {"choices": [CHOICE], "usage": {"cost": "1e999999999", "prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}},
        {"choices": [CHOICE], "usage": {"cost": "abc", "is_byok": True, "cost_details": {"upstream_inference_cost": 1}}},
        {"choices": [CHOICE], "usage": {"cost": 1e90, "prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}},
    ],
)
def test_an_answer_that_is_not_what_the_api_promises_is_paid_for_and_no_bug_of_ours(bed, body):
    whole = {"id": "r", "object": "chat.completion", "created": 0, "model": "m", **body}
    reply = _heard(bed, whole)
    if isinstance(reply, Unavailable):
        assert reply.paid
    else:
        assert reply.said.malformed or not reply.said.calls
        assert not isinstance(reply.cost, Cost) or reply.cost.micros < 10**10


def _heard(bed: Bed, body: dict[str, Any]) -> Reply | Unavailable:
    try:
        reply: Reply = bed.ask({"body": body})
    except Unavailable as error:
        return error
    return reply
