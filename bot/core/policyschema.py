"""The policy's JSON Schema and its table of keys, generated from the values that are obeyed."""

import json
from typing import Any

from bot.core.cost import MICROS
from bot.core.policy import Policy
from bot.core.yamlfile import Path, dotted


def _in_dollars(made: dict[str, Any]) -> dict[str, Any]:
    """A default is what stands in a file, not the micro-dollars that are made of it."""
    for part in made["$defs"].values():
        for name, inner in part.get("properties", {}).items():
            if name.endswith("_usd") and isinstance(inner.get("default"), int):
                inner["default"] /= MICROS
    return made


_SCHEMA = _in_dollars(Policy.model_json_schema())


def schema() -> str:
    """JSON Schema, Draft 2020-12, for editors."""
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", **_SCHEMA, "title": "route-agent policy"}
    return json.dumps(made, indent=1, sort_keys=True, default=str) + "\n"


def names_at(path: Path) -> tuple[str, ...]:
    """The keys that may stand at a place; empty where any may."""
    node = _SCHEMA
    for part in path:
        node = _below(node, part)
    return tuple(_resolved(node).get("properties", {}))


def _below(node: dict[str, Any], part: str | int) -> dict[str, Any]:
    node = _resolved(node)
    if isinstance(part, int):
        return dict(node.get("items", {}))
    named = node.get("properties", {}).get(part)
    free: object = node.get("additionalProperties") or next(iter(node.get("patternProperties", {}).values()), {})
    found: object = named or free
    return found if isinstance(found, dict) else {}


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    """The node itself, behind references and "or null"."""
    while "$ref" in node or "anyOf" in node or len(node.get("allOf", ())) == 1:
        if "$ref" in node:
            node = _SCHEMA["$defs"][node["$ref"].rpartition("/")[2]]
        else:
            options = node.get("anyOf") or node["allOf"]
            node = next((option for option in options if option.get("type") != "null"), {})
    return node


def reference() -> str:
    """A Markdown table of every key: type, default, meaning."""
    rows = ["| key | type | default | meaning |", "|---|---|---|---|"]
    return "\n".join(rows + list(_rows(_SCHEMA, ()))) + "\n"


def _rows(node: dict[str, Any], path: Path) -> list[str]:
    plain = _resolved(node)
    found: list[str] = []
    for name, inner in plain.get("properties", {}).items():
        found += _row(inner, (*path, name), required=name in plain.get("required", ()))
    free = plain.get("additionalProperties") or next(iter(plain.get("patternProperties", {}).values()), None)
    if isinstance(free, dict) and "properties" in _resolved(free):
        found += _rows(free, (*path, "NAME"))
    return found


def _row(inner: dict[str, Any], path: Path, *, required: bool) -> list[str]:
    plain = _resolved(inner)
    deeper = _rows(inner, path)
    if not deeper and plain.get("type") == "array" and "properties" in _resolved(plain.get("items", {})):
        deeper = _rows(plain["items"], (*path, 0))
    if deeper and plain.get("type") == "object":
        return deeper
    default = "required" if required else _default(inner)
    about = " ".join(str(inner.get("description", plain.get("description", ""))).split())
    return [f"| `{dotted(path).replace('[0]', '[]')}` | {_type(plain)} | {default} | {about} |", *deeper]


def _default(inner: dict[str, Any]) -> str:
    value = inner.get("default")
    return f"`{json.dumps(value)}`" if value not in (None, [], {}, ()) else ""


def _type(plain: dict[str, Any]) -> str:
    if "enum" in plain:
        return " \\| ".join(f"`{value}`" for value in plain["enum"])
    if plain.get("type") == "array":
        return f"list of {_type(_resolved(plain.get('items', {})))}"
    return str(plain.get("type", "any"))
