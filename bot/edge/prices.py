"""What a lane's tokens cost: the policy's own price, else the price table, else nobody knows."""

import re
from decimal import ROUND_CEILING, Decimal

from bot.core.cost import MICROS, Price, Unpriced
from bot.core.policy import Lane

TABLE = {"openrouter": "openrouter", "openai": "openai", "anthropic": "anthropic"}
"""Providers whose list prices the table has; what the others cost is for their owner to say."""

_DATED = re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2})$")


def price(lane: Lane) -> Price | Unpriced:
    """Micro-dollars for a million tokens, at the dearest tier that the lane's context can reach."""
    if lane.price is not None:
        return lane.price.value
    remedy = f"say what it costs: models.{lane.name}.price: {{input: …, output: …}}, in US dollars for a million tokens"
    if lane.provider not in TABLE:
        return Unpriced(f"no price is known for what `{lane.provider}` serves; {remedy}")
    dearest: Price | None = None
    for model in filter(None, (lane.model, lane.fallback)):  # either may be what is paid for
        found = _listed(model, TABLE[lane.provider], lane.max_context_tokens)
        if found is None:
            return Unpriced(f"the price table does not have `{model}` of {lane.provider}; {remedy}")
        dearest = found if dearest is None else _dearer(dearest, found)
    assert dearest is not None, "a lane has a model"
    return dearest


def _dearer(one: Price, other: Price) -> Price:
    def most(name: str) -> int:
        return max(getattr(one, name) or 0, getattr(other, name) or 0)

    return Price(most("input"), most("output"), most("cache_read"), most("cache_write"))


def _listed(model: str, provider: str, context: int) -> Price | None:
    from genai_prices import Usage, calc_price  # noqa: PLC0415 - 1.7 MB of prices; only where a price is asked for

    def dollars(usage: Usage, per: int) -> tuple[Decimal, Decimal, str]:
        made = calc_price(usage, model_ref=model, provider_id=provider)
        return made.input_price * MICROS / per, made.output_price * MICROS / per, made.model.id

    try:
        plain, output, name = dollars(Usage(input_tokens=context, output_tokens=context), context)
        read, _, _ = dollars(Usage(input_tokens=context, cache_read_tokens=context, output_tokens=0), context)
        write, _, _ = dollars(Usage(input_tokens=context, cache_write_tokens=context, output_tokens=0), context)
    except LookupError:
        return None
    if _DATED.sub("", model) != _DATED.sub("", name):  # the table matches loosely: a name that is near is another model
        return None
    return Price(_micros(plain), _micros(output), _micros(read), _micros(write))


def _micros(dollars_for_a_million: Decimal) -> int:
    return int((dollars_for_a_million * MICROS).to_integral_value(ROUND_CEILING))
