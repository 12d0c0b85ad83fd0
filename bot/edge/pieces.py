"""A large ledger's file, read by several processes at once: each reads a piece, and sends what it says."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import zip_longest
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from pathlib import Path

from msgspec.msgpack import Decoder, encode

from bot.core.past.lives import Fault, Parsed, parsed
from bot.edge import volumes
from bot.edge.volumes import Piece, unreadable

LARGE = 16 * 1024 * 1024
"""Bytes that a process more is worth: it costs a fiftieth of a second, and all that it has read is sent."""
_SENT = Decoder(list[Parsed | Fault])


def read(place: Path, least: int = LARGE) -> Iterator[Parsed | Fault]:
    """Every line of a file, in its order; no piece is smaller than `least` bytes. Raises `Denied` where it cannot be read."""
    pieces = volumes.divided(place, _readers(), least)
    try:
        with _others(pieces[1:]) as lines:
            yield from _said(pieces[0]) if pieces else ()
            for piece, line in zip_longest(pieces[1:], lines):
                yield from received(piece, line) if line else _said(piece)
    except OSError as error:
        raise unreadable(place, error) from None


def _readers() -> int:
    """One a core that is ours; one alone where a copy of this process would not be whole: it takes no other thread along."""
    if sys.platform != "linux" or len(list(Path("/proc/self/task").iterdir())) > 1:
        return 1
    return len(os.sched_getaffinity(0))


@contextmanager
def _others(pieces: list[Piece]) -> Iterator[list[Connection]]:
    """What each is heard on, in order; fewer where the system starts no more."""
    started: list[tuple[ForkProcess, Connection]] = []
    try:
        with suppress(OSError):
            for piece in pieces:
                ours, theirs = get_context("fork").Pipe(duplex=False)
                others = [ours, *(line for _, line in started)]
                process = get_context("fork").Process(target=_send, args=(piece, theirs, others), daemon=True)
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


def _said(piece: Piece) -> Iterator[Parsed | Fault]:
    for line in volumes.piece(piece):
        said = line if isinstance(line, Fault) else parsed(line)
        if said is not None:
            yield said


def _send(piece: Piece, line: Connection, others: list[Connection]) -> None:
    for each in others:  # so that the end of whoever listens is seen here
        each.close()
    gc.disable()  # nothing here is ever let go of
    with suppress(OSError, UnicodeError):  # it is read again where it is missed, and said there
        line.send_bytes(encode(list(_said(piece))))


def received(piece: Piece, line: Connection) -> Iterator[Parsed | Fault]:
    """What was sent of a piece; where its reader came to an end before that, it is read here."""
    try:
        sent = line.recv_bytes()
    except (EOFError, OSError):  # before a word, or within one
        yield from _said(piece)
    else:
        yield from _SENT.decode(sent)
