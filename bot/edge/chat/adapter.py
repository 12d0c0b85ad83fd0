"""The model port over an OpenAI-compatible chat endpoint: one request at a time, retried within a deadline, never trusted."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.core.clean import line, redact
from bot.core.cost import MICROS, Cost, Price, Tokens, Unpriced, charge, estimate_tokens
from bot.core.policy import KEYS, Lane
from bot.edge.chat import wire
from bot.edge.chat.trouble import NoSchema, NoTools, Passing, sort
from bot.ports import Denied, Prompt, Renderer, Reply, Said, TooLong, Unavailable

if TYPE_CHECKING:
    from openai import OpenAI

ADDRESSES = {"openrouter": "https://openrouter.ai/api/v1", "openai": "https://api.openai.com/v1"}
OWN_SERVERS = ("litellm", "vllm", "openai_compatible")
"""Servers of the user's own, which may ask for no key."""
MOST_DOLLARS = 10_000
"""A figure above this for one call is no figure."""
TRIES, BACKOFF, LONGEST_WAIT = 4, 0.5, 60.0


@dataclass(frozen=True, slots=True)
class Timing:
    """Time and chance, so that waiting can be tested. `jitter` gives a number from 0 to 1."""

    seconds: Callable[[], float]
    sleep: Callable[[float], None]
    jitter: Callable[[], float]


