"""What may still be spent: a run sets its share of every cap aside before it starts. What cannot be checked leaves nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.core.cost import Price, dollars
from bot.core.policy import Budget
from bot.core.route import Refusal
from bot.core.spend import Account, Movement, Reserved, Settled, accounts, total


@dataclass(frozen=True, slots=True)
class Wish:
    """A run that wants money. `at` is now, ISO 8601 in UTC: its day and month are those that the caps mean."""

    run: str
    actor: str
    at: str
    by: str = ""
    spent: int | None = 0
    """Micro-dollars that the run is known to have spent, by what it brings along; for a process with a name, what that one spent.

    None where a part is unknown.
    """
    over: frozenset[str] = frozenset()
    """GitHub's workflow runs that are known to have ended, whose jobs had this run's share."""

    def since(self, before: int) -> int:
        """Of what is known, the part that no earlier account holds: `before` is what those hold."""
        return (self.spent or 0) - (0 if self.by else before)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a run may still spend, in micro-dollars. `new` is the line that sets it aside, where it is not set aside already."""

    left: int
    new: Reserved | None = None


def unpayable(budget: Budget, prices: Mapping[str, Price]) -> tuple[str, ...]:
    """What a cap of nothing means, by the price of each model: one that costs nothing is asked all the same."""
    paid = [name for name, price in prices.items() if price.input or price.output or price.cache_read or price.cache_write]
    free = [name for name in prices if name not in paid and name != "verifier"]
    if not paid:
        return ()
    whom = f"{', '.join(f'`{name}`' for name in paid)} {'is' if len(paid) == 1 else 'are'} never asked" if free else ""
    caps = (name for name in Budget.model_fields if getattr(budget, name) == 0)
    return tuple(f"budget.{name}: under a cap of 0 {whom or 'no lane is ever asked'}, for it may cost something" for name in caps)


HELD = Refusal("budget", "another job has this run's share set aside, and what it spent is unknown; give a new command")


def grant(budget: Budget, wish: Wish, movements: Iterable[Movement]) -> Grant | Refusal:
    """Set aside as much of `per_run_usd` as every cap leaves; the same again for a run that has its share already."""
    found = accounts(movements)
    mine_or_lost = [account for account in found if account.run == wish.run]
    own = [account for account in mine_or_lost if not _others(account, wish)]
    has = any(account.by == wish.by and account.settled == "open" and account.reserved for account in own)
    if not has and any(_others(account, wish) and not _over(account.by, wish) for account in mine_or_lost):
        return HELD
    gone = total((*(account.spent for account in own), wish.spent))
    if gone is None:
        return _unknown("per_run_usd")
    here = [account for account in own if not wish.by or account.by == wish.by or not account.reserved]
    mine = here[-1] if here and (here[-1].day == wish.at[:10] or (here[-1].settled == "open" and here[-1].reserved)) else None
    before = sum(account.spent or 0 for account in own if account is not mine)
    spent = max(mine.spent or 0 if mine else 0, wish.since(before))
    if mine is not None and mine.settled == "open" and mine.reserved:
        return Grant(mine.reserved - spent) if spent < mine.reserved else _gone("per_run_usd", before + spent, budget.per_run_usd)
    left = _left(budget, wish, [account for account in found if account is not mine], before, spent)
    return left if isinstance(left, Refusal) else Grant(left, Reserved(wish.run, wish.at, wish.actor, spent + left, wish.by))


def _others(account: Account, wish: Wish) -> bool:
    """Whether another process has the run's share. What it spent of it nobody knows, so all of it counts as spent."""
    return account.settled == "open" and bool(account.reserved) and account.by != wish.by


def _over(by: str, wish: Wish) -> bool:
    """Whether a process is at work no more: GitHub begins a further attempt at a workflow run when the one before has ended."""
    (run, _, attempt), (mine, _, later) = by.partition("."), wish.by.partition(".")
    return run in wish.over or (run == mine and attempt.isdecimal() and later.isdecimal() and int(attempt) < int(later))


def _left(budget: Budget, wish: Wish, others: list[Account], before: int, spent: int) -> int | Refusal:
    """The least that any cap leaves. `before` is what the run spent on days before, `spent` what it spent today."""
    today = [account for account in others if account.day == wish.at[:10]]
    caps = (
        ("per_run_usd", budget.per_run_usd, before),
        ("per_day_usd", budget.per_day_usd, total(a.counted for a in today)),
        ("per_month_usd", budget.per_month_usd, total(a.counted for a in others if a.day[:7] == wish.at[:7])),
        ("per_actor_day_usd", budget.per_actor_day_usd, total(a.counted for a in today if a.actor == wish.actor)),
    )
    left: list[int] = []
    for name, cap, used in caps:
        if cap is None:
            continue
        if used is None:
            return _unknown(name)
        if used + spent > cap or used + spent == cap > 0:  # a cap of nothing still lets free models be asked
            return _gone(name, used + spent, cap)
        left.append(cap - used - spent)
    return min(left)


def _unknown(name: str) -> Refusal:
    return Refusal("budget", f"the ledger holds charges of unknown cost, so budget.{name} cannot be checked")


def _gone(name: str, used: int, cap: int) -> Refusal:
    return Refusal("budget", f"budget.{name} is spent: ${dollars(used)} of ${dollars(cap)}, with what runs at work have set aside")


def settlement(wish: Wish, movements: Iterable[Movement]) -> Settled | None:
    """The line that ends a run's reservation; None where none is open. What the run spent takes its place.

    A process ends its own alone; who has the run's record, and is none of them (`by` is empty), ends whichever is open.
    """
    whole = [account for account in accounts(movements) if account.run == wish.run]
    mine = [account for account in whole if not wish.by or not _others(account, wish)]
    if not mine or mine[-1].settled == "settled" or not mine[-1].reserved:
        return None
    before = total(account.spent for account in mine[:-1])
    known = None if wish.spent is None or before is None else wish.since(before)
    own = mine[-1].spent
    return Settled(wish.run, wish.at, None if own is None or known is None else max(own, known))
