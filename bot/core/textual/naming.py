"""What Python source names, with its disguises taken off.

Seen through: imports under another name, `getattr` with a literal, `__import__` and `import_module`, `vars(m)["x"]`, a module or
function given another name, literals joined by `+`, f-strings and `"".join`. Not seen through: names built at run time by any
other means (slices, `chr`, `decode`, `eval`, `exec`), attributes of objects, and names bound differently in two scopes.
"""

import ast
from collections.abc import Mapping

Names = Mapping[str, str]
_DEEPEST = 60


def fold(node: ast.AST | None, depth: int = 0) -> str | None:
    """The text that an expression of literals makes; None for anything else."""
    if depth > _DEEPEST:
        return None
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            one, two = fold(left, depth + 1), fold(right, depth + 1)
            return None if one is None or two is None else one + two
        case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
            return fold(value, depth + 1)
        case ast.JoinedStr(values=parts):
            return _joined("", parts, depth)
        case ast.Call(func=ast.Attribute(value=glue, attr="join"), args=[ast.List(elts=parts) | ast.Tuple(elts=parts)]):
            return _joined(fold(glue, depth + 1), parts, depth)
        case _:
            return None


def _joined(glue: str | None, parts: list[ast.expr], depth: int) -> str | None:
    folded = [fold(part, depth + 1) for part in parts]
    known = [part for part in folded if part is not None]
    return glue.join(known) if glue is not None and len(known) == len(folded) else None


def dotted(node: ast.AST | None, names: Names, depth: int = 0) -> str:
    """What an expression names, as `module.attribute`; a part that nobody knows is `?`."""
    if depth > _DEEPEST:
        return "?"
    match node:
        case ast.Name(id=name):
            return names.get(name, name)
        case ast.Attribute(value=value, attr=attr):
            return f"{dotted(value, names, depth + 1)}.{attr}"
        case ast.NamedExpr(value=value):
            return dotted(value, names, depth + 1)
        case ast.Subscript(value=value, slice=index):
            base, item = dotted(value, names, depth + 1), fold(index)
            if item is not None and base == "sys.modules":
                return item
            return f"{base.removesuffix('.__dict__')}.{item}" if item is not None and base.endswith(".__dict__") else "?"
        case ast.Call(func=func, args=[first, *rest]):
            return _called(dotted(func, names, depth + 1), first, rest, names, depth)
        case _:
            return "?"


def _called(func: str, first: ast.expr, rest: list[ast.expr], names: Names, depth: int) -> str:
    match func.removeprefix("builtins."):
        case "getattr" if rest and (attr := fold(rest[0])) is not None:
            return f"{dotted(first, names, depth + 1)}.{attr}"
        case "__import__" | "importlib.import_module" | "importlib.__import__" | "sys.modules.get":
            return fold(first) or "?"
        case "vars":
            return f"{dotted(first, names, depth + 1)}.__dict__"
        case _:
            return "?"


_STARRED = ("_exit", "abort", "kill", "getpid", "execv", "environ", "getenv")


def names(module: ast.AST) -> Names:
    """What the names of a file stand for: its imports, and plain second names for imported things."""
    found: dict[str, str] = {}
    given: list[ast.Assign] = []
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found |= {item.asname or item.name.partition(".")[0]: _imported(item) for item in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            found |= {item.asname or item.name: f"{base}.{item.name}" for item in node.names}
            if base == "os" and node.names[0].name == "*":
                found |= {name: f"os.{name}" for name in _STARRED}
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            given.append(node)
    roots = frozenset(name.partition(".")[0] for name in found.values())
    for node in sorted(given, key=lambda one: one.lineno):
        _second_name(node, found, roots)
    return found


def _second_name(node: ast.Assign, found: dict[str, str], roots: frozenset[str]) -> None:
    target, named = node.targets[0], dotted(node.value, found)
    if isinstance(target, ast.Name) and "?" not in named and (isinstance(node.value, ast.Call) or named.partition(".")[0] in roots):
        found[target.id] = named


def _imported(item: ast.alias) -> str:
    return item.name if item.asname else item.name.partition(".")[0]
