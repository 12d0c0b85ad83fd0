"""Small faults put into the lines that a patch changes, one at a time: tests that do not notice them do not pin the change down."""

import ast
import copy
import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from bot.core.changed import Changed
from bot.core.checks import Run
from bot.core.evidence import MUTANTS, Item
from bot.core.executed import sources
from bot.core.textual.pytree import tree

MOST = 8
ENOUGH = 0.6
"""The share of mutants that the tests must notice."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """`lines` are those of the patched file that it touches; `text` is the whole file with the fault in it."""

    path: str
    lines: range
    what: str
    text: str


def mutants(changes: tuple[Changed, ...], most: int = MOST) -> tuple[Mutant, ...]:
    """A handful: each part of the patch taken back alone where it has several, then faults in its lines, spread over them."""
    return (*reverts(changes)[: most // 2], *_spread([m for each in sources(changes) for m in _faults(each)]))[:most]


def reverts(changes: tuple[Changed, ...]) -> tuple[Mutant, ...]:
    """The patch without one of its parts. A patch of a single part has none: that is what the reproduction looks at."""
    found = [mutant for each in sources(changes) if each.before is not None for mutant in _parts(each, each.before)]
    return tuple(found) if len(found) > 1 else ()


def _parts(each: Changed, before: str) -> Iterator[Mutant]:
    old, new = before.split("\n"), (each.after or "").split("\n")
    for tag, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        text = "\n".join([*new[:k], *old[i:j], *new[m:]])
        if tag != "equal" and tree(text) is not None and "".join(old[i:j]).split() != "".join(new[k:m]).split():
            yield Mutant(each.path, range(k + 1, max(m, k + 1) + 1), f"without the change at line {k + 1}", text)


_GONE = "`pass`"
"""How a fault ends that takes a whole statement away: seldom the one that a person would make."""


def _spread(found: list[Mutant]) -> list[Mutant]:
    """One for each line before a second one for any; the most telling of a line first."""
    by_line: dict[tuple[str, int], list[Mutant]] = {}
    for mutant in found:
        by_line.setdefault((mutant.path, mutant.lines.start), []).append(mutant)
    rows = [sorted(row, key=lambda mutant: mutant.what.endswith(_GONE)) for row in by_line.values()]
    return [row[n] for n in range(max(map(len, rows), default=0)) for row in rows if n < len(row)]


def _faults(each: Changed) -> Iterator[Mutant]:
    text = each.after or ""
    module = tree(text)
    at = set(each.file.added_at)
    if module is None or not at:
        return
    for node in _walk(module):
        if node.lineno not in at:
            continue
        for what, new in _changed(node):
            mutated = _replaced(text, node, new)
            if mutated is not None and tree(mutated) is not None:
                yield Mutant(each.path, range(node.lineno, node.lineno + 1), what, mutated)


def _walk(parent: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """Expressions and statements that may be changed, in the order of the text; no annotation, docstring or part of an f-string."""
    for name, value in ast.iter_fields(parent):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, ast.JoinedStr) or _docstring(child):
                continue
            if isinstance(child, ast.expr | ast.stmt):
                yield child
            if not isinstance(child, ast.Raise):  # hardly a test looks at the words of an error
                yield from _walk(child)


def _docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


_COMPARE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_BINARY: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
}
_NAMES = {
    "strip": "rstrip",
    "lstrip": "rstrip",
    "rstrip": "lstrip",
    "startswith": "endswith",
    "endswith": "startswith",
    "find": "rfind",
    "rfind": "find",
    "split": "rsplit",
    "rsplit": "split",
    "lower": "upper",
    "upper": "lower",
    "append": "remove",
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
}


def _changed(node: ast.expr | ast.stmt) -> Iterator[tuple[str, ast.expr | ast.stmt]]:
    """What a node could be by mistake, the most telling first."""
    was = _short(node)
    for new in _variants(node):
        yield f"`{was}` as `{_short(new)}`", new


def _short(node: ast.AST) -> str:
    text = ast.unparse(node).partition("\n")[0]
    return text if len(text) <= 50 else f"{text[:49]}…"


def _variants(node: ast.expr | ast.stmt) -> Iterator[ast.expr | ast.stmt]:
    return _of_condition(node) if isinstance(node, ast.expr) else _of_statement(node)


def _of_condition(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Compare(ops=[op, *rest]) if type(op) in _COMPARE:
            yield ast.Compare(node.left, [_COMPARE[type(op)](), *rest], node.comparators)
        case ast.BoolOp(op=op):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), node.values)
            yield from (ast.BoolOp(op, [v for v in node.values if v is not out]) for out in node.values if len(node.values) > 2)
            yield from (value for value in node.values if len(node.values) == 2)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.IfExp():
            yield ast.IfExp(node.test, node.orelse, node.body)
        case _:
            yield from _of_value(node)


def _of_value(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.BinOp(op=op) if type(op) in _BINARY:
            yield ast.BinOp(node.left, _BINARY[type(op)](), node.right)
        case ast.Constant(value=value):
            yield from (ast.Constant(other) for other in _constants(value))
        case ast.Call(func=ast.Name(id=name)) if name in _NAMES:
            yield ast.Call(ast.Name(_NAMES[name]), node.args, node.keywords)
        case ast.Call(func=ast.Attribute(value=owner, attr=name)) if name in _NAMES:
            yield ast.Call(ast.Attribute(owner, _NAMES[name]), node.args, node.keywords)
        case _:
            return


def _of_statement(node: ast.stmt) -> Iterator[ast.expr | ast.stmt]:
    """The condition of a branch stands for the branch."""
    match node:
        case ast.If(test=test) | ast.While(test=test):
            yield ast.UnaryOp(ast.Not(), test)
        case ast.Return(value=value) if value is not None and not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.Assign() | ast.AugAssign() | ast.Raise() | ast.Expr() | ast.Continue() | ast.Break() | ast.Delete():
            yield ast.Pass()
        case _:
            return


def _constants(value: object) -> Iterator[str | int | float]:
    match value:
        case bool():
            yield not value
        case int() | float():
            yield value + 1
        case str():
            yield "" if value else "mutant"
        case _:
            return


def _replaced(text: str, node: ast.expr | ast.stmt, new: ast.expr | ast.stmt) -> str | None:
    """The text with one node written anew. Offsets of the syntax tree count bytes."""
    old = node.test if isinstance(node, ast.If | ast.While) else node
    first, start, last, end = (getattr(old, name) for name in ("lineno", "col_offset", "end_lineno", "end_col_offset"))
    lines = text.encode().split(b"\n")
    made = ast.unparse(ast.fix_missing_locations(copy.deepcopy(new)))
    if isinstance(new, ast.expr):
        made = f"({made})"
    if last > len(lines) or "\n" in made:
        return None
    rows = [*lines[: first - 1], lines[first - 1][:start] + made.encode() + lines[last - 1][end:], *lines[last:]]
    return b"\n".join(rows).decode()


def noticed(control: Run, run: Run) -> bool:
    """Whether the tests see the fault: one fails that passes in the same run without it, or the run does not come to its end."""
    if run.timed_out or run.report is None:
        return True
    before = set(control.report.failed) if control.report else set()
    return bool(set(run.report.failed) - before) or (run.exit_code not in (0, control.exit_code) and not run.report.failed)


def judged(found: tuple[Mutant, ...], seen: tuple[bool, ...], seconds: float) -> Item:
    """`seen` says of the first mutants whether they were noticed; for the rest there was no time."""
    if not found:
        return Item(MUTANTS, "not_applicable", "info", "nothing in the changed lines could be broken on purpose")
    if not seen:
        return Item(MUTANTS, "not_run", "info", "no time was left for one", seconds)
    alive = [mutant for mutant, noticed in zip(found, seen, strict=False) if not noticed]
    told = f"{sum(seen)} of {len(seen)} faults put into the changed lines were noticed"
    rest = f"; not {', '.join(f'{m.path}:{m.lines.start} {m.what}' for m in alive[:3])}" if alive else ""
    state = "passed" if sum(seen) >= ENOUGH * len(seen) else "failed"
    return Item(MUTANTS, "passed" if state == "passed" else "failed", "term", told + rest, seconds)
