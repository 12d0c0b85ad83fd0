"""OpenAI's Responses: the one way in which its current models take tool calls. Nothing is left on the server."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.core.clean import line
from bot.edge.model import actions, echo
from bot.edge.model.chat import connect
from bot.edge.model.sending import Heard, Sending, ran
from bot.edge.model.trouble import in_success, instead, sort
from bot.edge.model.usage import from_responses, reported
from bot.ports import Call, Prompt, Said, Shown, Told, Tool, Turn

if TYPE_CHECKING:
    from openai import OpenAI

Piece = dict[str, Any]


@dataclass(slots=True)
class Responses:
    _clients: dict[tuple[str, str], "OpenAI"] = field(default_factory=dict, repr=False)

    def ask(self, sending: Sending) -> Heard:
        import openai  # noqa: PLC0415 - half a second; only where a model is asked

        client = connect(self._clients, sending)
        with sort(openai, sending.key, sending.form):
            raw = client.with_options(timeout=sending.seconds).responses.with_raw_response.create(**body(sending))
            answer = raw.parse()
        return heard(answer, raw.headers, sending)


def body(sending: Sending) -> dict[str, Any]:
    prompt = sending.prompt
    made: dict[str, Any] = {
        "model": sending.lane.model,
        "max_output_tokens": prompt.max_output_tokens,
        "store": False,
        "include": ["reasoning.encrypted_content"],
    }
    if sending.form == "tools":
        made |= {"instructions": prompt.system, "input": pieces(prompt), "tools": functions(prompt.tools), "tool_choice": "auto"}
    else:
        made |= {"instructions": f"{prompt.system}\n\n{sending.manual}", "input": actions.messages(prompt)}
    if prompt.session and sending.lane.provider == "openai":
        made["prompt_cache_key"] = prompt.session
    return made


def pieces(prompt: Prompt) -> list[Piece]:
    """Appending a turn appends pieces and changes none before it, so that the prompt cache holds."""
    return [piece for turn in prompt.turns for piece in _turn(turn)]


def _turn(turn: Turn) -> Iterator[Piece]:
    match turn:
        case Told(text=text):
            yield {"role": "user", "content": text}
        case Shown(call=call, text=text):
            yield {"type": "function_call_output", "call_id": call, "output": text}
        case Said(text=text, calls=calls):
            yield from echo.of("responses", turn)
            if text or not calls:
                yield {"role": "assistant", "content": text or "(no answer)"}
            for made in calls:
                yield {"type": "function_call", "call_id": made.id, "name": made.name, "arguments": actions.dump(made.arguments)}


def functions(tools: tuple[Tool, ...]) -> list[Piece]:
    return [
        {"type": "function", "name": t.name, "description": t.about, "parameters": dict(t.parameters), "strict": False}
        for t in tools
    ]


def heard(answer: Any, headers: Any, sending: Sending) -> Heard:
    output = getattr(answer, "output", None)
    error = getattr(answer, "error", None)
    if not isinstance(output, list) or error is not None or answer.status in ("failed", "cancelled"):
        raise in_success(_instead(answer, error), sending.key)
    text = "".join(_texts(output))
    said = _native(output, text, sending.number) if sending.form == "tools" else actions.heard(text, sending.number)
    usage = getattr(answer, "usage", None)
    return Heard(
        said=said,
        tokens=from_responses(usage),
        reported=reported(sending.lane.provider, usage, headers),
        model=ran(answer, headers, sending),
        cut_off=answer.status != "completed",
    )


def _instead(answer: Any, error: Any) -> Any:
    if error is None:
        return instead(answer, "OpenAI's API")
    return {"error": {"code": getattr(error, "code", None), "message": str(getattr(error, "message", error))}}


def _texts(output: list[Any]) -> Iterator[str]:
    for item in output:
        for part in (getattr(item, "content", None) or ()) if getattr(item, "type", "") == "message" else ():
            found = getattr(part, "text", None) or getattr(part, "refusal", None)
            if isinstance(found, str):
                yield found


def _native(output: list[Any], text: str, number: int) -> Said:
    calls: list[Call] = []
    for index, item in enumerate(output):
        if getattr(item, "type", "") != "function_call":
            continue
        name, raw = getattr(item, "name", None), getattr(item, "arguments", None)
        if not isinstance(name, str) or not isinstance(raw or "", str):
            return Said(text, (), "a call that is no function call")
        arguments = actions.arguments(raw or "")
        if arguments is None:
            return Said(text, (), f"the arguments of `{line(name, 40)}` are no JSON object")
        calls.append(Call(actions.name(getattr(item, "call_id", None), number, index), name, arguments))
    return Said(text, tuple(calls), echo=echo.keep("responses", list(_reasoning(output))))


def _reasoning(output: list[Any]) -> Iterator[Piece]:
    """The model's sealed reasoning, to be shown to it again; without its seal a stateless server does not know it."""
    for item in output:
        if getattr(item, "type", "") == "reasoning" and getattr(item, "encrypted_content", None):
            kept = item.model_dump(mode="json", exclude_none=True, warnings=False)  # one would show the runner what it holds
            yield {name: kept[name] for name in ("type", "id", "summary", "encrypted_content") if name in kept}
