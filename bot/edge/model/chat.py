"""Chat Completions: OpenRouter, LiteLLM, vLLM, and every server that calls itself OpenAI-compatible."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.core.clean import line
from bot.edge.model import actions, echo
from bot.edge.model.sending import Heard, Sending, ran
from bot.edge.model.trouble import in_success, instead, sort
from bot.edge.model.usage import from_chat, reported
from bot.ports import Call, Prompt, Said, Shown, Told, Tool, Turn

if TYPE_CHECKING:
    from openai import OpenAI

Message = dict[str, Any]
CUT = frozenset({None, "length", "content_filter", "error"})
"""Reasons to finish after which calls are not to be believed: the answer is not whole."""
CACHED_ON_REQUEST = ("anthropic/", "~anthropic/")
"""OpenRouter's models whose prompts are cached only where a request says so."""


@dataclass(slots=True)
class Chat:
    _clients: dict[tuple[str, str], "OpenAI"] = field(default_factory=dict, repr=False)

    def ask(self, sending: Sending) -> Heard:
        import openai  # noqa: PLC0415 - half a second; only where a model is asked

        client = connect(self._clients, sending)
        with sort(openai, sending.key, sending.form):
            raw = client.with_options(timeout=sending.seconds).chat.completions.with_raw_response.create(**body(sending))
            answer = raw.parse()
        return heard(answer, raw.headers, sending)


def connect(clients: dict[tuple[str, str], "OpenAI"], sending: Sending) -> "OpenAI":
    """One client for an address and a key. Everything that it would take from the environment is said here."""
    from openai import OpenAI  # noqa: PLC0415 - likewise

    from bot.edge.model.punctual import client  # noqa: PLC0415 - likewise

    place = (sending.address, sending.key)
    if place not in clients:
        http = client(sending.address)
        clients[place] = OpenAI(
            base_url=sending.address, api_key=sending.key, max_retries=0, organization="", project="", http_client=http
        )
    return clients[place]


def body(sending: Sending) -> dict[str, Any]:
    lane, prompt, form = sending.lane, sending.prompt, sending.form
    made: dict[str, Any] = {"model": lane.model, "max_tokens": prompt.max_output_tokens}
    if lane.provider == "openai":  # its newer models know only this name
        made["max_completion_tokens"] = made.pop("max_tokens")
    if form == "tools":
        made |= {"messages": native(prompt), "tools": functions(prompt.tools), "tool_choice": "auto"}
    else:
        system = {"role": "system", "content": f"{prompt.system}\n\n{sending.manual}"}
        made["messages"] = [system, *actions.messages(prompt)]
    if form == "schema":
        made["response_format"] = {"type": "json_schema", "json_schema": actions.schema(prompt.tools)}
    elif form == "object":
        made["response_format"] = {"type": "json_object"}
    if lane.provider == "openrouter":
        made["extra_body"] = _openrouter(sending)
    elif lane.provider == "openai" and prompt.session:
        made["prompt_cache_key"] = prompt.session
    return made


def _openrouter(sending: Sending) -> dict[str, Any]:
    """What only OpenRouter understands: where to go, at what price at most, and to stay there so that its cache holds."""
    lane, session = sending.lane, sending.prompt.session
    own = lane.openrouter.model_dump(mode="json", exclude_none=True) if lane.openrouter else {}
    if sending.ceiling is not None:
        own["max_price"] = own.get("max_price", {}) | sending.ceiling
    extra: dict[str, Any] = {"provider": own} if own else {}
    if session:
        extra["session_id"] = session
        if lane.model.startswith(CACHED_ON_REQUEST):
            extra["cache_control"] = {"type": "ephemeral"}
    return extra


def native(prompt: Prompt) -> list[Message]:
    """Appending a turn appends messages and changes none before it, so that a provider's prompt cache holds."""
    return [{"role": "system", "content": prompt.system}, *(_turn(turn) for turn in prompt.turns)]


def _turn(turn: Turn) -> Message:
    match turn:
        case Told(text=text):
            return {"role": "user", "content": text}
        case Shown(call=call, text=text):
            return {"role": "tool", "tool_call_id": call, "content": text}
        case Said(text=text, calls=calls):
            made: Message = {"role": "assistant", "content": text or ("" if calls else "(no answer)")}
            if calls:
                made["tool_calls"] = [_call(call) for call in calls]
            if details := echo.of("chat", turn):
                made["reasoning_details"] = details
            return made


def _call(call: Call) -> Message:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": actions.dump(call.arguments)}}


def functions(tools: tuple[Tool, ...]) -> list[Message]:
    return [
        {"type": "function", "function": {"name": t.name, "description": t.about, "parameters": dict(t.parameters)}} for t in tools
    ]


def heard(answer: Any, headers: Any, sending: Sending) -> Heard:
    choices = getattr(answer, "choices", None)
    if not choices or getattr(choices[0], "message", None) is None:
        raise in_success(instead(answer, "an OpenAI-compatible API"), sending.key)
    message, finish = choices[0].message, choices[0].finish_reason
    text = message.content if isinstance(message.content, str) else ""
    said = _native(message, text, sending.number) if sending.form == "tools" else actions.heard(text, sending.number)
    whole = finish == "length" and sending.form != "tools" and said.malformed is None  # a whole object came before the limit
    usage = getattr(answer, "usage", None)
    return Heard(
        said=said,
        tokens=from_chat(usage),
        reported=reported(sending.lane.provider, usage, headers),
        model=ran(answer, headers, sending),
        cut_off=finish in CUT and not whole,
    )


def _native(message: Any, text: str, number: int) -> Said:
    """What a message says. Its calls count whatever the finish reason says of them."""
    kept = echo.keep("chat", (getattr(message, "model_extra", None) or {}).get("reasoning_details"))
    calls: list[Call] = []
    for index, call in enumerate(message.tool_calls or ()):
        function = getattr(call, "function", None)
        if function is None or not isinstance(function.name, str) or not isinstance(function.arguments or "", str):
            return Said(text, (), "a call that is no function call")
        arguments = actions.arguments(function.arguments)
        if arguments is None:
            return Said(text, (), f"the arguments of `{line(function.name, 40)}` are no JSON object")
        calls.append(Call(actions.name(call.id, number, index), function.name, arguments))
    return Said(text, tuple(calls), echo=kept)
