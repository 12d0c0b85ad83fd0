"""What others have published about a model on one task. It is kept as such, and is never a run of ours."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from bot.core.strict import STRICT
from bot.core.words import Found

Named = Annotated[str, Field(min_length=1, max_length=300)]


@dataclass(frozen=True, slots=True, config=STRICT)
class Imported:
    """One result. What its source does not say is None."""

    source: Named
    """Where it was published, as whoever imported it called it."""
    repo: Named | None
    instance: Named
    """The task, as the source names it."""
    model: Named
    """The model, or the agent with its model, as the source names it."""
    lane: Named | None
    """The lane of ours that this model stands for."""
    result: Found
    """By the source's own check, which is not ours."""
    cost_micros: Annotated[int, Field(ge=0, le=10**12)] | None
    calls: Annotated[int, Field(ge=0, le=10**9)] | None
    seconds: Annotated[float, Field(ge=0, le=10**7)] | None
    version: Literal[1] = 1
    kind: Literal["imported"] = "imported"
