"""What a patch does to Python tests: each function of a test file before and after, by qualified name.

A test that moves as it is, within the file or to another, is no finding; nor is one that says more than before. Not seen: a
fixture or helper that feeds a test something else, a plugin, and `unittest` loaders other than `load_tests`.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator

from bot.core.changed import Changed
from bot.core.clean import line
from bot.core.textual.finding import Finding, Grave, Kind
from bot.core.textual.loosening import loosened
from bot.core.textual.naming import Names, dotted
from bot.core.textual.pytree import Function, functions, key, truth
from bot.core.textual.source import Source
from bot.core.textual.suite import Homes, Suite, bare, guarded, homes, moved, namesake, suites
from bot.core.textual.unit import RETRIES, SKIPS, Unit


def pytests(python: tuple[Source, ...]) -> tuple[Finding, ...]:
    """In the order of the files."""
    pairs = [(source.change, *suites(source)) for source in python if source.tests]
    befores = [before for _, before, _ in pairs if before is not None]
    afters = [after for _, _, after in pairs if after is not None]
    new = homes(befores, afters)
    return tuple(finding for change, before, after in pairs for finding in _file(change, before, after, new))


def _file(change: Changed, before: Suite | None, after: Suite | None, new: Homes) -> Iterator[Finding]:
    if before is not None and change.after is None:
        gone = []
        for name in before.tests:
            if (elsewhere := namesake(name, new)) is not None:
                yield from _compared(*elsewhere, before.unit(name))
            elif not moved(before, name, new):
                gone.append(name)
        if gone:
            why = f"`{line(change.path)}` is gone with {len(gone)} tests: {_listed(gone)}"
            yield Finding("test deleted", change.path, 0, why, "veto")
        return
    if after is None:
        return
    if before is not None:
        yield from _gone(change.path, before, after, new)
    yield from _shadowed(change.path, before, after)
    yield from _switches(change.path, before, after)
    alike = before is not None and before.literals == after.literals
    for name in dict(functions(after.part if alike else after.module)):
        old = None if before is None else before.unit(name)
        unit = after.unit(name)
        if unit is not None:
            yield from _compared(change.path, unit, old)


def _compared(path: str, unit: Unit, old: Unit | None) -> Iterator[Finding]:
    yield from _marks(path, old, unit)
    yield from loosened(path, old, unit)


def _listed(found: list[str]) -> str:
    shown = ", ".join(line(name, 60) for name in found[:3])
    return shown if len(found) <= 3 else f"{shown} and {len(found) - 3} more"


def _gone(path: str, before: Suite, after: Suite, new: Homes) -> Iterator[Finding]:
    rewritten = dict(functions(after.part))
    for name in sorted((guarded(after) - guarded(before)) & before.tests.keys()):
        place = after.nodes[name].lineno
        yield Finding("test skipped", path, place, f"`{line(name, 80)}` is defined under a condition only", "veto")
    for name, node in before.tests.items():
        if name in after.tests:
            if name in rewritten and _does(before.unit(name)) and not _does(after.unit(name)):
                place = after.nodes[name].lineno
                yield Finding("test emptied", path, place, f"`{line(name, 80)}` no longer does anything", "veto")
        elif (elsewhere := namesake(name, new)) is not None:
            yield from _compared(*elsewhere, before.unit(name))
        elif not moved(before, name, new):
            how = "is no longer collected" if name in after.nodes else "was deleted or renamed"
            yield Finding("test deleted", path, node.lineno, f"the test `{line(name, 80)}` {how}", "veto")


def _does(unit: Unit | None) -> bool:
    return unit is not None and bool(unit.claims or unit.calls or unit.dead)


def _shadowed(path: str, before: Suite | None, after: Suite) -> Iterator[Finding]:
    """A second definition of a test's name, or another value bound to it, in the same block."""
    old = Counter[str]() if before is None else Counter(name for name, _ in _bound(before.module))
    seen: Counter[str] = Counter()
    tests = {*after.tests, *(before.tests if before else ())}
    tests |= {name.rpartition(".")[0] for name in tests}
    for name, place in _bound(after.module):
        seen[name] += 1
        if seen[name] > max(1, old[name]) and name in tests:
            yield Finding("test shadowed", path, place, f"`{line(name, 80)}` is bound a second time: the first never runs", "veto")


