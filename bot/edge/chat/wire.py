"""Between our transcript and the messages of a chat endpoint, in both modes: native tool calls, or one JSON action a turn."""

import json
from typing import Any

from bot.ports import Call, Prompt, Said, Shown, Told, Tool, Turn

Message = dict[str, Any]


# ---- native tool calls -------------------------------------------------------------------------------------------


def native(prompt: Prompt) -> list[Message]:
    """Appending a turn appends messages and changes none before it, so that a provider's prompt cache holds."""
    return [{"role": "system", "content": prompt.system}, *(_native_turn(turn) for turn in prompt.turns)]


def _native_turn(turn: Turn) -> Message:
    match turn:
        case Told(text=text):
            return {"role": "user", "content": text}
        case Shown(call=call, text=text):
            return {"role": "tool", "tool_call_id": call, "content": text}
        case Said(text=text, calls=()):
            return {"role": "assistant", "content": text or "(no answer)"}
        case Said(text=text, calls=calls):
            return {"role": "assistant", "content": text, "tool_calls": [_native_call(call) for call in calls]}


def _native_call(call: Call) -> Message:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": _dump(call.arguments)}}


def _dump(value: Any) -> str:
    return json.dumps(dict(value), sort_keys=True, ensure_ascii=True)


def functions(tools: tuple[Tool, ...]) -> list[Message]:
    return [
        {"type": "function", "function": {"name": t.name, "description": t.about, "parameters": dict(t.parameters)}} for t in tools
    ]


def heard_native(message: Any, number: int) -> Said:
    """What a message says. Its calls count whatever the finish reason says of them."""
    text = message.content if isinstance(message.content, str) else ""
    calls: list[Call] = []
    for index, call in enumerate(message.tool_calls or ()):
        function = getattr(call, "function", None)
        if function is None or not isinstance(function.name, str) or not isinstance(function.arguments or "", str):
            return Said(text, (), "a call that is no function call")
        arguments = _object(function.arguments or "{}")
        if arguments is None:
            return Said(text, (), f"the arguments of `{function.name}` are no JSON object")
        calls.append(Call(call.id or f"call-{number}-{index}", function.name, arguments))
    return Said(text, tuple(calls))


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


# ---- one JSON action a turn --------------------------------------------------------------------------------------


def plain(prompt: Prompt, manual: str) -> list[Message]:
    """The same conversation for a model without tool calls: `manual` describes the actions, an action is a JSON text."""
    return [
        {"role": "system", "content": f"{prompt.system}\n\n{manual}"},
        *(_plain_turn(turn) for turn in prompt.turns),
    ]


def _plain_turn(turn: Turn) -> Message:
    match turn:
        case Told(text=text) | Shown(text=text):
            return {"role": "user", "content": text}
        case Said(text=text, calls=calls):
            said = json.dumps({"action": calls[0].name, **calls[0].arguments}) if calls else text
            return {"role": "assistant", "content": said or "(no answer)"}


def schema(tools: tuple[Tool, ...]) -> Message:
    """One object a turn: `action` first, so that a constrained decoder knows the arguments that follow."""
    return {
        "type": "json_schema",
        "json_schema": {"name": "action", "strict": True, "schema": {"anyOf": [_variant(tool) for tool in tools]}},
    }


def _variant(tool: Tool) -> Message:
    properties = {"action": {"type": "string", "const": tool.name}, **tool.parameters["properties"]}
    required = ["action", *tool.parameters["required"]]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def heard_plain(text: str, number: int) -> Said:
    """The first JSON object of a reply, whatever stands around it."""
    start = text.find("{")
    try:
        value, _ = json.JSONDecoder().raw_decode(text[start:]) if start >= 0 else (None, 0)
    except (json.JSONDecodeError, RecursionError):
        value = None
    if not isinstance(value, dict) or not isinstance(value.get("action"), str):
        return Said(text, (), 'the reply is not one JSON object with an "action"')
    arguments = {key: inner for key, inner in value.items() if key != "action"}
    return Said(text, (Call(f"call-{number}", value["action"], arguments),))
