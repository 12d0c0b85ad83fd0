"""A large ledger's file, read by several processes at once: each reads a piece, and sends what it says, or what that comes to."""

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import zip_longest
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from pathlib import Path

from msgspec.msgpack import Decoder, encode

from bot.core.past import part
from bot.core.past.lines import Fault, Parsed, parsed
from bot.core.past.part import Asked, Said, Settled
from bot.core.past.wire import Of
from bot.edge import volumes
from bot.edge.volumes import Piece, unreadable

LARGE = 16 * 1024 * 1024
"""Bytes that a process more is worth: it costs a fiftieth of a second, and all that it has read is sent."""
_SENT, _IDS, _SETTLED = Decoder(list[Parsed | Fault]), Decoder(set[str]), Decoder(Settled)


def read(place: Path, least: int = LARGE) -> Iterator[Parsed | Fault]:
    """Every line of a file, in its order; no piece is smaller than `least` bytes. Raises `Denied` where it cannot be read."""
    pieces = volumes.divided(place, _readers(), least)
    try:
        with _others(pieces[1:], _send) as lines:
            yield from _said(pieces[0]) if pieces else ()
            for piece, line in zip_longest(pieces[1:], lines):
                yield from received(piece, line) if line else _said(piece)
    except OSError as error:
        raise unreadable(place, error) from None


class Counter:
    """One piece, counted by another process; here, where there is none, or it came to an end before it had said all."""

    def __init__(self, piece: Piece, line: Connection | None, asked: Asked) -> None:
        self._piece, self._line, self._asked = piece, line, asked
        self._said: Said = []
        self._shared = set[str]()

    def ids(self) -> set[str]:
        """The runs that it tells of. Raises `OSError` where it cannot be read."""
        with suppress(EOFError, OSError):
            if self._line is not None:
                return _IDS.decode(self._line.recv_bytes())
        self._read()
        return part.ids(self._said, self._asked)

    def share(self, shared: set[str]) -> None:
        """Says which runs others tell of too."""
        self._shared = shared
        with suppress(OSError):  # whoever has gone is missed when its word is waited for
            if self._line is not None:
                self._line.send_bytes(encode(shared))

    def settled(self) -> Settled:
        """What it comes to, but for those. Raises `OSError` likewise."""
        with suppress(EOFError, OSError):
            if self._line is not None:
                return _SETTLED.decode(self._line.recv_bytes())
        self._read()
        return part.settled(self._said, self._asked, self._shared)

    def _read(self) -> None:
        self._line = None
        self._said = self._said or list(_said(self._piece, "figures"))


@contextmanager
def counters(places: Sequence[Path | None], asked: Asked, least: int = LARGE) -> Iterator[list[list[Counter]]]:
    """For each place those who count it from here on; nobody where that is not worth it. Raises `Denied`."""
    readers = _readers()
    found = [volumes.divided(place, readers, least) if place and readers > 1 and _size(place) > least else [] for place in places]
    every = [piece for pieces in found for piece in pieces]
    with _others(every, _count, asked) as lines:
        made = [Counter(piece, line, asked) for piece, line in zip_longest(every, lines)]
        yield [[made.pop(0) for _ in pieces] for pieces in found]


def _size(place: Path) -> int:
    try:
        return place.stat().st_size if place.is_file() else 0
    except OSError:
        return 0


def _readers() -> int:
    """One a core that is ours; one alone where a copy of this process would not be whole: it takes no other thread along."""
    if sys.platform != "linux" or len(list(Path("/proc/self/task").iterdir())) > 1:
        return 1
    return len(os.sched_getaffinity(0))


@contextmanager
def _others(pieces: list[Piece], work: Callable[..., None], *more: object) -> Iterator[list[Connection]]:
    """What each is heard on, in order; fewer where the system starts no more."""
    started: list[tuple[ForkProcess, Connection]] = []
    try:
        with suppress(OSError):
            for piece in pieces:
                ours, theirs = get_context("fork").Pipe()
                others = [ours, *(line for _, line in started)]
                process = get_context("fork").Process(target=work, args=(piece, theirs, others, *more), daemon=True)
                with theirs:  # so that its end is seen here when it ends there
                    process.start()
                started.append((process, ours))
        yield [line for _, line in started]
    finally:
        for process, line in started:
            line.close()
            process.kill()
            process.join()
            process.close()


def _said(piece: Piece, of: Of = "runs") -> Iterator[Parsed | Fault]:
    for line in volumes.piece(piece):
        said = line if isinstance(line, Fault) else parsed(line, of)
        if said is not None:
            yield said


def _send(piece: Piece, line: Connection, others: list[Connection]) -> None:
    _alone(others)
    with suppress(OSError, UnicodeError):  # it is read again where it is missed, and said there
        line.send_bytes(encode(list(_said(piece))))


def _count(piece: Piece, line: Connection, others: list[Connection], asked: Asked) -> None:
    _alone(others)
    with suppress(EOFError, OSError, UnicodeError):  # likewise
        said = list(_said(piece, "figures"))
        line.send_bytes(encode(part.ids(said, asked)))
        line.send_bytes(encode(part.settled(said, asked, _IDS.decode(line.recv_bytes()))))


def _alone(others: list[Connection]) -> None:
    for each in others:  # so that the end of whoever listens is seen here
        each.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a ^C whoever listens is told too, and ends this
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    gc.disable()  # nothing here is ever let go of


def received(piece: Piece, line: Connection) -> Iterator[Parsed | Fault]:
    """What was sent of a piece; where its reader came to an end before that, it is read here."""
    try:
        sent = line.recv_bytes()
    except (EOFError, OSError):  # before a word, or within one
        yield from _said(piece)
    else:
        yield from _SENT.decode(sent)
