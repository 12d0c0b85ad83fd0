"""Models: what is sent, what comes back, and what it cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.core.cost import Cost, Price, Tokens, Unpriced
from bot.core.policy import Lane


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


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of a model. Paid for when it exists, whatever it says."""

    said: Said
    tokens: Tokens
    cost: Cost | Unpriced
    model: str
    """The model that the provider says it ran; not always the one asked for."""
    cut_off: bool = False
    """It ran into the output limit; its calls are not to be believed."""
    lost: int = 0
    """Calls before it that may have been billed, though no reply of theirs could be read."""


class Model(Protocol):
    def price(self, lane: Lane) -> Price | Unpriced:
        """What the lane's tokens cost, or that nobody knows; asked before any call."""
        ...

    def ready(self, lane: Lane) -> None:
        """Raises `Denied`, with the remedy, for what can be known to fail before any call: a missing key, say."""
        ...

    def ask(self, lane: Lane, prompt: Prompt) -> Reply:
        """Raises `Unavailable` (try later, or the fallback) or `Denied` (key, quota, model name)."""
        ...
