"""Handlers that catch everything and do nothing about it.

A narrow class is what a fix may need; it is named only where what is tried is all that the function did before.
"""

import ast
import re
from collections.abc import Iterator

from bot.core.textual.naming import Names, dotted
from bot.core.textual.pytree import code, key, walk


def bodies(module: ast.Module) -> dict[str, str]:
    """The keys of what functions do, by qualified name."""
    functions = ((node, scope) for node, scope in walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {f"{scope}.{node.name}".lstrip("."): key(code(node.body)) for node, scope in functions}


_BROAD = frozenset({"Exception", "BaseException", "builtins.Exception", "builtins.BaseException"})


def swallowed(node: ast.AST, known: Names, scope: str, old: dict[str, str]) -> Iterator[tuple[str, int]]:
    """What is swallowed where, in words, and its line. `old` holds the bodies of functions before, by `bodies`."""
    suppresses = isinstance(node, ast.Call) and dotted(node.func, known) == "contextlib.suppress"
    if suppresses and any(dotted(arg, known) in _BROAD for arg in ast.iter_child_nodes(node)):
        yield f"`{scope or 'the module'}` suppresses every exception", int(getattr(node, "lineno", 0))
    if not isinstance(node, ast.Try):
        return
    whole = old.get(scope) == key(node.body)
    for handler in node.handlers:
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        broad = any(kind is None or dotted(kind, known) in _BROAD for kind in kinds)
        if (broad or whole) and all(_idle(one, known) for one in handler.body):
            what = "every exception" if broad else "an exception of all that it did before"
            yield f"`{scope or 'the module'}` swallows {what}", handler.lineno


_LOGS = re.compile(r"(?:^print|\.(?:debug|info|warning|warn|error|exception|critical|log|print_exc|write))\Z")


def _idle(node: ast.stmt, known: Names) -> bool:
    match node:
        case ast.Pass() | ast.Continue() | ast.Break():
            return True
        case ast.Return(value=value) | ast.Assign(value=value):
            return value is None or _plain(value)
        case ast.Expr(value=ast.Call(func=func)):
            return bool(_LOGS.search(dotted(func, known)))
        case ast.Expr(value=ast.Constant()):
            return True
        case _:
            return False


def _plain(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant | ast.Name) or (
        isinstance(value, ast.List | ast.Tuple | ast.Dict) and not list(ast.iter_child_nodes(value))[1:]
    )
