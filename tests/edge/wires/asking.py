"""A model asked over each of the three wire formats, with the real SDKs."""

from typing import Any

from bot.ports import Prompt, Told
from tests.edge.test_model import TOOLS, Bed

APIS = ("chat", "responses", "messages")
PATHS = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages"}


def ask(bed: Bed, api: str, *answers: Any, turns: tuple[Any, ...] = (Told("task"),), session: str = "", **more: Any) -> Any:
    bed.server.script("m", list(answers))
    return bed.chat.ask(bed.lane(api=api, **more), Prompt("system", turns, TOOLS, 500, 60, session))
