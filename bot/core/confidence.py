"""The one number that follows from the evidence, with every term of it shown."""

import math

from pydantic.dataclasses import dataclass

from bot.core.evidence import EXECUTED, Evidence, State
from bot.core.policy import CEILING
from bot.core.strict import STRICT
from bot.core.weights import SHOWING, SHRINK, SUITE, UNEXECUTED_MOST, WEIGHTS, WORKS


@dataclass(frozen=True, slots=True, config=STRICT)
class Term:
    """One addend of the log-odds: `shrink` times the logarithm of `ratio`."""

    name: str
    state: State
    ratio: float
    shrink: float = SHRINK


@dataclass(frozen=True, slots=True, config=STRICT)
class Confidence:
    """`value` = the prior's odds times every term's shrunk ratio, as a probability, and never above `most`."""

    value: float
    prior: float
    terms: tuple[Term, ...]
    most: float = CEILING


def confidence(evidence: Evidence, prior: float) -> Confidence:
    """Additive log-odds, from `prior`, which is strictly between 0 and 1.

    What ended the attempt leaves nothing; without an executed test it cannot rise above the prior.
    """
    if evidence.failed:
        return Confidence(0.0, prior, (), 0.0)
    terms = tuple(Term(name, state, ratio) for name, state, ratio in _terms(evidence))
    odds = math.log(prior / (1 - prior)) + sum(term.shrink * math.log(term.ratio) for term in terms)
    most = _most(evidence, prior)
    return Confidence(min(most, 1 / (1 + math.exp(-odds))), prior, terms, most)


def _terms(evidence: Evidence) -> list[tuple[str, State, float]]:
    states = {name: evidence.state(name) for name in WEIGHTS}
    states[SUITE] = "passed" if evidence.proves else None
    states[WORKS] = _works(evidence)
    found: list[tuple[str, State, float]] = []
    for name, weight in WEIGHTS.items():
        state = states[name]
        ratio = weight.of(state)
        if state is not None and ratio is not None:
            found.append((name, state, ratio))
    return found


def _works(evidence: Evidence) -> State | None:
    """Whether any test turns green with the change. Nothing where none was looked for, or none could."""
    states = [state for name in SHOWING if (state := evidence.state(name)) is not None]
    for state in ("passed", "failed", "not_run"):
        if state in states:
            return state
    return None


def _most(evidence: Evidence, prior: float) -> float:
    if not evidence.proves:
        return min(prior, CEILING)
    return UNEXECUTED_MOST if evidence.state(EXECUTED) == "failed" else CEILING
