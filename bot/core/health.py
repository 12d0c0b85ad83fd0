"""What `doctor` found, item by item, and what follows from it. One item never hides another."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from typing import Literal

from pydantic.dataclasses import dataclass

from bot.core.clean import line, redact
from bot.core.cost import Cost, Price, Unpriced, exact
from bot.core.lane import ADDRESSED, KEYLESS, Lane
from bot.core.policy import VERIFIER
from bot.core.policyfile import PolicyError
from bot.core.sizes import TRAINED, Silent, Window
from bot.core.strict import STRICT

SKIPPED = "skipped (--offline)"
MOST_FOUND, MOST_REMEDY = 400, 300
SHORTEST_CUT = 6
"""A cut-off secret of fewer characters says nothing of it."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Ok:
    name: str
    found: str
    state: Literal["ok"] = "ok"


@dataclass(frozen=True, slots=True, config=STRICT)
class Problem:
    """Something that a person has to mend before a run can do what it should."""

    name: str
    found: str
    remedy: str
    state: Literal["problem"] = "problem"


@dataclass(frozen=True, slots=True, config=STRICT)
class Unknown:
    """What could not be looked at. Never the same as fine."""

    name: str
    found: str
    state: Literal["unknown"] = "unknown"


@dataclass(frozen=True, slots=True, config=STRICT)
class Skipped:
    """What was not looked at because it was asked not to. In a line of text it stands as `unknown`, which it is."""

    name: str
    found: str = SKIPPED
    state: Literal["skipped"] = "skipped"


Item = Ok | Problem | Unknown | Skipped


@dataclass(frozen=True, slots=True, config=STRICT)
class Report:
    """What `doctor` prints. `cost_micros` is None where a call's cost is unknown; `run` is the key of its charges in the ledger."""

    run: str
    items: tuple[Item, ...]
    calls: int
    cost_micros: int | None
    version: Literal[1] = 1
    kind: Literal["doctor"] = "doctor"

    @property
    def sound(self) -> bool:
        return not any(isinstance(item, Problem) for item in self.items)


def told(name: str, message: str, otherwise: str) -> Problem:
    """One of our own refusals, which say what is wrong and, past a semicolon, what to do."""
    found, _, remedy = message.partition("; ")
    return Problem(name, found, remedy or otherwise)


def cleaned(item: Item, secrets: tuple[str, ...]) -> Item:
    """Fit to print: one line a text, no escape sequence, and no secret, whoever wrote it and wherever it was cut."""

    def fit(text: str, limit: int) -> str:
        return line(_uncut(redact(text, secrets), secrets).replace("→", "->"), limit)  # the arrow is ours: a remedy follows it

    fitted = replace(item, name=fit(item.name, 60), found=fit(item.found, MOST_FOUND))
    return replace(fitted, remedy=fit(fitted.remedy, MOST_REMEDY)) if isinstance(fitted, Problem) else fitted


def _uncut(text: str, secrets: tuple[str, ...]) -> str:
    """Without the beginning of a secret that somebody else's limit cut off: what is left of it is no longer the whole."""
    for secret in (secret for secret in secrets if len(secret) > SHORTEST_CUT):
        for length in range(len(secret) - 1, SHORTEST_CUT - 1, -1):
            text = text.replace(f"{secret[:length]}…", "[redacted]…")
    return text


# ---- the policy and its lanes ------------------------------------------------------------------------------------


def misread(error: PolicyError) -> tuple[Item, ...]:
    """One item for everything that is wrong with the file."""
    found = ((f"line {p.line}: " if p.line else "") + (f"{p.path}: " if p.path else "") + p.what for p in error.problems)
    return tuple(Problem("policy", text, problem.remedy) for text, problem in zip(found, error.problems, strict=True))


INSTEAD = f"the word `{KEYLESS}` in its place"
"""Whoever reads a server's log should know where that comes from."""


