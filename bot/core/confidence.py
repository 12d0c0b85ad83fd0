"""The one number that follows from the evidence, with every term of it shown."""

import math

from pydantic.dataclasses import dataclass

from bot.core.evidence import FIXES, REPRODUCED, Evidence
from bot.core.policy import CEILING
from bot.core.strict import STRICT

PRIOR_FIRST, PRIOR_LATER = 0.60, 0.71
"""How often a first and a stronger lane's patch is right, before any evidence: 299 and 353 of 500 public issues (SWE-bench
Verified, GPT-5 mini and Claude Sonnet 4.5). Replaced by the ledger's own rates once there are enough."""

SUITE_GREEN = 1.5
"""Likelihood ratio of a green suite: it catches about a third of wrong patches and rejects 2 % of right ones."""

FAILING_FIXED, FAILING_LEFT = 5.0, 0.5
"""Likelihood ratios of tests that fail on the base: some pass with the patch, or none does. The second is a placeholder, low enough
that a green-looking patch which leaves the failing test failing is not accepted on the rest of the suite alone, in any lane."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Term:
    """One addend of the log-odds. `ratio` is the likelihood ratio it comes from."""

    name: str
    ratio: float


@dataclass(frozen=True, slots=True, config=STRICT)
class Confidence:
    """`value` = the prior's odds times every term's ratio, as a probability; never above 0.95."""

    value: float
    prior: float
    terms: tuple[Term, ...]


def confidence(evidence: Evidence, *, first_lane: bool) -> Confidence:
    """A simple model with two terms. Without an executed test there is no term, so it cannot rise above the prior."""
    prior = PRIOR_FIRST if first_lane else PRIOR_LATER
    if evidence.failed:
        return Confidence(0.0, prior, ())
    terms: list[Term] = []
    if evidence.proves:
        terms.append(Term("suite green", SUITE_GREEN))
        terms += _shown_to_work(evidence)
    odds = math.log(prior / (1 - prior)) + sum(math.log(term.ratio) for term in terms)
    return Confidence(min(CEILING, 1 / (1 + math.exp(-odds))), prior, tuple(terms))


def _shown_to_work(evidence: Evidence) -> list[Term]:
    """A test that turns green with the change, old or new: one term, since the two say the same thing."""
    state = {item.name: item.state for item in evidence.items}
    if state.get(FIXES) == "passed":
        return [Term("failing tests fixed", FAILING_FIXED)]
    if state.get(REPRODUCED) == "passed":
        return [Term("reproduced by a new test", FAILING_FIXED)]
    return [Term("failing tests still fail", FAILING_LEFT)] if state.get(FIXES) == "not_run" else []
