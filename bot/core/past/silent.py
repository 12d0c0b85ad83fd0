"""Rules of the policy that no run has met. One for rare things may well be silent; a glob that fits no file may be mistyped."""

from collections import Counter

from pathspec import GitIgnoreSpec
from pydantic.dataclasses import dataclass

from bot.core.clean import line
from bot.core.past.history import LABEL, Run
from bot.core.policy import Policy
from bot.core.strict import STRICT

ENOUGH_RUNS = 200
"""Runs before silence says anything: what one run in a hundred meets is met by then, but for once in seven."""
MOST_FILES = 50_000
"""Files that a glob is held against."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Silent:
    """A rule that fired in none of so many runs."""

    key: str
    rule: str
    runs: int


@dataclass(frozen=True, slots=True, config=STRICT)
class Unmatched:
    """A glob of the policy's own that fits none of so many files that runs touched."""

    key: str
    glob: str
    files: int
    runs: int


def silent(runs: list[Run], policy: Policy) -> tuple[Silent, ...]:
    """Nothing, where there are fewer than `ENOUGH_RUNS` runs."""
    if len(runs) < ENOUGH_RUNS:
        return ()
    fired = Counter(name for run in runs for name in set(run.fired))
    classes = Counter(run.task_class for run in runs)
    labels = {label.casefold() for run in runs for label in run.labels}
    routing = policy.routing
    named = [("routing.always_strong_if", name) for name in routing.always_strong_if]
    named += [("routing.default_upward", name) for name in routing.default_upward if name not in routing.always_strong_if]
    found = [Silent(key, name, len(runs)) for key, name in named if not fired[name]]
    found += [Silent("routing.by_class", name, len(runs)) for name in routing.by_class if not classes[name]]
    for signal, wanted in policy.signals.labels.items():
        silent_ = (label for label in wanted if f"{LABEL}{line(label)}".casefold() not in labels)
        found += [Silent(f"signals.labels.{signal}", label, len(runs)) for label in silent_]
    return tuple(found)


def unmatched_globs(runs: list[Run], policy: Policy) -> tuple[Unmatched, ...]:
    """Nothing, where there are fewer than `ENOUGH_RUNS` runs or the policy has no globs of its own."""
    if len(runs) < ENOUGH_RUNS or not policy.signals.paths:
        return ()
    files = _files(runs)
    pairs = [(signal, glob) for signal, globs in policy.signals.paths.items() for glob in globs]
    return tuple(
        Unmatched(f"signals.paths.{signal}", glob, len(files), len(runs))
        for signal, glob in pairs
        if not glob.startswith("!") and not _fits(glob, files)
    )


def _files(runs: list[Run]) -> list[str]:
    """Each once, without regard to case, as the rules see them."""
    found: dict[str, None] = {}
    for path in (path for run in runs for path in run.touched):
        if len(found) == MOST_FILES:
            break
        found.setdefault(path.casefold())
    return list(found)


def _fits(glob: str, files: list[str]) -> bool:
    spec = GitIgnoreSpec.from_lines([glob.casefold()])
    return any(map(spec.match_file, files))
