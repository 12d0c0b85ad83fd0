"""Money that is gone, may be gone, or is set aside: the lines that every cap is checked by. Appended, never changed."""

from collections.abc import Iterable
from dataclasses import dataclass as plain
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from bot.core.cost import Cost, Unpriced
from bot.core.strict import STRICT

Micros = Annotated[int, Field(ge=0)]


@dataclass(frozen=True, slots=True, config=STRICT)
class Reserved:
    """Set aside for a run when it starts: until it is settled, it counts as spent. In micro-dollars."""

    run: str
    at: str
    actor: str
    micros: Micros
    by: str = ""
    """The process, where another could not know what this one spent: GitHub's run and its attempt."""
    kind: Literal["reserved"] = "reserved"


@dataclass(frozen=True, slots=True, config=STRICT)
class Held:
    """The worst that a call can cost, written before it is sent: a process that is killed in mid-call has paid that much."""

    run: str
    at: str
    actor: str
    lane: str
    micros: Micros
    kind: Literal["held"] = "held"


@dataclass(frozen=True, slots=True, config=STRICT)
class Charge:
    """What a call cost. Written when the reply arrives, before it is read; it takes the place of what was held for the call."""

    run: str
    at: str
    actor: str
    lane: str
    micros: Micros | None
    """None where nobody can say."""
    source: str
    reckoned: Micros | None = None
    """What our own price makes of it, where the provider's figure is more than 5 % off."""
    kind: Literal["charge"] = "charge"


def charged(cost: Cost | Unpriced, run: str, at: str, actor: str, lane: str) -> Charge:
    """The line for what a call cost."""
    if isinstance(cost, Unpriced):
        return Charge(run, at, actor, lane, None, "unknown")
    return Charge(run, at, actor, lane, cost.micros, cost.source, cost.reckoned)


@dataclass(frozen=True, slots=True, config=STRICT)
class Settled:
    """A run is over: what it spent since its reservation takes that one's place. None where nobody can say."""

    run: str
    at: str
    micros: Micros | None
    kind: Literal["settled"] = "settled"


Movement = Reserved | Held | Charge | Settled


@plain(slots=True)
class Account:
    """One run's money since one reservation. A run that is taken up on another day has two; each belongs to the day it began on."""

    run: str
    day: str
    actor: str
    by: str = ""
    reserved: int = 0
    charged: int | None = 0
    held: int = 0
    """What is out for a call that was not answered yet."""
    settled: Literal["open", "settled"] = "open"

    @property
    def spent(self) -> int | None:
        """What is or may be gone."""
        return None if self.charged is None else self.charged + self.held

    @property
    def counted(self) -> int | None:
        """What caps have to count: all that is set aside, until it is settled."""
        if self.spent is None or self.settled == "settled":
            return self.spent
        return max(self.reserved, self.spent)

    def take(self, movement: Movement) -> None:
        match movement:
            case Reserved(micros=micros, by=by):
                self.reserved, self.by, self.settled = micros, by, "open"
            case Held(micros=micros):
                self.charged, self.held = self.spent, micros  # one that was never answered stays paid at its worst
            case Charge(micros=micros):
                self.charged, self.held = total((self.charged, micros)), 0
            case Settled(micros=micros):
                self.charged, self.held, self.settled = micros, 0, "settled"


def accounts(movements: Iterable[Movement]) -> tuple[Account, ...]:
    """Every account, oldest first. A movement belongs to its run's latest account; money without a reservation opens one too."""
    made: list[Account] = []
    latest: dict[str, Account] = {}
    for movement in movements:
        found = latest.get(movement.run)
        if found is None or (isinstance(movement, Reserved) and _anew(found, movement)):
            found = Account(movement.run, movement.at[:10], getattr(movement, "actor", ""))
            latest[movement.run] = found
            made.append(found)
        found.take(movement)
    return tuple(made)


def _anew(account: Account, share: Reserved) -> bool:
    """Whether a share is one more beside the account's: of another day, or of another process, which knows its own calls alone."""
    return account.day != share.at[:10] or (bool(account.reserved) and account.by != share.by)


def spent_by(run: str, movements: Iterable[Movement]) -> int | None:
    """Micro-dollars that a run spent, or may have; None where nobody can say."""
    return total(account.spent for account in accounts(movements) if account.run == run)


def total(parts: Iterable[int | None]) -> int | None:
    """The sum; None where a part is unknown."""
    known = list(parts)
    return None if None in known else sum(part or 0 for part in known)
