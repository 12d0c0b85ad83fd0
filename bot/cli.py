"""What is typed becomes a job, and how it ends becomes an exit code."""

import os
import signal
import sys
from argparse import Namespace
from collections.abc import Callable
from types import FrameType

from bot import arguments
from bot.exits import DONE, INTERRUPTED, LATER, MENDABLE
from bot.failures import Denied, Unavailable
from bot.voice import bug, say


def main(words: list[str] | None = None) -> int:
    """Run one command; every way to end has an exit code, and every mistake one line that says what to do."""
    try:
        typed = arguments.parse(sys.argv[1:] if words is None else words)
        command = _command(typed)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _as_interrupt)
        return command(typed)
    except Denied as error:
        return say(str(error), MENDABLE)
    except Unavailable as error:
        return say(f"{error}; try again later", LATER)
    except KeyboardInterrupt:
        return say(
            "interrupted; the repository is as it was, what was spent is booked, and the same command goes on from its last step",
            INTERRUPTED,
        )
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - whoever read us has gone; nothing is left to say
        return DONE
    except Exception as error:  # noqa: BLE001 - the one place: what is not foreseen is our bug, and is reported as such
        return say(str(error), MENDABLE) if _of_policy(error) else bug()


def _of_policy(error: Exception) -> bool:
    from bot.core.policyfile import PolicyError  # noqa: PLC0415 - where there was none, it need not be loaded

    return isinstance(error, PolicyError)


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _command(words: Namespace) -> Callable[[Namespace], int]:
    """What does it. A report begins to read before all the rest is loaded."""
    if words.command == "ledger" and words.verb == "report":
        from bot.reporting import report  # noqa: PLC0415 - likewise

        return report
    from bot.commands import command  # noqa: PLC0415 - takes a second, in which nothing is at work yet

    return command
