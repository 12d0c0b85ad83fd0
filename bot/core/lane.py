"""A lane: a model, how it is asked, and its limits and price, as the policy file says them."""

from typing import Annotated, Literal

from pydantic import Field

from bot.core.cost import Price
from bot.core.fields import Name, Part, Text, Usd
from bot.core.words import Provider

Api = Literal["chat", "chat_json", "responses", "messages"]
Speaks = Literal["chat", "responses", "messages"]
"""The wire formats."""
KEYS: dict[str, str] = {
    "openrouter": "OPENROUTER_API_KEY",
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "litellm": "LITELLM_API_KEY",
    "vllm": "VLLM_API_KEY",
}
"""The environment variable that holds a provider's key, where the policy names no other."""
ADDRESSES: dict[str, str] = {
    "openrouter": "https://openrouter.ai/api/v1",
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
}
ADDRESSED = ("litellm", "vllm", "openai_compatible")
"""Providers that have no address of their own: servers of the user's, which may ask for no key."""

KEYLESS = "none"
"""What is sent in the place of a key to a server that asks for none: the formats have no request without one."""


class PricePart(Part):
    """US dollars for a million tokens."""

    input: Usd
    output: Usd
    cache_read: Usd | None = None
    cache_write: Usd | None = None

    @property
    def value(self) -> Price:
        return Price(self.input, self.output, self.cache_read, self.cache_write)


class MaxPrice(Part):
    """US dollars for a million tokens, as OpenRouter counts them. A model may not be served for more."""

    prompt: Usd | None = None
    completion: Usd | None = None


Speed = Annotated[int | float, Field(gt=0)]


class Percentiles(Part):
    """Of what OpenRouter saw in the last minutes."""

    p50: Speed | None = None
    p75: Speed | None = None
    p90: Speed | None = None
    p99: Speed | None = None


class Sort(Part):
    by: Literal["price", "throughput", "latency"]
    partition: Literal["model", "none"] | None = None


class OpenRouter(Part):
    """OpenRouter's provider routing, passed through as it is. Where `max_price` is not given, the price reckoned with is sent."""

    order: tuple[Text, ...] | None = None
    only: tuple[Text, ...] | None = None
    ignore: tuple[Text, ...] | None = None
    allow_fallbacks: bool | None = None
    require_parameters: bool | None = None
    data_collection: Literal["allow", "deny"] | None = None
    zdr: bool | None = None
    quantizations: tuple[Text, ...] | None = None
    sort: Literal["price", "throughput", "latency"] | Sort | None = None
    preferred_min_throughput: Speed | Percentiles | None = None
    """Tokens a second."""
    preferred_max_latency: Speed | Percentiles | None = None
    """Seconds."""
    enforce_distillable_text: bool | None = None
    max_price: MaxPrice | None = None


class ModelPart(Part):
    provider: Provider
    model: Text
    """The model's id, as the provider spells it."""
    api: Api | None = None
    """How the model is asked: `chat` (Chat Completions), `responses` (OpenAI's), `messages` (Anthropic's), or `chat_json` (one JSON
    action a turn, for servers and models without tool calls). What fits the provider where this is not given."""
    base_url: Text | None = None
    """Where the OpenAI-compatible API answers; needed for `litellm`, `vllm` and `openai_compatible`."""
    api_key_env: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")] | None = None
    """The environment variable that holds the key; the provider's usual one where this is not given."""
    max_context_tokens: Annotated[int, Field(ge=2_000)] = 32_000
    """The most tokens of a call, the answer included."""
    max_output_tokens: Annotated[int, Field(ge=256)] = 4_096
    """The most tokens of an answer."""
    timeout_seconds: Annotated[int, Field(ge=1, le=3_600)] = 120
    """The most that one call may take, retries included."""
    price: PricePart | None = None
    """US dollars for a million tokens. Goes before the price table; a figure of the provider's own goes before both."""
    fallback: Text | None = None
    """Another model id of the same provider, taken when this one is out of reach."""
    openrouter: OpenRouter | None = None


class Lane(ModelPart):
    """A model with the name under which the policy knows it."""

    name: Name

    @property
    def key_name(self) -> str | None:
        """The variable that holds the lane's key; None where nothing is asked for."""
        return self.api_key_env or KEYS.get(self.provider)

    @property
    def address(self) -> str:
        return self.base_url or ADDRESSES.get(self.provider, "")

    @property
    def speaks(self) -> Speaks:
        """OpenAI's current models take tools by Responses alone; everybody else's common tongue is Chat Completions."""
        match self.api:
            case "chat" | "responses" | "messages":
                return self.api
            case "chat_json":
                return "chat"
            case None:
                return {"openai": "responses", "anthropic": "messages"}.get(self.provider, "chat")  # type: ignore[return-value]