def key(lane: Lane, *, present: bool) -> Item:
    name, variable = f"{lane.name}.key", lane.key_name
    if variable is None:
        return Ok(name, f"no key is sent to {lane.provider}, but {INSTEAD}; models.{lane.name}.api_key_env would name one")
    if present:
        return Ok(name, f"{variable} is set")
    if lane.provider in ADDRESSED and lane.api_key_env is None:
        return Ok(name, f"{variable} is not set, so {lane.provider} is asked without a key: {INSTEAD}")
    return Problem(
        name,
        f"{variable} is not set",
        f"set it here (a secret on GitHub is another thing), or name another variable in models.{lane.name}.api_key_env",
    )


def price(lane: Lane, found: Price | Unpriced) -> Item:
    name = f"{lane.name}.price"
    if isinstance(found, Unpriced):
        return told(name, found.why, f"add models.{lane.name}.price")
    cache = (("cached", found.cache_read), ("written to the cache", found.cache_write))
    more = "".join(f", ${exact(micros)} {what}" for what, micros in cache if micros is not None)
    source = f"models.{lane.name}.price" if lane.price else "the price table"
    return Ok(name, f"${exact(found.input)} in, ${exact(found.output)} out{more} for a million tokens, by {source}")


@dataclass(frozen=True, slots=True, config=STRICT)
class Heard:
    """One small call that was answered. `model` is what the provider says it ran."""

    model: str
    cost: Cost | Unpriced
    seconds: float
    acted: bool
    cut_off: bool


BY = {"provider": "as the provider says", "policy": "by the policy's price", "price_table": "by the price table"}


def answered(lane: Lane, heard: Heard) -> Item:
    if isinstance(heard.cost, Cost):
        cost = f"${exact(heard.cost.micros)} {BY.get(heard.cost.source, 'at the worst')}"
    else:
        cost = "nobody says for how much"
    ran = heard.model if heard.model == lane.model else f"asked for {lane.model}, the provider says it ran {heard.model}"
    how = "it took the tool" if heard.acted else "cut off before it took the tool" if heard.cut_off else "it did not take the tool"
    said = f"{ran}: {heard.seconds:.1f} s, {cost}, {how}"
    if heard.acted or heard.cut_off:
        return Ok(f"{lane.name}.call", said)
    return Unknown(f"{lane.name}.call", f"{said}; if it never does, set models.{lane.name}.api: chat_json")


def independent(ran: Mapping[str, str]) -> tuple[Item, ...]:
    """Whether what goes by several names is one model. `ran`: the model that was reported for each lane and the verifier."""
    if len(ran) < 2:
        return (Unknown("models", "fewer than two models answered, so it is not known whether they differ"),)
    same = [pair for pair in combinations(ran, 2) if _plain(ran[pair[0]]) == _plain(ran[pair[1]])]
    found = tuple(_one_model(one, other, ran[one]) for one, other in same)
    return found or (Ok("models", f"{', '.join(ran)}: no two say they ran the same model"),)


def _one_model(one: str, other: str, model: str) -> Item:
    both = f"{one} and {other} both ran {model}"
    if VERIFIER in (one, other):
        return Problem("models", f"{both}: the verifier would judge its own work", "give models.verifier a model of another maker")
    return Problem("models", f"{both}: to escalate would be to ask the same again", f"give models.{one} or models.{other} another")


def _plain(model: str) -> str:
    """A model's own name: without the author before it and the variant behind it."""
    return model.casefold().rpartition("/")[2].partition(":")[0]


def fits(lane: Lane, found: Window | Silent) -> Item:
    """Whether the policy sends more than the server holds."""
    name, wanted, setting = f"{lane.name}.context", lane.max_context_tokens, f"models.{lane.name}.max_context_tokens"
    if isinstance(found, Silent):
        return Unknown(name, f"{found.why}; the policy uses {wanted} tokens")
    if wanted > found.tokens:
        what = f"the server holds {found.tokens} tokens ({found.field}), the policy uses {wanted}"
        return Problem(name, what, f"set {setting} to {found.tokens} or less")
    if found.field == TRAINED:
        what = f"trained for {found.tokens} tokens; what the server was started with it does not say"
        return Unknown(name, f"{what}, the policy uses {wanted}")
    return Ok(name, f"the server holds {found.tokens} tokens ({found.field}), the policy uses {wanted}")
