"""Results that others have published, by source and model: a table of their own, since nobody has seen them here."""

from collections import defaultdict
from collections.abc import Iterable

from pydantic.dataclasses import dataclass

from bot.core.past.history import Published
from bot.core.past.interval import Rate, rate
from bot.core.strict import STRICT


@dataclass(frozen=True, slots=True, config=STRICT)
class Elsewhere:
    """One model in one source. `priced` is how many of the cases say what they cost, and the mean is theirs."""

    source: str
    model: str
    lane: str | None
    resolved: Rate
    priced: int
    mean_micros: int | None
    """Rounded up, as money is; None where no case says it."""


def elsewhere(results: Iterable[Published]) -> tuple[Elsewhere, ...]:
    """By source, then by model."""
    groups: dict[tuple[str, str, str | None], list[Published]] = defaultdict(list)
    for each in results:
        groups[each.source, each.model, each.lane].append(each)
    return tuple(_row(*key, found) for key, found in sorted(groups.items(), key=lambda item: (item[0][:2], item[0][2] or "")))


def _row(source: str, model: str, lane: str | None, found: list[Published]) -> Elsewhere:
    costs = [each.micros for each in found if each.micros is not None]
    mean = -(-sum(costs) // len(costs)) if costs else None
    return Elsewhere(source, model, lane, rate(sum(each.result == "resolved" for each in found), len(found)), len(costs), mean)
