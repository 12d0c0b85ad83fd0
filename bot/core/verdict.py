"""What a lane tried, and what follows from what was shown about it."""

import math
from dataclasses import replace
from typing import Literal

from pathspec import GitIgnoreSpec
from pydantic.dataclasses import dataclass

from bot.core.areas import CI_PATHS, DEPENDENCY_PATHS, DEPLOY_PATHS
from bot.core.attempt import Attempt, StopReason
from bot.core.ci import Verdict
from bot.core.confidence import Confidence, confidence
from bot.core.diff import Diff
from bot.core.evidence import (
    EXECUTED,
    FIXES,
    GRADING,
    PATCH_RULES,
    REACHES,
    TAMPERING,
    WELL_FORMED,
    Evidence,
    Item,
    State,
)
from bot.core.facts import Facts, NotApplicable
from bot.core.paths import is_code, is_program, is_test
from bot.core.policy import CEILING, Policy
from bot.core.required import missing, ran
from bot.core.route import ineligible
from bot.core.score import Score, weigh
from bot.core.signals import Signal, observe
from bot.core.strict import STRICT
from bot.core.words import CRITIC, INDEPENDENT, SUMMARY, Reason, TaskClass


@dataclass(frozen=True, slots=True, config=STRICT)
class Accept:
    confidence: Confidence
    kind: Literal["accept"] = "accept"


@dataclass(frozen=True, slots=True, config=STRICT)
class Escalate:
    lane: str
    reason: Reason
    detail: str
    kind: Literal["escalate"] = "escalate"


@dataclass(frozen=True, slots=True, config=STRICT)
class Stop:
    """`code` is the run's result."""

    code: Literal["not_fixed", "budget", "quota", "unavailable", "no_ci", "needs_approval", "ci_timeout", "superseded"]
    detail: str
    reason: Reason | None = None
    kind: Literal["stop"] = "stop"


Decision = Accept | Escalate | Stop


@dataclass(frozen=True, slots=True, config=STRICT)
class Objection:
    """Why a patch is not accepted as it stands."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class CiSaid:
    """CI's verdict on the branch, where CI was asked."""

    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True)
class Case:
    """Everything a decision is made from. `earlier` are the details of the objections to earlier attempts."""

    policy: Policy
    task_class: TaskClass
    score: int
    attempt: Attempt
    evidence: Evidence
    diff: Diff | None
    earlier: tuple[str, ...]
    prior: float
    """How likely a patch of this lane is right before any evidence."""
    ci: CiSaid | None = None
    red: bool = False
    """Whether tests fail on the base, that a patch may turn green."""


_ENDS: dict[StopReason, tuple[Literal["budget", "quota", "unavailable"], str]] = {
    "budget": ("budget", "the next call could cost more than the budget has left"),
    "denied": ("quota", "the provider refused the call"),
    "unavailable": ("unavailable", "the provider did not answer"),
}


_NO_ANSWER: dict[Verdict, Literal["unavailable", "no_ci", "needs_approval", "ci_timeout", "superseded"]] = {
    "infra_error": "unavailable",
    "no_ci": "no_ci",
    "needs_approval": "needs_approval",
    "timeout": "ci_timeout",
    "superseded": "superseded",
}
"""Verdicts that say nothing of the patch: another lane would meet the same."""


def decide(case: Case) -> Decision:
    """Accept what is proved; send the rest one lane up where the policy lets its reason escalate; else stop."""
    attempt = case.attempt
    if attempt.ended in _ENDS:
        code, why = _ENDS[attempt.ended]
        return Stop(code, attempt.note or why)
    if case.ci is not None and case.ci.verdict in _NO_ANSWER:
        return Stop(_NO_ANSWER[case.ci.verdict], case.ci.why)
    objection = object_to(case)
    if objection is None:
        return Accept(_confidence(case))
    return _after(case, objection)


def beforehand(case: Case) -> Decision:
    """What the verifier's word alone decides, before CI is asked. `Accept` says no more than that it is worth asking."""
    objection = _misleading(case) or _futile(case)
    return Accept(_confidence(case)) if objection is None else _after(case, objection)


def _after(case: Case, objection: Objection) -> Decision:
    routing = case.policy.routing
    higher = case.policy.above(case.attempt.lane)
    if objection.reason not in routing.escalate_on:
        return Stop("not_fixed", f"{objection.detail}; `{objection.reason}` is not in routing.escalate_on", objection.reason)
    if higher is None:
        return Stop("not_fixed", f"{objection.detail}; there is no lane above `{case.attempt.lane}`", objection.reason)
    if objection.detail in case.earlier:
        return Stop("not_fixed", f"{objection.detail}; the same as the attempt before", objection.reason)
    if len(case.earlier) + 1 >= routing.max_attempts:
        return Stop("not_fixed", f"{objection.detail}; routing.max_attempts is {routing.max_attempts}", objection.reason)
    return Escalate(higher, objection.reason, objection.detail)


def object_to(case: Case) -> Objection | None:
    """The first thing that speaks against the patch, most telling first."""
    if case.diff is None or not case.diff.files:
        return Objection(
            "patch_rejected", f"no patch ({case.attempt.ended}{f': {case.attempt.note}' if case.attempt.note else ''})"
        )
    for item in case.evidence.failed:
        if item.name in (PATCH_RULES, WELL_FORMED, TAMPERING, GRADING):
            return Objection("patch_rejected", item.reason)
        if item.strength == "veto":
            return Objection("failed_tests", f"{item.name}: {item.reason}")
    for item in case.evidence.failed:
        reason: Reason = "low_confidence_summary" if item.name == EXECUTED or item.name.endswith(REACHES) else "failed_tests"
        return Objection(reason, f"{item.name}: {item.reason}")
    if case.task_class not in _NOT_EXECUTED and all(is_test(file.path) for file in case.diff.files):
        return Objection("low_confidence_summary", "only tests are changed: nothing shows that the program does what was wanted")
    return _unproved(case) or _misleading(case) or _contested(case) or _stakes(case) or _doubt(case)


