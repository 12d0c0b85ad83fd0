"""What a run cost, in words: by lane and attempt, beside what always asking the top lane would have cost."""

from bot.core.attempt import STEPS
from bot.core.cost import Price, dollars, worst_case
from bot.core.lane import Lane
from bot.core.ledger import Record

SHORT_PROMPT, SHORT_ANSWER, FEWEST = 2_500, 300, 2
"""Tokens of the shortest conversation that makes a patch: what every attempt is told, a small answer; an edit, and the end."""

MIDDLING_CALLS, MIDDLING_PROMPT, MIDDLING_ANSWER = 8, 8_000, 500
"""Calls of an attempt that reads some files and edits one, and the tokens of each: no measurement, but a size to think in. Nothing
is taken to be read from a cache."""


def figure(micros: int | None) -> str:
    return "unknown" if micros is None else f"${dollars(micros)}"


def by_attempt(record: Record) -> str:
    """`fast $0.01 + strong $0.04 + verification $0.002`: what judging cost in model calls belongs to the sum."""
    parts = [f"{attempt.lane} {figure(attempt.cost_micros)}" for attempt in record.attempts]
    figures = (*(attempt.cost_micros for attempt in record.attempts), record.verification_micros)
    known = [micros for micros in figures if micros is not None]
    if record.cost_micros is not None and len(known) == len(figures) and (rest := record.cost_micros - sum(known)) > 0:
        parts.append(f"cut off {figure(rest)}")
    return " + ".join([*parts, f"verification {figure(record.verification_micros)}"])


def compared(record: Record) -> str:
    """The run beside one that asks the top lane at once; empty where nothing was asked."""
    estimate = record.always_strong
    if not record.attempts:
        return ""
    if estimate is None:
        return "unknown: no tokens at a known price and no earlier run to tell it by"
    basis = {
        "attempt": "its own attempt",
        "ledger": f"the median of {estimate.count} earlier attempts on such tasks",
        "tokens": "the first lane's tokens at its price",
    }[estimate.by]
    alone = len({attempt.lane for attempt in record.attempts}) == 1 and estimate.by == "attempt"
    return f"{figure(estimate.micros)}, by {basis}{'' if alone else _difference(record.cost_micros, estimate.micros)}"


def _difference(cost: int | None, other: int) -> str:
    if cost is None or cost == other:
        return ""
    return f"; the cascade lost {figure(cost - other)}" if cost > other else f"; the cascade saved {figure(other - cost)}"


def doubtful(record: Record) -> str:
    """What the sum rests on where that is not plain: figures that differ, and calls of which nobody said what they cost."""
    paid = (*record.attempts, record.verification)
    calls, guessed = (sum(getattr(each, name) for each in paid) for name in ("disputed", "guessed"))
    words: list[str] = []
    if calls:
        by_price = figure(sum(attempt.reckoned_micros for attempt in record.attempts) + record.verification.reckoned)
        words.append(f"provider's figure and known price differ by more than 5 % in {_calls(calls)}; by the price: {by_price}")
    if guessed:
        words.append(f"{_calls(guessed)} counted at the worst: no answer said what it cost")
    return "; ".join(words)


def _calls(number: int) -> str:
    return "1 call" if number == 1 else f"{number} calls"


def span(lane: Lane, price: Price, budget: int) -> str:
    """The least and the most that an attempt in a lane can cost, before anything is known of its course."""
    least = FEWEST * worst_case(SHORT_PROMPT, SHORT_ANSWER, price)
    if least > budget:
        return f"an attempt costs {figure(least)} at the least, more than the run's budget of {figure(budget)}"
    most = STEPS * worst_case(lane.max_context_tokens, lane.max_output_tokens, price)
    bounded = f"{figure(budget)}, the run's budget" if most > budget else figure(most)
    return f"an attempt costs {figure(least)} to {bounded}; {middling(price)}"


def middling(price: Price) -> str:
    """What an attempt of a size that people can picture costs."""
    cost = MIDDLING_CALLS * worst_case(MIDDLING_PROMPT, MIDDLING_ANSWER, Price(price.input, price.output))
    return f"{figure(cost)} for {MIDDLING_CALLS} calls of {MIDDLING_PROMPT:,} tokens sent and {MIDDLING_ANSWER} made"
