"""The three wire formats with the real SDKs: what is sent, and what is heard."""

import pytest

from bot.core.cost import Cost, Tokens
from bot.ports import Call, Denied, Said, Shown, Told, Unavailable
from tests.edge.test_model import DO, KEY
from tests.edge.wires.asking import APIS, PATHS, ask
from tests.edge.wires.test_refused import failed
from tests.fakes.server import USAGES, Server


@pytest.mark.parametrize("api", APIS)
def test_each_format_asks_hears_a_call_and_charges_it(bed, api):
    reply = ask(bed, api, DO)
    assert (reply.said.calls[0].name, reply.said.calls[0].arguments) == ("read", {"path": "a.py"})
    assert (reply.cost, reply.tokens) == (Cost(1_200, "policy"), Tokens(1000, output=100))
    assert bed.server.paths == [PATHS[api]]
    assert KEY in bed.server.headers[0]["authorization"]
    assert not reply.cut_off


@pytest.mark.parametrize("api", APIS)
def test_an_append_only_conversation_sends_an_append_only_prefix_in_each_format(bed, api):
    first = (Told("task"), Said("", (Call("c1", "read", {"path": "a"}),)), Shown("c1", "text"))
    ask(bed, api, DO, turns=first)
    ask(bed, api, DO, turns=(*first, Said("so", (Call("c2", "read", {"path": "b"}),)), Shown("c2", "more"), Told("go on")))
    one, two = (request.get("messages") or request["input"] for request in bed.server.requests)
    assert two[: len(one)] == one


@pytest.mark.parametrize("api", ["responses", "messages"])
def test_sealed_reasoning_comes_back_unchanged_in_its_place(bed, api):
    reply = ask(bed, api, DO)
    turns = (Told("task"), reply.said, Shown(reply.said.calls[0].id, "what it holds"))
    ask(bed, api, DO, turns=turns)
    sent = str(bed.server.requests[1])
    assert sent.index("task") < sent.index("sealed-1" if api == "responses" else "signed-1") < sent.index("what it holds")
    ask(bed, "chat", DO, turns=turns)
    assert "ed-1" not in str(bed.server.requests[2]), "to nobody else"


def test_responses_leave_nothing_on_the_server_and_ask_for_the_seal(bed):
    ask(bed, "responses", DO)
    body = bed.server.requests[0]
    assert (body["store"], body["include"]) == (False, ["reasoning.encrypted_content"])
    assert (body["max_output_tokens"], body["instructions"]) == (500, "system")


def test_messages_force_no_tool_and_cache_only_a_conversation(bed):
    ask(bed, "messages", DO)
    ask(bed, "messages", DO, session="run-1")
    alone, part = bed.server.requests
    assert alone["tool_choice"] == {"type": "auto"}
    assert "temperature" not in alone
    assert "cache_control" not in alone, "writing a cache that nobody reads costs a quarter more"
    assert part["cache_control"] == {"type": "ephemeral"}


def test_results_of_actions_come_first_and_roles_take_turns_in_messages(bed):
    said = Said("", (Call("c1", "read", {"path": "a"}), Call("c2", "read", {"path": "b"})))
    ask(bed, "messages", DO, turns=(Told("task"), said, Shown("c1", "one"), Shown("c2", ""), Told("go on")))
    turns = bed.server.requests[0]["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert [block["type"] for block in turns[2]["content"]] == ["tool_result", "tool_result", "text"]


@pytest.mark.parametrize(
    ("api", "usage", "tokens"),
    [
        (
            "chat",
            {
                "prompt_tokens": 1000,
                "completion_tokens": 200,
                "total_tokens": 1200,
                "prompt_tokens_details": {"cached_tokens": 400, "cache_write_tokens": 100},
                "completion_tokens_details": {"reasoning_tokens": 50},
            },
            Tokens(1000, 400, 100, 200, 50),
        ),
        (
            "responses",
            USAGES["responses"]
            | {
                "input_tokens_details": {"cached_tokens": 400, "cache_write_tokens": 100},
                "output_tokens": 200,
                "output_tokens_details": {"reasoning_tokens": 50},
            },
            Tokens(1000, 400, 100, 200, 50),
        ),
        (
            "messages",
            {"input_tokens": 500, "cache_read_input_tokens": 400, "cache_creation_input_tokens": 100, "output_tokens": 200},
            Tokens(1000, 400, 100, 200),
        ),
        (
            "chat",
            {
                "prompt_tokens": 500,
                "completion_tokens": 200,
                "total_tokens": 700,
                "prompt_tokens_details": {"cached_tokens": 600, "cache_write_tokens": 100},
            },
            Tokens(1200, 600, 100, 200),
        ),
    ],
)
def test_tokens_are_brought_to_one_convention_and_each_kind_has_its_price(bed, api, usage, tokens):
    price = {"input": 1.0, "output": 2.0, "cache_read": 0.1, "cache_write": 1.25}
    reply = ask(bed, api, DO | {"usage": usage}, price=price)
    assert reply.tokens == tokens
    plain = tokens.input - tokens.cached - tokens.written
    assert reply.cost == Cost(-(-(plain * 100 + tokens.cached * 10 + tokens.written * 125 + 200 * 200) // 100), "policy")


def test_no_answer_sends_the_key_elsewhere(bed):
    with Server() as other:
        away = {"status": 307, "body": {}, "headers": {"location": other.url}}
        for api in APIS:
            with pytest.raises((Unavailable, Denied)):
                ask(bed, api, *[away] * 9)
        assert other.requests == []


def test_a_refusal_is_no_action(bed):
    assert ask(bed, "messages", DO | {"finish": "refusal"}).said.malformed == "the model refused to answer"


def test_a_model_that_takes_tools_by_responses_alone_is_asked_there(bed):
    no = {
        "error": {
            "message": "Function tools with reasoning_effort are not supported for m in /v1/chat/completions. use /v1/responses"
        }
    }
    assert ask(bed, "chat", failed(bed, "chat", 400, no), DO).said.calls
    assert bed.server.paths == [PATHS["chat"], PATHS["responses"]]
    assert "set `api: responses`" in bed.told[0]


@pytest.mark.parametrize("api", ["responses", "messages"])
def test_without_tool_calls_actions_are_asked_for_in_words(bed, api):
    no = failed(bed, api, 400, {"error": {"message": "tools are not supported"}})
    assert ask(bed, api, no, {"content": 'Sure: {"action": "read", "path": "b.py"}'}).said.calls[0].arguments == {"path": "b.py"}
    assert '"action": "read"' in str(bed.server.requests[1])


def test_the_environment_sends_no_format_elsewhere(bed, monkeypatch):
    for name in ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/v1")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "another")
    for api in APIS:
        assert ask(bed, api, DO).said.calls
    assert all("another" not in str(headers) for headers in bed.server.headers)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_server_of_this_machine_is_asked_through_no_proxy(bed, monkeypatch, api, host):
    with Server() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert ask(bed, api, DO, base_url=bed.server.url.replace("127.0.0.1", host)).said.calls
        assert proxy.headers == []
        proxy.script("m", [DO])
        assert ask(bed, api, base_url="http://llm.invalid/v1", api_key_env=None).said.calls, "any other is"
        assert proxy.headers
