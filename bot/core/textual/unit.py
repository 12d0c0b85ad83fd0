"""One function of a Python test file, read for comparison: what it claims, with which cases, and what keeps it from running."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.core.textual.claims import Claim, Reader, is_asserting, is_raising, number, under
from bot.core.textual.naming import Names, dotted, fold
from bot.core.textual.pytree import Function, key, truth

SKIPS = re.compile(
    r"(?:^|[._])(?:skip\w*|xfail|expectedFailure|expected_failure)$|(?:^|\.)importorskip$|\.skip\.Exception$|(?:^|\.)SkipTest$"
)
RETRIES = re.compile(r"(?:^|\.)(?:flaky|rerun\w*|retry|retries|repeat_on_failure)$", re.IGNORECASE)
_SWALLOWED = frozenset({"AssertionError", "Exception", "BaseException", "?", ""})


@dataclass(slots=True)
class Unit:
    """`marks` are decorators that skip, xfail or retry, by name, with the key of what they say apart from the reason."""

    name: str
    line: int
    claims: list[Claim] = field(default_factory=list)
    dead: int = 0
    cases: list[tuple[str, str, int]] = field(default_factory=list)
    """The key of a case, its text, its line."""
    marks: list[tuple[str, str, int]] = field(default_factory=list)
    returns: list[int] = field(default_factory=list)
    waits: list[tuple[float, int]] = field(default_factory=list)
    constants: list[tuple[str, int]] = field(default_factory=list)
    calls: int = 0
    lazy: str = ""
    """What calling it makes instead of running it: a generator or a coroutine."""


def read(name: str, node: Function, names: Names, rows: list[str], known: dict[str, str]) -> Unit:
    unit = Unit(name, node.lineno, lazy="coroutine" if isinstance(node, ast.AsyncFunctionDef) else "")
    for mark in node.decorator_list:
        _decorator(unit, mark, names)
    _body(unit, node, Reader(names, rows, known | literals(node)), names)
    return unit


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def literals(node: ast.AST) -> dict[str, str]:
    """Names that the body binds once, to a literal."""
    found: dict[str, list[str | None]] = {}
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            found.setdefault(inner.id, []).append(None)
    for inner in ast.walk(node):
        if (
            isinstance(inner, ast.Assign)
            and len(inner.targets) == 1
            and isinstance(inner.targets[0], ast.Name)
            and literal(inner.value)
        ):
            bound = found[inner.targets[0].id]
            if len(bound) == 1:
                text = fold(inner.value)
                bound[0] = key(inner.value) if text is None else repr(text)
    return {name: value[0] for name, value in found.items() if len(value) == 1 and value[0] is not None}


def literal(node: ast.AST) -> bool:
    """Whether an expression is made of constants alone."""
    kinds = ast.Constant | ast.Tuple | ast.List | ast.Set | ast.Dict | ast.UnaryOp | ast.unaryop | ast.expr_context
    return all(isinstance(inner, kinds) for inner in ast.walk(node))


def _decorator(unit: Unit, mark: ast.expr, names: Names) -> None:
    name = dotted(mark, names)
    if isinstance(mark, ast.Call) and name == "?":
        name = dotted(mark.func, names)
    if SKIPS.search(name) or RETRIES.search(name):
        said = [key(arg) for arg in mark.args] if isinstance(mark, ast.Call) else []
        if isinstance(mark, ast.Call):
            said += sorted(f"{item.arg}={key(item.value)}" for item in mark.keywords if item.arg not in ("reason", "msg"))
        unit.marks.append((name, " ".join(said), mark.lineno))
    if isinstance(mark, ast.Call) and name.endswith("parametrize"):
        for one in [*mark.args[1:2], *(item.value for item in mark.keywords if item.arg == "argvalues")]:
            _cases(unit, one, names)
    if isinstance(mark, ast.Call) and name.endswith("timeout") and mark.args and (seconds := number(mark.args[0])) is not None:
        unit.waits.append((seconds, mark.lineno))


def _cases(unit: Unit, values: ast.expr, names: Names) -> None:
    for item in values.elts if isinstance(values, ast.List | ast.Tuple | ast.Set) else ():
        node: ast.AST = item
        if isinstance(item, ast.Call) and dotted(item.func, names).endswith("param"):
            marks = next((word.value for word in item.keywords if word.arg == "marks"), None)
            for inner in ast.walk(marks) if marks is not None else ():
                if isinstance(inner, ast.Attribute) and SKIPS.search(dotted(inner, names)):
                    unit.marks.append((dotted(inner, names), key(ast.Tuple(item.args)), item.lineno))
            node = item.args[0] if len(item.args) == 1 else ast.Tuple(item.args)
        unit.cases.append((key(node), "", item.lineno))


@dataclass(frozen=True, slots=True)
class _Block:
    body: list[ast.stmt]
    conditions: int = 0
    dead: bool = False


def _body(unit: Unit, node: Function, reader: Reader, names: Names) -> None:
    """Every block, without recursion: a chain of `elif` is as deep as it is long."""
    called = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load)}
    stack = [_Block(node.body)]
    while stack:
        block = stack.pop()
        dead = block.dead
        for statement in block.body:
            inner = list(_inside(statement, _Block([], block.conditions, dead), names, called))
            stack.extend(inner)
            _statement(unit, statement, _Block([], block.conditions, dead), reader, names, simple=not inner)
            if isinstance(statement, ast.Return | ast.Raise | ast.Continue | ast.Break):
                dead = True
    unit.claims.sort(key=lambda claim: claim.line)


def _inside(node: ast.stmt, at: _Block, names: Names, called: set[str]) -> Iterator[_Block]:
    """The blocks of a statement, each with whether it can fail a test there."""
    deeper, dead = at.conditions + 1, at.dead
    match node:
        case ast.If(test=test, body=body, orelse=orelse) | ast.While(test=test, body=body, orelse=orelse):
            known = truth(test)
            yield _Block(body, at.conditions if known else deeper, dead or known is False)
            yield _Block(orelse, deeper, dead or known is True)
        case ast.For(iter=items, body=body, orelse=orelse) | ast.AsyncFor(iter=items, body=body, orelse=orelse):
            yield _Block(body, at.conditions, dead or (isinstance(items, ast.List | ast.Tuple) and not items.elts))
            yield _Block(orelse, at.conditions, dead)
        case ast.Try() | ast.TryStar():
            yield _Block(node.body, at.conditions, dead or any(_swallows(one, names) for one in node.handlers))
            for handler in node.handlers:
                yield _Block(handler.body, deeper, dead)
            yield _Block(node.orelse, at.conditions, dead)
            yield _Block(node.finalbody, at.conditions, dead)
        case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
            yield _Block(body, at.conditions, dead or any(_suppresses(item.context_expr, names) for item in items))
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield _Block(node.body, at.conditions, dead or (node.name not in called and not node.decorator_list))
        case ast.ClassDef():
            yield _Block(node.body, at.conditions, dead)
        case ast.Match():
            for case in node.cases:
                yield _Block(case.body, deeper, dead)
        case _:
            pass


def _swallows(handler: ast.ExceptHandler, names: Names) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    if all(kind is not None and dotted(kind, names).removeprefix("builtins.") not in _SWALLOWED for kind in kinds):
        return False
    for node in (inner for statement in handler.body for inner in ast.walk(statement)):
        if isinstance(node, ast.Raise | ast.Assert):
            return False
        if isinstance(node, ast.Call) and is_asserting(dotted(node.func, names)):
            return False
    return True


def _suppresses(node: ast.expr, names: Names) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = dotted(node.func, names)
    kinds = [dotted(arg, names).removeprefix("builtins.") for arg in node.args[:5]]
    return (name.endswith("suppress") or is_raising(name)) and any(kind in _SWALLOWED for kind in kinds)


def _statement(unit: Unit, node: ast.stmt, at: _Block, reader: Reader, names: Names, *, simple: bool) -> None:
    found: list[Claim] = []
    if isinstance(node, ast.Assert):
        found += reader.of_assert(node)
    elif isinstance(node, ast.With | ast.AsyncWith):
        calls = [item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call)]
        found += [reader.raising(call) for call in calls if is_raising(dotted(call.func, names))]
    elif isinstance(node, ast.Return) and not at.dead:
        unit.returns.append(node.lineno)
    elif isinstance(node, ast.For):
        _cases(unit, node.iter, names)
    if simple:
        found += _simple(unit, node, at, reader, names)
    if at.dead:
        unit.dead += len(found)
    else:
        unit.claims += [under(claim, at.conditions) for claim in found]


def _simple(unit: Unit, node: ast.stmt, at: _Block, reader: Reader, names: Names) -> Iterator[Claim]:
    """A statement without a block: what it calls, and the literals that it works on."""
    asserts = isinstance(node, ast.Assert)
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            unit.calls += not at.dead
            _wait(unit, inner)
            name = dotted(inner.func, names)
            if not asserts and (is_asserting(name) or is_raising(name)):
                yield from reader.call(inner)
        elif isinstance(inner, ast.Yield | ast.YieldFrom):
            unit.lazy = "generator"
        elif isinstance(inner, ast.Constant) and not asserts and not _is_text(node):
            unit.constants.append((key(inner), inner.lineno))


def _wait(unit: Unit, node: ast.Call) -> None:
    for item in node.keywords:
        if item.arg == "timeout" and (seconds := number(item.value)) is not None:
            unit.waits.append((seconds, node.lineno))
