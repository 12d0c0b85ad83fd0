"""Verification commands: what they are, how one run of them ended, and how they are found in a repository."""

import re
import shlex
from typing import Literal

from pydantic.dataclasses import dataclass

from bot.core.strict import STRICT, Seconds
from bot.core.words import CheckKind


@dataclass(frozen=True, slots=True, config=STRICT)
class Check:
    """One command. `source` names the file, or the policy key, that asked for it."""

    name: str
    run: str
    kind: CheckKind
    source: str


@dataclass(frozen=True, slots=True, config=STRICT)
class Report:
    """What the runner itself said at its end: how many tests it executed and which of them failed.

    Skipped tests are not executed. `failed` holds one stable name a test; errors at collection count as failed.
    """

    executed: int
    failed: tuple[str, ...]
    passed: tuple[str, ...] | None = None
    """Names of the tests that passed; None where the runner does not name them, or where they are too many to keep."""
    by: Literal["junit", "printed"] = "printed"
    """A report file of the runner's own, or only the last lines that something printed."""
    skipped: tuple[str, ...] | None = None
    """Names of the tests that were collected and not executed; None where the runner does not name them."""
    asserted: tuple[str, ...] | None = None
    """Those of `failed` that got as far as their question: an assertion, or what the code under test raised; not a missing name,
    not an error before the test. None where the runner does not say why a test failed."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Run:
    """One run of one check. `report` is None where the runner did not close one: exit code 0 alone proves nothing."""

    check: str
    exit_code: int
    seconds: Seconds
    timed_out: bool
    report: Report | None
    tail: str
    """The end of what it printed, both streams, control characters removed; at most 4,000 characters."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Probe:
    """What to look at in one run of a check."""

    files: tuple[str, ...] = ()
    """Python files, by their path in the repository, whose executed lines are wanted."""
    only: tuple[str, ...] = ()
    """Test files, or pytest's ids of tests, that are enough; a runner that cannot be told runs them all."""
    instead: tuple[tuple[str, str], ...] = ()
    """Files of the tree, by path, that hold another text in this run; bytes that are not UTF-8 as surrogate escapes."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Traced:
    """The lines of one file that ran: each with the ids of the tests during which it did, empty for none that is known."""

    path: str
    lines: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True, config=STRICT)
class Probed:
    """A run that was looked at. `traced` is None where no line was noted: no Python that coverage.py could look into."""

    run: Run
    traced: tuple[Traced, ...] | None = None


_SHELL = frozenset(
    "cd export set unset if for while until case test source . true false echo printf exec eval ulimit umask : trap wait".split()
)


def program(run: str) -> str:
    """The program that a command line starts first; empty where only a shell can say."""
    try:
        words = shlex.split(run, comments=True)
    except ValueError:
        return ""
    first = next((word for word in words if not re.match(r"[A-Za-z_]\w*=", word)), "")
    return "" if first in _SHELL or re.search(r"[^\w./+-]", first) else first
