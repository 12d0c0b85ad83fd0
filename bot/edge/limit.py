"""An end to whatever takes too long, whether or not it knows of one itself."""

from collections.abc import Callable
from threading import Event, Thread
from typing import TypeVar

Found = TypeVar("Found")


def within(seconds: float, work: Callable[[], Found], /) -> Found:
    """Run it in a thread of its own, and leave it there past the limit: a daemon, which ends with the process.

    Raises what the work raises, and `TimeoutError` past the limit.
    """
    found: list[Found] = []
    failed: list[BaseException] = []
    ended = Event()

    def run() -> None:
        try:
            found.append(work())
        except BaseException as error:  # noqa: BLE001 - it is raised again for whoever waits
            failed.append(error)
        ended.set()

    Thread(target=run, daemon=True).start()
    if not ended.wait(seconds):
        raise TimeoutError
    for error in failed:
        raise error
    return found[0]
