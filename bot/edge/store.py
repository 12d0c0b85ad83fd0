"""The local ledger, one file of JSON lines, and the Trails of runs that are not at their end."""

import fcntl
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, TextIO

from bot.core import trailfile
from bot.core.budget import Wish, grant, settlement
from bot.core.ledger import LedgerError, Line, Record, decode, encode
from bot.core.past.lines import Line as Row
from bot.core.past.survey import books
from bot.core.past.taught import taught
from bot.core.policy import Budget
from bot.core.route import Refusal
from bot.core.spend import Movement, Settled, accounts, spent_by
from bot.core.standing import Standing
from bot.core.step import checked
from bot.core.trail import Trail
from bot.core.trailfile import TrailError
from bot.ports import Denied


class Lines:
    """A ledger file. Every line is appended under a lock and flushed to disk; none is ever changed."""

    def __init__(self, path: Path, over: Callable[[str], bool] = lambda _: False) -> None:
        """`over` says whether a run is known to be at work no more, so that what it left set aside can be settled."""
        self._path, self._over = path, over

    def ready(self) -> None:
        """Raises `Denied` where no line could be appended: to be known before anything is paid for."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.open("ab").close()
        except OSError as error:
            raise Denied(f"the ledger {self._path} cannot be written to ({error.strerror}); give another with --ledger") from None

    def append(self, item: Line) -> None:
        with self._locked() as file:
            self._write(file, item)

    def add(self, items: Iterable[Line]) -> int:
        """Append those that are not there yet, word for word; how many those were. Raises `Denied` where it cannot be written."""
        self.ready()
        with self._locked() as file:
            there = {encode(item) for item in self.lines()}
            fresh = list(dict.fromkeys(text for text in map(encode, items) if text not in there))
            if fresh:
                self._put(file, "".join(f"{text}\n" for text in fresh))
            return len(fresh)

    @contextmanager
    def _locked(self) -> Iterator[BinaryIO]:
        """The file, while nobody else appends to it or decides by what it holds."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file

    def _write(self, file: BinaryIO, item: Line) -> None:
        self._put(file, f"{encode(item)}\n")

    def _put(self, file: BinaryIO, text: str) -> None:
        torn = file.seek(0, os.SEEK_END) and not self._ends_a_line(file.fileno())
        file.write((b"\n" if torn else b"") + text.encode())
        file.flush()
        os.fsync(file.fileno())

    @staticmethod
    def _ends_a_line(descriptor: int) -> bool:
        return os.pread(descriptor, 1, os.fstat(descriptor).st_size - 1) == b"\n"

    def lines(self) -> Iterator[Line]:
        """Every line. Raises `Denied` with the line's number where one cannot be read: a sum without it would be too low."""
        if not self._path.exists():
            return
        with self._read() as file:
            for number, text in enumerate(file, 1):
                try:
                    yield decode(text)
                except LedgerError as error:
                    raise Denied(f"{self._path}:{number} is no ledger line ({error}); mend or remove that line") from None

    def _read(self) -> TextIO:
        try:
            return self._path.open(encoding="utf-8", errors="surrogateescape")
        except OSError as error:
            raise Denied(f"the ledger {self._path} cannot be read ({error.strerror}); give another with --ledger") from None

    def movements(self) -> Iterator[Movement]:
        return (item for item in self.lines() if isinstance(item, Movement))

    def spent(self, run: str) -> int | None:
        return spent_by(run, self.movements())

    def reserve(self, budget: Budget, wish: Wish) -> int | Refusal:
        """Decided and written under one lock: of two runs that want the last dollar, one gets it."""
        with self._locked() as file:
            there = list(self.movements())
            there += self._settle_the_dead(file, wish, there)
            found = grant(budget, wish, there)
            if isinstance(found, Refusal):
                return found
            if found.new is not None:
                self._write(file, found.new)
            return found.left

    def _settle_the_dead(self, file: BinaryIO, wish: Wish, there: list[Movement]) -> list[Movement]:
        """A killed run has spent what its lines say, calls that were never answered at their worst, and nothing more."""
        made: list[Movement] = []
        for account in accounts(there):
            if account.settled == "open" and account.reserved and account.run != wish.run and self._over(account.run):
                made.append(Settled(account.run, wish.at, account.spent))
                self._write(file, made[-1])
        return made

    def earlier(self, run: str, by: str, at: str) -> int:  # noqa: ARG002 - the lines are of every process
        """Nothing: this file holds the calls of all of them."""
        return 0

    def settle(self, wish: Wish) -> None:
        with self._locked() as file:
            if (line := settlement(wish, self.movements())) is not None:
                self._write(file, line)

    def standing(self, now: str) -> Standing:
        """By the lines of this file. One that cannot be read is nobody's past; sums of money do not pass it over."""
        try:
            with self._path.open("rb") as file:
                lines = (Row(text, f"{self._path}:{number}") for number, text in enumerate(file, 1))
                at = datetime.fromisoformat(now)
                return taught(books([lines], at).lives)
        except OSError:
            return Standing()

    def unkept(self) -> None:
        """Nothing: this file is where everybody reads it."""

    def records(self) -> tuple[Record, ...]:
        return tuple(item for item in self.lines() if isinstance(item, Record))


class Runs:
    """A folder with one Trail a run, each written whole before the old one is replaced."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, trail: Trail) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(trail.opened.request.id)
        fresh = path.with_suffix(f".{os.getpid()}.tmp")
        with fresh.open("wb") as file:
            file.write(trailfile.encode(trail))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)

    def find(self, id_: str) -> Trail | None:
        """Raises `Denied` for a file that is no Trail of this version."""
        path = self._path(id_)
        if not path.exists():
            return None
        try:
            return checked(trailfile.decode(path.read_bytes()))
        except TrailError as error:
            raise Denied(f"{path} cannot be resumed ({error}); remove it to start over") from None

    @contextmanager
    def alone(self, id_: str) -> Iterator[None]:
        """Raises `Denied` while another process works on the same run: two would buy everything twice."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Denied(f"{self._folder} cannot be made ({error.strerror}); move away what stands there") from None
        with (self._folder / f"{id_}.lock").open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Denied(f"the same command is at work already (run {id_}); wait for it, or end it first") from None
            yield

    def over(self, id_: str) -> bool:
        """Whether a run of this repository is at work no more. One that is not known here may be at work elsewhere."""
        try:
            with (self._folder / f"{id_}.lock").open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _path(self, id_: str) -> Path:
        if not re.fullmatch(r"[a-z0-9-]{1,60}", id_):
            raise Denied("a run's key holds small letters, digits and dashes alone; this Trail has another")
        return self._folder / f"{id_}.json"
