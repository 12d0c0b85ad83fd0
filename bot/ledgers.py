"""The ledgers of one or many repositories, read together: what every `ledger` command starts from."""

from argparse import Namespace
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from bot.core.past.lives import Books, Line, books
from bot.core.policy import LedgerPart
from bot.edge import volumes
from bot.edge.git.leaves import leaves
from bot.edge.git.plumbing import Git
from bot.edge.git.repository import Repository, find
from bot.ports import Denied

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
    lines: Iterable[Line]


def wanted(words: Namespace) -> Wanted:
    """From what was typed. Without a source, the repository that one stands in."""
    repositories = words.repo or ([] if words.source else ["."])
    return Wanted(tuple(map(Path, words.source)), tuple(map(Path, repositories)), words.branch, words.since)


def gathered(wanted: Wanted, path: str, now: datetime) -> tuple[Books, tuple[str, ...]]:
    """All that the ledgers say, and how they are called. `path` is PATH. Raises `Denied` where there is no ledger."""
    found = sources(wanted, path)
    since = datetime.combine(wanted.since, datetime.min.time(), UTC) if wanted.since else None
    return books((source.lines for source in found), now, since), tuple(source.shown for source in found)


def sources(wanted: Wanted, path: str) -> tuple[Source, ...]:
    """Those that were named; else what the repository has: its local ledger, and its branch as it was last fetched."""
    found = [Source(str(file), volumes.lines(file)) for file in wanted.files]
    for folder in wanted.repositories:
        found += _of(find(folder.absolute(), path), folder, wanted.branch)
    return tuple(found)


def _of(repository: Repository, folder: Path, branch: str | None) -> list[Source]:
    own = repository.common_dir / OWN
    found = [Source(str(folder / ".git" / OWN), volumes.lines(own))] if own.exists() and branch is None else []
    refs = (branch,) if branch else (f"refs/remotes/origin/{LedgerPart().branch}", f"refs/heads/{LedgerPart().branch}")
    for ref in refs:
        if branch or repository.knows(ref):
            shown = f"{folder}: {ref.removeprefix('refs/remotes/').removeprefix('refs/heads/')}"
            return [*found, Source(shown, of_commit(repository.git, repository.resolve(ref)))]
    if not found:
        raise Denied(
            f"{folder} has no ledger: no run was made there, and its branch {LedgerPart().branch} was not fetched; "
            f"`git fetch origin {LedgerPart().branch}:refs/remotes/origin/{LedgerPart().branch}` fetches it"
        )
    return found


def of_commit(git: Git, commit: str) -> Iterator[Line]:
    """The lines of a ledger's branch at a commit."""
    for leaf in leaves(git, commit, volumes.KEPT):
        for number, text in enumerate(leaf.content.splitlines() or [b""], 1):
            yield Line(text.strip(), f"{leaf.path}:{number}")
