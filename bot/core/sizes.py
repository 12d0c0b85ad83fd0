"""How much a model can hold, as the server that runs it says in its list of models. The list is hostile until parsed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MOST_TOKENS = 100_000_000
"""A figure above this is no size."""
OUR_FIELDS = ("context_length", "max_model_len", "meta.n_ctx", "meta.n_ctx_train")
"""Of OpenRouter, of vLLM, and of llama.cpp: what it was started with, and what the model was trained for."""
TRAINED = "meta.n_ctx_train"


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens of prompt and answer together, and the field that says so."""

    tokens: int
    field: str


@dataclass(frozen=True, slots=True)
class Silent:
    """The server does not say, or what it says cannot be believed."""

    why: str


def listed(data: bytes, model: str) -> Window | Silent:
    """From the answer to `GET /models`: the entry of that id, else the only one of a server that has no other."""
    rows = _rows(data)
    if isinstance(rows, Silent):
        return rows
    found = [row for row in rows if row.get("id") == model]
    found = found or [row for row in rows if row.get("id") == model.rpartition(":")[0]]  # `:nitro` and the like
    found = found or (rows if len(rows) == 1 else [])
    if not found:
        return Silent("the server's list of models does not have it")
    return min((_size(row) for row in found), key=_least)


def informed(data: bytes, model: str) -> Window | Silent:
    """From the answer to LiteLLM's `GET /model/info`: the least of what stands behind the name."""
    rows = _rows(data)
    if isinstance(rows, Silent):
        return rows
    infos = [row.get("model_info") for row in rows if row.get("model_name") == model]
    if not infos:
        return Silent("the gateway's list of models does not have it")
    return min((_window(info, "max_input_tokens") for info in infos if isinstance(info, dict)), key=_least, default=_NOTHING)


_NOTHING = Silent("the server does not say how much it holds")


def _least(found: Window | Silent) -> int:
    """Silence last: one entry that says nothing hides none that does."""
    return found.tokens if isinstance(found, Window) else MOST_TOKENS + 1


def _rows(data: bytes) -> list[dict[str, Any]] | Silent:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return Silent("the server's list of models is no JSON")
    rows = value.get("data") if isinstance(value, dict) else None
    if not isinstance(rows, list):
        return Silent("the server's list of models has no `data`")
    return [row for row in rows if isinstance(row, dict)]


def _size(row: dict[str, Any]) -> Window | Silent:
    said = [_window(row, field) for field in OUR_FIELDS]
    return next((found for found in said if isinstance(found, Window)), said[0] if any(_there(row)) else _NOTHING)


def _there(row: dict[str, Any]) -> Iterator[bool]:
    return (_at(row, field) is not None for field in OUR_FIELDS)


def _at(row: dict[str, Any], field: str) -> Any:
    outer, _, inner = field.rpartition(".")
    held = row.get(outer) if outer else row
    return held.get(inner) if isinstance(held, dict) else None


def _window(row: dict[str, Any], field: str) -> Window | Silent:
    value = _at(row, field)
    if value is None:
        return _NOTHING
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MOST_TOKENS:
        return Silent(f"the server's `{field}` is no number of tokens")
    return Window(value, field)
