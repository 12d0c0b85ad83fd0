"""The policy's thresholds, each held against the runs that it decided: which of them the data argues against.

Of each only what its own runs can show. What was never tried says nothing, and is "not enough data".
"""

from collections.abc import Iterator
from dataclasses import dataclass as plain
from dataclasses import replace
from math import sqrt
from statistics import mean, stdev
from typing import Literal

from pydantic.dataclasses import dataclass

from bot.core.cost import exact
from bot.core.past.history import Run
from bot.core.past.interval import ENOUGH, Rate, rate
from bot.core.past.lives import Life
from bot.core.past.regions import judged, normal
from bot.core.policy import CEILING, Budget, Policy
from bot.core.strict import STRICT

MOST_CUTS = 4
"""How far below `fast_max_score` another one is looked for."""
WIDTH = 0.1
"""Of a band of confidence."""
SELDOM = 0.05
"""What is a success less often than this is bought for nothing."""
OFTEN = 0.05
"""A cap that cuts off more runs than this is hit often."""

Asks = Literal["too_high", "too_low", "overconfident", "last_attempt", "futile_reason", "cut_off"]
"""What is asked of a threshold: whether `fast_max_score` is too high or too low, whether patches are right as often as their
confidence says, whether the last attempt or a reason to escalate ever leads to a patch, whether the cap cuts runs off."""
Standing = Literal["argued against", "nothing beyond chance", "not enough data"]


@dataclass(frozen=True, slots=True, config=STRICT)
class Look:
    """One question to one threshold. `share` is what the runs show, `bar` what it is held against, None where that is unknown."""

    key: str
    asks: Asks
    about: str
    """Which runs: a score or a span of scores, a band of confidence, a reason."""
    share: Rate
    bar: float | None
    standing: Standing
    proposed: str | None = None
    """What to write instead; None where nothing is argued against, or where no value would mend it."""


@plain(frozen=True, slots=True)
class _Span:
    """Between what and what a mean lies, in micro-dollars."""

    low: float
    high: float


def looks(lives: tuple[Life, ...], policy: Policy) -> tuple[Look, ...]:
    runs = [life.run for life in lives]
    last = tuple(_last_attempt(runs, policy))
    return (
        *_too_high(runs, policy),
        *_too_low(lives, policy),
        *_overconfident(lives, policy),
        *last,
        *_reasons(runs, policy, alone=any(look.proposed == "1" for look in last)),
        *_cut_off(runs, policy),
    )


# ---- fast_max_score ----------------------------------------------------------------------------------------------


def _started_first(runs: list[Run], policy: Policy, scores: range) -> list[Run]:
    """Runs of these scores whose first attempt the first lane made, and which say something of its patch."""
    first = policy.lanes[0]
    return [run for run in runs if run.score in scores and run.tries and run.tries[0].lane == first and judged(run.tries[0])]


def _too_high(runs: list[Run], policy: Policy) -> Iterator[Look]:
    """Skip the first lane only where its cost and that of judging it are more than its share of accepted patches times what the
    top lane costs. The widest span of scores for which that holds, its lowest score included."""
    most = policy.routing.fast_max_score
    cuts = [cut for cut in range(most - 1, most - 1 - MOST_CUTS, -1) if cut >= 0]
    spans = [_started_first(runs, policy, range(cut + 1, most + 1)) for cut in cuts]
    z = normal(sum(len(span) >= ENOUGH for span in spans))
    looked = [_skipping(span, z, _scores(cut + 1, most), str(cut)) for cut, span in zip(cuts, spans, strict=True)]
    lowest = [[run for run in span if run.score == cut + 1] for cut, span in zip(cuts, spans, strict=True)]
    argued = [look for look, few in zip(looked, lowest, strict=True) if look.proposed and _wasted(few)]
    rest = [look for look in looked if not look.proposed]
    enough = [look for look in rest if look.standing != "not enough data"]
    yield from argued[-1:] or enough[:1] or rest[-1:]


def _scores(low: int, high: int) -> str:
    return f"score {low}" if low == high else f"scores {low} to {high}"


