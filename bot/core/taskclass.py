"""What sort of task it is: a pure classifier over the same facts that the signals read."""

import re

from bot.core.diff import Diff
from bot.core.facts import Facts
from bot.core.paths import ending, is_test
from bot.core.rules import paths
from bot.core.signals import Number, Signal
from bot.core.words import SignalName, TaskClass

_DOCS = frozenset({"md", "rst", "txt", "adoc", "html"})
_FLAKY = re.compile(r"\bflak(?:y|es|iness)\b|\bintermittent(?:ly)?\b|\brandomly fails?\b|\bsometimes fails?\b", re.IGNORECASE)
_REFACTOR = re.compile(
    r"\brefactor|\brename\b|\bclean ?up\b|\bsimplify\b|\bextract\b|\bdedup|\bmove .{1,40} (?:to|into)\b", re.IGNORECASE
)
_DOCS_TEXT = re.compile(r"\b(?:typo|documentation|docs?|readme|docstring|changelog|spelling)\b", re.IGNORECASE)
_TESTS_TEXT = re.compile(r"\b(?:add|write|missing|more|extend)\b.{0,30}\btests?\b|\btest coverage\b", re.IGNORECASE)
_BUG_TEXT = re.compile(
    r"\b(?:bug|crash\w*|wrong|incorrect\w*|fail\w*|error|exception|traceback|regression|broken|loses?|instead of)\b",
    re.IGNORECASE,
)

_BY_SIGNAL: tuple[tuple[SignalName, TaskClass], ...] = (
    ("production_incident", "incident"),
    ("schema_change", "migration"),
    ("auth_code", "auth"),
    ("ci_config", "ci"),
    ("deploy_config", "deploy"),
)
"""What is at stake comes before what kind of work it is, most severe first."""


def classify(facts: Facts, signals: tuple[Signal, ...]) -> TaskClass:
    """The class by what is at stake, else by the files alone, else by the words; a bugfix where nothing else fits."""
    on = {signal.name for signal in signals if isinstance(signal.reading, Number) and signal.reading.value}
    for signal, task_class in _BY_SIGNAL:
        if signal in on:
            return task_class
    found = paths(facts)
    by_files = _by_files(found) if isinstance(found, tuple) and found else None
    if by_files is not None and isinstance(facts.diff, Diff):
        return by_files
    return _by_words(facts.text, by_files, new="needs_new_code" in on, dependency="dependency_change" in on)


def _by_files(found: tuple[str, ...]) -> TaskClass | None:
    if all(ending(path) in _DOCS for path in found):
        return "docs"
    if all(is_test(path) for path in found):
        return "tests"
    return None


def _by_words(text: str, by_files: TaskClass | None, *, new: bool, dependency: bool) -> TaskClass:
    if _FLAKY.search(text):
        return "flaky"
    if dependency:
        return "dependency"
    if _TESTS_TEXT.search(text):
        return "tests"
    if by_files == "docs" or (_DOCS_TEXT.search(text) and not _BUG_TEXT.search(text)):
        return "docs"
    if _REFACTOR.search(text) and not _BUG_TEXT.search(text):
        return "refactor"
    return "feature" if new and not _BUG_TEXT.search(text) else "bugfix"
