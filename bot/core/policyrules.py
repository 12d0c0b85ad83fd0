"""What must hold between the keys of a policy: checked on the plain values, so that it is said along with everything else."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from bot.core.globs import wrong
from bot.core.lane import ADDRESSED
from bot.core.policy import CEILING, VERIFIER
from bot.core.yamlfile import Path

Rule = tuple[Path, str, str]
"""Where, what is wrong, and the remedy."""


def across(raw: dict[str, Any]) -> Iterator[Rule]:
    """Every broken rule. Keys of the wrong type are passed over here; they are reported by type."""
    models, routing, verification = (_part(raw, name) for name in ("models", "routing", "verification"))
    yield from _lanes(models)
    yield from _models(models)
    yield from _thresholds(routing)
    yield from _order(models, routing)
    yield from _names(models, routing, verification)
    yield from _budget(_part(raw, "budget"))
    yield from _globs(raw)


def _part(raw: dict[str, Any], name: str) -> dict[str, Any]:
    found = raw.get(name)
    return found if isinstance(found, dict) else {}


def _lanes(models: dict[str, Any]) -> Iterator[Rule]:
    for name in ("fast", "strong"):
        if name not in models:
            yield ("models",), f"the lane `{name}` has no model", f"add `models.{name}` with provider and model"


def _models(models: dict[str, Any]) -> Iterator[Rule]:
    for name, model in models.items():
        if not isinstance(model, dict):
            continue
        here: Path = ("models", name)
        url, provider = model.get("base_url"), model.get("provider")
        if provider in ADDRESSED and url is None:
            yield (
                here,
                f"provider `{provider}` needs an address",
                f"add `models.{name}.base_url`, for example http://127.0.0.1:4000/v1",
            )
        if isinstance(url, str) and (problem := _bad_url(url)):
            yield (*here, "base_url"), problem, "write http(s)://HOST[:PORT]/PATH; a key goes into api_key_env"
        yield from _tongue(here, model)
        context, output = model.get("max_context_tokens", 32_000), model.get("max_output_tokens", 4_096)
        if isinstance(context, int) and isinstance(output, int) and output >= context:
            yield (
                here,
                f"max_output_tokens {output} leaves nothing of max_context_tokens {context}",
                "lower the one or raise the other",
            )
        if model.get("fallback") is not None and model.get("fallback") == model.get("model"):
            yield (*here, "fallback"), "is the model itself", "name another model, or leave it out"


def _tongue(here: Path, model: dict[str, Any]) -> Iterator[Rule]:
    provider, api = model.get("provider"), model.get("api")
    if provider == "anthropic" and api not in (None, "messages"):
        yield (*here, "api"), f"Anthropic does not speak `{api}`", "leave it out"
    if provider in ("openrouter", "openai") and api == "messages":
        yield (*here, "api"), f"`{provider}` is not asked by `messages` here", "leave it out"
    if model.get("openrouter") is not None and provider != "openrouter":
        yield (*here, "openrouter"), f"means nothing to `{provider}`", "leave it out, or set provider: openrouter"


def _bad_url(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "is no web address"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "is no http(s) address"
    if parts.username or parts.password or parts.query or parts.fragment:
        return "holds credentials, a query or a fragment"
    return None


def _thresholds(routing: dict[str, Any]) -> Iterator[Rule]:
    fast, strong = routing.get("fast_max_score"), routing.get("strong_min_score")
    if not isinstance(fast, int) or not isinstance(strong, int) or strong == fast + 1:
        return
    wrong = (
        f"scores {fast + 1} to {strong - 1} belong to no lane"
        if strong > fast
        else f"scores {strong} to {fast} belong to two lanes"
    )
    remedy = f"set strong_min_score to {fast + 1}, or fast_max_score to {strong - 1}"
    yield ("routing", "strong_min_score"), wrong, remedy


def _order(models: dict[str, Any], routing: dict[str, Any]) -> Iterator[Rule]:
    order = routing.get("order")
    if not isinstance(order, tuple) or not order:
        return
    here, lanes = ("routing", "order"), [name for name in models if name != VERIFIER]
    for index, name in enumerate(order):
        if name not in lanes:
            yield (*here, index), f"there is no lane `{name}`", f"the lanes are {', '.join(lanes)}"
    missing = [name for name in lanes if name not in order]
    if missing or len(set(order)) != len(order):
        yield here, "does not name every lane once", f"the lanes are {', '.join(lanes)}"
    elif "fast" in order and "strong" in order and order.index("fast") > order.index("strong"):
        yield here, "has `strong` before `fast`", "write the cheapest first"


def _names(models: dict[str, Any], routing: dict[str, Any], verification: dict[str, Any]) -> Iterator[Rule]:
    lanes = [name for name in models if name != VERIFIER]
    for task_class, own in _part(routing, "by_class").items():
        lane = own.get("lane") if isinstance(own, dict) else None
        if isinstance(lane, str) and lane not in lanes:
            yield (
                ("routing", "by_class", task_class, "lane"),
                f"there is no lane `{lane}`",
                f"the lanes are {', '.join(lanes)}",
            )
        yield from _reachable(own if isinstance(own, dict) else {}, ("routing", "by_class", task_class))
    yield from _reachable(routing, ("routing",))
    for name in _part(verification, "by_lane"):
        if name not in lanes:
            yield ("verification", "by_lane", name), f"there is no lane `{name}`", f"the lanes are {', '.join(lanes)}"
    yield from _checks(verification)


def _reachable(part: dict[str, Any], path: Path) -> Iterator[Rule]:
    least = part.get("min_confidence")
    if isinstance(least, int | float) and not isinstance(least, bool) and CEILING < least <= 1:
        yield (
            (*path, "min_confidence"),
            f"{least} can never be reached",
            f"confidence is never above {CEILING}; write at most that",
        )


def _checks(verification: dict[str, Any]) -> Iterator[Rule]:
    given = verification.get("checks")
    checks = given if isinstance(given, tuple) else ()
    names = [check.get("name") for check in checks if isinstance(check, dict)]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield (
                ("verification", "checks", index, "name"),
                f"a second check is called `{name}`",
                "give it another name",
            )
    for key in ("by_lane", "by_class"):
        for place, wanted in _part(verification, key).items():
            for index, name in enumerate(wanted if isinstance(wanted, tuple) else ()):
                if names and name not in names:
                    yield (
                        ("verification", key, place, index),
                        f"there is no check `{name}`",
                        f"the checks are {', '.join(map(str, names))}",
                    )


def _budget(budget: dict[str, Any]) -> Iterator[Rule]:
    run = budget.get("per_run_usd", 1.0)
    for name in ("per_day_usd", "per_month_usd", "per_actor_day_usd"):
        cap = budget.get(name, 10.0 if name == "per_day_usd" else None)
        if all(isinstance(amount, int | float) and not isinstance(amount, bool) for amount in (run, cap)) and run > cap:
            yield (
                ("budget", name),
                f"is below per_run_usd {run}, so no run could use its budget",
                "raise it, or lower per_run_usd",
            )


def _globs(raw: dict[str, Any]) -> Iterator[Rule]:
    places: list[tuple[Path, Any]] = [(("protect", "paths"), _part(raw, "protect").get("paths"))]
    places += [(("signals", "paths", name), globs) for name, globs in _part(_part(raw, "signals"), "paths").items()]
    for path, globs in places:
        for index, glob in enumerate(globs if isinstance(globs, tuple) else ()):
            if found := wrong(str(glob)):
                what, remedy = found
                yield (*path, index), f"`{str(glob)[:60]}` {what}", remedy
