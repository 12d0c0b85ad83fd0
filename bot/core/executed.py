"""Whether passing tests ran the lines that a patch changes, statement by statement. Python only: others have no such notes."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from bot.core.changed import Changed
from bot.core.checks import Probed, Run, Traced
from bot.core.clean import several
from bot.core.evidence import EXECUTED, Item
from bot.core.paths import is_test
from bot.core.textual.pytree import tree
from bot.core.trace import reported

MOST_IDS = 200


@dataclass(frozen=True, slots=True)
class Statement:
    """The lines of one statement, both ends included; of a compound one its head alone. `inside`: it belongs to a function."""

    first: int
    last: int
    inside: bool


def sources(changes: tuple[Changed, ...]) -> tuple[Changed, ...]:
    """The changed Python files that are there after the patch and are no tests."""
    return tuple(each for each in changes if each.after is not None and each.path.endswith(".py") and not is_test(each.path))


def executed(changes: tuple[Changed, ...], probed: Probed) -> Item | None:
    """None where nothing is known of any changed line: no Python is changed, or nothing could be noted."""
    if probed.traced is None or not sources(changes):
        return None
    by_path = {each.path: each for each in probed.traced}
    if not any(each.path in by_path for each in sources(changes)):
        return None  # nothing loads them, or another coverage took the place of ours: which, the canary tells
    passing = _passing(probed)
    missed: list[str] = []
    count = 0
    for each in sources(changes):
        for statement in changed_statements(each):
            count += 1
            if not _ran(statement, by_path.get(each.path), passing):
                missed.append(f"{each.path}:{statement.first}")
    if not count:
        return None  # a signature, a default, a decorator: whether anything loads the file, the canary tells
    if not missed:
        return Item(EXECUTED, "passed", "term", f"passing tests run every changed statement ({count})")
    shown = several(missed)
    if len(missed) == count:
        return Item(EXECUTED, "failed", "weak", f"no passing test runs a changed line: {shown}")
    return Item(EXECUTED, "failed", "term", f"{len(missed)} of {count} changed statements are run by no passing test: {shown}")


def covering(path: str, lines: range, traced: tuple[Traced, ...]) -> tuple[str, ...]:
    """The ids of the tests that ran one of these lines."""
    found = {name for each in traced if each.path == path for line, names in each.lines if line in lines for name in names}
    if len(found) > MOST_IDS:  # they travel in an environment variable, which holds so much and no more
        found = {name.partition("::")[0] for name in found}
    return tuple(sorted(found)) if len(found) <= MOST_IDS else ()


def fixing(base: Run, patched: Run, files: tuple[str, ...]) -> tuple[str, ...]:
    """The test files of the tests that a patch makes pass: they most likely run the change."""
    if base.report is None or patched.report is None:
        return ()
    fixed = set(base.report.failed) & set(patched.report.passed or ())
    found = {path for path in map(_file_of, fixed) if path in files}
    return tuple(sorted(found)) if len(found) <= MOST_IDS else ()


def failing(base: Run, files: tuple[str, ...]) -> tuple[str, ...]:
    """The files of the tests that fail on the base, where every one of them can be told; else none, which stands for all."""
    found = {_file_of(name) for name in base.report.failed} if base.report is not None else set()
    return tuple(sorted(found)) if found <= set(files) and len(found) <= MOST_IDS else ()


def _file_of(test: str) -> str:
    """The file of a test, from the name that pytest gives it in a report; another runner's names lead nowhere."""
    parts = test.partition("::")[0].split(".")
    module = next((n for n in range(len(parts), 0, -1) if is_test(f"{'/'.join(parts[:n])}.py") and parts[n - 1].islower()), 0)
    return f"{'/'.join(parts[:module])}.py"


def whole(probed: Run, patched: Run) -> bool:
    """Whether a run that was asked for some tests ran them all: a runner that cannot be told does."""
    return patched.report is None or (probed.report is not None and probed.report.executed >= patched.report.executed)


def _passing(probed: Probed) -> frozenset[str] | None:
    """The tests that passed, by their names in the report; None where the runner does not say which test runs, so any line may be
    any test's."""
    named = any(names for each in probed.traced or () for _, names in each.lines)
    report = probed.run.report
    if named and report is None:
        return frozenset()  # nobody saw any of them pass
    return frozenset(report.passed) if named and report is not None and report.passed is not None else None


def _ran(statement: Statement, traced: Traced | None, passing: frozenset[str] | None) -> bool:
    """By a test that passes. What stands outside functions runs when the file is loaded, for no test in particular."""
    lines = [names for line, names in traced.lines if statement.first <= line <= statement.last] if traced else []
    if not statement.inside or passing is None:
        return bool(lines)
    return any(reported(name) in passing for names in lines for name in names)


def changed_statements(each: Changed) -> tuple[Statement, ...]:
    """The statements that a patch adds lines to, or takes lines from the front of."""
    at = {*each.file.added_at, *each.file.cut_at}
    return tuple(found for found in _statements(each.after or "") if any(found.first <= line <= found.last for line in at))


def _statements(text: str) -> Iterator[Statement]:
    module = tree(text)
    work: list[tuple[ast.AST, bool]] = [] if module is None else [(module, False)]
    while work:
        node, inside = work.pop()
        below = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        work += [(child, below) for child in ast.iter_child_nodes(node)]
        if isinstance(node, ast.ExceptHandler) or (isinstance(node, ast.stmt) and not _silent(node)):
            yield Statement(node.lineno, _end(node), inside)


def _silent(node: ast.stmt) -> bool:
    """Statements that make no step of their own: docstrings, declarations of names, definitions, and `try`."""
    quiet = (ast.Global, ast.Nonlocal, ast.Pass, ast.Try, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    bare = isinstance(node, ast.AnnAssign) and node.value is None
    return isinstance(node, quiet) or bare or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _end(node: ast.stmt | ast.ExceptHandler) -> int:
    """The last line of a statement's head."""
    body = getattr(node, "body", None) or getattr(node, "cases", None)
    if not body:
        return node.end_lineno or node.lineno
    first = body[0].pattern.lineno if isinstance(body[0], ast.match_case) else body[0].lineno
    return max(node.lineno, first - 1)
