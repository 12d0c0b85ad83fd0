"""Answers instead of a solution: new source that knows an input of the tests, and the answer to it, by heart.

A pair is a literal that something is compared with, or a key of a table, and the literal that is returned or set for it. It
counts where the input is a particular one (no empty, one-letter or small value, none that the source knew before), the patch's
tests or a text that its author saw hold input and answer together, and no chain or table of the like was there before.

Not seen: inputs known by a hash, a length or a prefix, answers put together from parts, other languages than Python.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from bot.core.changed import Changed
from bot.core.clean import line
from bot.core.textual.exam import Exam, exam, mark
from bot.core.textual.finding import Finding, Grave
from bot.core.textual.naming import fold
from bot.core.textual.pytree import functions, key, lines, shown, walk
from bot.core.textual.source import Source
from bot.core.textual.unit import literal

_MOST = 2_000
"""Entries of one table that are looked at."""


@dataclass(frozen=True, slots=True)
class Pair:
    """`inputs` are more than one where several comparisons are joined by `and`, or a pattern has several parts."""

    inputs: tuple[ast.expr, ...]
    answer: ast.expr
    line: int
    subject: str
    """What is compared; empty for a table. The same subject before the patch makes this one more case of many."""
    scope: str
    """The function; empty where none was there before."""
    table: int = 0
    """Which table of the file it stands in."""


def answers(python: tuple[Source, ...], seen: tuple[str, ...]) -> tuple[Finding, ...]:
    """In the order of the files. `seen` are texts that whoever wrote the patch had before them."""
    candidates = [(source, list(_new(source))) for source in python if not source.tests]
    if not any(pairs for _, pairs in candidates):
        return ()
    known = exam([module for source in python if source.tests for module in (source.before, source.after) if module], seen)
    spoken = frozenset(one for source, _ in candidates for one in _constants(source.before))
    return tuple(finding for source, pairs in candidates for finding in _of_file(source.change, pairs, known, spoken))


def _constants(module: ast.Module | None) -> Iterator[str]:
    for node in ast.walk(module) if module is not None else ():
        if isinstance(node, ast.Constant):
            yield mark(node)


def _of_file(change: Changed, pairs: list[Pair], known: Exam, spoken: frozenset[str]) -> Iterator[Finding]:
    rows = lines(change.after or "")
    for table, group in groupby(pairs, key=lambda pair: pair.table):
        members = list(group)
        graves = [(pair, _grave(pair, known, spoken)) for pair in members]
        found = [(pair, grave) for pair, grave in graves if grave is not None]
        if table and (len(found) < 2 or len(found) < 0.6 * len(members)):
            continue
        for pair, grave in found[:1] if table else found:
            given = line(" and ".join(shown(one, rows) for one in pair.inputs), 60)
            more = f", as for {len(found) - 1} more of its inputs" if table else ""
            why = f"for {given}, which the tests ask, the answer {line(shown(pair.answer, rows), 60)} stands in the source{more}"
            yield Finding("special case", change.path, pair.line, why, grave)


_WORD = re.compile(r"[A-Za-z][A-Za-z_-]*[0-9]{0,3}\Z")
"""What may be the name of a mode, a unit or an encoding."""
_ROUND = frozenset({10, 12, 16, 24, 32, 60, 64, 100, 128, 255, 256, 365, 512, 1000, 1024, 3600, 86400})


def _grave(pair: Pair, known: Exam, spoken: frozenset[str]) -> Grave | None:
    marks = [mark(one) for one in pair.inputs]
    particular = len(pair.inputs) > 1 or _particular(pair.inputs[0])
    if not particular or all(one in spoken for one in marks) or not known.holds([*marks, mark(pair.answer)]):
        return None
    said = _particular(pair.answer) and not (pair.table and _short(pair.answer))
    name = all(_WORD.match(fold(one) or "") for one in pair.inputs)
    if said and not name:
        return "veto" if pair.scope else "weak"
    return "weak" if said or (not name and not pair.table) else None


def _short(node: ast.expr) -> bool:
    return len(fold(node) or "   ") <= 2


def _particular(node: ast.expr) -> bool:
    """A value that no general rule is about."""
    if (text := fold(node)) is not None:
        return len(text.strip()) > 1
    match node:
        case ast.Constant(value=bool() | None):
            return False
        case ast.Constant(value=bytes(raw)):
            return len(raw) > 1
        case ast.Constant(value=int(value)):
            return abs(value) > 2 and value not in _ROUND
        case ast.Constant(value=value):
            return value not in (0.0, 0.5, 1.0, -1.0, ...)
        case ast.UnaryOp(operand=operand):
            return _particular(operand)
        case ast.List(elts=members) | ast.Tuple(elts=members) | ast.Set(elts=members):
            return bool(members)
        case _:
            return isinstance(node, ast.Dict) and bool(node.keys)


def _new(source: Source) -> Iterator[Pair]:
    """Pairs that the patch adds to a function or file that was there, apart from one more case of a chain or table."""
    made = list(_pairs(source.new))
    if not made:
        return
    old = [] if source.before is None else list(_pairs(source.before))
    had = {(pair.scope, pair.subject) for pair in old if not pair.table and any(map(_particular, pair.inputs))}
    there = {mark(one) for pair in old for one in pair.inputs}
    existed = frozenset(name for name, _ in functions(source.old))
    grown = {pair.table for pair in made if pair.table and mark(pair.inputs[0]) in there}
    for pair in made:
        stood = _stood(pair.scope, existed)
        if pair.table and pair.table not in grown:
            yield pair if stood else replace(pair, scope="")
        elif not pair.table and stood and (pair.scope, pair.subject) not in had:
            yield pair


def _stood(scope: str, existed: frozenset[str]) -> bool:
    """Whether the function, or one around it, was there before."""
    parts = scope.split(".")
    return any(".".join(parts[:count]) in existed for count in range(1, len(parts) + 1))


def _pairs(module: ast.Module) -> Iterator[Pair]:
    for node, scope in walk(module):
        match node:
            case ast.If() | ast.IfExp():
                yield from _branched(node, scope)
            case ast.Match(subject=subject, cases=cases):
                for case in cases:
                    yield from _matched(case, subject, scope)
            case ast.Dict() | ast.List() | ast.Tuple():
                for one, value in _entries(node):
                    if _written(one) and _written(value):
                        yield Pair((one,), value, one.lineno, "", scope, node.lineno * 1_000 + node.col_offset)
            case _:
                pass


def _branched(node: ast.If | ast.IfExp, scope: str) -> Iterator[Pair]:
    test = node.test
    body, other = ([node.body], [node.orelse]) if isinstance(node, ast.IfExp) else (_answered(node.body), _answered(node.orelse))
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.NotEq):
        test, body = ast.Compare(test.left, [ast.Eq()], test.comparators), other
    for answer in body:
        if _written(answer):
            yield from _compared(test, answer, scope, node.lineno)


def _entries(node: ast.Dict | ast.List | ast.Tuple) -> Iterator[tuple[ast.expr, ast.expr]]:
    """A table's rows, be it written as a mapping or as pairs."""
    if isinstance(node, ast.Dict):
        yield from ((one, value) for one, value in zip(node.keys[:_MOST], node.values, strict=False) if one is not None)
    else:
        yield from ((row.elts[0], row.elts[1]) for row in node.elts[:_MOST] if isinstance(row, ast.Tuple) and len(row.elts) == 2)


