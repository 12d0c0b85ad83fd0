"""How every value that may cross a file or a job is declared: frozen, closed, checked when it is read back; and how it is shown."""

from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
"""For `pydantic.dataclasses.dataclass(frozen=True, slots=True, config=STRICT)`: no unknown field, no coercion,
and no number that JSON cannot hold."""

Seconds = Annotated[float, Field(ge=0)]
"""How long a thing took: measured by a clock that does not go back."""


def document(found: object) -> str:
    """A value of ours as one JSON document, for programs."""
    return TypeAdapter(type(found)).dump_json(found, indent=1, by_alias=True).decode() + "\n"
