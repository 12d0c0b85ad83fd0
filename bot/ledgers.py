"""The ledgers of one or many repositories, read together: what every `ledger` command starts from."""

import gc
import re
from argparse import Namespace
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.arguments import POLICY
from bot.core.past import shelves
from bot.core.past.lines import Fault, Line, Parsed
from bot.core.past.shelves import KEPT
from bot.core.past.survey import Books, books
from bot.edge import pieces, volumes
from bot.failures import Denied

if TYPE_CHECKING:
    from bot.edge.git.fetch import Remote
    from bot.edge.git.plumbing import Git
    from bot.edge.git.repository import Repository

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9._-]+")
"""A repository as GitHub calls it."""
OWN = Path("route-agent", "ledger.jsonl")
"""The local ledger, inside a repository's git folder."""
IMPORTED = OWN.with_name("imported.jsonl")
"""What `ledger import` has added: beside the ledger, since every run reads that."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which ledgers, as it was typed: files and folders, repositories and their branch, and the first day that counts."""

    files: tuple[Path, ...]
    repositories: tuple[Path, ...]
    branch: str | None
    since: date | None = None
    named: tuple[str, ...] = ()
    """The only repositories whose runs count, as `acme/shop`; all where none is named."""

    @property
    def start(self) -> datetime | None:
        """The first instant that counts."""
        return datetime.combine(self.since, datetime.min.time(), UTC) if self.since else None


@dataclass(frozen=True, slots=True)
class Source:
    """One ledger. `shown` is how it is called."""

    shown: str
    lines: Iterable[Line | Fault]
    file: Path | None = None
    """Where they stand in one."""

    @property
    def parsed(self) -> Iterable[Line | Parsed | Fault]:
        """The same, read as soon as may be."""
        return pieces.read(self.file) if self.file and self.file.is_file() else self.lines


def wanted(words: Namespace) -> Wanted:
    """From what was typed. Without a source, the repository that one stands in. Raises `Denied` for what would have no effect."""
    named = [each for each in words.repo or () if NAME.fullmatch(each) and not Path(each).exists()]
    folders = [each for each in words.repo or () if each not in named]
    repositories = folders or ([] if words.source else ["."])
    if words.branch and not repositories:
        raise Denied("--branch names a branch of a repository, and only files are read here; name that repository with --repo DIR")
    return Wanted(tuple(map(Path, words.source)), tuple(map(Path, repositories)), words.branch, words.since, tuple(named))


def of_all(words: Namespace) -> Wanted:
    """Likewise, for what cannot pick a repository by its name."""
    asked = wanted(words)
    if asked.named:
        raise Denied(f"--repo {asked.named[0]} is no folder here; a repository is picked by its name in `report` and `drift` alone")
    return asked


def gathered(wanted: Wanted, path: str, now: datetime) -> tuple[Books, tuple[str, ...]]:
    """All that the ledgers say, and how they are called. `path` is PATH. Raises `Denied` where there is no ledger."""
    found = sources(wanted, path)
    with nothing_to_sweep():
        made = books((source.parsed for source in found), now, wanted.start)
    there(found, made.lines, made.faults)
    return (picked(made, wanted.named) if wanted.named else made), tuple(source.shown for source in found)


def there(found: tuple[Source, ...], lines: int, faults: tuple[Fault, ...]) -> None:
    """Raises `Denied` where no line is a ledger's."""
    if not lines and faults:
        shown = ", ".join(source.shown for source in found)
        raise Denied(f"no line of {shown} is a ledger's; the first that is none: {faults[0].place}: {faults[0].why}")


def all_there(named: tuple[str, ...], there: list[str]) -> None:
    """Raises `Denied` for a repository of which there is no run. `there` are those of which there are."""
    if missing := [each for each in named if each not in there]:
        known = f"they are of {', '.join(there[:5])}{' …' if there[5:] else ''}" if there else "there is none"
        raise Denied(f"--repo {missing[0]} is no folder here, and no run is of a repository of that name; {known}")


def picked(found: Books, named: tuple[str, ...]) -> Books:
    all_there(named, sorted({life.run.repo for life in found.lives}))
    lives, audits = (tuple(life for life in part if life.run.repo in named) for part in (found.lives, found.audits))
    return replace(found, lives=lives, audits=audits)


