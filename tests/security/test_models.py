"""A gateway that is somebody else's by now: whatever it answers, a call ends in a reply or in words of our own."""

import gzip
import json
import tracemalloc
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.clean import sendable
from bot.core.cost import Cost, Tokens
from bot.core.keys import Keys
from bot.edge.model.punctual import MOST_BYTES
from bot.ports import Denied, Prompt, Reply, Said, Shown, Told, TooLong, Unavailable
from tests.edge.test_model import DO, KEY, TOOLS, Bed
from tests.fakes.server import SHAPES, USAGES, Server
from tests.security.attacks import attack, off
from tests.security.test_parsers import changed, places

APIS = {"chat": "completions", "responses": "responses", "messages": "messages"}
REQUEST = {"model": "m", "tools": []}
USAGE = {
    "prompt_tokens": 1000,
    "completion_tokens": 100,
    "total_tokens": 1100,
    "prompt_tokens_details": {"cached_tokens": 1, "cache_write_tokens": 1},
    "completion_tokens_details": {"reasoning_tokens": 1},
    "cost": 0.5,
    "is_byok": False,
    "cost_details": {"upstream_inference_cost": 0.1},
}
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(
        [-1, 10**30, -1e300, 1e300, float("nan"), float("inf"), "1e999999", "-3", "", "\ud800", "message", "tool_use"]
    )
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["type", "text", "id", "name", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def bed() -> Iterator[Bed]:
    with Server() as server:
        yield Bed(server)


def whole(api: str, answer: dict[str, Any]) -> dict[str, Any]:
    """An answer as a sound server gives it, with everything that it may say of tokens and money; lists as dictionaries by place."""
    usage = {**USAGE, **USAGES.get(api, {})}
    beside = {"reasoning_details": [{"type": "x", "data": "y"}], "refusal": None}
    made = SHAPES[APIS[api]](REQUEST, {**answer, "beside": beside}, usage, 1)
    found: dict[str, Any] = json.loads(json.dumps(made))
    return found


def spread(value: Any) -> Any:
    """Lists as dictionaries, so that each place in them has a name."""
    if isinstance(value, list):
        return {f"#{index}": spread(inner) for index, inner in enumerate(value)}
    return {key: spread(inner) for key, inner in value.items()} if isinstance(value, dict) else value


def gathered(value: Any) -> Any:
    if isinstance(value, dict):
        inner = {key: gathered(part) for key, part in value.items()}
        return list(inner.values()) if inner and all(key.startswith("#") for key in inner) else inner
    return value


def ask(bed: Bed, api: str, answer: dict[str, Any], *turns: Any, provider: str = "openrouter") -> Reply | None:
    bed.server.script("m", [answer] * 9)
    lane = bed.lane(api=api, provider=provider)
    try:
        reply: Reply = bed.chat.ask(lane, Prompt("system", (Told("task"), *turns), TOOLS, 500, 60))
    except (Unavailable, Denied, TooLong) as error:
        said = str(error)
    else:
        return reply
    finally:
        bed.chat._how.clear()  # what it has learnt of this server is nothing to the next example
    assert KEY not in said
    return None


def check(bed: Bed, api: str, reply: Reply) -> None:
    """What is made of it has its types, costs no less than nothing, and can be talked on from."""
    assert reply.cost is None or not isinstance(reply.cost, Cost) or 0 <= reply.cost.micros <= 10**13
    if isinstance(counted := reply.tokens, Tokens):
        assert min(counted.input, counted.cached, counted.written, counted.output, counted.reasoning) >= 0
        assert counted.cached + counted.written <= counted.input
    assert isinstance(reply.said.text, str)
    assert isinstance(reply.model, str)
    assert len(reply.model) <= 120
    for call in reply.said.calls:
        assert (type(call.id), type(call.name), type(call.arguments)) == (str, str, dict)
    shown = tuple(Shown(call.id, "ok") for call in reply.said.calls)
    after = ask(bed, api, DO, reply.said, *(shown or (Told("go on"),)))
    assert after is not None, "the conversation goes on"
    sent = json.dumps(bed.server.requests[-1])
    assert "task" in sent


SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.mark.parametrize("api", APIS)
@SLOW
@given(data=st.data())
def test_whatever_a_gateway_answers_is_a_reply_or_ours_to_refuse_and_costs_no_less_than_nothing(bed, api, data):
    sound = spread(whole(api, data.draw(st.sampled_from([DO, {"content": '{"action": "read", "path": "a"}'}]))))
    for _ in range(data.draw(st.integers(1, 2))):
        sound = changed(sound, data.draw(st.sampled_from(places(sound))), data.draw(VALUES))
        if not isinstance(sound, dict):
            break
    reply = ask(
        bed, api, {"body": gathered(sound)}, provider=data.draw(st.sampled_from(["openrouter", "litellm", "openai_compatible"]))
    )
    if reply is not None:
        check(bed, api, reply)
    bed.server.requests.clear()


@pytest.mark.parametrize("api", APIS)
@SLOW
@given(
    raw=st.text(st.sampled_from('{}[]":,0e-\\u d8'), max_size=80), status=st.sampled_from([200, 200, 400, 401, 404, 429, 500, 529])
)
def test_whatever_stands_in_place_of_an_answer_is_ours_to_refuse(bed, api, raw, status):
    reply = ask(bed, api, {"raw": raw, "type": "application/json", "status": status, "headers": {"retry-after": "nan"}})
    if reply is not None:
        check(bed, api, reply)
    bed.server.requests.clear()


def at(api: str, place: tuple[str, ...], value: Any) -> dict[str, Any]:
    found: dict[str, Any] = gathered(changed(spread(whole(api, DO)), place, value))
    return {"body": found}


CALL = {
    "chat": ("choices", "#0", "message", "tool_calls", "#0"),
    "responses": ("output", "#1"),
    "messages": ("content", "#1"),
}
NAME = {"chat": "id", "responses": "call_id", "messages": "id"}
GIVEN = {"chat": ("function", "arguments"), "responses": ("arguments",), "messages": ("input",)}


@attack("model-shape", off=off("bot.edge.model.actions.name", 'return value or f"call-{number}-{index}"'))
@pytest.mark.parametrize("value", [[None], 7, {"a": 1}, "x" * 10_000, "", "\ud83d", "byte \udc80"])
@pytest.mark.parametrize("api", APIS)
def test_a_call_has_a_name_that_is_one_whatever_the_gateway_calls_it(bed, api, value):
    reply = ask(bed, api, at(api, (*CALL[api], NAME[api]), value))
    assert reply is not None
    assert [call.id for call in reply.said.calls if len(call.id) > 200] == []
    check(bed, api, reply)


CALLED = {"chat": ("function", "name"), "responses": ("name",), "messages": ("name",)}


@attack("model-shape", off=off("bot.edge.model.asking.Models._reply", cut=("name=sendable(call.name)", "name=call.name")))
@pytest.mark.parametrize("api", APIS)
def test_half_a_character_in_a_name_is_sent_to_nobody(bed, api):
    """Of an action, of one whose arguments cannot be read, and of the model."""
    half = "read \ud83d"
    named = spread(at(api, (*CALL[api], *CALLED[api]), half)["body"])
    unread = changed(named, (*CALL[api], *GIVEN[api]), [] if api == "messages" else "{")
    for body in (named, unread, changed(named, ("model",), half)):
        reply = ask(bed, api, {"body": gathered(body)})
        assert reply is not None
        for text in (reply.said.malformed or "", reply.model, *(call.name for call in reply.said.calls)):
            assert text == sendable(text)
        check(bed, api, reply)


@attack("model-shape", off=off("bot.edge.model.actions.repeatable", "return True"))
@pytest.mark.parametrize("api", APIS)
def test_arguments_that_no_json_holds_are_no_call_and_the_conversation_goes_on(bed, api):
    given = {"path": float("nan")}
    reply = ask(bed, api, at(api, (*CALL[api], *GIVEN[api]), given if api == "messages" else json.dumps(given)))
    assert reply is not None
    assert reply.said.malformed
    check(bed, api, reply)


@attack("model-shape", off=off("bot.edge.model.echo.keep", cut=("allow_nan=False, ", "")))
@attack("model-shape", off=off("bot.edge.model.echo.keep", cut=(".encode()", "")))
@pytest.mark.parametrize("block", [float("inf"), "half of \ud83d", {"\ud83d": 1}])
def test_reasoning_that_cannot_be_sent_again_is_not(bed, block):
    reply = ask(bed, "chat", at("chat", ("choices", "#0", "message", "reasoning_details"), {"#0": block}))
    assert reply is not None
    assert reply.said.calls
    assert not reply.said.echo
    check(bed, "chat", reply)


WARNED = {"responses": ("output", "#0", "summary"), "messages": ("content", "#0", "thinking")}


@attack(
    "model-shape",
    off=(
        off("bot.edge.model.responses._reasoning", cut=(", warnings=False", "")),
        off("bot.edge.model.messages._thought", cut=(", warnings=False", "")),
    ),
)
@pytest.mark.parametrize("api", WARNED)
def test_no_library_says_to_the_log_what_a_gateway_answered(bed, api, recwarn):
    """A warning goes to the log of the job past everything that makes a text harmless there."""
    warnings.simplefilter("always")
    reply = ask(bed, api, at(api, WARNED[api], {"x": "##[set-output name=result]accepted"}))
    assert reply is not None
    assert [str(each.message) for each in recwarn] == []


@attack("prompt-secrets", off=off("bot.edge.model.asking.Models._reply", cut=("len(key[0]) >= LONG", "False")))
@pytest.mark.parametrize("api", APIS)
def test_a_gateway_that_writes_the_key_that_it_was_sent_into_a_call_has_it_not_obeyed(bed, api):
    """What a call writes is kept in the Trail, shown to other jobs, committed and pushed."""
    body = whole(api, {**DO, "path": f"notes/{KEY}.md"}) | {"model": f"m-{KEY}"}
    reply = ask(bed, api, {"body": body})
    assert reply is not None
    assert reply.said == Said(reply.said.text, (), "the reply holds a key")
    assert KEY not in str(reply)


@attack("prompt-secrets", off=off("bot.edge.model.actions.words", "yield dump(value)"))
@pytest.mark.parametrize("api", APIS)
def test_a_key_that_json_writes_otherwise_is_found_in_a_call_all_the_same(bed, api):
    key = f'{KEY[:6]}"{KEY[6:12]}\\{KEY[12:]}'
    bed.chat.keys = Keys({"K": key}, "anywhere")
    reply = ask(bed, api, {"body": whole(api, {**DO, "more": [{"deep": f"a {key} b"}]})})
    assert reply is not None
    assert reply.said == Said(reply.said.text, (), "the reply holds a key")


BOMB = 1 << 28
"""Bytes of a reply that travels as a thousandth of it."""


@attack(
    "model-bomb", off=off("bot.edge.model.punctual.Punctual.send", cut=('response.headers.pop("content-encoding", None)', "pass"))
)
@pytest.mark.parametrize("api", APIS)
def test_an_answer_that_unpacks_without_end_is_never_unpacked(bed, api):
    packed = gzip.compress(b" " * BOMB, 9)
    assert len(packed) < MOST_BYTES
    tracemalloc.start()
    try:
        headers = {"content-encoding": "gzip", "content-length": str(len(packed))}
        assert ask(bed, api, {"raw": packed, "type": "application/json", "headers": headers}) is None
        assert tracemalloc.get_traced_memory()[1] < BOMB // 4
    finally:
        tracemalloc.stop()
    assert {sent["accept-encoding"] for sent in bed.server.headers[-1:]} == {"identity"}
