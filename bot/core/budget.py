"""What a run may still spend: the least that any cap leaves. A cap that cannot be checked leaves nothing."""

from dataclasses import dataclass

from bot.core.cost import dollars
from bot.core.policy import Budget
from bot.core.route import Refusal


@dataclass(frozen=True, slots=True)
class Spent:
    """Micro-dollars charged so far; None where the ledger holds a charge of unknown cost."""

    run: int | None
    day: int | None
    month: int | None
    actor_day: int | None


def allowance(budget: Budget, spent: Spent) -> int | Refusal:
    """Micro-dollars that are left; a refusal where a cap is reached or its spending is unknown."""
    caps = (
        ("per_run_usd", budget.per_run_usd, spent.run),
        ("per_day_usd", budget.per_day_usd, spent.day),
        ("per_month_usd", budget.per_month_usd, spent.month),
        ("per_actor_day_usd", budget.per_actor_day_usd, spent.actor_day),
    )
    left: list[int] = []
    for name, cap, used in caps:
        if cap is None:
            continue
        if used is None:
            return Refusal("budget", f"the ledger holds charges of unknown cost, so budget.{name} cannot be checked")
        if used > cap or used == cap > 0:  # a cap of nothing still lets free models be asked
            return Refusal("budget", f"budget.{name} is spent: ${dollars(used)} of ${dollars(cap)}")
        left.append(cap - used)
    return min(left)