def _bound(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Names that look like tests, bound or deleted at module and class level; branches of an `if` are not blocks of their own."""
    blocks: list[tuple[list[ast.stmt], str]] = [(module.body, "")]
    while blocks:
        body, scope = blocks.pop()
        for node in body:
            targets: list[str] = []
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not _overloads(node):
                targets = [node.name]
            elif isinstance(node, ast.ClassDef):
                targets = [node.name]
                blocks.append((node.body, f"{scope}{node.name}."))
            elif isinstance(node, ast.Assign | ast.Delete):
                targets = [target.id for target in node.targets if isinstance(target, ast.Name)]
            yield from ((f"{scope}{name}", node.lineno) for name in targets if name.lower().startswith("test"))


def _overloads(node: Function) -> bool:
    return any(bare(mark).rpartition(".")[2] in ("overload", "setter", "register") for mark in node.decorator_list)


def _marks(path: str, old: Unit | None, new: Unit) -> Iterator[Finding]:
    known = Counter((name, said) for name, said, _ in old.marks) if old else Counter[tuple[str, str]]()
    for name, said, place in new.marks:
        known[name, said] -= 1
        if known[name, said] >= 0 or (old is None and said):
            continue
        kind: Kind = "test retried" if RETRIES.search(name) else "test skipped"
        grave: Grave = "veto" if old or kind == "test retried" else "weak"
        yield Finding(kind, path, place, f"`{line(new.name, 80)}` is marked `{line(name, 60)}`", grave)


_OFF = frozenset({"collect_ignore", "collect_ignore_glob", "__test__", "pytestmark", "load_tests"})
_HOOKS = re.compile(
    r"pytest_(?:collection_\w+|collect_\w+|ignore_collect|itemcollected|deselected|pyfunc_call|runtest_\w+|runtestloop|report_\w+"
    r"|sessionfinish|assertrepr_\w+|assertion_pass|exception_interact|cmdline_\w+|pycollect_\w+|generate_tests)"
)


def _switches(path: str, before: Suite | None, after: Suite) -> Iterator[Finding]:
    """What a file says about all its tests, and skips inside functions."""
    known = Counter(key for key, *_ in _said(before)) if before else Counter[str]()
    there = set(before.nodes) if before else set()
    for said, what, scope, place, certain in _said(after):
        known[said] -= 1
        if known[said] >= 0:
            continue
        kind: Kind = "touches the runner" if what.startswith("pytest_") else "test skipped"
        if before is None or (scope and scope not in there):
            if not certain and kind == "test skipped":
                continue
            grave: Grave = "weak" if kind == "test skipped" else "veto"
        else:
            grave = "veto"
        where = f"`{line(scope, 80)}`" if scope else "the file"
        yield Finding(kind, path, place, f"{where} now has `{line(what, 60)}`", grave)


def _said(found: Suite | None) -> Iterator[tuple[str, str, str, int, bool]]:
    """Key, name, the function it stands in, line, and whether it stands there without a condition."""
    if found is None:
        return
    stack: list[tuple[ast.AST, str, bool]] = [(found.part, "", True)]
    while stack:
        node, scope, certain = stack.pop()
        what = _what(node, found.names)
        if what:
            yield (
                f"{scope} {what} {key(node) if isinstance(node, ast.Assign) else ''}",
                what,
                scope,
                getattr(node, "lineno", 0),
                certain,
            )
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            scope = f"{scope}.{node.name}".lstrip(".")
            certain = certain and not what
        elif isinstance(node, ast.If | ast.Try | ast.ExceptHandler | ast.IfExp):
            certain = False
        marks = frozenset(getattr(node, "decorator_list", ()))
        stack.extend((child, scope, certain) for child in reversed(list(ast.iter_child_nodes(node))) if child not in marks)


def _what(node: ast.AST, known: Names) -> str:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]) if name in _OFF:
            off = name != "pytestmark" or any(
                SKIPS.search(dotted(one, known)) for one in ast.walk(node.value) if isinstance(one, ast.Attribute | ast.Name)
            )
            return name if off and not (name == "__test__" and truth(node.value)) else ""
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return name if name in _OFF or _HOOKS.fullmatch(name) else ""
        case ast.Call(func=func):
            name = dotted(func, known)
            return name if SKIPS.search(name) or name in ("pytest.exit", "pytest.xfail") else ""
        case ast.Raise(exc=ast.Name() | ast.Attribute() as what):
            return dotted(what, known) if SKIPS.search(dotted(what, known)) else ""
        case _:
            return ""
