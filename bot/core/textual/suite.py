"""One Python test file at one time: its functions, and which of them a runner collects."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.core.textual.naming import Names, dotted, names
from bot.core.textual.pytree import Function, code, functions, key, lines, truth
from bot.core.textual.source import Source
from bot.core.textual.unit import Unit, literals, read

_COLLECTED = re.compile(r"(?:^|/)(?:test[^/]*|[^/]*_tests?)\.py$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Suite:
    """`part` is what the other time has not, word for word. `tests` are those of `nodes` that a runner collects."""

    path: str
    module: ast.Module
    part: ast.Module
    names: Names
    literals: dict[str, str]
    rows: list[str]
    nodes: dict[str, Function]
    tests: dict[str, Function]
    read: dict[str, Unit]
    """Those that were asked for."""

    def unit(self, name: str) -> Unit | None:
        if name not in self.nodes:
            return None
        if name not in self.read:
            self.read[name] = read(name, self.nodes[name], self.names, self.rows, self.literals)
        return self.read[name]


def suites(source: Source) -> tuple[Suite | None, Suite | None]:
    """A test file before and after."""
    change = source.change
    before = _suite(change.file.old_path or change.path, source.before, source.old, change.before)
    return before, _suite(change.path, source.after, source.new, change.after)


def _suite(path: str, module: ast.Module | None, part: ast.Module, text: str | None) -> Suite | None:
    if module is None:
        return None
    bound = literals(ast.Module([one for one in module.body if isinstance(one, ast.Assign)], []))
    nodes, classes = dict(functions(module)), dict(_classes(module))
    collected = bool(_COLLECTED.search(path)) and not _switched_off(module.body)
    tests = {name: node for name, node in nodes.items() if collected and _is_test(name, node, classes)}
    return Suite(path, module, part, names(module), bound, lines(text or ""), nodes, tests, {})


def _classes(module: ast.Module) -> Iterator[tuple[str, ast.ClassDef]]:
    stack: list[tuple[ast.AST, str]] = [(module, "")]
    while stack:
        node, scope = stack.pop()
        if isinstance(node, ast.ClassDef):
            scope = f"{scope}{node.name}."
            yield scope[:-1], node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.expr):
            stack.extend((child, scope) for child in ast.iter_child_nodes(node))


def _is_test(name: str, node: Function, classes: dict[str, ast.ClassDef]) -> bool:
    *scopes, last = name.split(".")
    if not last.startswith("test") or any(bare(mark).endswith("fixture") for mark in node.decorator_list):
        return False
    for depth in range(1, len(scopes) + 1):
        owner = classes.get(".".join(scopes[:depth]))
        if owner is None or _switched_off(owner.body) or not (owner.name.startswith("Test") or owner.bases):
            return False
        if not owner.bases and any(isinstance(one, ast.FunctionDef) and one.name == "__init__" for one in owner.body):
            return False  # pytest makes none of those itself
    return True


def guarded(found: Suite) -> frozenset[str]:
    """Tests that are defined only if something holds: in a branch or a handler at module or class level."""
    stack: list[tuple[ast.AST, str, bool]] = [(found.module, "", False)]
    names = set()
    while stack:
        node, scope, under = stack.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names |= {f"{scope}{node.name}"} if under else set()
        elif not isinstance(node, ast.expr):
            scope = f"{scope}{node.name}." if isinstance(node, ast.ClassDef) else scope
            under = under or isinstance(node, ast.If | ast.Try | ast.For | ast.While | ast.Match)
            stack.extend((child, scope, under) for child in ast.iter_child_nodes(node))
    return frozenset(names & found.tests.keys())


def bare(node: ast.expr) -> str:
    """The name of a decorator, called or not."""
    return dotted(node.func if isinstance(node, ast.Call) else node, {})


def _switched_off(body: list[ast.stmt]) -> bool:
    assigned = (one for one in body if isinstance(one, ast.Assign))
    return any(bare(one.targets[0]) == "__test__" and truth(one.value) is False for one in assigned)


@dataclass(frozen=True, slots=True)
class Homes:
    """The tests that a patch adds, to look for one that is gone elsewhere."""

    bodies: frozenset[str]
    holding: dict[str, list[frozenset[str]]]
    """By statement, the bodies that have it."""
    named: dict[str, list[tuple[Suite, str]]]


def homes(befores: list[Suite], afters: list[Suite]) -> Homes:
    there = {(before.path, name) for before in befores for name in before.tests}
    new = [(after, name) for after in afters for name in after.tests if (after.path, name) not in there]
    holding: dict[str, list[frozenset[str]]] = {}
    named: dict[str, list[tuple[Suite, str]]] = {}
    for after, name in new:
        named.setdefault(name.rpartition(".")[2], []).append((after, name))
        said = _said(after, name)
        for statement in said:
            holding.setdefault(statement, []).append(said)
    return Homes(frozenset(key(after.nodes[name].body) for after, name in new), holding, named)


def _said(found: Suite, name: str) -> frozenset[str]:
    return frozenset(key(statement) for statement in code(found.nodes[name].body))


def moved(before: Suite, name: str, found: Homes) -> bool:
    """Whether the patch adds a test with the same body, or one whose body holds all of it."""
    if key(before.nodes[name].body) in found.bodies:
        return True
    said = _said(before, name)
    fewest = min((found.holding.get(statement, []) for statement in said), key=len, default=[])
    return any(said <= body for body in fewest[:50])


def namesake(name: str, found: Homes) -> tuple[str, Unit] | None:
    """The one test of that name that the patch adds elsewhere, with its path: it may have moved and changed."""
    same = found.named.get(name.rpartition(".")[2], [])
    unit = same[0][0].unit(same[0][1]) if len(same) == 1 else None
    return None if unit is None else (same[0][0].path, unit)
