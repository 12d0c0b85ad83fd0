"""What a run would have cost if every request went to the top lane: the figure that a cascade has to beat."""

from typing import Literal

from pydantic.dataclasses import dataclass

from bot.core.cost import Tokens, Usage, charge
from bot.core.strict import STRICT
from bot.core.trail import Trail


@dataclass(frozen=True, slots=True, config=STRICT)
class Estimate:
    """In micro-dollars. `by` is what it rests on: the run's own attempt in the top lane, the median of `count` earlier ones on
    tasks of the same class, or the first lane's tokens at the top lane's price."""

    micros: int
    by: Literal["attempt", "ledger", "tokens"]
    count: int = 0


def always_strong(trail: Trail) -> Estimate | None:
    """None where nobody can say."""
    opened, attempts = trail.opened, trail.attempts
    top = opened.policy.lanes[-1]
    own = [attempt.usage for attempt in attempts if attempt.lane == top and attempt.usage != Usage()]
    if own:
        return None if own[0].unpriced else Estimate(own[0].micros, "attempt")
    if not attempts:
        return None
    past = opened.standing.cost(top, opened.task_class)
    if past is not None:
        return Estimate(past.micros, "ledger", past.cases)
    price = next((known.price for known in opened.prices if known.lane == top), None)
    tokens = attempts[0].usage.tokens
    return Estimate(charge(tokens, price), "tokens") if price is not None and tokens != Tokens() else None
