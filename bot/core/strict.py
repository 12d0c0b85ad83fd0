"""How every value that may cross a file or a job is declared: frozen, closed, checked when it is read back."""

from pydantic import ConfigDict

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
"""For `pydantic.dataclasses.dataclass(frozen=True, slots=True, config=STRICT)`: no unknown field, no coercion,
and no number that JSON cannot hold."""
