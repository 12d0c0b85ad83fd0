"""What an answer says of tokens and money, brought to one convention: cached and written are part of the input."""

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Any

from bot.core.cost import MICROS, Tokens
from bot.core.words import Provider

MOST_DOLLARS = 10_000
"""A figure above this for one call is no figure."""
MOST_TOKENS = 100_000_000
"""Nor is a count above this."""


def from_chat(usage: Any) -> Tokens | None:
    """Chat Completions: cached and written tokens lie inside `prompt_tokens`, reasoning inside `completion_tokens`."""
    return _made(
        _count(usage, "prompt_tokens"),
        _count(usage, "completion_tokens"),
        getattr(usage, "prompt_tokens_details", None),
        getattr(usage, "completion_tokens_details", None),
    )


def from_responses(usage: Any) -> Tokens | None:
    """Responses: the same, under other names."""
    return _made(
        _count(usage, "input_tokens"),
        _count(usage, "output_tokens"),
        getattr(usage, "input_tokens_details", None),
        getattr(usage, "output_tokens_details", None),
    )


def from_messages(usage: Any) -> Tokens | None:
    """Anthropic counts what it read from the cache and wrote to it beside `input_tokens`, not inside."""
    plain, made = _count(usage, "input_tokens"), _count(usage, "output_tokens")
    if plain is None or made is None:
        return None
    written, read = (_count(usage, name) or 0 for name in ("cache_creation_input_tokens", "cache_read_input_tokens"))
    reasoning = _count(getattr(usage, "output_tokens_details", None), "thinking_tokens") or 0
    return Tokens(plain + written + read, read, written, made, min(made, reasoning))


def _made(sent: int | None, made: int | None, of_sent: Any, of_made: Any) -> Tokens | None:
    if sent is None or made is None or sent + made == 0:
        return None
    cached, written = (_count(of_sent, name) or 0 for name in ("cached_tokens", "cache_write_tokens"))
    if cached + written > sent:  # some gateways hand Anthropic's counts on under these names
        sent += cached + written
    return Tokens(sent, cached, written, made, min(made, _count(of_made, "reasoning_tokens") or 0))


def _count(part: Any, name: str) -> int | None:
    value = getattr(part, name, None)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS else None


def reported(provider: Provider, usage: Any, headers: Mapping[str, str]) -> int | None:
    """Micro-dollars, as the provider says: OpenRouter in the usage, LiteLLM in a header; None where there is no figure.

    What another server writes in these places is no bill.
    """
    if provider == "litellm":
        return _micros(_dollars(headers.get("x-litellm-response-cost")))
    if provider != "openrouter":
        return None
    extra = getattr(usage, "model_extra", None) or {}
    own, details = extra.get("cost"), extra.get("cost_details")
    if extra.get("is_byok") and own is not None and isinstance(details, dict):  # then `cost` is the gateway's fee alone
        upstream = _dollars(details.get("upstream_inference_cost") or 0)
        fee = _dollars(own)
        own = None if fee is None or upstream is None else fee + upstream
    return _micros(_dollars(own))


def _micros(amount: Decimal | None) -> int | None:
    return None if amount is None else int((amount * MICROS).to_integral_value(ROUND_CEILING))


def _dollars(value: Any) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 <= amount <= MOST_DOLLARS else None
