"""Which lane starts, and the rules that chose it."""

from pydantic.dataclasses import dataclass

from bot.core.strict import STRICT


@dataclass(frozen=True, slots=True, config=STRICT)
class Route:
    """`because` names every rule that had a say, the deciding one first."""

    lane: str
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, config=STRICT)
class Refusal:
    """The request goes no further, before a model is paid. `code` is for programs, `detail` for people, with the remedy."""

    code: str
    detail: str
