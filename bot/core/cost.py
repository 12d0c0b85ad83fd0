"""Money and tokens. A micro-dollar is a whole number, so sums are exact and nothing is lost to rounding."""

from decimal import ROUND_CEILING, Decimal
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from bot.core.strict import STRICT

MICROS = 1_000_000
"""Micro-dollars in a dollar, and tokens in the unit of every price."""

CHARS_PER_TOKEN = 3
"""Taken low on purpose: an estimate before a call must not be below what the call will count."""


Natural = Annotated[int, Field(ge=0)]
"""What another job hands over cannot take back what was spent."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Price:
    """Micro-dollars for a million tokens. What a price does not say of the cache is charged as plain input."""

    input: Natural
    output: Natural
    cache_read: Natural | None = None
    cache_write: Natural | None = None


@dataclass(frozen=True, slots=True, config=STRICT)
class Tokens:
    """What one or more calls used. `cached` and `written` are part of `input`, `reasoning` is part of `output`."""

    input: Natural = 0
    cached: Natural = 0
    written: Natural = 0
    output: Natural = 0
    reasoning: Natural = 0

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(
            self.input + other.input,
            self.cached + other.cached,
            self.written + other.written,
            self.output + other.output,
            self.reasoning + other.reasoning,
        )


Source = Literal["provider", "policy", "price_table", "worst_case", "unanswered"]
"""Who says what a call cost. `worst_case`: nobody, and it may have been that much; `unanswered`: it was refused, for nothing."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Cost:
    """What a call cost, in micro-dollars, and who says so."""

    micros: Natural
    source: Source
    reckoned: Natural | None = None
    """What its tokens cost by our own price, where the provider's figure is more than 5 % off."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Unpriced:
    """Nobody can say what a call costs. Never the same as nothing."""

    why: str


@dataclass(frozen=True, slots=True, config=STRICT)
class Usage:
    """What a whole attempt used.

    `guessed` counts the calls of which no answer said what they cost, so that they are held to have cost the worst; `unpriced`
    those whose cost nobody knows; `disputed` those whose figures differ by more than 5 %, and `reckoned` is what all of them
    would have cost by our price, in micro-dollars.
    """

    calls: Natural = 0
    tokens: Tokens = Tokens()
    micros: Natural = 0
    unpriced: Natural = 0
    disputed: Natural = 0
    reckoned: Natural = 0
    guessed: Natural = 0

    def plus(self, tokens: Tokens, cost: Cost | Unpriced) -> "Usage":
        if isinstance(cost, Unpriced):
            return self + Usage(1, tokens, unpriced=1)
        other = cost.reckoned
        disputed, guessed = int(other is not None), int(cost.source == "worst_case")
        return self + Usage(1, tokens, cost.micros, 0, disputed, cost.micros if other is None else other, guessed)

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.calls + other.calls,
            self.tokens + other.tokens,
            self.micros + other.micros,
            self.unpriced + other.unpriced,
            self.disputed + other.disputed,
            self.reckoned + other.reckoned,
            self.guessed + other.guessed,
        )


def apart(one: int, other: int | None) -> bool:
    """Whether two figures for the same call differ by more than 5 % of the larger, and by more than rounding makes."""
    return other is not None and abs(one - other) > 2 and 20 * abs(one - other) > max(one, other)


def charge(tokens: Tokens, price: Price) -> int:
    """Micro-dollars for these tokens, rounded up once."""
    read = price.input if price.cache_read is None else price.cache_read
    write = price.input if price.cache_write is None else price.cache_write
    plain = max(0, tokens.input - tokens.cached - tokens.written)
    total = plain * price.input + tokens.cached * read + tokens.written * write + tokens.output * price.output
    return -(-total // MICROS)


def estimate_tokens(characters: int) -> int:
    """No fewer tokens than this much text can be expected to make."""
    return -(-characters // CHARS_PER_TOKEN)


def worst_case(prompt_tokens: int, max_output_tokens: int, price: Price) -> int:
    """The most, in micro-dollars, that one call can cost: nothing read from the cache, all of it written, all output used."""
    dearest = max(price.input, price.cache_write or 0)
    return -(-(prompt_tokens * dearest + max_output_tokens * price.output) // MICROS)


def micros(dollars: str) -> int:
    """Micro-dollars of a decimal number of dollars, rounded up. Raises `ArithmeticError` for what is no finite number."""
    return int((Decimal(dollars) * MICROS).to_integral_value(ROUND_CEILING))


def exact(micros: int) -> str:
    """A decimal number of dollars that reads back as the same: `0.84`, `12.00`, `0.0125`."""
    whole, part = divmod(micros, MICROS)
    return f"{whole}.{f'{part:06d}'.rstrip('0').ljust(2, '0')}"


def dollars(micros: int) -> str:
    """`0.84`, `0.0194`, `12.40`, `0.000004`: as many places as say something, rounded up so that no sum looks too small."""
    places = 2 if micros >= MICROS else 4 if micros >= 10_000 else 6
    unit: int = 10 ** (6 - places)
    return exact(-(-micros // unit) * unit)
