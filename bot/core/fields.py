"""The kinds of value that a policy file holds, and the base of its parts."""

import base64
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationInfo, WithJsonSchema

from bot.core.cost import exact, micros

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
    WithJsonSchema({"type": "number", "minimum": 0, "description": "US dollars"}, mode="validation"),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]+\.[0-9]{2,}$", "description": "US dollars"}, mode="serialization"),
]
"""Dollars in the file, a number; whole micro-dollars ever after, which JSON of ours writes as a text, lest a reader round them."""

Count = Annotated[int, Field(ge=1)]
Points = Annotated[int, Field(ge=0, le=100)]
Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
Text = Annotated[str, Field(min_length=1, max_length=2000)]


class Part(BaseModel):
    """Frozen; an unknown key is an error; nothing is coerced."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


_BYTES = "base64:"


def _to_json(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return _BYTES + base64.b64encode(text.encode(errors="surrogateescape")).decode()
    return _BYTES + base64.b64encode(text.encode()).decode() if text.startswith(_BYTES) else text


def _from_json(value: object) -> object:
    if isinstance(value, str) and value.startswith(_BYTES):
        return base64.b64decode(value.removeprefix(_BYTES), validate=True).decode(errors="surrogateescape")
    return value


RawText = Annotated[
    str,
    BeforeValidator(_from_json),
    PlainSerializer(_to_json, return_type=str, when_used="json"),
]
"""Text that may hold bytes which are not UTF-8, as surrogate escapes; in JSON such a text stands as base64."""
