"""A changed Python file as two trees, and the part of them that a patch made different: most of a big file is as it was."""

import ast
from collections import Counter
from dataclasses import dataclass, field

from bot.core.changed import Changed
from bot.core.paths import ending, is_test
from bot.core.textual.pytree import lines, tree


@dataclass(frozen=True, slots=True)
class Source:
    """`old` and `new` are the statements of the module that stand, word for word, only before or only after."""

    change: Changed
    before: ast.Module | None
    after: ast.Module | None
    old: ast.Module = field(repr=False)
    new: ast.Module = field(repr=False)

    @property
    def path(self) -> str:
        return self.change.path

    @property
    def tests(self) -> bool:
        return is_test(self.path) or is_test(self.change.file.old_path or self.path)


def sources(changes: tuple[Changed, ...]) -> tuple[Source, ...]:
    """The Python files, each text read once."""
    return tuple(_source(change) for change in changes if ending(change.path) == "py")


def _source(change: Changed) -> Source:
    before, after = tree(change.before), tree(change.after)
    was, now = _texts(before, change.before), _texts(after, change.after)
    return Source(change, before, after, _only(before, was, now), _only(after, now, was))


def _texts(module: ast.Module | None, text: str | None) -> list[str]:
    """Each statement of the module as it is written, from its first decorator on."""
    rows = lines(text or "")
    found = []
    for node in module.body if module is not None else ():
        first = min([node.lineno, *(mark.lineno for mark in getattr(node, "decorator_list", ()))])
        found.append("\n".join(rows[first - 1 : node.end_lineno]))
    return found


def _only(module: ast.Module | None, texts: list[str], others: list[str]) -> ast.Module:
    left = Counter(others)
    found = []
    for node, text in zip(module.body if module is not None else (), texts, strict=True):
        left[text] -= 1
        if left[text] < 0:
            found.append(node)
    return ast.Module(found, [])
