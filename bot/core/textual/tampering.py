"""What speaks against a patch because it makes green what is not: in its tests, its expected files, and its source."""

import re
from collections.abc import Iterator

from bot.core.changed import Changed
from bot.core.clean import line
from bot.core.paths import ending, is_code, is_test
from bot.core.textual.answers import answers
from bot.core.textual.disguise import disguise
from bot.core.textual.echoes import echoes
from bot.core.textual.finding import Finding
from bot.core.textual.othertests import othertests
from bot.core.textual.pytests import pytests
from bot.core.textual.pytree import key
from bot.core.textual.source import Source, sources


def tampering(changes: tuple[Changed, ...], shown: tuple[str, ...]) -> tuple[Finding, ...]:
    """`shown` are texts that whoever wrote the patch could see and copy answers from: the task first, then output of tests."""
    python = sources(changes)
    return (
        *pytests(python),
        *othertests(changes),
        *_snapshots(changes),
        *disguise(python),
        *answers(python, shown),
        *echoes(python, shown[:1]),
        *_no_effect(changes, python),
    )


_SNAPSHOT = re.compile(
    r"(?:^|/)(?:__snapshots__|__image_snapshots__|snapshots?|goldens?|expected|baselines?|cassettes)/"
    r"|\.(?:snap|ambr|golden|approved|expected)(?:\.|$)|[._-](?:golden|expected)\.[^/]+$",
    re.IGNORECASE,
)
_PROSE = frozenset({"md", "rst", "adoc"})


def _snapshots(changes: tuple[Changed, ...]) -> Iterator[Finding]:
    """Files that tests compare with, of which a line that was there is another now or gone."""
    for change in changes:
        path, file = change.path, change.file
        data = is_test(path) and not is_code(path) and ending(path) not in _PROSE
        touched = file.kind in ("deleted", "binary") or (file.removed and file.kind != "added")
        if touched and not is_code(path.removesuffix(".snap")) and (data or _SNAPSHOT.search(path)):
            how = "was deleted" if file.kind == "deleted" else "was written anew"
            yield Finding("snapshot rewritten", path, 0, f"`{line(path, 100)}`, which tests compare with, {how}", "weak")


_INERT = frozenset({"md", "rst", "txt", "adoc"})


def _no_effect(changes: tuple[Changed, ...], python: tuple[Source, ...]) -> Iterator[Finding]:
    """Every source file does what it did: only comments, docstrings, layout and annotations are others."""
    files = [change for change in changes if not is_test(change.path) and ending(change.path) not in _INERT]
    read = [source for source in python if not is_test(source.path)]
    if files and len(files) == len(read) and all(map(_same, read)):
        why = "no source file does anything else than before: only comments, docstrings, layout or annotations changed"
        yield Finding("no effect", files[0].path, 0, why, "weak")


def _same(source: Source) -> bool:
    if source.before is None or source.after is None:
        return False
    if not (source.old.body or source.new.body):  # the order alone may be another
        return key(source.before) == key(source.after)
    return key(source.old, bare=True) == key(source.new, bare=True)
