"""Jobs as processes of their own, of which one at a time may go on: at each request to GitHub it is drawn again which.

So what happens is the same each time that it is drawn by the same seed, though the processes are real and are really killed.
"""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.fakes.world.http import Fault

HUNG = 120.0
"""Seconds after which a process that neither asks for something nor ends is taken for one that hangs."""
GONE = Fault("", "", 502, 1, drop=True)


@dataclass
class Ticket:
    """One request that waits for its turn."""

    line: str
    may_go: threading.Event = field(default_factory=threading.Event)
    fault: Fault | None = None


@dataclass
class Process:
    """One job at work. `code` is its exit code, below zero where it was killed; None while it lives."""

    name: str
    pid: int
    code: int | None = None
    waiting: list[Ticket] = field(default_factory=list)


class Turns:
    """Every request of a process waits in `arrive` until `go` lets it through."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.living: dict[str, Process] = {}
        """By the token that the process speaks with."""

    def begin(self, token: str, work: Callable[[], None], log: Path) -> Process:
        """A process that does this, told apart by its token; what it prints goes to a file."""
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            _become(work, log)
        made = Process(token, pid)
        with self.changed:
            self.living[token] = made
        threading.Thread(target=self._buried, args=(made,), daemon=True).start()
        return made

    def _buried(self, process: Process) -> None:
        _, status = os.waitpid(process.pid, 0)
        with self.changed:
            process.code = os.waitstatus_to_exitcode(status)
            self._let_go(process, GONE)
            self.changed.notify_all()

    def arrive(self, token: str, line: str) -> Fault | None:
        """In the thread that serves the request: wait for the turn, and hear what is to happen to the request."""
        ticket = Ticket(line)
        with self.changed:
            process = self.living.get(token)
            if process is None:
                return None
            if process.code is not None:
                return GONE
            process.waiting.append(ticket)
            self.changed.notify_all()
        ticket.may_go.wait()
        return ticket.fault

    def settle(self) -> list[Process]:
        """Wait until each process asks for something or has ended: those that ask, in the order in which they were begun."""
        end = time.monotonic() + HUNG
        with self.changed:
            while any(each.code is None and not each.waiting for each in self.living.values()):
                if not self.changed.wait(max(0.0, end - time.monotonic())):
                    stuck = [each.name for each in self.living.values() if each.code is None and not each.waiting]
                    raise AssertionError(f"neither asks for anything nor ends: {stuck}")
            return [each for each in self.living.values() if each.code is None]

    def ended(self) -> list[Process]:
        """Those that have ended since the last look."""
        with self.changed:
            found = [each for each in self.living.values() if each.code is not None]
            for each in found:
                del self.living[each.name]
            return found

    def go(self, process: Process, fault: Fault | None = None) -> None:
        with self.changed:
            ticket = process.waiting.pop(0)
            ticket.fault = fault
            ticket.may_go.set()

    def kill(self, process: Process) -> None:
        """The machine goes away before the request is sent."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with self.changed:
            while process.code is None:
                self.changed.wait()

    def interrupt(self, process: Process) -> None:
        """The run is cancelled: the job is asked to end, and its request is answered by nobody."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with self.changed:
            self._let_go(process, GONE)

    def _let_go(self, process: Process, fault: Fault) -> None:
        for ticket in process.waiting:
            ticket.fault = fault
            ticket.may_go.set()
        process.waiting.clear()

    def clear(self) -> None:
        for each in list(self.living.values()):
            if each.code is None:
                self.kill(each)
        self.living.clear()


def _become(work: Callable[[], None], log: Path) -> None:
    """In the child: never comes back."""
    code = 70
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(out, 1)
        os.dup2(out, 2)
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - what a test runner has put in its place is not ours
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
        work()
        code = 0
    except BaseException as error:  # noqa: BLE001 - the exit code says it
        sys.stderr.write("".join(traceback.format_exception(error)))
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