_NOT_EXECUTED: frozenset[TaskClass] = frozenset({"docs", "tests", "dependency", "ci", "deploy"})
"""Tasks whose right patch may well change nothing that a test command runs."""


def _files(globs: tuple[str, ...]) -> GitIgnoreSpec:
    return GitIgnoreSpec.from_lines(glob.casefold() for glob in globs)


_USUAL: dict[TaskClass, GitIgnoreSpec] = {
    "dependency": _files((*DEPENDENCY_PATHS, "Podfile", "Cartfile", "Brewfile")),
    "ci": _files(CI_PATHS),
    "deploy": _files(DEPLOY_PATHS),
}
"""Files without which there is no such task, and that no test runs."""


def _runs(path: str, task_class: TaskClass) -> bool:
    """Whether a file is one of the program's. The words of an issue make the class, and they may be a stranger's: in no class
    is a script proved by tests that leave it alone."""
    usual = _USUAL.get(task_class)
    return not is_test(path) and (is_code(path) or (is_program(path) and not (usual and usual.match_file(path.casefold()))))


def _unproved(case: Case) -> Objection | None:
    """What a patch for this class of task has to show; code that no test runs is never proved, whatever the class."""
    assert case.diff is not None
    code = any(_runs(file.path, case.task_class) for file in case.diff.files)
    if not case.evidence.proves:
        return Objection("low_confidence_summary", "no test that executes the change has passed")
    executes = Item(EXECUTED, "passed", "term", "")  # lines are not counted where something else is missing, so that comes first
    if missing(Evidence((*case.evidence.items, executes)), case.task_class):
        return Objection("low_confidence_summary", f"not shown: {missing(case.evidence, case.task_class)}")
    if (code or case.task_class not in _NOT_EXECUTED) and not ran(case.evidence):
        return Objection("low_confidence_summary", "no test that executes the change has passed")
    return None


def _misleading(case: Case) -> Objection | None:
    """A summary that does not say what the patch does misleads whoever reviews it, right as the patch may be."""
    if case.evidence.state(SUMMARY) != "failed":
        return None
    return Objection("low_confidence_summary", next(item.reason for item in case.evidence.items if item.name == SUMMARY))


def _contested(case: Case) -> Objection | None:
    """A bug that the critic found, against nothing but what the author of the patch brought: worth a stronger lane's look.

    Where nobody is left to ask, or the policy lets nobody be asked, the confidence decides: a critic is wrong about a quarter of
    right patches.
    """
    if case.evidence.state(CRITIC) != "failed":
        return None
    if "passed" in (case.evidence.state(FIXES), case.evidence.state(INDEPENDENT)):
        return None
    found = next(item.reason for item in case.evidence.items if item.name == CRITIC)
    objection = Objection("low_confidence_summary", f"nothing independent speaks against what the critic says: {found}")
    return objection if isinstance(_after(case, objection), Escalate) else None


def _futile(case: Case) -> Objection | None:
    """A bug that the critic found, where nothing CI can still show outweighs it: a test of the patch's own is its author's word."""
    if case.evidence.state(CRITIC) != "failed" or case.diff is None:
        return None
    fixed: State = "passed" if case.red else "not_applicable"
    best = (Item("the best of CI", "passed", "strong", ""), Item(FIXES, fixed, "info", ""))
    hoped = replace(case, evidence=Evidence((*case.evidence.items, *best)))
    if _unproved(hoped) is None and _contested(hoped) is None and _doubt(hoped) is None:
        return None
    found = next(item.reason for item in case.evidence.items if item.name == CRITIC)
    return Objection("low_confidence_summary", f"nothing that CI could show of this patch outweighs what the critic says: {found}")


def regrade(diff: Diff, policy: Policy) -> tuple[tuple[Signal, ...], Score]:
    """The same rules on the patch itself: what was guessed before the call is now a fact."""
    nothing = NotApplicable("scored from the patch alone")
    signals = observe(Facts(diff, nothing, nothing, (), ""), policy.signals)
    return signals, weigh(signals, policy.routing)


def _stakes(case: Case) -> Objection | None:
    assert case.diff is not None
    signals, score = regrade(case.diff, case.policy)
    broken = ineligible(case.attempt.lane, signals, score, case.policy)
    return None if broken is None else Objection("patch_rejected", f"the patch itself {broken}")


def _doubt(case: Case) -> Objection | None:
    found, needed = _confidence(case).value, bar(case.policy, case.task_class, case.score)
    if found >= needed:
        return None
    shown = f"{math.floor(found * 100) / 100:.2f}"  # rounded up, it could read like what is needed
    return Objection("low_confidence_summary", f"confidence {shown} is below the {needed:.2f} that score {case.score} needs")


def _confidence(case: Case) -> Confidence:
    return confidence(case.evidence, case.prior)


BAR_STEP, BAR_TOP = 0.02, 0.75
"""Each point of score above `fast_max_score` raises the bar by two hundredths, up to one that a green suite in the strong lane can
still clear where no test failed before: until there is more evidence to have, a higher bar would refuse every patch."""


def bar(policy: Policy, task_class: TaskClass, score: int) -> float:
    """The confidence a patch must reach: the policy's, raised by what is at stake."""
    own = policy.routing.by_class.get(task_class)
    least = policy.routing.min_confidence if own is None or own.min_confidence is None else own.min_confidence
    raised = least + BAR_STEP * max(0, score - policy.routing.fast_max_score)
    return round(min(max(least, BAR_TOP), raised, CEILING), 4)
