"""One check-up while it goes on: what it works with, what was found so far, and what was spent on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from bot.core import health
from bot.core.cost import Usage
from bot.core.health import Item, Report, Unknown
from bot.core.policy import Policy
from bot.core.policyfile import PolicyError
from bot.ports import Catalog, Clock, Denied, Limit, Model, Site, Unavailable, Watcher

Found = TypeVar("Found")
LOOK = 20.0
"""Seconds that one check may take, where it has no limit of its own."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a check-up works with."""

    site: Site
    model: Model
    catalog: Catalog
    keys: Mapping[str, str] = field(repr=False)
    clock: Clock
    limit: Limit
    watch: Watcher
    actor: str


@dataclass(slots=True)
class Checkup:
    """One check-up: what was found, what was spent, and which model each lane turned out to be."""

    means: Means
    run: str
    offline: bool
    policy: Policy | None = None
    items: list[Item] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    asked: int = 0
    ran: dict[str, str] = field(default_factory=dict)

    def look(self, name: str, seconds: float, work: Callable[[], Found]) -> Found | None:
        """What the work brings; None where it brings none, and then the item says why."""
        try:
            return self.means.limit(seconds, work)
        except PolicyError as error:
            self.items += health.misread(error)
        except Denied as error:
            self.items.append(health.told(name, str(error), "mend it, and look again"))
        except Unavailable as error:
            self.items.append(Unknown(name, str(error)))
        except TimeoutError:
            self.items.append(Unknown(name, f"it did not answer within {seconds:.0f} s"))
        except OSError as error:
            self.items.append(Unknown(name, f"it could not be looked at: {error.strerror or type(error).__name__}"))
        return None


def report(checkup: Checkup, secrets: tuple[str, ...]) -> Report:
    """What was found, fit to print."""
    items = tuple(health.cleaned(item, secrets) for item in checkup.items)
    return Report(checkup.run, items, checkup.asked, None if checkup.usage.unpriced else checkup.usage.micros)
