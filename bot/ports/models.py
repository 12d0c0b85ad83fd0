"""Models: what is sent, what comes back, and what it cost."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.core.cost import Cost, Price, Tokens, Unpriced
from bot.core.lane import Lane

AROUND, AROUND_TURN = 1_500, 40
"""Tokens that a server may put around a conversation (its own words on how to call tools), and around each turn."""


@dataclass(frozen=True, slots=True)
class Call:
    """One action a model asks for. `arguments` is what the model wrote, parsed from JSON, not yet believed."""

    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """We speak: the task, a correction."""

    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """The model speaks. `malformed` says why its calls could not be read."""

    text: str
    calls: tuple[Call, ...] = ()
    malformed: str | None = None
    echo: str = ""
    """What the provider wants to see again unchanged when the conversation goes on. For nobody to read."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What an action brought back."""

    call: str
    text: str


Turn = Told | Said | Shown


@dataclass(frozen=True, slots=True)
class Tool:
    """`parameters` is a JSON Schema of an object."""

    name: str
    about: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Prompt:
    """Everything one call sends. The system text and the tools stay the same through an attempt, for the prompt cache."""

    system: str
    turns: tuple[Turn, ...]
    tools: tuple[Tool, ...]
    max_output_tokens: int
    seconds: float
    session: str = ""
    """Names the conversation of which this call is a part, for the provider's cache; empty for a call that stands alone."""

    @property
    def bytes(self) -> int:
        """No tokenizer makes more tokens of a text than it has bytes; with an allowance for what is put around it."""
        tools = sum(len(json.dumps([t.name, t.about, dict(t.parameters)])) for t in self.tools)
        return (
            AROUND + len(self.system.encode()) + 2 * tools + weight(self.turns)
        )  # twice: where actions are JSON, as manual and schema


def weight(turns: tuple[Turn, ...]) -> int:
    """The most tokens that these turns can be."""
    return sum(map(_weight, turns))


def _weight(turn: Turn) -> int:
    calls = json.dumps([[c.id, c.name, dict(c.arguments)] for c in turn.calls], default=str) if isinstance(turn, Said) else ""
    echo = turn.echo if isinstance(turn, Said) else ""
    return AROUND_TURN + len(turn.text.encode(errors="replace")) + len(calls) + len(echo)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of a model. Paid for when it exists, whatever it says."""

    said: Said
    tokens: Tokens | None
    """None where the server did not count them."""
    cost: Cost | Unpriced | None
    """None where neither the server says what it cost nor tokens were counted: then it is held to have been the worst."""
    model: str
    """The model that the provider says it ran; not always the one asked for."""
    cut_off: bool = False
    """It ran into the output limit; its calls are not to be believed."""


class Model(Protocol):
    def price(self, lane: Lane) -> Price | Unpriced:
        """What the lane's tokens cost, or that nobody knows; asked before any call."""
        ...

    def worst(self, lane: Lane, sent: int, made: int) -> Cost | Unpriced:
        """The most that the lane's next call can cost, if it sends and is answered with so many tokens at most."""
        ...

    def ready(self, lane: Lane) -> None:
        """Raises `Denied`, with the remedy, for what can be known to fail before any call: a missing key, say."""
        ...

    def ask(self, lane: Lane, prompt: Prompt) -> Reply:
        """Raises `Unavailable` (try later), `Moved` (ask again: the fallback answers now) or `Denied` (key, quota, model name).

        At most one request of a call may be billed: where one may have been, it raises, with `paid`.
        """
        ...
