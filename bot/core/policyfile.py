"""The policy file, read strictly: everything that is wrong with it is said at once, with line, key and remedy."""

import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Any, Literal, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.core.keys import unread
from bot.core.policy import Policy
from bot.core.policyrules import across
from bot.core.policyschema import names_at
from bot.core.words import SignalName
from bot.core.yamlfile import Path, Problem, Read, dotted
from bot.core.yamlfile import read as read_yaml


class PolicyError(ValueError):
    """The policy cannot be obeyed. Holds everything that is wrong, in the order of the file."""

    def __init__(self, name: str, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(f"{name}:{problem}" if problem.line else f"{name}: {problem}" for problem in problems))
        self.problems = problems


def read(data: bytes, name: str) -> Policy:
    """Raises `PolicyError`, and nothing else, for whatever the bytes are. `name` is the file's, for the messages."""
    found = read_yaml(data)
    problems = list(found.problems)
    policy = None
    if found.value is None and not problems:
        problems.append(Problem(1, "", "the file is empty", "`route-agent init` writes a policy to start from"))
    elif not isinstance(found.value, dict) and not problems:
        problems.append(Problem(1, "", "the file is no mapping of keys", "begin with `models:`"))
    if isinstance(found.value, dict):
        problems += _nulls(found)
        try:
            policy = Policy.model_validate(found.value)
        except ValidationError as error:
            problems += [_said(detail, found) for detail in error.errors(include_url=False) if not _null(detail)]
        problems += [Problem(_line(found, path), dotted(path), what, remedy) for path, what, remedy in across(found.value)]
    if problems or policy is None:
        raise PolicyError(name, tuple(sorted(dict.fromkeys(problems), key=lambda problem: problem.line or 0)))
    return policy


def _line(found: Read, path: Path) -> int | None:
    """The line of a key, or of the nearest one above it that is there."""
    for end in range(len(path), -1, -1):
        if path[:end] in found.lines:
            return found.lines[path[:end]]
    return None


def _nulls(found: Read) -> Iterator[Problem]:
    """A key without a value is never a way to say "no limit"."""
    for path, value in _walk(found.value, ()):
        if value is None:
            what = "has no value"
            yield Problem(_line(found, path), dotted(path), what, "write one, or leave the key out for its default")


