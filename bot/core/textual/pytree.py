"""Python source as a tree, read without running it: safe on any text."""

import ast
import re
import warnings
from collections.abc import Iterator

LIMIT = 1_200_000
"""Characters. A tree takes some 200 bytes a character."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Unreadable(ValueError):
    """Our parser does not read it; `line` is where it stops, 0 where that is unknown."""

    def __init__(self, why: str, line: int = 0) -> None:
        super().__init__(why)
        self.line = line


def parse(text: str) -> ast.Module:
    """Raises `Unreadable`."""
    if len(text) > LIMIT:
        raise Unreadable(f"longer than {LIMIT:,} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.removeprefix("\ufeff"))
    except SyntaxError as error:
        raise Unreadable(str(error.msg), error.lineno or 0) from None
    except (RecursionError, MemoryError):
        raise Unreadable("nested too deep to be read") from None
    except ValueError:  # NUL, lone surrogates
        raise Unreadable("it holds what no Python source may hold") from None


def tree(text: str | None) -> ast.Module | None:
    """None for what is not there or not readable."""
    try:
        return None if text is None else parse(text)
    except Unreadable:
        return None


_UNSAID = frozenset({"ctx", "type_comment", "type_ignores", "kind"})


_NOTES = frozenset({"returns", "annotation"})


def key(node: ast.AST | list[ast.stmt], *, bare: bool = False) -> str:
    """Equal for two trees that mean the same to the interpreter. Without recursion: a tree may be deeper than the stack.

    `bare` leaves out docstrings, and annotations of functions; those of a class body make fields.
    """
    out: list[str] = []
    stack: list[object] = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, ast.AST):
            out.append(type(item).__name__)
            notes = bare and isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.arg)
            fields = [
                (name, value) for name, value in ast.iter_fields(item) if name not in _UNSAID and not (notes and name in _NOTES)
            ]
            documented = bare and isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module)
            stack.extend(code(value) if documented and name == "body" else value for name, value in reversed(fields))
        elif isinstance(item, list):
            out.append(f"[{len(item)}")
            stack.extend(reversed(item))
        else:
            out.append(hex(item) if type(item) is int else repr(item))  # repr of a giant number raises
    return "\x1f".join(out)


def code(body: list[ast.stmt]) -> list[ast.stmt]:
    """Statements without the docstring."""
    first = body[0] if body else None
    return body[1:] if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) else body


def walk(module: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Every node in the order of the text, with the qualified name of the function or class that it stands in."""
    stack: list[tuple[ast.AST, str]] = [(module, "")]
    while stack:
        node, scope = stack.pop()
        yield node, scope
        inner = scope
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = f"{scope}.{node.name}".lstrip(".")
        elif isinstance(node, ast.If) and _main_guard(node):
            inner = "__main__"
        stack.extend((child, inner) for child in reversed(list(ast.iter_child_nodes(node))))


def _main_guard(node: ast.If) -> bool:
    match node.test:
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant(value="__main__")]):
            return True
        case _:
            return False


def line_of(node: ast.AST) -> int:
    """Where it begins, from 1; 0 for what has no place of its own."""
    return int(getattr(node, "lineno", 0))


def functions(module: ast.AST) -> Iterator[tuple[str, Function]]:
    """Functions and methods that stand in no other function, by qualified name, in the order of the text."""
    stack: list[tuple[ast.AST, str]] = [(module, "")]
    while stack:
        node, scope = stack.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{scope}{node.name}", node
            continue
        inner = f"{scope}{node.name}." if isinstance(node, ast.ClassDef) else scope
        dead = _never(node)
        stack.extend(
            (child, inner)
            for child in reversed(list(ast.iter_child_nodes(node)))
            if not isinstance(child, ast.expr) and child not in dead
        )


def _never(node: ast.AST) -> frozenset[ast.AST]:
    """The branch of an `if` that never runs."""
    known = truth(node.test) if isinstance(node, ast.If) else None
    if not isinstance(node, ast.If) or known is None:
        return frozenset()
    return frozenset(node.orelse if known else node.body)


def truth(test: ast.expr) -> bool | None:
    """What a condition always is, where that is written in it."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = truth(operand) if isinstance(operand, ast.Constant) else None
            return None if inner is None else not inner
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return False
        case ast.BoolOp(op=ast.And(), values=values) if any(isinstance(one, ast.Constant) and not one.value for one in values):
            return False
        case _:
            return None


_LINE_END = re.compile("\r\n|\r|\n")


def lines(text: str) -> list[str]:
    """Lines as Python counts them."""
    return _LINE_END.split(text)


def shown(node: ast.AST, rows: list[str]) -> str:
    """The text of an expression, its lines put together."""
    start, end = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0) or 0
    if not 0 < start <= end <= len(rows):
        return type(node).__name__
    picked = [row.encode(errors="replace") for row in rows[start - 1 : min(end, start + 20)]]
    if end - start < 20:
        picked[-1] = picked[-1][: getattr(node, "end_col_offset", None)]
    picked[0] = picked[0][getattr(node, "col_offset", 0) :]
    return b" ".join(picked).decode(errors="replace")
