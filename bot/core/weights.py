"""What each item of evidence is worth, in one table, each with its source. No other module holds such a number."""

from pydantic.dataclasses import dataclass

from bot.core.evidence import DOUBTS, EXECUTED, FIXES, MUTANTS, REPRODUCED, STEADY, State
from bot.core.strict import STRICT
from bot.core.words import CRITIC, INDEPENDENT

PRIOR_FIRST, PRIOR_LATER = 0.60, 0.71
"""How often a first and a stronger lane's patch is right, before any evidence: 299 and 353 of 500 public issues (SWE-bench
Verified, GPT-5 mini and Claude Sonnet 4.5). The ledger moves them once outcomes are recorded: `standing`."""

SHRINK = 0.7
"""Every term counts with this share of its logarithm: items are not independent, and would be counted twice. 0.5 to 0.7 is
advised until some 200 runs with a known outcome allow a fit."""

UNEXECUTED_MOST = 0.75
"""The most that a patch can reach of which some changed statement is run by no passing test."""

SUITE = "suite green"
WORKS = "shown to work"
"""Not items but what follows from some: the green suite, and a test that turns green with the change, old or new. The last is one
term, since a failing test that passes and a new test that does say the same thing."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Weight:
    """Likelihood ratios: how much likelier a right patch is to show this than a wrong one. None where it says nothing."""

    passed: float | None
    failed: float | None
    not_run: float | None
    source: str

    def of(self, state: State | None) -> float | None:
        match state:
            case "passed":
                return self.passed
            case "failed":
                return self.failed
            case "not_run":
                return self.not_run
            case _:
                return None


WEIGHTS: dict[str, Weight] = {
    SUITE: Weight(1.5, None, None, "full suites catch about 0.35 of wrong patches and reject 0.02 of right ones"),
    WORKS: Weight(5.0, 0.4, 0.4, "reproduction tests, published: 0.93 caught, 0.65 of right ones without; absence a placeholder"),
    EXECUTED: Weight(1.2, 0.6, None, "placeholder; no published figure"),
    MUTANTS: Weight(1.0, 0.8, None, "our bench: 52 of 55 right patches pass and 53 of 57 wrong ones, so it says next to nothing"),
    DOUBTS: Weight(None, 0.1, None, "our bench: none of 197 right patches, 20 of 61 special-cased ones"),
    STEADY: Weight(None, 0.5, None, "placeholder; a race that the patch brings looks like any other chance"),
    CRITIC: Weight(2.6, 0.39, None, "a critic of another family, published: 0.72 caught, 0.28 of right ones rejected"),
    INDEPENDENT: Weight(5.0, 0.7, None, "as a reproduction; 0.62 of tests that models write fail on the right patch"),
}

SHOWING = (FIXES, REPRODUCED)
"""The items behind `WORKS`."""