@dataclass(slots=True)
class Chat:
    keys: Mapping[str, str]
    """The environment's variables; only the key's is read, by name."""
    pricing: Callable[[Lane], Price | Unpriced]
    render: Renderer
    timing: Timing
    tell: Callable[[str], None]
    _clients: dict[tuple[str, str], "OpenAI"] = field(default_factory=dict, repr=False)
    _mode: dict[str, str] = field(default_factory=dict)
    """What a lane's server turned out to understand, where that is less than the policy says."""
    _count: int = 0

    def price(self, lane: Lane) -> Price | Unpriced:
        return self.pricing(lane)

    def ready(self, lane: Lane) -> None:
        if lane.provider == "anthropic":
            other = "use provider openrouter, or openai_compatible with a base_url"
            raise Denied(f"models.{lane.name}: this version does not speak Anthropic's own API; {other}")
        self._key(lane)

    def ask(self, lane: Lane, prompt: Prompt) -> Reply:
        self.ready(lane)
        deadline = self.timing.seconds() + min(prompt.seconds, lane.timeout_seconds)
        try:
            return self._tries(lane, prompt, deadline)
        except Unavailable as error:
            if lane.fallback is None:
                raise
            self.tell(f"{lane.name}: {lane.model} is out of reach; its fallback {lane.fallback} is asked")
            second = self.timing.seconds() + min(prompt.seconds, lane.timeout_seconds)
            return replace(self._tries(replace_model(lane), prompt, second), lost=int(error.paid))

    def _tries(self, lane: Lane, prompt: Prompt, deadline: float) -> Reply:
        """One reply, by as many tries as the deadline and the kind of trouble allow."""
        wait = 0.0
        for number in range(TRIES):
            left = deadline - self.timing.seconds()
            try:
                return self._once(lane, prompt, left)
            except (NoTools, NoSchema) as less:
                self._settle_for_less(lane, less)
            except Passing as trouble:
                wait = max(trouble.after, BACKOFF * 2**number * (0.5 + self.timing.jitter() / 2))
                last = trouble
                if trouble.paid:  # it may be billed: whoever asked books it before asking again
                    raise Unavailable(self._say(lane, str(trouble)), paid=True) from None
                if number == TRIES - 1 or wait > min(LONGEST_WAIT, deadline - self.timing.seconds()):
                    raise Unavailable(self._say(lane, str(last)), paid=last.paid) from None
                self.timing.sleep(wait)
        raise Unavailable(self._say(lane, "no answer in a form that could be read"))

    def _settle_for_less(self, lane: Lane, less: NoTools | NoSchema) -> None:
        mode = self._mode.get(lane.name, lane.api)
        lower = {"chat": "chat_json", "chat_json": "json_object", "json_object": "text"}
        if mode not in lower or (isinstance(less, NoTools) and mode != "chat"):
            raise Denied(self._say(lane, str(less)))
        self._mode[lane.name] = lower[mode]
        if mode == "chat":
            self.tell(f"{lane.name}: the server takes no tool calls; actions are asked for as JSON, as with `api: chat_json`")

    def _once(self, lane: Lane, prompt: Prompt, seconds: float) -> Reply:
        if seconds <= 0:
            raise Unavailable(self._say(lane, f"no answer within {lane.timeout_seconds} s"), paid=True)
        self._count += 1
        mode = self._mode.get(lane.name, lane.api)
        try:
            return self._answered(lane, prompt, mode, seconds)
        except TooLong:
            raise
        except Denied as error:
            raise Denied(self._say(lane, str(error))) from None

    def _answered(self, lane: Lane, prompt: Prompt, mode: str, seconds: float) -> Reply:
        with sort(self._key(lane), mode):
            raw = (
                self._client(lane)
                .with_options(timeout=seconds)
                .chat.completions.with_raw_response.create(**self._body(lane, prompt, mode))
            )
            answer = raw.parse()
            reported = raw.headers.get("x-litellm-response-cost")
            named = raw.headers.get("x-litellm-model-name")
        try:
            return self._reply(lane, prompt, mode, answer, reported, named)
        except (TypeError, AttributeError, LookupError, ValueError, ArithmeticError, RecursionError) as error:
            why = f"the answer is not what the API promises ({type(error).__name__})"
            raise Unavailable(self._say(lane, why), paid=True) from None

    def _body(self, lane: Lane, prompt: Prompt, mode: str) -> dict[str, Any]:
        body: dict[str, Any] = {"model": lane.model, "max_tokens": prompt.max_output_tokens}
        if lane.provider == "openai":  # its newer models know only this name
            body["max_completion_tokens"] = body.pop("max_tokens")
        if mode == "chat":
            body |= {"messages": wire.native(prompt), "tools": wire.functions(prompt.tools), "tool_choice": "auto"}
        else:
            body["messages"] = wire.plain(prompt, self.render("prompts/json_mode.j2", tools=prompt.tools))
        if mode == "chat_json":
            body["response_format"] = wire.schema(prompt.tools)
        elif mode == "json_object":
            body["response_format"] = {"type": "json_object"}
        if lane.openrouter is not None and lane.provider == "openrouter":
            body["extra_body"] = {"provider": lane.openrouter.model_dump(mode="json", exclude_none=True)}
        return body

    def _reply(self, lane: Lane, prompt: Prompt, mode: str, answer: Any, reported: str | None, named: str | None) -> Reply:
        """The answer, with nothing in it taken for granted."""
        choices = getattr(answer, "choices", None)
        if not choices or getattr(choices[0], "message", None) is None:
            raise Unavailable(self._say(lane, _no_choice(answer)), paid=True)
        message, finish = choices[0].message, choices[0].finish_reason
        text = message.content if isinstance(message.content, str) else ""
        said = wire.heard_native(message, self._count) if mode == "chat" else wire.heard_plain(text, self._count)
        tokens, counted = _tokens(answer, prompt)
        cost = _reported(answer, reported) or self._own_cost(lane, tokens, counted=counted)
        cut_off = finish == "length" and (not said.calls or said.malformed is not None or mode == "chat")
        model = named or str(getattr(answer, "model", None) or lane.model)
        return Reply(Said(redact(said.text), said.calls, said.malformed), tokens, cost, line(model, 120), cut_off)

    def _own_cost(self, lane: Lane, tokens: Tokens, *, counted: bool) -> Cost | Unpriced:
        price = self.price(lane.model_copy(update={"fallback": None}))
        if isinstance(price, Unpriced):
            return price
        return Cost(charge(tokens, price), ("policy" if lane.price else "price_table") if counted else "worst_case")

    def _key(self, lane: Lane) -> str:
        name = lane.api_key_env or KEYS.get(lane.provider)
        key = self.keys.get(name, "").strip() if name else ""
        if not key and lane.provider not in OWN_SERVERS:
            raise Denied(
                f"the key of lane `{lane.name}` is missing: set {name}, or name another variable in models.{lane.name}.api_key_env"
            )
        if not key and lane.api_key_env:
            raise Denied(f"models.{lane.name}.api_key_env names {name}, which is not set")
        return key or "none"

    def _client(self, lane: Lane) -> "OpenAI":
        from openai import OpenAI  # noqa: PLC0415 - half a second; only where a model is asked

        address = lane.base_url or ADDRESSES[lane.provider]
        key = self._key(lane)
        if (address, key) not in self._clients:
            self._clients[address, key] = OpenAI(base_url=address, api_key=key, max_retries=0, organization="", project="")
        return self._clients[address, key]

    def _say(self, lane: Lane, what: str) -> str:
        host = urlsplit(lane.base_url or ADDRESSES.get(lane.provider, "")).netloc
        return redact(line(f"lane `{lane.name}` ({lane.model} at {host}): {what}", 400), (self._key(lane),))


