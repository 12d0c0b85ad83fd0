"""Named facts with the reason they were found. One rule, one function; the list of rules is written out."""

from typing import Literal

from pydantic.dataclasses import dataclass

from bot.core import rules
from bot.core.facts import Facts, NotApplicable, NotRun, Unreadable
from bot.core.policy import Signals
from bot.core.rules import Found, Rule
from bot.core.strict import STRICT
from bot.core.words import SignalName


@dataclass(frozen=True, slots=True, config=STRICT)
class Number:
    """How many were found; 0 or 1 where the signal is a yes or no."""

    value: int
    kind: Literal["number"] = "number"


Reading = Number | NotApplicable | Unreadable | NotRun


@dataclass(frozen=True, slots=True, config=STRICT)
class Signal:
    """`because` has one short line a finding: `src/login/token.py`, `label: incident`."""

    name: SignalName
    reading: Reading
    because: tuple[str, ...]


RULES: tuple[tuple[SignalName, str, Rule], ...] = (
    ("files_touched", "files that change, or that the task is likely about", rules.files_touched),
    ("schema_change", "the shape of stored or exchanged data changes", rules.schema_change),
    ("auth_code", "who may do what: logins, sessions, permissions, passwords", rules.auth_code),
    ("test_failures", "tests or checks that fail at the commit", rules.test_failures),
    ("needs_new_code", "something new has to be written, not only changed", rules.needs_new_code),
    ("production_incident", "somebody is hurt by it right now", rules.production_incident),
    ("ci_config", "what decides whether a change is good changes", rules.ci_config),
    ("secrets_handling", "keys, vaults, credentials", rules.secrets_handling),
    ("deploy_config", "how and where it runs changes", rules.deploy_config),
    ("dependency_change", "other people's code changes", rules.dependency_change),
)
"""Each with what it stands for, as docs/policy.md says it."""
COUNTED: frozenset[SignalName] = frozenset({"files_touched", "test_failures"})
"""Signals that say how many; every other one says whether."""


def observe(facts: Facts, added: Signals) -> tuple[Signal, ...]:
    """Every signal, in the order of the list. `added` are the policy's own globs and labels; they only ever add findings."""
    return tuple(_signal(name, rule(facts), facts, added) for name, _, rule in RULES)


def again(signal: Signal, facts: Facts, added: Signals) -> Signal:
    """A signal that was recorded, with what other globs and labels find besides; nothing that was found goes away."""
    own = _own(signal.name, facts, added)
    if all(finding in signal.because for finding in own):
        return signal
    return _joined(signal.name, signal.because if isinstance(signal.reading, Number) else signal.reading, own)


def _signal(name: SignalName, found: Found, facts: Facts, added: Signals) -> Signal:
    return _joined(name, found, _own(name, facts, added))


def _own(name: SignalName, facts: Facts, added: Signals) -> tuple[str, ...]:
    return rules.by_paths(facts, added.paths.get(name, ())) + rules.by_labels(facts, added.labels.get(name, ()))


def _joined(name: SignalName, found: Found, own: tuple[str, ...]) -> Signal:
    match found:
        case tuple():
            because = (*found, *(finding for finding in own if finding not in found))
            return Signal(name, Number(len(because) if name in COUNTED else int(bool(because))), because)
        case Unreadable():
            return Signal(name, found, (found.why, *own))
        case NotApplicable() | NotRun():
            return Signal(name, Number(len(own) if name in COUNTED else 1), own) if own else Signal(name, found, (found.why,))
