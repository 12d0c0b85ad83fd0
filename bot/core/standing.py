"""What past runs say of the lanes, small enough to be read when a run begins. It lies where others can write: an input."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from bot.core.policy import Policy
from bot.core.strict import STRICT
from bot.core.weights import PRIOR_FIRST, PRIOR_LATER
from bot.core.words import TaskClass

MOST_NAME, MOST_RATES, MOST_COSTS = 200, 50, 600
"""Characters of a lane's or a model's name; rows of either kind."""
MOST_MICROS, MOST_WORTH = 10**9, 1_000_000.0
"""Micro-dollars of an attempt in the median; patches that a rate is worth."""
Short = Annotated[str, Field(max_length=MOST_NAME)]
MOST_BYTES = 100_000
"""A longer one is not read."""


@dataclass(frozen=True, slots=True, config=STRICT)
class LaneRate:
    """How often a lane's patches were right, before any evidence, under the model that its policy named; worth `weight` patches."""

    lane: Short
    model: Short
    right: Annotated[float, Field(ge=0, le=1)]
    weight: Annotated[float, Field(ge=0, le=MOST_WORTH)]


@dataclass(frozen=True, slots=True, config=STRICT)
class ClassCost:
    """What attempts of a lane cost in the median, on tasks of a class: micro-dollars, of `cases` of them."""

    lane: Short
    task_class: TaskClass
    micros: Annotated[int, Field(ge=0, le=MOST_MICROS)]
    cases: Annotated[int, Field(ge=1, le=10**9)]


@dataclass(frozen=True, slots=True, config=STRICT)
class Standing:
    """Empty where there is no past, or none that can be believed."""

    rates: Annotated[tuple[LaneRate, ...], Field(max_length=MOST_RATES)] = ()
    costs: Annotated[tuple[ClassCost, ...], Field(max_length=MOST_COSTS)] = ()
    version: Literal[1] = 1
    kind: Literal["standing"] = "standing"

    def cost(self, lane: str, task_class: TaskClass) -> ClassCost | None:
        return next((each for each in self.costs if (each.lane, each.task_class) == (lane, task_class)), None)


class StandingError(ValueError):
    """The text is no standing; says where it stops being one."""


_CODEC = TypeAdapter(Standing)


def encode(standing: Standing) -> str:
    return _CODEC.dump_json(standing).decode()


def decode(text: str) -> Standing:
    """Raises `StandingError`."""
    if len(text) > MOST_BYTES:
        raise StandingError(f"it has {len(text)} characters, and at most {MOST_BYTES} are read")
    try:
        return _CODEC.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise StandingError(f"{'.'.join(map(str, first['loc'])) or 'the text'}: {first['msg']}") from None


WORTH, MOST_WEIGHT = 20.0, 200.0
"""The published rate is worth so many patches, and the ledger's at most so many: the more there are, the more it counts."""
LEAST, MOST = 0.35, 0.85
"""No ledger moves a prior out of these: at the least a reproduction and a green suite still pass the default bar, and at the most
a green suite alone stays below 0.9."""


def prior(standing: Standing, policy: Policy, lane: str) -> float:
    """How likely a lane's patch is right before any evidence: the published rate, moved by what the ledger saw of this very model.

    The top lane's is never below the published: nobody is above it, and a bar that no evidence can clear would refuse every patch.
    """
    published = PRIOR_FIRST if lane == policy.lanes[0] else PRIOR_LATER
    model = policy.lane(lane).model
    found = next((rate for rate in standing.rates if (rate.lane, rate.model) == (lane, model)), None)
    if found is None:
        return published
    weight = min(found.weight, MOST_WEIGHT)
    moved = (found.right * weight + published * WORTH) / (weight + WORTH)
    least = published if lane == policy.lanes[-1] else LEAST
    return round(min(MOST, max(least, moved)), 4)