def replace_model(lane: Lane) -> Lane:
    return lane.model_copy(update={"model": lane.fallback, "fallback": None})


def _no_choice(answer: Any) -> str:
    """An answer without content: a web page, or an error that came with status 200."""
    if isinstance(answer, str):
        return "the answer is a text, not JSON; is the address that of an OpenAI-compatible API?"
    error = (getattr(answer, "model_extra", None) or {}).get("error")
    message = error.get("message") if isinstance(error, dict) else error
    return f"the answer holds no choice{f': {message}' if message else ''}"


def _tokens(answer: Any, prompt: Prompt) -> tuple[Tokens, bool]:
    """The usage as the server counted it; where it did not, the most that it can have been."""
    usage = getattr(answer, "usage", None)
    sent, made = getattr(usage, "prompt_tokens", None), getattr(usage, "completion_tokens", None)
    if not isinstance(sent, int) or not isinstance(made, int) or sent < 0 or made < 0 or sent + made == 0:
        size = (
            len(prompt.system)
            + sum(len(turn.text) for turn in prompt.turns)
            + len(json.dumps([dict(t.parameters) for t in prompt.tools]))
        )
        return Tokens(input=estimate_tokens(size), output=prompt.max_output_tokens), False
    sent_details, made_details = (
        getattr(usage, "prompt_tokens_details", None),
        getattr(usage, "completion_tokens_details", None),
    )
    cached = min(sent, _count(sent_details, "cached_tokens"))
    written = min(sent - cached, _count(sent_details, "cache_write_tokens"))
    return Tokens(sent, cached, written, made, min(made, _count(made_details, "reasoning_tokens"))), True


def _count(details: Any, name: str) -> int:
    value = getattr(details, name, None)
    return value if isinstance(value, int) and value > 0 else 0


def _reported(answer: Any, header: str | None) -> Cost | None:
    """The provider's own figure: OpenRouter's in the usage, LiteLLM's in a header."""
    usage = getattr(answer, "usage", None)
    extra = getattr(usage, "model_extra", None) or {}
    found = [extra.get("cost"), header]
    details = extra.get("cost_details")
    if (
        extra.get("is_byok") and isinstance(details, dict) and extra.get("cost") is not None
    ):  # then `cost` is the gateway's fee alone
        found[0] = Decimal(str(extra["cost"])) + Decimal(str(details.get("upstream_inference_cost") or 0))
    for value in found:
        if value is None or isinstance(value, bool):
            continue
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            continue
        if amount.is_finite() and 0 <= amount <= MOST_DOLLARS:
            return Cost(int((amount * MICROS).to_integral_value(ROUND_CEILING)), "provider")
    return None
