"""What a model is offered to do, and what it asks for: search, read, edit, and say that it is done."""

from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.core.checks import Check
from bot.ports import Call, Tool

_BOUNDS = ("title", "default", "minLength", "maxLength", "minimum", "maximum")
"""Not sent with every call: what does not keep them is answered with what is wrong."""


class _Args(BaseModel):
    model_config = ConfigDict(extra="ignore", use_attribute_docstrings=True)


class Search(_Args):
    """Find lines by a Perl regex, in all files or those of a glob like `src/**/*.py`."""

    pattern: Annotated[str, Field(min_length=1, max_length=500)]
    glob: Annotated[str, Field(max_length=200)] = ""


class Read(_Args):
    """Show a file, or its lines from start to end, counted from 1."""

    path: str
    start: Annotated[int, Field(ge=1)] = 1
    end: Annotated[int, Field(ge=1)] | None = None


class Edit(_Args):
    """Replace one piece of a file. `old` must stand in the file exactly once, spaces and line breaks included."""

    path: str
    old: Annotated[str, Field(min_length=1)]
    new: str


class Write(_Args):
    """Make a new file, or replace a whole one."""

    path: str
    content: str


class Delete(_Args):
    """Delete a file."""

    path: str


class RunCheck(_Args):
    """Run one of the repository's checks on your changes."""

    name: str


class Finish(_Args):
    """Say that the change is complete: what it does, in plain sentences; your confidence, from 0 to 1; what could be wrong."""

    summary: Annotated[str, Field(max_length=4_000)]
    confidence: Annotated[float, Field(ge=0, le=1)] = 0.5
    risks: Annotated[str, Field(max_length=4_000)] = ""


class GiveUp(_Args):
    """Say that you cannot make this change."""

    reason: Annotated[str, Field(max_length=2_000)]


Action = Search | Read | Edit | Write | Delete | RunCheck | Finish | GiveUp

_ACTIONS: dict[str, type[Action]] = {
    "search": Search,
    "read": Read,
    "edit": Edit,
    "write": Write,
    "delete": Delete,
    "check": RunCheck,
    "finish": Finish,
    "give_up": GiveUp,
}


@lru_cache(maxsize=8)
def tools(checks: tuple[Check, ...]) -> tuple[Tool, ...]:
    """What a model is offered; `check` only where there is one it can run. The same with every call of an attempt: made once."""
    return tuple(
        Tool(name, " ".join((kind.__doc__ or "").split()), _parameters(kind, checks))
        for name, kind in _ACTIONS.items()
        if kind is not RunCheck or checks
    )


def _parameters(kind: type[Action], checks: tuple[Check, ...]) -> dict[str, Any]:
    schema = kind.model_json_schema()
    properties = {name: _offered(given) for name, given in schema["properties"].items()}
    if kind is RunCheck:
        properties["name"]["enum"] = [check.name for check in checks]
    return {"type": "object", "properties": properties, "required": schema.get("required", [])}


def _offered(given: dict[str, Any]) -> dict[str, Any]:
    """A parameter's schema as a model needs it; what may be null may as well be left out."""
    plain, *_ = given.get("anyOf", [given])
    return {key: value for key, value in {**given, **plain}.items() if key not in (*_BOUNDS, "anyOf")}


def action(call: Call) -> Action | str:
    """What a call asks for; a text for the model where it asks for nothing we know."""
    kind = _ACTIONS.get(call.name)
    if kind is None:
        return f"There is no action `{call.name}`. The actions are: {', '.join(_ACTIONS)}."
    try:
        return kind.model_validate(dict(call.arguments))
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False))
        return f"`{call.name}` was not understood: {problems}"
