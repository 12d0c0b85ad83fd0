"""What an answer costs in each wire format, to the micro-dollar."""

import pytest

from bot.core.cost import Cost, Price, Tokens
from bot.core.lane import Lane
from bot.ports import Prompt, Told
from tests.edge.test_model import DO, TOOLS
from tests.fakes.server import USAGES


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
