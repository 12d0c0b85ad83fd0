"""What must have been shown before a patch for a class of task counts as proved, whatever the number says."""

from dataclasses import dataclass

from bot.core.evidence import EXECUTED, FIXES, REACHES, REPRODUCED, Evidence
from bot.core.words import CRITIC, INDEPENDENT, TaskClass


@dataclass(frozen=True, slots=True)
class Need:
    """`any_of` in words, and the alternatives: sets of names, one of which has to have passed whole."""

    words: str
    any_of: tuple[frozenset[str], ...]


SUITE_RUNS = "tests that run the change"
_RUN = frozenset({SUITE_RUNS})
_SHOWN = tuple(frozenset({SUITE_RUNS, name}) for name in (FIXES, REPRODUCED, INDEPENDENT, CRITIC))
_WORKS = Need(
    "green tests that run the change, and a test that fails without it and passes with it, or a critic that finds no bug",
    _SHOWN,
)
_SUITE = Need("green tests that run the change", (_RUN,))
_NOTHING = Need("nothing broken", (frozenset(),))

REQUIRED: dict[TaskClass, Need] = {
    "bugfix": _WORKS,
    "incident": _WORKS,
    "auth": _WORKS,
    "migration": _WORKS,
    "feature": _SUITE,  # a test of something new fails for the missing name, which shows nothing of how it behaves
    "refactor": _SUITE,  # nothing is to change, so nothing can turn green
    "flaky": _SUITE,  # what fails at times cannot be shown by one run
    "tests": _NOTHING,
    "docs": _NOTHING,
    "dependency": _NOTHING,
    "ci": _NOTHING,
    "deploy": _NOTHING,
}
"""By class of task. Where nothing is required the patch may still not change code that no test runs: see `verdict`."""


def missing(evidence: Evidence, task_class: TaskClass) -> str:
    """What is required and was not shown, in words; empty where all was."""
    need = REQUIRED[task_class]
    there = {item.name for item in evidence.items if item.state == "passed"}
    if ran(evidence):
        there.add(SUITE_RUNS)
    return "" if any(each <= there for each in need.any_of) else need.words


def ran(evidence: Evidence) -> bool:
    """Whether something shows that a green test runs what the patch changes: by counting lines, by breaking files, or because a
    test turned green with it."""
    passed = (item.name for item in evidence.items if item.state == "passed")
    shown = any(name in (FIXES, REPRODUCED, EXECUTED) or name.endswith(REACHES) for name in passed)
    return evidence.proves and (shown or evidence.state(EXECUTED) == "failed")  # some lines ran; the confidence has the rest
