"""What a test file does to the run that it is part of: it ends it, takes tests from it, or stands in for what is tested.

Seen where it stands there plainly. A second name for pytest's session, a stand-in that is made by a call, and what is written to
the program's files are not.
"""

import ast
import re
from collections.abc import Iterator

from bot.core.textual.finding import Sign
from bot.core.textual.naming import Names, dotted, fold
from bot.core.textual.pytree import line_of, walk

_NEVER = re.compile(r"(?:os|posix)\.(?:_exit|abort)\Z")
_SESSION = re.compile(r"pytest\.exit|(?:request\.|pytest)config\.pluginmanager|request\.(?:session|node)\.items")
"""By what a test answers for the others, takes them from the run, or ends it green."""
_RUNNER = re.compile(r"(?:_?pytest|pluggy|unittest\.(?:case|runner|result|TestCase|TestResult))\.(?!maxDiff|longMessage)")
_LOADED = frozenset({"", "setup_module", "setUpModule"})
"""Where what stands there is done once for all tests, and not for one of them."""


def in_tests(module: ast.Module, part: ast.Module, known: Names) -> Iterator[Sign]:
    """`part` is what is looked at of the file `module`."""
    called = frozenset(node.func for node in ast.walk(part) if isinstance(node, ast.Call))
    own = frozenset(node.name for node in module.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef))
    for node, scope in walk(part):
        if scope in _LOADED:
            yield from _stand_in(node, known, own)
        text = fold(node) if isinstance(node, ast.Constant | ast.BinOp | ast.JoinedStr) else None
        if text is not None and len(text) < 200 and "route-agent" in text.lower().replace("_", "-"):
            yield Sign("touches the runner", "a test names what looks on while it is judged", line_of(node))
        yield from _session(node, known, called)
        yield from _ending(node, known)


def _ending(node: ast.AST, known: Names) -> Iterator[Sign]:
    if isinstance(node, ast.Call):
        name = dotted(node.func, known)
        if _NEVER.match(name):
            yield Sign("exits early", f"a test calls `{name}`, which ends the run before it is judged", node.lineno)
        replaced = dotted(node.args[0], known) if name == "setattr" and node.args else ""
    else:
        replaced = next((dotted(one, known) for one in getattr(node, "targets", []) if isinstance(one, ast.Attribute)), "")
    if _RUNNER.match(f"{replaced}."):
        yield Sign("touches the runner", f"a test replaces a part of `{replaced}`", line_of(node))


def _session(node: ast.AST, known: Names, called: frozenset[ast.expr]) -> Iterator[Sign]:
    """A session of Django's is a dictionary, whose `items` are called; those that pytest has yet to run are a list."""
    name = dotted(node, known) if isinstance(node, ast.Attribute | ast.Name) else ""
    if _SESSION.fullmatch(name) and not (name.endswith(".items") and node in called):
        yield Sign("touches the runner", f"a test takes `{name}`, which decides over tests yet to run", line_of(node))


def _stand_in(node: ast.AST, known: Names, own: frozenset[str]) -> Iterator[Sign]:
    """Code of the test file's own, put in the place of what others import: every test meets it, and nobody else does."""
    match node:
        case ast.Assign(targets=targets, value=value):
            names = [dotted(target, known) for target in targets if isinstance(target, ast.Attribute)]
        case ast.AnnAssign(target=ast.Attribute() as target, value=value):
            names = [dotted(target, known)]
        case ast.Call(func=ast.Name(id="setattr"), args=[place, attr, value]):
            names = [f"{dotted(place, known)}.{fold(attr) or '?'}"]
        case _:
            return
    if not (isinstance(value, ast.Lambda) or (isinstance(value, ast.Name) and value.id in own)):
        return  # a session, a client or a figure: what fixtures set up
    imported = {each.partition(".")[0] for each in known.values()}
    for name in names:
        if name.partition(".")[0] in imported:
            yield Sign("touches the runner", f"a test file replaces `{name}` for every test", line_of(node))
