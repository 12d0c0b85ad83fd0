"""Rates with what they leave open. A rate of few cases is not a rate, and says so."""

from math import sqrt
from statistics import quantiles
from typing import Literal

from pydantic.dataclasses import dataclass

from bot.core.strict import STRICT

ENOUGH = 20
"""Cases of which a rate is made, at the least. With 11 of 11 good a one-sided 95 % bound is above 0.8, with one bad it takes 20."""
Z = 1.959964
"""Of a two-sided interval of 95 %."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Rate:
    """`hits` of `cases`, with Wilson's interval, of 95 % where nothing else is said.

    Wilson 1927; Brown, Cai and DasGupta 2001 for why not the simple one.
    """

    hits: int
    cases: int
    low: float
    high: float
    standing: Literal["enough", "not enough data"]

    @property
    def value(self) -> float | None:
        """None where there is not enough data."""
        return self.hits / self.cases if self.standing == "enough" else None


def rate(hits: int, cases: int, enough: int = ENOUGH, z: float = Z) -> Rate:
    low, high = wilson(hits, cases, z)
    return Rate(hits, cases, low, high, "enough" if cases >= enough else "not enough data")


def wilson(hits: int, cases: int, z: float = Z) -> tuple[float, float]:
    """Wilson's score interval; everything is possible where there is no case."""
    if cases == 0:
        return 0.0, 1.0
    share, square = hits / cases, z * z
    middle = (share + square / (2 * cases)) / (1 + square / cases)
    half = z * sqrt(share * (1 - share) / cases + square / (4 * cases * cases)) / (1 + square / cases)
    return (0.0 if hits == 0 else max(0.0, middle - half)), (1.0 if hits == cases else min(1.0, middle + half))


@dataclass(frozen=True, slots=True, config=STRICT)
class Spread:
    """Of `cases` values: the median, what nine in ten do not pass, and so on. None where there is not one value."""

    cases: int
    median: float | None
    p90: float | None
    p10: float | None = None
    p25: float | None = None
    p75: float | None = None


def spread(values: list[float]) -> Spread:
    if not values:
        return Spread(0, None, None)
    if len(values) == 1:
        return Spread(1, *values * 5)
    cuts = quantiles(values, n=20, method="inclusive")
    return Spread(len(values), cuts[9], cuts[17], cuts[1], cuts[4], cuts[14])
