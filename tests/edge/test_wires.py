"""The three wire formats with the real SDKs: what is sent, what is heard, and what it costs to the micro-dollar."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.core.cost import Cost, Price, Tokens
from bot.core.lane import Lane
from bot.ports import Call, Denied, Prompt, Said, Shown, Told, TooLong, Unavailable
from tests.edge.test_model import DO, KEY, TOOLS, Bed
from tests.fakes.server import USAGES, Server

APIS = ("chat", "responses", "messages")
PATHS = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages"}


@pytest.fixture
def bed() -> Iterator[Bed]:
    with Server() as server:
        yield Bed(server)


def ask(bed: Bed, api: str, *answers: Any, turns: tuple[Any, ...] = (Told("task"),), session: str = "", **more: Any) -> Any:
    bed.server.script("m", list(answers))
    return bed.chat.ask(bed.lane(api=api, **more), Prompt("system", turns, TOOLS, 500, 60, session))


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


def test_reasoning_that_openrouter_hands_out_is_handed_back(bed):
    details = [{"type": "reasoning.encrypted", "data": "sealed", "format": "x"}]
    reply = ask(bed, "chat", DO | {"beside": {"reasoning_details": details}})
    ask(bed, "chat", DO, turns=(Told("task"), reply.said, Shown("c1", "text")))
    assert bed.server.requests[1]["messages"][2]["reasoning_details"] == details


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


@pytest.mark.parametrize(
    ("provider", "model", "api", "usage", "micros"),
    [
        ("openai", "gpt-4.1-mini", "responses", USAGES["responses"], 560),
        ("anthropic", "claude-sonnet-4-6", "messages", USAGES["messages"] | {"cache_read_input_tokens": 1000}, 4_800),
        ("openrouter", "anthropic/claude-3.5-haiku", "chat", None, 1_200),
    ],
)
def test_without_another_figure_the_price_table_says_what_it_cost(bed, provider, model, api, usage, micros):
    bed.server.script(model, [DO | ({"usage": usage} if usage else {})])
    lane = Lane(name="fast", provider=provider, model=model, base_url=bed.server.url, api_key_env="K")
    assert lane.speaks == api
    reply = bed.chat.ask(lane, Prompt("system", (Told("task"),), TOOLS, 500, 60))
    assert reply.cost == Cost(micros, "price_table")


def test_a_fallback_has_its_own_price_and_writing_a_cache_at_our_wish_is_never_free(bed):
    lane = bed.lane(provider="anthropic", model="claude-haiku-4-5", fallback="claude-opus-4-8", price={"input": 1.0, "output": 5.0})
    prices = bed.chat.prices
    moved = prices.moved(lane, "claude-opus-4-8")
    assert prices.worst(lane, 100_000, 1_000) == Cost(130_000, "worst_case"), "all of it may be written to the cache"
    assert prices.charged(lane, Tokens(100_000, 0, 100_000, 1_000)) == Cost(130_000, "policy")
    dear = prices.worst(moved, 100_000, 1_000)
    assert isinstance(dear, Cost)
    assert dear.micros > 600_000, "at the dearer model's list price"
    same = prices.price(bed.lane(fallback="other"))
    assert isinstance(same, Price)
    assert (same.input, same.cache_read) == (1_000_000, 1_000_000), "no other price on one's own server; a cache read is not free"


def test_no_answer_sends_the_key_elsewhere(bed):
    with Server() as other:
        away = {"status": 307, "body": {}, "headers": {"location": other.url}}
        for api in APIS:
            with pytest.raises((Unavailable, Denied)):
                ask(bed, api, *[away] * 9)
        assert other.requests == []


def openrouter(bed: Bed, *answers: Any, **more: Any) -> Any:
    model = "anthropic/claude-3.7-sonnet"
    bed.server.script(model, list(answers))
    lane = Lane(name="fast", provider="openrouter", model=model, base_url=bed.server.url, api_key_env="K", **more)
    return bed.chat.ask(lane, Prompt("system", (Told("task"),), TOOLS, 500, 60, "run-1"))


def test_openrouter_is_told_where_to_go_at_what_price_at_most_and_to_stay_there(bed):
    openrouter(bed, DO, openrouter={"order": ("a", "b"), "data_collection": "deny", "sort": {"by": "price", "partition": "none"}})
    body = bed.server.requests[0]
    assert body["provider"] == {
        "order": ["a", "b"],
        "data_collection": "deny",
        "sort": {"by": "price", "partition": "none"},
        "max_price": {"prompt": 3.0, "completion": 15.0},
    }, "what is reckoned with is what may be charged"
    assert body["session_id"] == "run-1"
    assert body["cache_control"] == {"type": "ephemeral"}


def test_a_max_price_of_the_policy_s_own_is_sent_and_reckoned_with(bed):
    capped: Any = {"max_price": {"prompt": 5, "completion": 20.5}}
    openrouter(bed, DO, openrouter=capped)
    assert bed.server.requests[0]["provider"]["max_price"] == {"prompt": 5.0, "completion": 20.5}
    lane = Lane(name="fast", provider="openrouter", model="nobody/knows", openrouter=capped)
    assert bed.chat.worst(lane, 1_000_000, 1_000_000) == Cost(6_250_000 + 20_500_000, "worst_case")


def test_openrouter_s_own_figure_counts_with_the_upstream_s_under_a_key_of_one_s_own(bed):
    usage = bed.server.usage | {"cost": 0.0007, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.0035}}
    assert openrouter(bed, DO | {"usage": usage}).cost == Cost(4_200, "provider", 4_500)
    assert openrouter(bed, DO | {"usage": bed.server.usage | {"cost": 0.0045}}).cost == Cost(4_500, "provider")


def failed(bed: Bed, api: str, status: int, body: Any, **headers: str) -> dict[str, Any]:
    return {"status": status, "body": body, "headers": headers}


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (
            402,
            {"error": {"code": 402, "message": "x", "metadata": {"limit_source": "openrouter_in_flight_budget"}}},
            Unavailable,
            "402",
        ),
        (402, {"error": {"code": 402, "message": "Insufficient credits"}}, Denied, "no budget left"),
        (403, {"error": {"code": 403, "message": "Budget limit exceeded"}}, Denied, "no budget left"),
        (
            404,
            {"error": {"message": "No endpoints", "availability": {"code": "constraint_filtered"}}},
            Denied,
            "models.<lane>.price",
        ),
        (503, {"error": {"message": "gone", "availability": {"code": "no_endpoints", "retryable": False}}}, Unavailable, "503"),
        (400, {"error": {"message": "No connected db.", "type": "no_db_connection"}}, Denied, "check the key"),
        (429, {"error": {"message": "No deployments available - crossed budget"}}, Denied, "raise max_budget"),
        (401, {"error": "Unauthorized"}, Denied, "Unauthorized"),
        (413, {"error": {"message": "big"}}, TooLong, "big"),
        (400, ["what"], Denied, "status 400"),
    ],
)
def test_refusals_of_gateways_are_told_apart(bed, status, body, kind, said):
    with pytest.raises(kind, match=said) as error:
        ask(bed, "chat", *[failed(bed, "chat", status, body)] * 9)
    assert not error.value.paid


@pytest.mark.parametrize("before", range(180, 241, 7))
def test_a_key_that_an_error_echoes_is_found_wherever_the_text_is_cut(bed, before):
    with pytest.raises(Denied) as error:
        ask(bed, "chat", failed(bed, "chat", 401, {"error": {"message": f"{'x' * before}{KEY}"}}))
    assert KEY[:9] not in str(error.value)


def test_a_server_that_says_not_to_try_again_is_not_asked_again(bed):
    with pytest.raises(Unavailable):
        ask(bed, "chat", failed(bed, "chat", 500, {}, **{"x-should-retry": "false"}), DO)
    assert len(bed.server.requests) == 1


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    ("status", "kind", "tries"),
    [(529, Unavailable, 4), (500, Unavailable, 4), (401, Denied, 1), (402, Denied, 1), (404, Denied, 1)],
)
def test_statuses_mean_the_same_in_each_format(bed, api, status, kind, tries):
    with pytest.raises(kind) as error:
        ask(bed, api, *[failed(bed, api, status, {"type": "error", "error": {"type": "t", "message": f"bad {KEY}"}})] * 9)
    assert len(bed.server.requests) == tries
    assert KEY not in str(error.value)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    "answer",
    [
        {"drop": True},
        {"raw": "<html>hello</html>"},
        {"raw": '{"id": ', "type": "application/json"},
        {"raw": "[]", "type": "application/json"},
        {"body": {"error": {"message": "upstream died", "code": 502}}},
        {"body": {"type": "error", "error": {"type": "overloaded_error", "message": "later"}}},
    ],
)
def test_an_answer_that_cannot_be_read_may_be_billed_in_each_format(bed, api, answer):
    with pytest.raises(Unavailable) as error:
        ask(bed, api, answer, DO)
    assert error.value.paid
    assert len(bed.server.requests) == 1, "it is booked before it is asked again"


def test_an_error_within_a_success_is_told_by_its_code_and_held_to_be_billed(bed):
    with pytest.raises(Denied, match=r"an error 402.*no budget left") as error:
        ask(bed, "chat", {"body": {"error": {"message": "Insufficient credits", "code": 402}}})
    assert error.value.paid
    with pytest.raises(TooLong) as long:
        ask(bed, "chat", {"body": {"error": {"message": "x", "code": 400, "metadata": {"error_type": "context_length_exceeded"}}}})
    assert long.value.paid


@pytest.mark.parametrize(
    ("api", "more"),
    [
        ("chat", {"finish": "length"}),
        ("chat", {"finish": None}),
        ("responses", {"status_said": "incomplete"}),
        ("messages", {"finish": "max_tokens"}),
    ],
)
def test_a_call_that_was_cut_off_is_not_believed_in_any_format(bed, api, more):
    assert ask(bed, api, DO | more).cut_off


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
