"""What OpenRouter is told, and what it hands out."""

from typing import Any

from bot.core.cost import Cost
from bot.core.lane import Lane
from bot.ports import Prompt, Shown, Told
from tests.edge.test_model import DO, TOOLS, Bed
from tests.edge.wires.asking import ask


def test_reasoning_that_openrouter_hands_out_is_handed_back(bed):
    details = [{"type": "reasoning.encrypted", "data": "sealed", "format": "x"}]
    reply = ask(bed, "chat", DO | {"beside": {"reasoning_details": details}})
    ask(bed, "chat", DO, turns=(Told("task"), reply.said, Shown("c1", "text")))
    assert bed.server.requests[1]["messages"][2]["reasoning_details"] == details


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
