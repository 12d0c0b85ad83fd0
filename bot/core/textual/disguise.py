"""What source code does only to look right: it asks whether it is tested, ends the run, writes the report, or swallows what fails.

Compared by kind and name before and after, over all source files of a patch: what was there, or only moves, is no finding. Not
seen: what is put together at run time (see `naming`), native code, a subprocess, and a test told by time, load or directory.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator

from bot.core.clean import line
from bot.core.textual.finding import Finding, Sign
from bot.core.textual.naming import Names, dotted, fold, names
from bot.core.textual.pytree import code, line_of, walk
from bot.core.textual.source import Source
from bot.core.textual.swallowing import bodies, swallowed
from bot.core.textual.testfiles import in_tests


def disguise(python: tuple[Source, ...]) -> tuple[Finding, ...]:
    """In the order of the files, tests last: they may do most of it, but neither end the run nor replace a part of the runner."""
    files = sorted(python, key=lambda source: source.tests)
    known = Counter((sign.kind, sign.what) for source in files for sign in _signs(source, source.before, source.old))
    found: dict[tuple[str, str], Finding] = {}
    for source in files:
        for sign in _signs(source, source.after, source.new):
            known[sign.kind, sign.what] -= 1
            if known[sign.kind, sign.what] < 0:
                finding = Finding(sign.kind, source.path, sign.line, line(sign.what, 160), sign.grave)
                found.setdefault((source.path, sign.what), finding)
    return tuple(found.values())


def _signs(source: Source, module: ast.Module | None, part: ast.Module) -> Iterator[Sign]:
    if module is None:
        return
    known, old, path = names(module), bodies(source.old), source.path
    if source.tests:
        yield from in_tests(module, part, known)
        return
    text = source.change.before or ""
    command = bool(_COMMANDS.search(path.rpartition("/")[2]) or _SCRIPTS.search(path) or _LEAVES.search(text))
    for node, scope in walk(part):
        yield from _detection(node, known)
        yield from _ending(node, known)
        if not command:
            yield from _leaving(node, known, scope)
        yield from _runner(node, known, fresh=source.before is None)
        for what, place in swallowed(node, known, scope, old):
            yield Sign("swallows", what, place, "weak")


_MARKS = re.compile(r"PYTEST_(?:CURRENT_TEST|VERSION|XDIST\w*|ADDOPTS|PLUGINS)|JEST_WORKER_ID|VITEST|ROUTE[_-]AGENT", re.IGNORECASE)
_RUNNERS = frozenset(
    {"pytest", "_pytest", "unittest", "nose", "nose2", "doctest", "pluggy", "py.test", "xdist", "hypothesis", "coverage"}
)
_IN_CI = frozenset(
    "CI GITHUB_ACTIONS TRAVIS GITLAB_CI CIRCLECI JENKINS_URL BUILD_NUMBER TOX_ENV_NAME NOX_CURRENT_SESSION TESTING TEST_ENV "
    "UNDER_TEST".split()
)
_STACK = frozenset({"inspect.stack", "inspect.currentframe", "sys._getframe", "traceback.extract_stack", "traceback.format_stack"})
_TEST_NAME = re.compile(r"(?:^|\W|_)(?:py)?test(?:s|_\w*)?(?:$|\W)|unittest|conftest", re.IGNORECASE)


def _detection(node: ast.AST, known: Names) -> Iterator[Sign]:
    text = fold(node) if isinstance(node, ast.Constant | ast.BinOp | ast.JoinedStr | ast.Call) else None
    if text is not None and len(text) < 60 and (mark := _MARKS.search(text)):
        yield Sign("detects tests", f"source names `{mark[0]}`, by which it can tell that it is tested", line_of(node))
    if isinstance(node, ast.Compare):
        yield from _compared(node, known)
    elif isinstance(node, ast.Call | ast.Subscript):
        name = dotted(node, known)
        if name in _RUNNERS and dotted(node.func if isinstance(node, ast.Call) else node.value, known).startswith("sys.modules"):
            yield Sign("detects tests", f"source looks for `{name}` among the loaded modules", line_of(node))
        if (variable := _variable(node, known)) in _IN_CI:
            yield Sign("detects tests", f"source asks for the environment's `{variable}`", line_of(node))
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield from _on_the_stack(node, known)


def _variable(node: ast.Call | ast.Subscript, known: Names) -> str | None:
    if isinstance(node, ast.Subscript):
        return fold(node.slice) if dotted(node.value, known) == "os.environ" else None
    asked = node.args and dotted(node.func, known) in ("os.getenv", "os.environ.get", "os.environ.pop")
    return fold(node.args[0]) if asked else None


def _compared(node: ast.Compare, known: Names) -> Iterator[Sign]:
    parts = [node.left, *node.comparators]
    texts = [text for part in parts if (text := fold(part)) is not None]
    about = {dotted(inner, known) for part in parts for inner in ast.walk(part) if isinstance(inner, ast.Attribute | ast.Name)}
    looked = sorted({"sys.modules", "sys.argv", "os.environ"} & about)
    for text in texts if looked else ():
        if (
            text in _RUNNERS
            or (looked == ["sys.argv"] and _TEST_NAME.search(text))
            or (looked == ["os.environ"] and text in _IN_CI)
        ):
            yield Sign("detects tests", f"source looks for `{text}` in `{looked[0]}`", node.lineno)


def _on_the_stack(node: ast.FunctionDef | ast.AsyncFunctionDef, known: Names) -> Iterator[Sign]:
    """A look at the callers, beside a text that names tests."""
    looks, texts = "", False
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute | ast.Name) and dotted(inner, known) in _STACK:
            looks = dotted(inner, known)
        texts = texts or (isinstance(inner, ast.Constant | ast.BinOp) and bool(_TEST_NAME.search((fold(inner) or "")[:200])))
    if looks and texts:
        yield Sign("detects tests", f"`{node.name}` looks for a test among its callers with `{looks}`", node.lineno)


_ENDS = re.compile(
    r"(?:os\.(?:_exit|abort|killpg|exec[lv]p?e?)|atexit\.register|pytest\.exit|faulthandler\._\w+|signal\.(?:alarm|setitimer|raise_signal|pthread_kill)"
    r"|posix\._exit|_thread\.interrupt_main)\Z"
)
_EXITS = frozenset({"sys.exit", "exit", "quit", "builtins.exit", "builtins.quit", "SystemExit", "builtins.SystemExit"})
_COMMANDS = re.compile(r"(?:^|[_./])(?:__main__|main|cli|command|commands|cmd|app|manage|run|setup)(?:[_./]|$)", re.IGNORECASE)
_SCRIPTS = re.compile(r"(?:^|/)(?:bin|scripts?|tools?)/")
_LEAVES = re.compile(r"\bsys\.exit\b|\bSystemExit\b|^[ \t]*exit\(", re.MULTILINE)


def _ending(node: ast.AST, known: Names) -> Iterator[Sign]:
    if isinstance(node, ast.ImportFrom) and not node.level:  # what was called so before may stand where it stood
        for name in (f"{node.module}.{item.name}" for item in node.names):
            if _ENDS.match(name):
                yield Sign("exits early", f"source uses `{name}`, which can end a run before it is judged", node.lineno)
    if isinstance(node, ast.Attribute | ast.Name | ast.Subscript | ast.Call):
        name = dotted(node, known)
        if _ENDS.match(name) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            yield Sign("exits early", f"source uses `{name}`, which can end a run before it is judged", line_of(node))
    if isinstance(node, ast.Call) and dotted(node.func, known) == "os.kill" and _own_process(node, known):
        yield Sign("exits early", "source ends its own process with `os.kill`", node.lineno)


def _own_process(node: ast.Call, known: Names) -> bool:
    return any(dotted(inner, known) == "os.getpid" for arg in node.args for inner in ast.walk(arg))


def _leaving(node: ast.AST, known: Names, scope: str) -> Iterator[Sign]:
    """An ordinary exit, where no command is."""
    match node:
        case ast.Raise(exc=what) | ast.Call(func=what):
            name = dotted(what, known)
            if name in _EXITS and not _COMMANDS.search(scope):
                where = f"`{scope}`" if scope else "the body of the module"
                yield Sign("exits early", f"source calls `{name}` in {where}", line_of(node))
        case _:
            pass


_WATCHING = re.compile(
    r"(?:sys\.(?:settrace|setprofile|monitoring)|threading\.(?:settrace|setprofile)\w*|gc\.(?:get_objects|get_referrers))(?:\.|\Z)"
)
_GUARDED = re.compile(r"(?:_?pytest|unittest|pluggy|coverage|builtins|__builtins__|doctest)\.")
_REPORTS = re.compile(
    r"junit_?xml|<testsuites?\b|(?:^|[/_-])(?:report|results?|junit)\.xml\b|RUNNER_TEMP|GITHUB_(?:PATH|ENV|OUTPUT|STATE|STEP_SUMMARY)\b"
)
_EQUAL = {"__eq__": True, "__ne__": False, "__contains__": True}


def _runner(node: ast.AST, known: Names, *, fresh: bool) -> Iterator[Sign]:
    match node:
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            for target in targets:
                yield from _assigned(target, known)
        case ast.AugAssign(target=target):
            yield from _assigned(target, known)
        case ast.Call(func=func, args=[target, *_]) if dotted(func, known).removeprefix("builtins.") in ("setattr", "delattr"):
            if _GUARDED.match(f"{dotted(target, known)}."):
                yield Sign("touches the runner", f"source replaces a part of `{dotted(target, known)}`", node.lineno)
        case ast.Attribute() | ast.Name() if _WATCHING.match(dotted(node, known)):
            yield Sign("touches the runner", f"source uses `{dotted(node, known)}`", node.lineno)
        case ast.Constant(value=str(text)) if len(text) < 2_000 and (found := _REPORTS.search(text)):
            yield Sign("touches the runner", f"source names `{found[0]}`, where results are reported", node.lineno)
        case ast.For(iter=items) | ast.comprehension(iter=items) if any(
            dotted(one, known) == "sys.modules" for one in ast.walk(items)
        ):
            yield Sign("touches the runner", "source walks through the loaded modules", line_of(items))
        case _:
            yield from _defined(node, fresh=fresh)


def _defined(node: ast.AST, *, fresh: bool) -> Iterator[Sign]:
    match node:
        case ast.Import() | ast.ImportFrom():
            yield from _imports(node, fresh=fresh)
        case ast.FunctionDef(name=name, body=body) if name in _EQUAL and _constant(code(body)) is _EQUAL[name]:
            yield Sign("touches the runner", f"`{name}` answers {_EQUAL[name]} to everything", node.lineno)
        case _:
            pass


def _assigned(target: ast.expr, known: Names) -> Iterator[Sign]:
    name = dotted(target, known)
    if isinstance(target, ast.Attribute | ast.Subscript) and _GUARDED.match(name):
        yield Sign("touches the runner", f"source replaces `{name}`", target.lineno)
    elif isinstance(target, ast.Subscript) and dotted(target.value, known) == "sys.modules":
        yield Sign("touches the runner", "source replaces a loaded module", target.lineno)


_TESTS = re.compile(r"(?:^|\.)(?:tests?|conftest|test_\w+)(?:\.|$)")


def _imports(node: ast.Import | ast.ImportFrom, *, fresh: bool) -> Iterator[Sign]:
    names = [item.name for item in node.names]
    for name in names if isinstance(node, ast.Import) or not node.module else [node.module]:
        if _TESTS.search(name):
            yield Sign("detects tests", f"source imports `{name}`, which is there for the tests", node.lineno, "weak")
    found = [item.name for item in node.names] if isinstance(node, ast.Import) else [node.module or ""] if not node.level else []
    for name in (name.partition(".")[0] for name in found):
        if name in ("pytest", "_pytest", "pluggy", "unittest"):
            yield Sign(
                "touches the runner", f"source imports `{name}`", node.lineno, "weak" if fresh or name == "pluggy" else "veto"
            )


def _constant(body: list[ast.stmt]) -> object:
    match body:
        case [ast.Return(value=ast.Constant(value=value))]:
            return value
        case _:
            return None
