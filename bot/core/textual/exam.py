"""What the author of a patch could copy: literals that stand together in one claim, case or line of what was shown.

A literal is a key that is equal for equal values; a name stands for the literals of what it was bound to.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from bot.core.textual.naming import fold
from bot.core.textual.pytree import functions, key, tree
from bot.core.textual.unit import literal

_MOST = 200
"""Nodes of one statement, and literals of one name."""
_ROOM = 300_000
"""Literals that are held together at all."""


@dataclass(slots=True)
class Exam:
    together: list[frozenset[str]] = field(default_factory=list)
    by_mark: dict[str, list[int]] = field(default_factory=dict)
    held: int = 0

    def add(self, found: frozenset[str]) -> None:
        if len(found) < 2 or self.held > _ROOM:
            return
        self.held += len(found)
        for one in found:
            self.by_mark.setdefault(one, []).append(len(self.together))
        self.together.append(found)

    def holds(self, marks: list[str]) -> bool:
        """Whether one claim, case or line has them all."""
        fewest = min((self.by_mark.get(one, []) for one in marks), key=len, default=[])
        return any(all(one in self.together[place] for one in marks) for place in fewest[:200])


def mark(node: ast.expr) -> str:
    text = fold(node)
    return key(node) if text is None else repr(text)


def exam(tests: list[ast.Module], texts: tuple[str, ...]) -> Exam:
    """From the tests of a patch, before and after, and from texts that its author saw."""
    made = Exam()
    for module in tests:
        for node in ast.walk(module):
            for found in _members(node):
                made.add(found)
        for _, function in functions(module):
            for found in _statements(function):
                made.add(found)
    for text in texts:
        for found in _lines(text):
            made.add(found)
    return made


def _members(node: ast.AST) -> Iterator[frozenset[str]]:
    """Rows of a table of cases."""
    match node:
        case ast.List(elts=rows) | ast.Tuple(elts=rows) | ast.Set(elts=rows):
            for row in rows:
                if isinstance(row, ast.Tuple | ast.List | ast.Call):
                    yield frozenset(_literals(row))
        case ast.Dict(keys=keys, values=values):
            for one, value in zip(keys, values, strict=True):
                if one is not None:
                    yield frozenset([*_literals(one), *_literals(value)])
        case _:
            pass


def _literals(node: ast.AST) -> Iterator[str]:
    for inner in islice(ast.walk(node), _MOST):
        if isinstance(inner, ast.Constant | ast.UnaryOp | ast.List | ast.Tuple | ast.Dict | ast.Set | ast.BinOp | ast.JoinedStr):
            small = len(list(islice(ast.walk(inner), 40))) < 40
            if small and (literal(inner) or fold(inner) is not None):
                yield mark(inner)


def _statements(function: ast.AST) -> Iterator[frozenset[str]]:
    """Each statement's literals, with those of the names in it."""
    bound: dict[str, frozenset[str]] = {}
    simple = (node for node in ast.walk(function) if isinstance(node, ast.Assert | ast.Assign | ast.Expr | ast.Return))
    for node in sorted(simple, key=lambda one: one.lineno):
        names = [inner.id for inner in islice(ast.walk(node), _MOST) if isinstance(inner, ast.Name)]
        found = frozenset(islice([*_literals(node), *_truth(node), *(one for name in names for one in bound.get(name, ()))], _MOST))
        if isinstance(node, ast.Assign):
            bound |= {target.id: found for target in node.targets if isinstance(target, ast.Name)}
        yield found


def _truth(node: ast.AST) -> Iterator[str]:
    """What `assert f(x)` and `assert not f(x)` expect."""
    match node:
        case ast.Assert(test=ast.UnaryOp(op=ast.Not())) | ast.Expr(value=ast.Call(func=ast.Attribute(attr="assertFalse"))):
            yield mark(ast.Constant(value=False))
        case ast.Assert(test=ast.Call() | ast.Name()) | ast.Expr(value=ast.Call(func=ast.Attribute(attr="assertTrue"))):
            yield mark(ast.Constant(value=True))
        case _:
            pass


_QUOTED = re.compile(r""""([^"\n]{1,300})"|(?<!\w)'([^'\n]{1,300})'|`([^`\n]{1,300})`""")
_VALUE = re.compile(r"(?<![\w.])-?\d{1,30}(?:\.\d{1,30})?(?![\w.]\w)|[\[({][^\[\](){}\n]{1,200}[\])}]|\b(?:True|False|None)\b")


def _lines(text: str) -> Iterator[frozenset[str]]:
    """Each line with the two after it: an example and its answer may stand on lines of their own."""
    rows = [frozenset(_spoken(row[:2_000])) for row in text.split("\n")]
    for number in range(len(rows)):
        yield frozenset().union(*rows[number : number + 3])


def _spoken(row: str) -> Iterator[str]:
    for found in _QUOTED.finditer(row):
        said = found[1] or found[2] or found[3]
        yield repr(said)
        if found[3]:
            yield from _spoken_code(said)
            yield from (repr(inner[1] or inner[2]) for inner in _QUOTED.finditer(said) if inner[1] or inner[2])
    for found in _VALUE.finditer(row):
        yield from _spoken_code(found[0])


def _spoken_code(said: str) -> Iterator[str]:
    module = tree(said)
    if module is not None:
        yield from _literals(module)
