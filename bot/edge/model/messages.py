"""Anthropic's Messages. No forced tool, no sampling, no prefill: its current models refuse them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.edge.model import actions, echo
from bot.edge.model.sending import Heard, Sending, ran
from bot.edge.model.trouble import in_success, instead, sort
from bot.edge.model.usage import from_messages, reported
from bot.ports import Call, Prompt, Said, Shown, Told, Tool, Turn

if TYPE_CHECKING:
    from anthropic import Anthropic

Block = dict[str, Any]
WHOLE = frozenset({"end_turn", "tool_use", "stop_sequence", "refusal"})
"""Reasons to stop after which the answer is whole. `max_tokens` can cut a call so that its input reads as empty."""
THINKING = frozenset({"thinking", "redacted_thinking"})


@dataclass(slots=True)
class Messages:
    _clients: dict[tuple[str, str], "Anthropic"] = field(default_factory=dict, repr=False)

    def ask(self, sending: Sending) -> Heard:
        import anthropic  # noqa: PLC0415 - a second; only where a model is asked

        client = self._client(sending)
        with sort(anthropic, sending.key, sending.form):
            raw = client.with_options(timeout=sending.seconds).messages.with_raw_response.create(**body(sending))
            answer = raw.parse()
        return heard(answer, raw.headers, sending)

    def _client(self, sending: Sending) -> "Anthropic":
        from anthropic import Anthropic  # noqa: PLC0415 - likewise

        from bot.edge.model.punctual import client  # noqa: PLC0415 - likewise

        place = (sending.address, sending.key)
        if place not in self._clients:
            address = sending.address.rstrip("/").removesuffix("/v1")  # which the library adds
            self._clients[place] = Anthropic(base_url=address, api_key=sending.key, max_retries=0, http_client=client(address))
        return self._clients[place]


def body(sending: Sending) -> dict[str, Any]:
    prompt = sending.prompt
    made: dict[str, Any] = {"model": sending.lane.model, "max_tokens": prompt.max_output_tokens}
    if sending.form == "tools":
        made |= {"system": prompt.system, "messages": conversation(prompt), "tools": functions(prompt.tools)}
        made["tool_choice"] = {"type": "auto"}
    else:
        made |= {"system": f"{prompt.system}\n\n{sending.manual}", "messages": _merged(actions.messages(prompt))}
    if prompt.session:  # one call alone would pay for writing a cache that nobody reads
        made["cache_control"] = {"type": "ephemeral"}
    return made


def conversation(prompt: Prompt) -> list[Block]:
    """User and assistant in turn; what actions brought back stands before what we say. No block ever changes."""
    return _merged([{"role": _role(turn), "content": list(_blocks(turn))} for turn in prompt.turns])


def _merged(turns: list[Block]) -> list[Block]:
    made: list[Block] = []
    for turn in turns:
        content = turn["content"] if isinstance(turn["content"], list) else [{"type": "text", "text": turn["content"]}]
        if made and made[-1]["role"] == turn["role"]:
            made[-1]["content"] += content
        else:
            made.append({"role": turn["role"], "content": content})
    return made


def _role(turn: Turn) -> str:
    return "assistant" if isinstance(turn, Said) else "user"


def _blocks(turn: Turn) -> Iterator[Block]:
    match turn:
        case Told(text=text):
            yield {"type": "text", "text": text or "(nothing)"}
        case Shown(call=call, text=text):
            yield {"type": "tool_result", "tool_use_id": call, "content": text or "(nothing)"}
        case Said(text=text, calls=calls):
            yield from echo.of("messages", turn)
            if text.strip() or not calls:  # an empty text is refused
                yield {"type": "text", "text": text.strip() or "(no answer)"}
            for made in calls:
                yield {"type": "tool_use", "id": made.id, "name": made.name, "input": dict(made.arguments)}


def functions(tools: tuple[Tool, ...]) -> list[Block]:
    return [{"name": t.name, "description": t.about, "input_schema": dict(t.parameters)} for t in tools]


def heard(answer: Any, headers: Any, sending: Sending) -> Heard:
    content = getattr(answer, "content", None)
    if not isinstance(content, list) or getattr(answer, "type", "message") != "message":
        raise in_success(instead(answer, "Anthropic's API"), sending.key)
    text = "".join(block.text for block in content if getattr(block, "type", "") == "text" and isinstance(block.text, str))
    said = _native(content, text, sending.number) if sending.form == "tools" else actions.heard(text, sending.number)
    if answer.stop_reason == "refusal":
        said = Said(text, (), "the model refused to answer")
    usage = getattr(answer, "usage", None)
    return Heard(
        said=said,
        tokens=from_messages(usage),
        reported=reported(sending.lane.provider, usage, headers),
        model=ran(answer, headers, sending),
        cut_off=answer.stop_reason not in WHOLE,
    )


def _native(content: list[Any], text: str, number: int) -> Said:
    calls: list[Call] = []
    for index, block in enumerate(content):
        if getattr(block, "type", "") != "tool_use":
            continue
        if not isinstance(block.name, str) or not isinstance(block.input, dict) or not actions.repeatable(block.input):
            return Said(text, (), "a call whose input is no JSON object")
        calls.append(Call(actions.name(block.id, number, index), block.name, block.input))
    return Said(text, tuple(calls), echo=echo.keep("messages", list(_thought(content))))


def _thought(content: list[Any]) -> Iterator[Block]:
    for block in content:
        if getattr(block, "type", "") in THINKING:
            yield block.model_dump(mode="json", exclude_none=True, warnings=False)  # a warning would show the runner what it holds