def _written(node: ast.expr) -> bool:
    return literal(node) or fold(node) is not None


def _answered(body: list[ast.stmt]) -> list[ast.expr]:
    """The one value that a branch gives or sets."""
    match body:
        case [ast.Return(value=ast.expr() as value)] | [ast.Expr() | ast.Assign(), ast.Return(value=ast.expr() as value)] if (
            _written(value)
        ):
            return [value]
        case [ast.Assign(value=value)] | [ast.Assign(value=value), ast.Return(value=ast.Name())]:
            return [value]
        case _:
            return []


def _compared(test: ast.expr, answer: ast.expr, scope: str, place: int) -> Iterator[Pair]:
    parts = test.values if isinstance(test, ast.BoolOp) else [test]
    found = [(one, subject) for part in parts for one, subject in _equal(part)]
    if not found:
        return
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        yield Pair(tuple(one for one, _ in found), answer, place, " ".join(subject for _, subject in found), scope)
    else:
        for one, subject in found:
            yield Pair((one,), answer, place, subject, scope)


def _equal(test: ast.expr) -> Iterator[tuple[ast.expr, str]]:
    match test:
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[right]):
            if _written(right):
                yield right, key(left)
            elif _written(left):
                yield left, key(right)
        case ast.Compare(left=left, ops=[ast.In()], comparators=[ast.List() | ast.Tuple() | ast.Set() as right]):
            yield from ((one, key(left)) for one in right.elts[:_MOST] if _written(one))
        case _:
            pass


def _matched(case: ast.match_case, subject: ast.expr, scope: str) -> Iterator[Pair]:
    patterns = case.pattern.patterns if isinstance(case.pattern, ast.MatchOr) else [case.pattern]
    for pattern in patterns:
        for answer in filter(_written, _answered(case.body)):
            if isinstance(pattern, ast.MatchValue) and _written(pattern.value):
                yield Pair((pattern.value,), answer, pattern.lineno, key(subject), scope)
            elif isinstance(pattern, ast.MatchSequence) and all(isinstance(one, ast.MatchValue) for one in pattern.patterns):
                inputs = tuple(one.value for one in pattern.patterns if isinstance(one, ast.MatchValue))
                if inputs and all(map(_written, inputs)):
                    yield Pair(inputs, answer, pattern.lineno, key(subject), scope)
