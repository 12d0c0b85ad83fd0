"""What a lane's tokens cost: the policy's own price, else the price table, else nobody knows."""

import re
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from difflib import get_close_matches
from typing import Any

from bot.core.cost import MICROS, Cost, Price, Tokens, Unpriced, charge, worst_case
from bot.core.lane import Lane

TABLE = {"openrouter": "openrouter", "openai": "openai", "anthropic": "anthropic"}
"""Providers whose list prices the table has; what the others cost is for their owner to say."""

_DATED = re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2})$")


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices of models. Of a lane with a fallback, both models must have one."""

    def price(self, lane: Lane) -> Price | Unpriced:
        """Micro-dollars for a million tokens, at the dearest tier that the lane's context can reach, of model or fallback."""
        own = self._price(lane)
        if lane.fallback is None or isinstance(own, Unpriced):
            return own
        other = self._price(_of(lane, lane.fallback))
        return other if isinstance(other, Unpriced) else _dearer(own, other)

    def worst(self, lane: Lane, sent: int, made: int) -> Cost | Unpriced:
        """The most that a call can cost that sends so many tokens at most and is answered with so many at most."""
        if lane.price is None and not _capped(lane):
            plain, written = self._listed(lane, Tokens(sent, 0, 0, made)), self._listed(lane, Tokens(sent, 0, sent, made))
            if plain is None or written is None:
                return _unknown(lane)
            return Cost(max(plain, written), "worst_case")
        price = self._price(lane)
        return price if isinstance(price, Unpriced) else Cost(worst_case(sent, made, price), "worst_case")

    def charged(self, lane: Lane, tokens: Tokens) -> Cost | Unpriced:
        """What these tokens cost by the policy's price, else by the table's."""
        if lane.price is not None:
            return Cost(charge(tokens, _own(lane)), "policy")
        found = self._listed(lane, tokens)
        return _unknown(lane) if found is None else Cost(found, "price_table")

    def mistyped(self, lane: Lane) -> str:
        """What a lane with a price of its own may have meant to be called; empty where nothing speaks for a slip."""
        listed = lane.price is None or lane.provider not in TABLE or self._listed(lane, Tokens(1, 0, 0, 1)) is not None
        near = "" if listed else _near(lane)
        return f"{_unlisted(lane)}; did you mean `{near}`?" if near else ""

    def moved(self, lane: Lane, fallback: str) -> Lane:
        """The lane when its fallback is asked, with the price that this one has."""
        return _of(lane, fallback)

    def ceiling(self, lane: Lane) -> dict[str, float] | None:
        """OpenRouter's `max_price`, in US dollars for a million tokens: what is reckoned with is what may be charged."""
        price = self._price(lane) if lane.provider == "openrouter" else None
        if not isinstance(price, Price):
            return None
        return {"prompt": float(Decimal(price.input) / MICROS), "completion": float(Decimal(price.output) / MICROS)}

    def _price(self, lane: Lane) -> Price | Unpriced:
        if (capped := _all_capped(lane)) is not None:
            return capped
        listed = _own(lane) if lane.price is not None else _dearest(lane)
        return listed if isinstance(listed, Unpriced) else _below_cap(lane, listed)

    def _listed(self, lane: Lane, tokens: Tokens) -> int | None:
        """Micro-dollars by the table, with its tiers; None for a model that it does not have."""
        from genai_prices import Usage  # noqa: PLC0415 - 1.7 MB of prices; only where a price is asked for

        usage = Usage(
            input_tokens=tokens.input,
            cache_read_tokens=tokens.cached,
            cache_write_tokens=tokens.written,
            output_tokens=tokens.output,
        )
        found = _calculated(lane, usage)
        return None if found is None else _micros(found.total_price)


def _of(lane: Lane, model: str) -> Lane:
    """The lane with its fallback in place of its model. A price of the policy's own is the model's: the fallback has its list
    price, but on servers of the user's own, which are on no list."""
    own = lane.price if lane.provider not in TABLE else None
    return lane.model_copy(update={"model": model, "fallback": None, "price": own})


