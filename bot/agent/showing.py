"""What a lane is shown of a file: nothing shaped like a credential, and nothing of a file whose name says that it holds some."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from bot.core.clean import veiled
from bot.core.patch import hidden
from bot.ports import Hit, Tree


def listed(tree: Tree, hits: Sequence[Hit]) -> Iterator[str]:
    """What a search found. A line in the middle of a key has no shape of its own, so each file is looked at whole."""
    for path, found in groupby(hits, lambda hit: hit.path):
        if not hidden(path):
            text = tree.read(path).decode(errors="replace")
            whole, shown = text.split("\n"), veiled(text).split("\n")
            for hit in found:
                at = slice(hit.line - 1, hit.line)
                yield f"{path}:{hit.line}:{hit.text if whole[at] == shown[at] else ''.join(shown[at])}"


def credentials(tree: Tree, path: str) -> bool:
    """Whether the file holds what is not shown. Raises `KeyError` where there is no such file."""
    text = tree.read(path).decode(errors="replace")
    return hidden(path) or veiled(text) != text
