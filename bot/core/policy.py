"""The routing policy: what the owner of a repository wrote, with every default filled in. Read by `policyfile`."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationInfo, WithJsonSchema

from bot.core.cost import Price, exact, micros
from bot.core.words import CheckKind, Reason, SignalName, TaskClass

Provider = Literal["openrouter", "openai", "anthropic", "litellm", "vllm", "openai_compatible"]
Api = Literal["chat", "chat_json", "responses", "messages"]
Speaks = Literal["chat", "responses", "messages"]
"""The wire formats."""
Permission = Literal["write", "maintain", "admin"]
KEYS: dict[str, str] = {
    "openrouter": "OPENROUTER_API_KEY",
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "litellm": "LITELLM_API_KEY",
    "vllm": "VLLM_API_KEY",
}
"""The environment variable that holds a provider's key, where the policy names no other."""

CEILING = 0.95
"""Confidence is never above this; a policy that asks for more asks for what cannot be."""

VERIFIER = "verifier"
"""The one name under `models` that is no lane."""


MOST_USD = 1_000_000


def _micros(value: Any, info: ValidationInfo) -> int:
    """A text is an amount only in our own JSON; in a policy file it would be a quoted number, which YAML calls a text."""
    wanted = int | float | str if info.mode == "json" else int | float
    if isinstance(value, bool) or not isinstance(value, wanted):
        raise ValueError("write a plain number of US dollars, without quotes")
    try:
        amount = Decimal(str(value))
    except ArithmeticError:
        raise ValueError("write a plain number of US dollars, without quotes") from None
    if not 0 <= amount <= MOST_USD:
        raise ValueError(f"write a number of US dollars from 0 to {MOST_USD}")
    return micros(str(amount))


Usd = Annotated[
    int,
    BeforeValidator(_micros),
    PlainSerializer(exact, return_type=str, when_used="json"),
    WithJsonSchema({"type": "number", "minimum": 0, "description": "US dollars"}),
]
"""Dollars in the file, whole micro-dollars ever after."""

Count = Annotated[int, Field(ge=1)]
Points = Annotated[int, Field(ge=0, le=100)]
Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
Text = Annotated[str, Field(min_length=1, max_length=2000)]


class Part(BaseModel):
    """Frozen; an unknown key is an error; nothing is coerced."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


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
    max_output_tokens: Annotated[int, Field(ge=256)] = 4_096
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
    def speaks(self) -> Speaks:
        """OpenAI's current models take tools by Responses alone; everybody else's common tongue is Chat Completions."""
        match self.api:
            case "chat" | "responses" | "messages":
                return self.api
            case "chat_json":
                return "chat"
            case None:
                return {"openai": "responses", "anthropic": "messages"}.get(self.provider, "chat")  # type: ignore[return-value]


class ByClass(Part):
    lane: Name | None = None
    """The lane this class of task starts in; it may raise, and lower only where no always-strong rule fires."""
    min_confidence: Share | None = None


class Routing(Part):
    fast_max_score: Points
    """The highest score that starts in `fast`."""
    strong_min_score: Points
    """The lowest score that starts in `strong`: always one above `fast_max_score`."""
    always_strong_if: tuple[SignalName, ...] = ("schema_change", "auth_code", "production_incident")
    escalate_on: tuple[Reason, ...] = ("failed_tests", "patch_rejected", "low_confidence_summary")
    """The reasons that may escalate. A reason that is not listed stops the run instead."""
    order: tuple[Name, ...] = ()
    """The lanes, cheapest first; `fast`, others in the order of `models`, `strong` where this is empty."""
    weights: dict[SignalName, Points] = {}
    """Points a signal adds for each one found; what is not named keeps its default."""
    caps: dict[SignalName, Points] = {}
    """The most points a signal may add; what is not named keeps its default."""
    default_upward: tuple[SignalName, ...] = ("production_incident", "ci_config", "secrets_handling", "deploy_config")
    """Signals that start in `strong` without being listed in `always_strong_if`."""
    by_class: dict[TaskClass, ByClass] = {}
    min_confidence: Share = 0.65
    max_attempts: Annotated[int, Field(ge=1, le=8)] = 2
    shadow: bool = False
    """Log route and estimate on every trigger, spend nothing."""
    audit_share: Share = 0.0


class Signals(Part):
    """Added to the built-in rules; nothing can be taken away here."""

    paths: dict[SignalName, tuple[Text, ...]] = {}
    labels: dict[SignalName, tuple[Text, ...]] = {}


class CheckPart(Part):
    name: Name
    run: Text
    kind: CheckKind = "tests"


class Deep(Part):
    mutants: bool = False
    independent_test: bool = False


class Ci(Part):
    workflows: tuple[Text, ...] = ()
    required: tuple[Text, ...] = ()
    timeout_minutes: Count = 30
    min_seconds: Annotated[int, Field(ge=0)] = 20


class Verification(Part):
    setup: tuple[Text, ...] = ()
    """Commands that make the checks runnable; run once on the base, with network."""
    checks: tuple[CheckPart, ...] = ()
    """What proves a patch; found in the repository where this is empty."""
    by_lane: dict[Name, tuple[Name, ...]] = {}
    """The checks that a lane's patch must pass; all where a lane is not named."""
    by_class: dict[TaskClass, tuple[Name, ...]] = {}
    deep: Deep = Deep()
    ci: Ci = Ci()
    timeout_seconds: Annotated[int, Field(ge=1, le=7_200)] = 900
    """The most that one run of one check may take."""


class Budget(Part):
    """Checked before each call against the worst that it can cost."""

    per_run_usd: Usd = micros("1.00")
    per_day_usd: Usd = micros("10.00")
    per_month_usd: Usd | None = None
    per_actor_day_usd: Usd | None = None


class Protect(Part):
    paths: tuple[Text, ...] = ()
    """Globs, as .gitignore writes them, that no patch may touch; added to the built-in ones."""
    max_files: Count = 20
    max_lines: Count = 800


class Triggers(Part):
    command: Annotated[str, Field(pattern=r"^/[a-z][a-z0-9-]{1,30}$")] = "/agent"
    labels: tuple[Text, ...] = ("agent:fix",)
    permission: Permission = "write"
    actors: tuple[Count, ...] = ()
    """Numeric ids of bots that may give commands. There is no way to allow all."""


class Publish(Part):
    as_: Annotated[Literal["draft-pr", "pr", "branch"], Field(alias="as")] = "draft-pr"


class LedgerPart(Part):
    branch: Text = "route-agent-ledger"


class Policy(Part):
    models: dict[Name, ModelPart]
    routing: Routing
    signals: Signals = Signals()
    verification: Verification = Verification()
    budget: Budget = Budget()
    protect: Protect = Protect()
    triggers: Triggers = Triggers()
    publish: Publish = Publish()
    ledger: LedgerPart = LedgerPart()

    def lane(self, name: str) -> Lane:
        """Raises `KeyError` for a name that is no lane."""
        if name == VERIFIER:
            raise KeyError(name)
        return Lane(name=name, **dict(self.models[name]))

    @property
    def lanes(self) -> tuple[str, ...]:
        """Lane names, cheapest first."""
        if self.routing.order:
            return self.routing.order
        between = tuple(name for name in self.models if name not in ("fast", "strong", VERIFIER))
        return ("fast", *between, "strong")

    def above(self, name: str) -> str | None:
        """The lane after this one; None at the top."""
        rest = self.lanes[self.lanes.index(name) + 1 :]
        return rest[0] if rest else None