def _unknown(lane: Lane) -> Unpriced:
    remedy = f"say what it costs: models.{lane.name}.price: {{input: …, output: …}}, in US dollars for a million tokens"
    if lane.provider not in TABLE:
        return Unpriced(f"no price is known for what `{lane.provider}` serves; {remedy}")
    near = _near(lane)
    return Unpriced(f"{_unlisted(lane)}; {f'did you mean `{near}`? If not, ' if near else ''}{remedy}")


def _unlisted(lane: Lane) -> str:
    return f"the price table does not have `{lane.model}` of {lane.provider}"


def _near(lane: Lane) -> str:
    """The name in the table that a mistyped one is nearest to; empty where none is near."""
    from genai_prices.data import providers  # noqa: PLC0415 - likewise

    names = [model.id for known in providers if known.id == TABLE.get(lane.provider) for model in known.models]
    return next(iter(get_close_matches(lane.model, names, 1, 0.85)), "")


def _own(lane: Lane) -> Price:
    """The policy's price. Where prompts are cached at our wish and it does not say what writing costs, that is a quarter more."""
    assert lane.price is not None, "whoever asks has looked"
    given = lane.price.value
    wished = lane.provider == "anthropic" or (lane.provider == "openrouter" and "anthropic/" in lane.model)
    return replace(given, cache_write=-(-given.input * 5 // 4)) if wished and given.cache_write is None else given


def _dearer(one: Price, other: Price) -> Price:
    def most(name: str) -> int:
        found = (getattr(price, name) for price in (one, other))
        return max(value if value is not None else price.input for value, price in zip(found, (one, other), strict=True))

    return Price(most("input"), most("output"), most("cache_read"), most("cache_write"))


def _capped(lane: Lane) -> bool:
    return lane.provider == "openrouter" and lane.openrouter is not None and lane.openrouter.max_price is not None


def _all_capped(lane: Lane) -> Price | None:
    """The price where the policy caps both kinds of token: then no list is needed."""
    most = lane.openrouter.max_price if _capped(lane) and lane.openrouter else None
    if most is None or most.prompt is None or most.completion is None:
        return None
    return _below_cap(lane, Price(most.prompt, most.completion))


def _below_cap(lane: Lane, price: Price) -> Price:
    """The policy's own `max_price` is what OpenRouter may charge, whatever a list says."""
    most = lane.openrouter.max_price if _capped(lane) and lane.openrouter else None
    if most is None:
        return price
    sent = price.input if most.prompt is None else most.prompt
    made = price.output if most.completion is None else most.completion
    return Price(sent, made, None, -(-sent * 5 // 4))  # writing to a cache costs a quarter more than plain input


def _dearest(lane: Lane) -> Price | Unpriced:
    from genai_prices import Usage  # noqa: PLC0415 - likewise

    context = lane.max_context_tokens
    plain = _calculated(lane, Usage(input_tokens=context, output_tokens=context))
    read = _calculated(lane, Usage(input_tokens=context, cache_read_tokens=context, output_tokens=0))
    written = _calculated(lane, Usage(input_tokens=context, cache_write_tokens=context, output_tokens=0))
    if plain is None or read is None or written is None:
        return _unknown(lane)

    def each(dollars: Decimal) -> int:
        return _micros(dollars * MICROS / context)

    return Price(each(plain.input_price), each(plain.output_price), each(read.input_price), each(written.input_price))


def _calculated(lane: Lane, usage: Any) -> Any:
    """The table's reckoning, or None. It matches loosely: a name that is only near is another model."""
    from genai_prices import calc_price  # noqa: PLC0415 - likewise

    if lane.provider not in TABLE:
        return None
    try:
        made = calc_price(usage, model_ref=lane.model, provider_id=TABLE[lane.provider])
    except LookupError:
        return None
    return made if _DATED.sub("", lane.model) == _DATED.sub("", made.model.id) else None


def _micros(dollars: Decimal) -> int:
    return int((dollars * MICROS).to_integral_value(ROUND_CEILING))
