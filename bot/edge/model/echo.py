"""What a provider wants to see again, unchanged, when the conversation goes on: its model's own, mostly sealed, reasoning."""

import json
from typing import Any

from bot.ports import Said

MOST = 400_000
"""Characters; more than that is left out rather than sent again with every call."""


def keep(wire: str, blocks: Any) -> str:
    """Blocks as a text that `Said` can carry; empty where there are none, or none that could be sent again, as JSON in UTF-8."""
    if not blocks:
        return ""
    try:
        text = json.dumps([wire, blocks], ensure_ascii=True, allow_nan=False, default=str)
        json.dumps(blocks, ensure_ascii=False, default=str).encode()  # half a character, which the escapes above hide
    except (ValueError, RecursionError):
        return ""
    return text if len(text) <= MOST else ""


def of(wire: str, said: Said) -> list[Any]:
    """The blocks again, for the wire format that they came by, and for no other."""
    if not said.echo:
        return []
    name, blocks = json.loads(said.echo)
    return blocks if name == wire and isinstance(blocks, list) else []