def _skipping(span: list[Run], z: float, about: str, proposed: str) -> Look:
    share = rate(_accepted_first(span), len(span), z=z)
    cheap, dear = _cheap(span, z), _dear(span, z)
    key = "routing.fast_max_score"
    if share.value is None or cheap is None or dear is None:
        return Look(key, "too_high", about, share, None, "not enough data")
    bar = min(1.0, cheap.low / dear.high) if dear.high else 1.0
    if share.high < bar:
        return Look(key, "too_high", about, share, bar, "argued against", proposed)
    return Look(key, "too_high", about, share, bar, "nothing beyond chance")


def _wasted(span: list[Run]) -> bool:
    """Whether the same holds for these few, as far as they go."""
    cheap, dear = _spent_first(span), [run.strong for run in span if run.strong is not None]
    return bool(span and cheap and dear) and mean(cheap) > _accepted_first(span) / len(span) * mean(dear)


def _accepted_first(span: list[Run]) -> int:
    return sum(run.tries[0].decision == "accept" for run in span)


def _spent_first(span: list[Run]) -> list[int]:
    """What the first attempt and judging it cost; judging counts alike for every attempt of a run."""
    costs = ((run.tries[0].micros, run.verification, len(run.tries)) for run in span)
    return [micros + judging // tries for micros, judging, tries in costs if micros is not None and judging is not None]


def _cheap(span: list[Run], z: float) -> _Span | None:
    return _mean(_spent_first(span), z)


def _dear(span: list[Run], z: float) -> _Span | None:
    return _mean([run.strong for run in span if run.strong is not None], z)


def _mean(values: list[int], z: float) -> _Span | None:
    if len(values) < ENOUGH:
        return None
    middle, error = mean(values), stdev(values) / sqrt(len(values))
    return _Span(max(0.0, middle - z * error), middle + z * error)


def _too_low(lives: tuple[Life, ...], policy: Policy) -> Iterator[Look]:
    """Runs past the threshold that started in the first lane, as a person or a class asked. It is too low where they pay, and
    where the accepted ones are right as often as the policy wants to be sure. One step at a time."""
    most, key = policy.routing.fast_max_score, "routing.fast_max_score"
    span = _started_first([life.run for life in lives], policy, range(most + 1, most + 3))
    known = {(life.run.repo, life.run.id): life.truth for life in lives if life.truth != "unknown"}
    truths = [known[run.repo, run.id] for run in span if run.tries[0].decision == "accept" and (run.repo, run.id) in known]
    z, about = normal(2), _scores(most + 1, most + 2)
    share, right = rate(_accepted_first(span), len(span), z=z), rate(truths.count("right"), len(truths), z=z)
    cheap, dear = _cheap(span, z), _dear(span, z)
    bar = policy.routing.min_confidence
    if share.value is None or right.value is None or cheap is None or dear is None:
        yield Look(key, "too_low", about, right, bar, "not enough data")
    elif right.low >= bar and share.low * dear.low > cheap.high and most < 99:
        yield Look(key, "too_low", about, right, bar, "argued against", str(most + 1))
    else:
        yield Look(key, "too_low", about, right, bar, "nothing beyond chance")


# ---- min_confidence ----------------------------------------------------------------------------------------------


def _overconfident(lives: tuple[Life, ...], policy: Policy) -> Iterator[Look]:
    """Accepted patches by what their confidence claims. Where they are right less often than the policy wants to be sure, a
    higher threshold is proposed; what is never accepted can be judged by nobody."""
    least = policy.routing.min_confidence
    known = ((life.accepted, life.truth) for life in lives if life.truth != "unknown")
    pairs = [(accepted.confidence, truth == "right") for accepted, truth in known if accepted is not None]
    bands = [[pair for pair in pairs if low <= pair[0] < high] for low, high in _bands(least)]
    z = normal(sum(len(band) >= ENOUGH for band in bands))
    higher = True
    for (low, high), band in zip(_bands(least), bands, strict=True):
        share = rate(sum(right for _, right in band), len(band), z=z)
        claimed = mean(claim for claim, _ in band) if band else None
        standing: Standing = "nothing beyond chance" if share.value is not None else "not enough data"
        if share.value is not None and claimed is not None and share.high < claimed:
            standing = "argued against"
        if low >= least:
            higher = higher and standing == "argued against" and share.high < least
        proposed = f"{high:g}" if higher and low >= least and high < CEILING else None
        about = f"below {high:.2f}" if low == 0 else f"{low:.2f} to {min(high, CEILING):.2f}"
        yield Look("routing.min_confidence", "overconfident", about, share, claimed, standing, proposed)


def _bands(least: float) -> list[tuple[float, float]]:
    """What is below the threshold, and steps from there on; the last one holds whatever is left."""
    edges = [least]
    while edges[-1] + WIDTH < CEILING - WIDTH / 2:
        edges.append(round(edges[-1] + WIDTH, 4))
    below = [(0.0, least)] if least > 0 else []
    return [*below, *zip(edges, [*edges[1:], 1.01], strict=True)]


# ---- attempts and money ------------------------------------------------------------------------------------------


def _last_attempt(runs: list[Run], policy: Policy) -> Iterator[Look]:
    most = policy.routing.max_attempts
    last = [run for run in runs if len(run.tries) >= most and judged(run.tries[most - 1])]
    if most > 1:
        hits = sum(run.tries[most - 1].decision == "accept" for run in last)
        yield _seldom("routing.max_attempts", "last_attempt", f"attempt {most}", hits, last, 1, str(most - 1))


def _reasons(runs: list[Run], policy: Policy, *, alone: bool) -> Iterator[Look]:
    """A reason is looked at where a judged attempt came after it. Where one attempt `alone` is proposed, to take it out is void."""
    reasons, looked = policy.routing.escalate_on, list[Look]()
    for reason in reasons:
        after = [run for run in runs if any(_escalated(run, number, reason) for number in range(len(run.tries) - 1))]
        hits = sum(run.accepted is not None for run in after)
        looked.append(_seldom("routing.escalate_on", "futile_reason", reason, hits, after, len(reasons), "[]"))
    left = None if alone else f"[{', '.join(look.about for look in looked if look.proposed is None)}]"
    yield from (replace(look, proposed=left) if look.proposed else look for look in looked)


def _escalated(run: Run, number: int, reason: str) -> bool:
    return run.tries[number].decision == "escalate" and run.tries[number].reason == reason and judged(run.tries[-1])


def _seldom(key: str, asks: Asks, about: str, hits: int, runs: list[Run], looked: int, proposed: str) -> Look:
    share = rate(hits, len(runs), z=normal(looked))
    if share.value is None:
        return Look(key, asks, about, share, SELDOM, "not enough data")
    if share.high < SELDOM:
        return Look(key, asks, about, share, SELDOM, "argued against", proposed)
    return Look(key, asks, about, share, SELDOM, "nothing beyond chance")


def _cut_off(runs: list[Run], policy: Policy) -> Iterator[Look]:
    """Runs that stopped since their next call could have cost more than was left to them. Twice the cap is proposed, or as much as
    the caps of days and months leave."""
    started = [run for run in runs if run.tries]
    share = rate(sum(run.tries[-1].ended == "budget" for run in started), len(started), z=normal(1))
    key, about = "budget.per_run_usd", f"${exact(policy.budget.per_run_usd)}"
    if share.value is None:
        yield Look(key, "cut_off", about, share, OFTEN, "not enough data")
    elif share.low > OFTEN:
        yield Look(key, "cut_off", about, share, OFTEN, "argued against", _twice(policy.budget))
    else:
        yield Look(key, "cut_off", about, share, OFTEN, "nothing beyond chance")


def _twice(budget: Budget) -> str | None:
    caps = (budget.per_day_usd, budget.per_month_usd, budget.per_actor_day_usd)
    most = min((2 * budget.per_run_usd, *(cap for cap in caps if cap is not None)))
    return exact(most) if most > budget.per_run_usd else None
