"""What every wire format is given to send, and what it makes of the answer."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from bot.core.clean import line
from bot.core.cost import Cost, Price, Tokens, Unpriced
from bot.core.lane import Lane
from bot.ports import Prompt, Said

Form = Literal["tools", "schema", "object", "text"]
"""How actions are asked for: native tool calls; one JSON action a turn, by its schema, as any JSON, or in words alone."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One call. `manual` describes the actions where there are no tool calls; `ceiling` is OpenRouter's `max_price`."""

    lane: Lane
    prompt: Prompt
    form: Form
    manual: str
    address: str
    key: str
    seconds: float
    number: int
    """Which call of this process it is: makes names for calls that have none."""
    ceiling: dict[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer, with nothing in it taken for granted."""

    said: Said
    tokens: Tokens | None
    """None where the server did not count them, or counted what cannot be."""
    reported: int | None
    """Micro-dollars, as the provider says; None where it does not."""
    model: str
    cut_off: bool


def ran(answer: Any, headers: Any, sending: Sending) -> str:
    """The model that answered. LiteLLM answers under its alias; the model itself stands in a header."""
    named = headers.get("x-litellm-model-name")
    return line(str(named or getattr(answer, "model", None) or sending.lane.model), 120)


class Pricing(Protocol):
    """What calls cost; see `bot.edge.prices`."""

    def price(self, lane: Lane) -> Price | Unpriced: ...

    def worst(self, lane: Lane, sent: int, made: int) -> Cost | Unpriced: ...

    def charged(self, lane: Lane, tokens: Tokens) -> Cost | Unpriced: ...

    def moved(self, lane: Lane, fallback: str) -> Lane: ...

    def ceiling(self, lane: Lane) -> dict[str, float] | None: ...


class Wire(Protocol):
    """One wire format. Raises what `trouble` makes of failures."""

    def ask(self, sending: Sending) -> Heard: ...