def _walk(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    yield path, value
    if isinstance(value, dict | tuple):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in pairs:
            yield from _walk(inner, (*path, key))


def _null(detail: ErrorDetails) -> bool:
    return detail["input"] is None and detail["type"] != "missing"


def _said(detail: ErrorDetails, found: Read) -> Problem:
    """One of pydantic's errors in our own words."""
    path = tuple(part for part in detail["loc"] if part != "[key]")
    say = _SAY.get(detail["type"], _other)
    what, remedy = say(detail, path)
    return Problem(_line(found, path), dotted(path), what, remedy)


Saying = tuple[str, str]


def _unknown(_: ErrorDetails, path: Path) -> Saying:
    allowed = names_at(path[:-1])
    return "unknown key", _near(str(path[-1]), allowed, "the keys here are")


def _missing(_: ErrorDetails, path: Path) -> Saying:
    return "is missing", f"add `{path[-1]}:`"


def _literal(detail: ErrorDetails, _: Path) -> Saying:
    expected = re.findall(r"'([^']*)'", str(detail.get("ctx", {}).get("expected", "")))
    given = detail["input"]
    name = "signal" if set(expected) == set(get_args(SignalName)) else "value"
    return f"unknown {name} `{_short(given)}`", _near(str(given), tuple(expected), "choose from")


def _near(given: str, allowed: tuple[str, ...], otherwise: str) -> str:
    near = get_close_matches(given, allowed, 1, 0.6)
    return f"did you mean `{near[0]}`?" if near else f"{otherwise} {', '.join(allowed)}"


def _wanted(what: str, remedy: str) -> Callable[[ErrorDetails, Path], Saying]:
    return lambda detail, _: (f"{_short(detail['input'])} is not {what}", remedy)


def _string(detail: ErrorDetails, _: Path) -> Saying:
    return f"{_short(detail['input'])} is not a text", "put it in quotes, if a text is what you mean"


def _pattern(detail: ErrorDetails, _: Path) -> Saying:
    return (
        f"`{_short(detail['input'])}` is not written as it must be",
        f"it must match {detail.get('ctx', {}).get('pattern')}",
    )


def _bound(detail: ErrorDetails, _: Path) -> Saying:
    if detail["input"] == "":
        return "is empty", "write something, or leave it out"
    context = detail.get("ctx", {})
    limit = next(iter(context.values()), "?")
    side = "at least" if "ge" in context or "gt" in context or "min_length" in context else "at most"
    return f"{_short(detail['input'])} is out of range", f"write {side} {limit}"


def _value(detail: ErrorDetails, _: Path) -> Saying:
    return f"{_short(detail['input'])} cannot be read as an amount", str(detail.get("ctx", {}).get("error", detail["msg"]))


def _other(detail: ErrorDetails, _: Path) -> Saying:
    return f"{_short(detail['input'])} cannot stand here", detail["msg"][:160]


def _short(value: Any) -> str:
    text = "true" if value is True else "false" if value is False else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


_SAY: dict[str, Callable[[ErrorDetails, Path], Saying]] = {
    "extra_forbidden": _unknown,
    "missing": _missing,
    "literal_error": _literal,
    "int_type": _wanted("a whole number", "write digits, without quotes"),
    "float_type": _wanted("a number", "write digits, without quotes"),
    "bool_type": _wanted("true or false", "write true or false, without quotes"),
    "string_type": _string,
    "tuple_type": _wanted("a list", "write it as [one, two], or one `- item` a line"),
    "dict_type": _wanted("a mapping of keys", "write `key: value` lines under it"),
    "model_type": _wanted("a mapping of keys", "write `key: value` lines under it"),
    "model_attributes_type": _wanted("a mapping of keys", "write `key: value` lines under it"),
    "string_pattern_mismatch": _pattern,
    "greater_than_equal": _bound,
    "less_than_equal": _bound,
    "string_too_short": _bound,
    "string_too_long": _bound,
    "value_error": _value,
}

Mode = Literal["sandbox", "ci", "host", "split"]
"""Checks in a sandbox on the command line; CI jobs; a sandbox on the runner of the host action; CI jobs in the split workflow."""

UNHEEDED: tuple[tuple[str, Mode | None, str], ...] = (
    ("routing.audit_share", "split", "no job of it can both ask a model and publish, so none can audit what was published"),
    ("verification.deep", "ci", "mutants and independent tests need tests that run with the bot"),
    ("verification.ci", "sandbox", "on the command line checks run in a sandbox, not as CI jobs"),
    ("verification.ci", "host", "the host action runs checks in a sandbox on its runner, not as CI jobs"),
    ("verification.setup", "ci", "the verify workflow holds its own set-up"),
    ("verification.checks", "ci", "the verify workflow holds the commands"),
    ("triggers", "sandbox", "they are for GitHub"),
    ("publish", "sandbox", "on the command line a local branch is made"),
    ("ledger.branch", "sandbox", "on the command line the ledger is a local file"),
)
"""Keys that the contract has and this version accepts without obeying them: everywhere, or in one mode."""


def unheeded(policy: Policy, mode: Mode) -> tuple[str, ...]:
    """What the file sets and this version does not obey, so that nothing is passed over in silence."""
    given = policy.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return tuple(
        f"{path}: {why}" for path, kind, why in UNHEEDED if (kind is None or kind == mode) and _set(given, path.split("."))
    )


def globs(policy: Policy) -> tuple[tuple[str, str], ...]:
    """Every glob of the file's own, each with its key."""
    listed = {"protect.paths": policy.protect.paths, **{f"signals.paths.{name}": own for name, own in policy.signals.paths.items()}}
    return tuple((f"{key}[{index}]", glob) for key, own in listed.items() for index, glob in enumerate(own))


PLACEHOLDER = "WRITE-HERE"
"""How the names begin that `init` cannot know."""


def unfilled(policy: Policy) -> tuple[str, ...]:
    """Models that still go by the name which `init` put there."""
    return tuple(
        f"models.{name}.model: {model.model} is a place to fill in; write the name by which your server knows the model"
        for name, model in policy.models.items()
        if model.model.startswith(PLACEHOLDER)
    )


def idle(policy: Policy) -> tuple[str, ...]:
    """What the file asks of a verifier and cannot have."""
    deep, verifier = policy.verification.deep.independent_test, policy.verifier
    if verifier is None:
        return ("verification.deep.independent_test: there is no models.verifier to write the test",) if deep else ()
    return tuple(
        f"models.verifier: {verifier.model} is also the model of lane {name}, whose patches it is not asked about; "
        "give it a model of another maker"
        for name in policy.lanes
        if policy.lane(name).model == verifier.model
    )


def overheard(policy: Policy) -> tuple[str, ...]:
    """Where a key would be sent for others to read."""
    lanes = tuple(policy.lane(name) for name in policy.lanes)
    return tuple(
        f"models.{lane.name} is asked over plain http:// at {lane.base_url}, and no key is sent there; write https://"
        for lane in (*lanes, *((policy.verifier,) if policy.verifier else ()))
        if lane.key_name and not unread(lane)
    )


def _set(given: Any, parts: list[str]) -> bool:
    if not parts:
        return True
    return isinstance(given, dict) and parts[0] in given and _set(given[parts[0]], parts[1:])
