"""The ledgers of one or many repositories, read together: what every `ledger` command starts from."""

import gc
import os
from argparse import Namespace
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from multiprocessing import get_context
from pathlib import Path

from msgspec import Struct, msgpack

from bot.arguments import POLICY
from bot.core.past.history import AtWork, Happened, Run
from bot.core.past.lives import Books, Fault, Line, Reading, books, readings
from bot.core.policy import LedgerPart
from bot.core.policyfile import PolicyError, read
from bot.edge import volumes
from bot.edge.git.leaves import leaves
from bot.edge.git.plumbing import Git
from bot.edge.git.repository import Repository, find
from bot.edge.volumes import Part
from bot.ports import Denied

LARGE = 20_000_000
"""Bytes from which on a file is read by several processes."""
OWN = Path("route-agent", "ledger.jsonl")
"""The local ledger, inside a repository's git folder."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which ledgers, as it was typed: files and folders, repositories and their branch, and the first day that counts."""

    files: tuple[Path, ...]
    repositories: tuple[Path, ...]
    branch: str | None
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One ledger. `shown` is how it is called."""

    shown: str
    readings: Iterable[Reading]


def wanted(words: Namespace) -> Wanted:
    """From what was typed. Without a source, the repository that one stands in."""
    repositories = words.repo or ([] if words.source else ["."])
    return Wanted(tuple(map(Path, words.source)), tuple(map(Path, repositories)), words.branch, words.since)


def gathered(wanted: Wanted, path: str, now: datetime) -> tuple[Books, tuple[str, ...]]:
    """All that the ledgers say, and how they are called. `path` is PATH. Raises `Denied` where there is no ledger."""
    found = sources(wanted, path, now)
    since = datetime.combine(wanted.since, datetime.min.time(), UTC) if wanted.since else None
    gc.disable()  # a hundred thousand values that live to the end: looking for garbage among them doubles the time
    try:
        return books((source.readings for source in found), now, since), tuple(source.shown for source in found)
    finally:
        gc.enable()


def sources(wanted: Wanted, path: str, now: datetime) -> tuple[Source, ...]:
    """Those that were named; else what the repository has: its local ledger, and its branch as it was last fetched."""
    found = [Source(str(file), _files(file, now)) for file in wanted.files]
    for folder in wanted.repositories:
        found += _of(find(folder.absolute(), path), folder, wanted.branch, now)
    return tuple(found)


def _of(repository: Repository, folder: Path, branch: str | None, now: datetime) -> list[Source]:
    own = repository.common_dir / OWN
    found = [Source(str(folder / ".git" / OWN), _files(own, now))] if own.exists() and branch is None else []
    refs = (branch,) if branch else (f"refs/remotes/origin/{LedgerPart().branch}", f"refs/heads/{LedgerPart().branch}")
    for ref in refs:
        if branch or repository.knows(ref):
            shown = f"{folder}: {ref.removeprefix('refs/remotes/').removeprefix('refs/heads/')}"
            return [*found, Source(shown, readings(_branch(repository, ref), now))]
    if not found:
        raise Denied(
            f"{folder} has no ledger: no run was made there, and its branch {LedgerPart().branch} was not fetched; "
            f"`git fetch origin {LedgerPart().branch}:refs/remotes/origin/{LedgerPart().branch}` fetches it"
        )
    return found


def on_branch(repository: Repository, ref: str, now: datetime) -> Books:
    """All that one branch says."""
    return books([readings(_branch(repository, ref), now)], now)


def _branch(repository: Repository, ref: str) -> Iterator[Line]:
    return of_commit(repository.git, repository.resolve(ref))


def of_commit(git: Git, commit: str) -> Iterator[Line]:
    """Every line of a commit that is laid out as the ledger's branch is."""
    for leaf in leaves(git, commit, volumes.KEPT):
        for number, text in enumerate(leaf.content.splitlines() or [b""], 1):
            yield Line(text, leaf.path, number)


def per_day(words: Namespace, path: str) -> int | None:
    """What the policy that was named lets a day cost, in micro-dollars; else that of the one repository that is read.

    None where there is no such policy, or none that can be read. Raises `Denied` or `PolicyError` for one that was named.
    """
    if words.policy:
        try:
            return read(Path(words.policy).read_bytes(), words.policy).budget.per_day_usd
        except OSError as error:
            raise Denied(f"--policy {words.policy} cannot be read: {error.strerror}; give the policy's path") from None
    asked = wanted(words)
    if asked.files or len(asked.repositories) != 1:
        return None
    repository = find(asked.repositories[0].absolute(), path)
    found = repository.git.run("cat-file", "blob", f"{repository.head}:{POLICY}")
    try:
        return None if found.code else read(found.out, POLICY).budget.per_day_usd
    except PolicyError:
        return None


# ---- large files, read by several processes ----------------------------------------------------------------------


class Piece(Struct):
    """What one process has read of a file, in order within each kind; outcomes and records need none between them."""

    lines: int
    runs: list[Run]
    happened: list[Happened]
    begun: list[AtWork]
    faults: list[Fault]


def _files(place: Path, now: datetime) -> Iterator[Reading]:
    for part in volumes.files(place):
        if part.end < LARGE:
            yield from readings(volumes.lines(part), now)
        else:
            yield from _at_once(part, now)


def _at_once(part: Part, now: datetime) -> Iterator[Reading]:
    """A large file, a piece for each core. Lines of later pieces are numbered on from the earlier ones."""
    pieces = volumes.split(part, os.cpu_count() or 1)
    before = 0
    with ProcessPoolExecutor(len(pieces), get_context("fork")) as pool:
        for packed in pool.map(_piece, pieces, [now] * len(pieces)):
            piece = msgpack.decode(packed, type=Piece)
            yield from piece.runs
            yield from piece.happened
            yield from piece.begun
            for fault in piece.faults:
                yield Fault(fault.source, fault.number + before, fault.why)
            before += piece.lines


def _piece(part: Part, now: datetime) -> bytes:
    gc.disable()
    piece = Piece(0, [], [], [], [])
    for found in readings(_counted(part, piece), now):
        match found:
            case Run():
                piece.runs.append(found)
            case Happened():
                piece.happened.append(found)
            case AtWork():
                piece.begun.append(found)
            case Fault():
                piece.faults.append(found)
    return msgpack.encode(piece)


def _counted(part: Part, piece: Piece) -> Iterator[Line]:
    for line in volumes.lines(part):
        piece.lines = line.number
        yield line
