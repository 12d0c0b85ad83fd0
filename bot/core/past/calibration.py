"""Whether the confidence number keeps its word, and what outcomes say of a lane before any evidence."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from math import fsum

from pydantic.dataclasses import dataclass

from bot.core.past.counts import see
from bot.core.past.figures import Seen
from bot.core.past.interval import ENOUGH, Rate, rate
from bot.core.past.lives import Life
from bot.core.strict import STRICT

EDGES = (0.0, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 1.0)
"""Of the bins: narrow where accepted patches are, since the default bar is 0.65. The last one holds certainty too."""
INNER = EDGES[1:-1]


@dataclass(frozen=True, slots=True, config=STRICT)
class Bin:
    """Accepted patches whose confidence is from `low` to below `high`: what was claimed in the mean, and how many were right."""

    low: float
    high: float
    claimed: float
    right: Rate


@dataclass(frozen=True, slots=True, config=STRICT)
class Calibration:
    """Over accepted patches whose truth is known, and no others: what was turned away is judged by nobody.

    `brier` is the mean squared difference between confidence and truth (Brier 1950), `plain` the same for one who always says the
    rate of right ones; `gap` the mean distance of claim and rate over bins, by their cases. None where there is not enough data.
    """

    cases: int
    right: Rate
    brier: float | None
    plain: float | None
    gap: float | None
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True, config=STRICT)
class Prior:
    """How often a lane's patch is right before any evidence, as the ledger has it, under one model that its policy named.

    A patch that a check speaks against is held to be wrong; of the accepted ones as many are held to be right as of those
    whose truth is known; what was neither is left out. `weight` is how many patches that is worth; None where there is not enough.
    """

    lane: str
    model: str
    value: float | None
    weight: float
    known: int
    """Accepted patches whose truth is known: below `ENOUGH` nothing follows."""


def calibration(lives: Iterable[Life]) -> Calibration:
    return of_claims(
        [(tried.confidence, life.truth == "right") for life in lives if (tried := life.accepted) and life.truth != "unknown"]
    )


def of_claims(known: list[tuple[float, bool]]) -> Calibration:
    """`known` are the confidence of each of these patches, and whether it was right."""
    right = rate(sum(true for _, true in known), len(known))
    inside = defaultdict[int, list[tuple[float, bool]]](list)
    for each in known:
        inside[bisect_right(INNER, each[0])].append(each)
    bins = tuple(_bin(EDGES[place], EDGES[place + 1], found) for place, found in sorted(inside.items()))
    if right.value is None:
        return Calibration(len(known), right, None, None, None, bins)
    share = right.hits / right.cases
    return Calibration(
        len(known),
        right,
        fsum((claim - true) ** 2 for claim, true in known) / len(known),
        share * (1 - share),
        fsum(abs(each.claimed - each.right.hits / each.right.cases) * each.right.cases for each in bins) / len(known),
        bins,
    )


def _bin(low: float, high: float, inside: list[tuple[float, bool]]) -> Bin:
    return Bin(low, high, fsum(claim for claim, _ in inside) / len(inside), rate(sum(true for _, true in inside), len(inside)))


def priors(lives: Iterable[Life]) -> tuple[Prior, ...]:
    """One for each lane and model that made a patch, by name."""
    lanes: dict[str, dict[str, Seen]] = {}
    for life in lives:
        for tried in life.run.tries:
            see(lanes, tried, life)
    return of_seen(lanes)


def of_seen(lanes: dict[str, dict[str, Seen]]) -> tuple[Prior, ...]:
    """The same, where they are counted already."""
    return tuple(_prior(lane, model, seen) for lane, models in sorted(lanes.items()) for model, seen in sorted(models.items()))


def _prior(lane: str, model: str, seen: Seen) -> Prior:
    if seen.known < ENOUGH:
        return Prior(lane, model, None, 0.0, seen.known)
    judged = seen.accepted + seen.against
    value = seen.accepted * seen.right / seen.known / judged
    return Prior(lane, model, value, seen.known * judged / seen.accepted, seen.known)
