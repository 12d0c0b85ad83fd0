"""The product's own model adapter, as these tests use it. Its constructor is called here and nowhere else."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.core.keys import Keys
from bot.core.lane import Lane
from bot.edge.model.asking import Models, Timing
from bot.edge.prices import Prices
from bot.edge.render import Templates
from bot.ports import Model, Prompt, Reply, Told, Tool, Turn
from bot.voice import templates

ROUTES = {"chat": ("openai_compatible", "/v1"), "responses": ("openai_compatible", "/v1"), "messages": ("anthropic", "/anthropic")}
"""For each wire format the provider that a lane names, and the path that llmock gives it."""
APIS = ("chat", "responses", "messages")
"""The wire formats that the product speaks: what is named here is tested against the real servers."""

KEY = "K"
_READ = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"], "additionalProperties": False}
TOOLS = (Tool("read", "Show a file.", _READ),)


def model(keys: Mapping[str, str], told: list[str]) -> Model:
    """On the real clock: how long we wait is part of what is judged."""
    timing = Timing(time.monotonic, time.sleep, random.random)
    return Models(Keys(keys, "anywhere"), Prices(), Templates(templates()), timing, told.append)


@dataclass(slots=True)
class Product:
    """One adapter with one key. `told` is what it tells the user on the way."""

    base_url: str
    key: str
    provider: str = "openai_compatible"
    told: list[str] = field(default_factory=list)
    model: Model = field(init=False)

    def __post_init__(self) -> None:
        self.model = model({KEY: self.key}, self.told)

    def lane(self, name: str, **more: Any) -> Lane:
        given = {"name": "fast", "provider": self.provider, "model": name, "base_url": self.base_url, "api_key_env": KEY}
        return Lane(**(given | {"timeout_seconds": 30} | more))

    def ask(self, name: str, *turns: Turn | str, seconds: float = 30.0, **more: Any) -> Reply:
        said = tuple(Told(turn) if isinstance(turn, str) else turn for turn in turns) or (Told("Show a.py."),)
        return self.model.ask(self.lane(name, **more), Prompt("You fix bugs.", said, TOOLS, 256, seconds))
