"""What a run may learn of the runs before it: the part of a ledger that is small enough to be read when one begins."""

from collections.abc import Iterable
from statistics import median

from bot.core.past.calibration import priors
from bot.core.past.lives import Life
from bot.core.standing import ClassCost, LaneRate, Standing
from bot.core.words import TaskClass

ENOUGH = 3
"""Attempts of its own kind that a median is made of, at the least."""


def taught(lives: Iterable[Life]) -> Standing:
    there = tuple(lives)
    rates = (LaneRate(each.lane, each.model, each.value, each.weight) for each in priors(there) if each.value is not None)
    return Standing(tuple(rates)[:50], _costs(there)[:600])


def _costs(lives: tuple[Life, ...]) -> tuple[ClassCost, ...]:
    seen: dict[tuple[str, TaskClass], list[int]] = {}
    for life in lives:
        for tried in life.run.tries:
            if tried.micros is not None:
                seen.setdefault((tried.lane, life.run.task_class), []).append(tried.micros)
    enough = sorted((key, micros) for key, micros in seen.items() if len(micros) >= ENOUGH)
    return tuple(ClassCost(lane, task_class, int(median(micros)), len(micros)) for (lane, task_class), micros in enough)