@contextmanager
def nothing_to_sweep() -> Iterator[None]:
    """While a ledger is read nothing is let go of: looking for garbage again and again takes a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def in_force(words: Namespace, path: str) -> tuple[bytes, str]:
    """The policy that was named, else the one committed in HEAD of the only repository; and what its file is called there."""
    if words.policy:
        return _named(words.policy), words.policy if not Path(words.policy).is_absolute() else Path(words.policy).name
    repositories = wanted(words).repositories or (Path(),)
    if len(repositories) > 1:
        raise Denied("several repositories have several policies; name the one in question with --policy FILE")
    repository = _found(repositories[0], path)
    found = _committed(repository)
    if found is None:
        raise Denied(f"there is no {POLICY} in HEAD ({repository.head[:12]}); name a policy with --policy FILE")
    return found, POLICY


def _named(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise Denied(f"--policy {name} cannot be read: {error.strerror}; give the policy's path") from None


def _found(folder: Path, path: str) -> "Repository":
    from bot.edge.git.repository import find  # noqa: PLC0415 - a file's pieces are being read before this is loaded

    return find(folder.absolute(), path)


def _committed(repository: "Repository") -> bytes | None:
    found = repository.git.run("cat-file", "blob", f"{repository.head}:{POLICY}")
    return None if found.code else found.out


def sources(wanted: Wanted, path: str) -> tuple[Source, ...]:
    """Those that were named; else what the repository has: its local ledger, and its branch as it was last fetched.

    Of several, one that cannot be read is a fault of its own. Raises `Denied` where none can.
    """
    found: list[Source] = []
    missing: list[Denied] = []
    ways = [(each, _read) for each in wanted.files] + [(each, partial(_had, path, wanted.branch)) for each in wanted.repositories]
    for each, way in ways:
        try:
            found += way(each)
        except Denied as error:
            missing.append(error)
            found.append(Source(str(each), (Fault(str(each), str(error)),)))
    if len(missing) == len(ways):
        raise missing[0]
    return tuple(found)


def _read(file: Path) -> list[Source]:
    return [_lying(file, str(file))]


def _had(path: str, branch: str | None, folder: Path) -> list[Source]:
    from bot.core.policy import LedgerPart  # noqa: PLC0415 - likewise
    from bot.edge.git.leaves import rewritten  # noqa: PLC0415 - likewise

    usual = LedgerPart().branch
    repository = _found(folder, path)
    own = [each for each in (OWN, IMPORTED) if branch is None and (repository.common_dir / each).exists()]
    found = [_lying(repository.common_dir / each, str(folder / ".git" / each)) for each in own]
    refs = (branch,) if branch else (f"refs/remotes/origin/{usual}", f"refs/heads/{usual}")
    for ref in refs:
        if branch or repository.knows(ref):
            short = f"{folder}: {ref.removeprefix('refs/remotes/').removeprefix('refs/heads/')}"
            change = rewritten(repository, ref)
            shown = f"{short} (whether it was rewritten cannot be known here)" if change == "cannot be known" else short
            return [*found, Source(shown, _branch(repository, ref, change))]
    if not found:
        raise Denied(
            f"{folder} has no ledger: no run was made there, and its branch {usual} was not fetched; "
            f"`git fetch origin {usual}:refs/remotes/origin/{usual}` fetches it"
        )
    return found


def _lying(file: Path, shown: str) -> Source:
    volumes.look(file)
    return Source(shown, volumes.lines(file), file)


def _branch(repository: "Repository", ref: str, change: Fault | str) -> Iterator[Line | Fault]:
    if isinstance(change, Fault):
        yield change
    yield from of_commit(repository.git, repository.resolve(ref))


def of_commit(git: "Git", commit: str) -> Iterator[Line | Fault]:
    """Every line of a commit that is laid out as the ledger's branch is."""
    from bot.edge.git.leaves import leaves  # noqa: PLC0415 - likewise

    for leaf in leaves(git, commit, KEPT):
        if isinstance(leaf, Fault):
            yield leaf
        else:
            yield from shelves.lines(leaf.path, leaf.content)


def fetched(store: "Remote", commit: str) -> Iterator[Line | Fault]:
    """Every line of a commit on a server that is laid out so. Raises `Denied` or `Unavailable` where it cannot be had."""
    store.fetch(commit)
    yield from of_commit(store.store, commit)


def per_day(words: Namespace, path: str) -> int | None:
    """What the policy that was named lets a day cost, in micro-dollars; else that of the one repository that is read.

    None where there is no such policy, or none that can be read. Raises `Denied` or `PolicyError` for one that was named.
    """
    asked = wanted(words)
    if not words.policy and (asked.files or len(asked.repositories) != 1):
        return None
    from bot.core.policyfile import PolicyError, read  # noqa: PLC0415 - likewise

    if words.policy:
        return read(_named(words.policy), words.policy).budget.per_day_usd
    found = _committed(_found(asked.repositories[0], path))
    try:
        return None if found is None else read(found, POLICY).budget.per_day_usd
    except PolicyError:
        return None
