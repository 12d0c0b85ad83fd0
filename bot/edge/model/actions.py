"""One JSON action a turn, for models and servers without tool calls; a manual in the system text describes the actions."""

import json
from collections.abc import Iterator
from typing import Any

from bot.core.clean import sendable
from bot.ports import Call, Prompt, Said, Shown, Told, Tool, Turn

Message = dict[str, Any]


def messages(prompt: Prompt) -> list[Message]:
    """The conversation in texts alone: what an action brought back is what we say next."""
    return [_turn(turn) for turn in prompt.turns]


def _turn(turn: Turn) -> Message:
    match turn:
        case Told(text=text) | Shown(text=text):
            return {"role": "user", "content": text}
        case Said(text=text, calls=calls):
            said = json.dumps({"action": calls[0].name, **calls[0].arguments}) if calls else text
            return {"role": "assistant", "content": said or "(no answer)"}


def schema(tools: tuple[Tool, ...]) -> Message:
    """One object a turn: `action` first, so that a constrained decoder knows the arguments that follow."""
    return {"name": "action", "strict": True, "schema": {"anyOf": [_variant(tool) for tool in tools]}}


def _variant(tool: Tool) -> Message:
    properties = {"action": {"type": "string", "const": tool.name}, **tool.parameters["properties"]}
    required = ["action", *tool.parameters["required"]]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def heard(text: str, number: int) -> Said:
    """The first JSON object of a reply, whatever stands around it."""
    start = text.find("{")
    try:
        value, _ = json.JSONDecoder().raw_decode(text[start:]) if start >= 0 else (None, 0)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or not isinstance(value.get("action"), str) or not repeatable(value):
        return Said(text, (), 'the reply is not one JSON object with an "action"')
    arguments = {key: inner for key, inner in value.items() if key != "action"}
    return Said(text, (Call(f"call-{number}", value["action"], arguments),))


def arguments(text: str) -> dict[str, Any] | None:
    """The arguments of a native call; None where they are no JSON object."""
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and repeatable(value) else None


def repeatable(value: Any) -> bool:
    """Whether it can be sent again: Python reads NaN and numbers beyond bounds where no JSON has any, and halves of characters."""
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode(errors="surrogateescape")
    except (ValueError, TypeError, RecursionError):
        return False
    return True


MOST_NAME = 200
"""Characters of a call's name; providers' own have fewer than a hundred."""


def name(value: Any, number: int, index: int) -> str:
    """What a call is answered under: the provider's own name for it, or one of ours where that is none."""
    sound = isinstance(value, str) and 0 < len(value) <= MOST_NAME and sendable(value) == value
    return value if sound else f"call-{number}-{index}"


def words(value: Any) -> Iterator[str]:
    """Every text in what a call is given, as it will be written: JSON has some of its letters otherwise."""
    left = [value]
    while left:  # and no recursion: a model says how deep it is
        match left.pop():
            case str() as text:
                yield text
            case dict() as pairs:
                left += [*pairs.keys(), *pairs.values()]
            case list() as several:
                left += several
            case _:
                pass


def dump(value: Any) -> str:
    """The same text every time, so that a provider's prompt cache holds."""
    return json.dumps(dict(value), sort_keys=True, ensure_ascii=True)
