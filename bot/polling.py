"""Asking again and again until CI has spoken, and what its logs say."""

from collections.abc import Callable
from typing import TypeVar

from bot.core.checks import Run
from bot.core.clean import line, printable, redact
from bot.ports import Ci, Denied, Kit, Unavailable

FIRST, GROWS, LONGEST = 3.0, 1.5, 60.0
"""Seconds between two looks: short at first, longer with time."""
PATIENCE = 5
"""So many looks in a row may go unanswered."""
Found = TypeVar("Found")


def answered(look: Callable[[], Found | None], seconds: float, kit: Kit, start: float, pause: float = FIRST) -> Found:
    """Look until there is something, None being that nothing is decided yet; `pause` is before the second look.

    Raises `Unavailable` where nobody answers for too long, or `seconds` after `start`; `Halted` where somebody ends the run.
    """
    silent = 0
    while True:
        try:
            found, silent = look(), 0
        except Unavailable:
            silent += 1
            if silent >= PATIENCE or kit.clock.seconds() - start > seconds:
                raise
            found = None
        if found is not None:
            return found
        rest(pause, kit)
        pause = min(pause * GROWS, LONGEST)


def rest(pause: float, kit: Kit) -> None:
    kit.clock.sleep(pause)
    kit.halt()


def log_of(name: str, job: int, source: Ci) -> Run:
    """The end of a red job's log, for the next lane to read; its absence changes no verdict."""
    try:
        text = redact(printable(source.tail(job)))
    except (Denied, Unavailable) as error:
        text = f"the log could not be read: {line(str(error))}"
    return Run(f"ci {line(name, 80)}", 1, 0.0, timed_out=False, report=None, tail=text[-4_000:])


def left_behind(branch: str) -> str:
    """Why a verdict on a branch is none any more."""
    return f"the branch {branch} no longer points at what was judged"
