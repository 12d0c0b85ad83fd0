"""The chat adapter against a real LiteLLM proxy. Behind it stands our own server, whose journal says what was really asked."""

import time
from pathlib import Path
from typing import Any

import pytest

from bot.core.cost import Cost, Tokens, Unpriced
from bot.ports import Call, Denied, Said, Shown, Told, TooLong, Unavailable
from tests.counterparts import product
from tests.counterparts.product import Product
from tests.counterparts.proxy import CAPPED_USD, MASTER
from tests.counterparts.servers import Served
from tests.fakes import repos
from tests.fakes.jobs import Job
from tests.fakes.repos import DONE, GOOD

pytestmark = pytest.mark.elsewhere

DO = {"action": "read", "path": "a.py"}
CACHED = {
    "prompt_tokens": 1000,
    "completion_tokens": 200,
    "total_tokens": 1200,
    "prompt_tokens_details": {"cached_tokens": 400},
    "completion_tokens_details": {"reasoning_tokens": 50},
}


@pytest.fixture
def proxy(litellm: Served) -> Product:
    return Product(f"{litellm.url}/v1", MASTER, "litellm")


def failing(status: int, message: str = "not now", **more: Any) -> dict[str, Any]:
    return {"status": status, "body": {"error": {"message": message, **more}}}


# ---- what comes back, and what it cost ---------------------------------------------------------------------------


def test_a_model_that_the_proxy_only_pretends_to_have_is_heard_and_its_cost_is_the_proxy_s(proxy):
    reply = proxy.ask("mocked")
    assert reply.said.text == "mocked hello"
    assert reply.tokens == Tokens(input=10, output=20)
    assert reply.cost == Cost(14, "provider")  # 13.5 micro-dollars: what is owed is never rounded down


def test_tool_calls_and_their_results_pass_through_the_proxy_unchanged(proxy, upstream):
    upstream.script("gpt-4o", [DO, {"content": "done"}])
    first = proxy.ask("priced", "Show a.py.")
    (call,) = first.said.calls
    assert (call.name, call.arguments) == ("read", {"path": "a.py"})
    proxy.ask("priced", Told("Show a.py."), first.said, Shown(call.id, "print(1)"))
    asked, answered = (request["messages"] for request in upstream.requests)
    assert answered[: len(asked)] == asked
    assert answered[-2]["tool_calls"][0]["id"] == answered[-1]["tool_call_id"] == call.id
    assert answered[-1]["content"] == "print(1)"
    assert upstream.requests[0]["tools"][0]["function"]["name"] == "read"
    assert upstream.requests[0]["max_tokens"] == 256


def test_two_calls_in_one_turn_are_both_answered(proxy, upstream):
    calls = tuple(Call(f"c{n}", "read", {"path": f"{n}.py"}) for n in range(2))
    upstream.script("gpt-4o", [DO])
    proxy.ask("priced", Told("Show both."), Said("", calls), Shown("c0", "zero"), Shown("c1", "one"))
    sent = upstream.requests[0]["messages"]
    assert [message.get("tool_call_id") for message in sent[-2:]] == ["c0", "c1"]


@pytest.mark.parametrize(
    ("name", "real", "micros"),
    [
        ("priced", "gpt-4o", 4_000),  # 600 at $2.50, 400 of the cache at $1.25, 200 at $10
        ("own", "our-own", 1_040),  # 600 at $1, 400 of the cache at $0.10, 200 at $2: as its owner told the proxy
    ],
)
def test_the_proxy_s_figure_is_taken_to_the_micro_dollar(proxy, upstream, name, real, micros):
    upstream.usage = CACHED
    upstream.script(real, [DO])
    reply = proxy.ask(name, price={"input": 99.0, "output": 99.0})
    assert reply.cost == Cost(micros, "provider", 118_800), "and what the policy's price, which is far off, would make of it"
    assert reply.tokens == Tokens(input=1000, cached=400, output=200, reasoning=50)


