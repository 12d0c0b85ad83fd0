"""What a run may learn of the runs before it: the part of a ledger that is small enough to be read when one begins."""

from collections.abc import Iterable
from statistics import median

from bot.core.past.calibration import priors
from bot.core.past.lives import Life
from bot.core.standing import (
    MOST_BYTES,
    MOST_COSTS,
    MOST_MICROS,
    MOST_NAME,
    MOST_RATES,
    MOST_WORTH,
    ClassCost,
    LaneRate,
    Standing,
    encode,
)
from bot.core.words import TaskClass

ENOUGH = 3
"""Attempts of its own kind that a median is made of, at the least."""


def taught(lives: Iterable[Life]) -> Standing:
    """What `standing` would refuse is left out: one strange line must not keep a repository from learning."""
    there = tuple(lives)
    rates = [
        LaneRate(each.lane, each.model, each.value, min(each.weight, MOST_WORTH))
        for each in priors(there)
        if each.value is not None and _fits(each.lane) and _fits(each.model)
    ]
    rates.sort(key=lambda rate: (-rate.weight, rate.lane, rate.model))
    made = Standing(tuple(rates)[:MOST_RATES], _costs(there)[:MOST_COSTS])
    while len(encode(made)) > MOST_BYTES:  # of many long names; the rarest go first
        made = Standing(made.rates[: len(made.rates) // 2], made.costs[: len(made.costs) // 2])
    return made


def _fits(name: str) -> bool:
    return len(name) <= MOST_NAME


def _costs(lives: tuple[Life, ...]) -> tuple[ClassCost, ...]:
    """The most frequent first."""
    seen: dict[tuple[str, TaskClass], list[int]] = {}
    for life in lives:
        for tried in life.run.tries:
            if tried.micros is not None:
                seen.setdefault((tried.lane, life.run.task_class), []).append(tried.micros)
    enough = sorted((-len(micros), key) for key, micros in seen.items() if len(micros) >= ENOUGH and _fits(key[0]))
    return tuple(ClassCost(*key, min(int(median(seen[key])), MOST_MICROS), -many) for many, key in enough)
