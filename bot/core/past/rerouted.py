"""A recorded run under another policy: where it would start, which bar it would meet, and what its patch could not pass.

What the record holds of the request is weighed anew; what it does not hold is not guessed.
"""

from dataclasses import dataclass

from bot.core.facts import Facts, Failing, Located, NotApplicable, Place
from bot.core.ledger import Record
from bot.core.past.history import LABEL
from bot.core.policy import Policy
from bot.core.route import Refusal, Route, asked_for, choose, ineligible
from bot.core.score import weigh
from bot.core.signals import again as seen_again
from bot.core.signals import observe
from bot.core.verdict import bar

_UNKNOWN = NotApplicable("not in the record")


@dataclass(frozen=True, slots=True)
class Start:
    """`lane` is None where the request is refused, `because` the rule that decides, `bar` the confidence that a patch needs."""

    lane: str | None
    because: str
    bar: float


@dataclass(frozen=True, slots=True)
class Again:
    """What a replay keeps of a record, beside what every report reads of it."""

    at: str
    number: int | None
    task: str
    refused: str
    """The code of the refusal, where the run was refused; then there is no start to replay."""
    now: Start | None
    was: Start | None
    """Under the policy that is compared with, or as it was recorded."""
    barred: bool
    """Whether the names of the files of the accepted patch alone keep its lane from carrying it."""


def again(record: Record, new: Policy, old: Policy | None) -> Again:
    """`old`: the policy that is compared with; None for the route that was recorded."""
    route, refused = record.route, isinstance(record.route, Refusal)
    was = None
    if isinstance(route, Route):
        was = start(record, old) if old else Start(route.lane, next(iter(route.because), ""), record.threshold)
    return Again(
        record.at,
        record.number,
        record.task,
        record.route.code if isinstance(record.route, Refusal) else "",
        None if refused else start(record, new),
        was,
        _barred(record, new),
    )


def start(record: Record, policy: Policy) -> Start:
    """By the readings that were recorded, and what the policy's own globs and labels find in what was recorded besides.

    A lane that a person asked for is asked for again.
    """
    facts = _facts(_paths(record), record)
    signals = tuple(seen_again(signal, facts, policy.signals) for signal in record.signals)
    total = weigh(signals, policy.routing).total
    asked = asked_for(record.route) if isinstance(record.route, Route) else None
    route = choose(signals, total, record.task_class, policy, asked)
    needed = bar(policy, record.task_class, total)
    if isinstance(route, Refusal):
        return Start(None, route.detail, needed)
    return Start(route.lane, route.because[0], needed)


def _paths(record: Record) -> tuple[str, ...]:
    """What the request was about: the places, and those files of a change that were counted and were too many to be places."""
    known = {f"{place.path} ({place.why})" for place in record.places}
    counted = (finding for signal in record.signals if signal.name == "files_touched" for finding in signal.because)
    return tuple(dict.fromkeys((*(place.path for place in record.places), *(path for path in counted if path not in known))))


def _facts(paths: tuple[str, ...], record: Record | None = None) -> Facts:
    """Of labels a record holds those alone that a signal found."""
    found = (finding for signal in record.signals for finding in signal.because) if record else ()
    labels = dict.fromkeys(finding.removeprefix(LABEL) for finding in found if finding.startswith(LABEL))
    return Facts(_UNKNOWN, Located(tuple(Place(path, "recorded") for path in paths)), Failing(()), tuple(labels), "")


def _barred(record: Record, policy: Policy) -> bool:
    """The same rule that grades a patch, on the names of its files: what its lines say can only add to that."""
    last = record.attempts[-1] if record.attempts and record.result == "pass" else None
    if last is None or last.lane not in policy.lanes:
        return False
    signals = observe(_facts(tuple(file.path for file in last.files)), policy.signals)
    return ineligible(last.lane, signals, weigh(signals, policy.routing), policy) is not None
