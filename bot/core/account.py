"""A record in words: the short texts that reports and comments put into their templates."""

from dataclasses import dataclass
from typing import Literal

from bot.core.confidence import Confidence
from bot.core.cost import dollars
from bot.core.entries import Opened
from bot.core.evidence import EXECUTED, FIXES, PATCH_RULES, REACHES, Evidence, Item, State
from bot.core.facts import NotApplicable, NotRun, Unreadable
from bot.core.lane import Lane
from bot.core.ledger import Record
from bot.core.paths import is_test
from bot.core.required import REQUIRED, missing
from bot.core.route import Route, choose
from bot.core.signals import Number, Reading, Signal
from bot.core.stuck import BASE
from bot.core.verdict import bar
from bot.core.words import SignalName

_YES_OR_NO: dict[SignalName, str] = {
    "schema_change": "schema_change",
    "auth_code": "auth_code",
    "needs_new_code": "new_code",
}


MARKS: dict[State, str] = {"passed": "✅", "failed": "❌", "not_run": "○", "not_applicable": "·"}
"""How a comment shows the state of an evidence item."""


def reading(found: Reading, *, yes_or_no: bool = False) -> str:
    match found:
        case Number(value=value):
            return ("true" if value else "false") if yes_or_no else str(value)
        case NotApplicable():
            return "not_applicable"
        case Unreadable():
            return "unreadable"
        case NotRun():
            return "not_run"


def classifier(signals: tuple[Signal, ...]) -> tuple[tuple[str, str], ...]:
    """The five readings of the first line of a report, under their short names, in its order."""
    by_name = {signal.name: signal.reading for signal in signals}
    names: tuple[tuple[SignalName, str], ...] = (
        ("files_touched", "files"),
        ("schema_change", "schema_change"),
        ("auth_code", "auth_code"),
        ("test_failures", "test_failures"),
        ("needs_new_code", "new_code"),
    )
    return tuple((short, reading(by_name[name], yes_or_no=name in _YES_OR_NO)) for name, short in names)


def reckoned(found: Confidence) -> str:
    """How a confidence comes about: the prior, and by what each term multiplies its odds."""
    parts = (f"x {term.ratio**term.shrink:.2f} {term.name}{_NOT[term.state]}" for term in found.terms)
    capped = f", and never above {found.most:.2f}" if found.value == found.most else ""
    return " ".join([f"prior {found.prior:.2f}, its odds", *parts]) + capped if found.terms else f"prior {found.prior:.2f}"


_NOT: dict[State, str] = {"passed": "", "failed": " (no)", "not_run": " (not)", "not_applicable": ""}


def took(item: Item) -> str:
    """What an item of evidence took: seconds, and money where a model was paid."""
    seconds = f"{item.seconds:.1f} s" if item.seconds else ""
    cost = "cost unknown" if item.micros is None else f"${dollars(item.micros)}" if item.micros else ""
    return ", ".join(filter(None, (seconds, cost)))


def ran(record: Record) -> tuple[str, ...]:
    """The commands that judged the last patch; a policy may have only some of the checks run for a lane or a class of task."""
    evidence = record.attempts[-1].evidence if record.attempts else ()
    names = {item.name for item in evidence if item.state in ("passed", "failed")}
    return tuple(check.run for check in record.checks if f"check {check.name}" in names)


Advice = Literal["bring a test", "mend the set-up", "mend the lane", "say more", "by hand", "nothing"]
"""What a person can do who wants the patch after all."""


def advice(record: Record) -> Advice:
    """A patch that breaks nothing and shows nothing lacks a test, unless one is there to turn green; others ask for more words."""
    if record.result != "not_fixed" or not record.attempts:
        return "nothing"
    if record.attempts[-1].ended == "malformed":
        return "mend the lane"
    evidence = Evidence(record.attempts[-1].evidence)
    if any(item.name == PATCH_RULES for item in evidence.failed):
        return "by hand"
    if stuck(record) and not (evidence.proves or evidence.failed):
        return "mend the set-up"
    if all(is_test(file.path) for file in record.attempts[-1].files):
        return "say more"
    if any(item.name == EXECUTED or item.name.endswith(REACHES) for item in evidence.failed):
        return "bring a test"
    unshown = evidence.proves and not evidence.failed and missing(evidence, record.task_class)
    return "bring a test" if unshown and evidence.state(FIXES) != "not_run" else "say more"


def stuck(record: Record) -> str:
    """Why the suite showed nothing of the last patch that was judged, nor could of any; empty where it could."""
    judged = next((attempt.evidence for attempt in reversed(record.attempts) if attempt.evidence), ())
    return next((item.reason for item in judged if item.name == BASE), "")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a patch would have to show. `deep` are the keys of the policy that are on."""

    needs: str
    bar: float
    verifier: Lane | None
    deep: tuple[str, ...]


def proof(opened: Opened) -> Asked:
    policy, deep = opened.policy, opened.policy.verification.deep
    written = deep.independent_test and policy.verifier is not None
    here = opened.proof == "sandbox"  # in CI nothing of the repository runs with the bot
    on = tuple(name for name, wanted in (("mutants", deep.mutants), ("independent_test", written)) if wanted and here)
    least = bar(policy, opened.task_class, opened.score.total)
    return Asked(REQUIRED[opened.task_class].words, least, policy.verifier, on)


def lane_at(opened: Opened, total: int) -> str:
    """The lane that another total would start in: for the upper end of an open score."""
    chosen = choose(opened.signals, total, opened.task_class, opened.policy, opened.request.asked_lane)
    return chosen.lane if isinstance(chosen, Route) else ""