def test_a_model_that_the_proxy_cannot_price_costs_what_the_policy_says_or_nobody_knows(proxy, upstream):
    upstream.script("nobody-knows", [DO, DO])
    assert proxy.ask("unpriced", price={"input": 1.0, "output": 2.0}).cost == Cost(1_200, "policy")
    nobody = proxy.ask("unpriced").cost
    assert isinstance(nobody, Unpriced)
    assert "models.fast.price" in nobody.why


def test_tool_free_mode_and_its_schema_pass_through_the_proxy(proxy, upstream):
    upstream.script("gpt-4o", [DO])
    reply = proxy.ask("priced", api="chat_json")
    assert reply.said.calls[0].arguments == {"path": "a.py"}
    assert upstream.requests[0]["response_format"]["json_schema"]["schema"]["anyOf"][0]["required"] == ["action", "path"]


def test_an_upstream_without_tool_calls_is_noticed_through_the_proxy(proxy, upstream):
    no = failing(400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set')
    upstream.script("gpt-4o", [no, DO])
    assert proxy.ask("priced").said.calls[0].name == "read"
    assert ["tools" in request for request in upstream.requests] == [True, False]
    assert "the server takes no tool calls" in proxy.told[0]


def test_after_the_proxy_s_own_fallback_the_model_that_answered_is_named_and_priced(proxy, upstream):
    upstream.script("gpt-4.1", [failing(500)])
    upstream.script("gpt-4.1-mini", [DO])
    reply = proxy.ask("flaky")
    assert reply.model == "openai/gpt-4.1-mini"
    assert reply.cost == Cost(560, "provider")  # 1,000 at $0.40 and 100 at $1.60: the spare one's price
    assert [request["model"] for request in upstream.requests] == ["gpt-4.1", "gpt-4.1-mini"]


# ---- what will not go better -------------------------------------------------------------------------------------


def test_a_spent_budget_of_the_proxy_is_denied_before_anything_is_asked(proxy, upstream):
    upstream.script("gpt-4o-mini", [DO] * 9)
    spent, why = _spend(proxy)
    assert "crossed budget" in why
    assert "raise max_budget in its configuration" in why
    assert spent >= CAPPED_USD * 1_000_000
    assert spent == 210 * len(upstream.requests)  # each call that the upstream saw is one that we were told the cost of


def _spend(proxy: Product) -> tuple[int, str]:
    """Micro-dollars until the proxy refuses, and what is said then."""
    spent = 0
    while spent < 10_000:
        try:
            cost = proxy.ask("capped").cost
        except Denied as error:
            return spent, str(error)
        assert isinstance(cost, Cost)
        spent += cost.micros
    return spent, "never refused"


def test_a_wrong_key_is_denied_and_nothing_is_asked(litellm, upstream):
    with pytest.raises(Denied, match=r"No connected db\.; check the key"):
        Product(f"{litellm.url}/v1", "sk-not-the-proxys").ask("priced")
    assert upstream.requests == []


def test_a_model_that_the_proxy_does_not_know_is_denied(proxy, upstream):
    with pytest.raises(Denied, match=r"status 400: .*/chat.*model=nope.*check the model's name"):
        proxy.ask("nope")
    assert upstream.requests == []


@pytest.mark.parametrize(
    "error",
    [
        failing(400, "This model's maximum context length is 10 tokens.", code="context_length_exceeded"),
        failing(400, "the request exceeds the available context size", type="exceed_context_size_error", code=400),
        failing(400, "the input is longer than the model's context length"),  # only the proxy knows these words
    ],
)
def test_an_overflow_upstream_is_too_long_though_the_proxy_rewrites_it(proxy, upstream, error):
    upstream.script("gpt-4o", [error])
    with pytest.raises(TooLong):
        proxy.ask("priced")
    assert len(upstream.requests) == 1


@pytest.mark.parametrize(
    ("status", "said"), [(401, "check the key"), (402, "no budget left"), (403, "check the key"), (404, "check the model's name")]
)
def test_a_refusal_upstream_is_denied_at_once(proxy, upstream, status, said):
    upstream.script("gpt-4o", [failing(status)] * 9)
    with pytest.raises(Denied, match=said):
        proxy.ask("priced")
    assert len(upstream.requests) == 1


def test_a_spent_quota_upstream_is_not_tried_again(proxy, upstream):
    upstream.script("gpt-4o", [failing(429, "You exceeded your current quota, check your billing", code="insufficient_quota")] * 9)
    with pytest.raises(Denied):
        proxy.ask("priced")
    assert len(upstream.requests) == 1


# ---- what may go better ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 500, 503, 529])
def test_passing_trouble_upstream_is_tried_again_and_the_upstream_saw_each_try(proxy, upstream, status):
    upstream.script("gpt-4o", [failing(status), failing(status), DO])
    assert proxy.ask("priced").said.calls
    assert len(upstream.requests) == 3
    upstream.script("gpt-4o", [failing(status)] * 9)
    with pytest.raises(Unavailable) as error:
        proxy.ask("priced")
    assert not error.value.paid
    assert len(upstream.requests) == 3 + 4


def test_the_wait_that_the_upstream_asked_for_is_kept_through_the_proxy(proxy, upstream):
    upstream.script("gpt-4o", [failing(429) | {"headers": {"retry-after": "2"}}, DO])
    before = time.monotonic()
    assert proxy.ask("priced").said.calls
    assert time.monotonic() - before >= 2


def test_the_names_that_a_proxy_s_owner_chose_say_nothing_of_what_went_wrong(proxy, upstream):
    """The proxy repeats them in its errors; `budget` and `grammar` mean something elsewhere."""
    upstream.script("gpt-4.1-nano", [failing(429), DO])
    assert proxy.ask("low-budget-grammar").said.calls
    upstream.script("gpt-4.1-nano", [failing(400, "no")])
    with pytest.raises(Denied, match="400"):
        proxy.ask("low-budget-grammar", api="chat_json")
    assert len(upstream.requests) == 3


@pytest.mark.parametrize("answer", [failing(504), failing(408), DO | {"delay": 3}])
def test_an_upstream_that_may_have_worked_is_asked_once_and_counted_as_paid(proxy, upstream, answer):
    upstream.script("gpt-4o", [answer] * 9)
    with pytest.raises(Unavailable) as error:
        proxy.ask("priced", seconds=1.5)
    assert error.value.paid
    assert len(upstream.requests) == 1


def test_a_proxy_that_is_not_there_is_unavailable():
    with pytest.raises(Unavailable, match="is the server running"):
        Product("http://127.0.0.1:9/v1", MASTER).ask("priced", seconds=3)


# ---- a whole job -------------------------------------------------------------------------------------------------


def test_what_a_whole_job_books_is_what_the_upstream_was_asked(litellm, upstream, tmp_path: Path):
    """Three replies and one answer that never came; the proxy's own figures for the three, the worst for the one."""
    look = {"action": "read", "path": "shop/add.py"}
    upstream.script("gpt-4o", [look, failing(504), GOOD, failing(429), DONE])
    job = _job(tmp_path, f"{litellm.url}/v1")
    (attempt,) = job.run(product.model({product.KEY: MASTER}, []))[0].attempts
    assert (attempt.ended, attempt.model) == ("finished", "openai/gpt-4o")
    charges = job.charges()
    assert [charge.source for charge in charges] == ["provider", "worst_case", "provider", "provider"]
    assert [charge.micros for charge in charges if charge.source == "provider"] == [3_500] * 3
    refused = 1  # with status 429: never answered, and not paid for
    assert len(upstream.requests) == len(charges) + refused == attempt.calls + refused
    assert attempt.tokens == Tokens(input=3_000, output=300)
    assert attempt.cost_micros == sum(charge.micros or 0 for charge in charges)


def _job(folder: Path, address: str) -> Job:
    repos.make(folder / "shop", repos.SHOP)
    made = Job(folder / "shop")
    lane = f'provider: litellm, model: priced, base_url: "{address}", api_key_env: {product.KEY}'
    made.policy = made.policy.replace('provider: openai_compatible, model: m-fast, base_url: "http://127.0.0.1:9/v1"', lane)
    return made
