"""A policy as it is obeyed: every default written out, those that live in the code too."""

import re
from typing import Any

import yaml

from bot.core.guarded import PROTECTED
from bot.core.lane import ADDRESSED, KEYS
from bot.core.policy import Policy
from bot.core.score import CAPS, WEIGHTS

_MONEY = re.compile(r"^(\s*(?:\w+_usd|input|output|cache_read|cache_write): )'([\d.]+)'$", re.MULTILINE)


def effective(policy: Policy) -> str:
    """Everything that is obeyed, defaults included, as a policy file that says the same.

    Only the rules of signals are not in it: they are code, and docs/policy.md has them.
    """
    plain: dict[str, Any] = policy.model_dump(mode="json", by_alias=True, exclude_none=True)
    routing, protect = plain["routing"], plain["protect"]
    routing["weights"] = {**WEIGHTS, **routing["weights"]}
    routing["caps"] = {**CAPS, **routing["caps"]}
    routing["order"] = list(policy.lanes)
    protect["paths"] = [*PROTECTED, *(path for path in protect["paths"] if path not in PROTECTED)]
    for model in plain["models"].values():
        if (name := KEYS.get(model["provider"])) and model["provider"] not in ADDRESSED:
            model.setdefault("api_key_env", name)
    return _MONEY.sub(r"\1\2", yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120))
