"""What a Python test claims: its assertions that can fail, each as an operator, a subject and what is expected of it.

`self.assertEqual(a, b)` and `assert a == b` are one claim. What no longer runs is none: under `if False`, after a `return`, in a
`try` that swallows the failure, in a function that nobody names. Not seen: what a helper of another file asserts, and a
condition that is never true for another reason than being written as a constant.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.core.clean import line
from bot.core.textual.naming import Names, dotted, fold
from bot.core.textual.pytree import key, shown

EXACT, NEAR, PARTIAL, VAGUE, EMPTY = 4, 3, 2, 1, 0
"""How much a claim says, from `==` by way of `in` to being true whatever happens."""


@dataclass(frozen=True, slots=True)
class Claim:
    op: str
    subject: str
    expected: str
    strength: int
    text: str
    line: int
    bounds: tuple[tuple[str, float], ...] = ()
    """Tolerances and limits by name."""
    conditions: int = 0

    @property
    def meaning(self) -> tuple[object, ...]:
        return (self.op, self.subject, self.expected, self.bounds)


_RAISES = re.compile(r"(?:^|\.)(?:raises|raises_exc|warns|deprecated_call|assert(?:Raises|Warns)(?:Regex)?)$")
_ASSERTS = re.compile(r"(?:^|\.)_*(?:assert|check|verify|expect|ensure)[A-Z_]\w*$|(?:^|\.)(?:assert_|assert|fail|check|verify)$")
_WAYS: dict[str, tuple[str, int]] = {
    "assertIs": ("==", EXACT),
    "assertIsNone": ("is None", EXACT),
    "assertNotEqual": ("!=", VAGUE),
    "assertIsNot": ("!=", VAGUE),
    "assertIsNotNone": ("is not None", VAGUE),
    "assertIn": ("in", PARTIAL),
    "assertNotIn": ("not in", PARTIAL),
    "assertIsInstance": ("isinstance", PARTIAL),
    "assertGreater": (">", PARTIAL),
    "assertGreaterEqual": (">=", PARTIAL),
    "assertLess": ("<", PARTIAL),
    "assertLessEqual": ("<=", PARTIAL),
    "assertRegex": ("matches", PARTIAL),
    "assertCountEqual": ("same items", NEAR),
    "assertAlmostEqual": ("near", NEAR),
    "assert_almost_equal": ("near", NEAR),
    "assert_allclose": ("near", NEAR),
    "assert_array_almost_equal": ("near", NEAR),
    "isclose": ("near", NEAR),
    "allclose": ("near", NEAR),
    "isinstance": ("isinstance", PARTIAL),
    "hasattr": ("hasattr", PARTIAL),
    "issubclass": ("issubclass", PARTIAL),
    "assert_any_call": ("called with", PARTIAL),
    "assert_called_once": ("called once", PARTIAL),
    "assert_called": ("called", VAGUE),
}
_EQUAL = re.compile(r"assert(?:\w*Equals?|_equal|_array_equal|_\w+_equal)\Z")
_OPS: dict[type[ast.cmpop], tuple[str, int]] = {
    ast.Eq: ("==", EXACT),
    ast.Is: ("==", EXACT),
    ast.NotEq: ("!=", VAGUE),
    ast.IsNot: ("!=", VAGUE),
    ast.In: ("in", PARTIAL),
    ast.NotIn: ("not in", PARTIAL),
    ast.Lt: ("<", PARTIAL),
    ast.LtE: ("<=", PARTIAL),
    ast.Gt: (">", PARTIAL),
    ast.GtE: (">=", PARTIAL),
}
TOLERANCES = frozenset("places delta rel abs rtol atol rel_tol abs_tol decimal significant nan_ok".split())
USUAL = {"rel": 1e-6, "abs": 1e-12, "places": 7.0, "decimal": 7.0, "rtol": 1e-5, "atol": 1e-8, "rel_tol": 1e-9, "abs_tol": 0.0}
"""What holds where nothing is said."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the claims of one file. `literals` are names of the function or file that stand for one literal, as its key."""

    names: Names
    rows: list[str]
    literals: dict[str, str]

    def of_assert(self, node: ast.Assert) -> Iterator[Claim]:
        yield from self._condition(node.test, node)

    def _condition(self, test: ast.expr, at: ast.AST) -> Iterator[Claim]:
        match test:
            case ast.BoolOp(op=ast.And(), values=values):
                for value in values:
                    yield from self._condition(value, at)
            case ast.BoolOp(values=values):
                empty = any(self._always(value) for value in values)
                yield self._claim(at, "or", test, None, EMPTY if empty else VAGUE)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield self._claim(at, "not", operand, None, VAGUE)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                yield self._comparison(at, left, op, right)
            case ast.Call():
                yield self._call(at, test)
            case _:
                yield self._claim(at, "true", test, None, EMPTY if self._always(test) else VAGUE)

    def _always(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return self._comparison(node, node.left, node.ops[0], node.comparators[0]).strength == EMPTY
        return bool(isinstance(node, ast.Constant) and node.value) or bool(isinstance(node, ast.Tuple | ast.List) and node.elts)

    def _comparison(self, at: ast.AST, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Claim:
        name, strength = _OPS[type(op)]
        if name == "==" and _fixed(left) and not _fixed(right):
            left, right = right, left
        if strength == EXACT and key(left) == key(right) and not any(isinstance(node, ast.Call) for node in ast.walk(left)):
            return self._claim(at, name, left, right, EMPTY)
        if name == "==" and isinstance(right, ast.Call) and dotted(right.func, self.names).endswith("approx") and right.args:
            return self._claim(at, "near", left, right.args[0], NEAR, _tolerances(right))
        if name in ("<", "<=", ">", ">=") and (bound := number(right)) is not None:
            length = isinstance(left, ast.Call) and dotted(left.func, self.names) == "len"
            empty = name == ">=" and bound <= 0 and length
            return self._claim(at, name, left, None, EMPTY if empty else PARTIAL, ((name, bound),))
        if isinstance(right, ast.Constant) and right.value is None and name in ("==", "!="):
            return self._claim(at, "is None" if name == "==" else "is not None", left, None, strength)
        return self._claim(at, name, left, right, strength)

    def call(self, node: ast.Call) -> Iterator[Claim]:
        """An asserting method or function, called as a statement."""
        name = dotted(node.func, self.names).rpartition(".")[2]
        if name in ("assertTrue", "assert_") and node.args:
            yield from self._condition(node.args[0], node)
        elif name == "assertFalse" and node.args:
            yield self._claim(node, "not", node.args[0], None, VAGUE)
        else:
            yield self._call(node, node)

    def _call(self, at: ast.AST, node: ast.Call) -> Claim:
        name = dotted(node.func, self.names)
        last = name.rpartition(".")[2]
        if _RAISES.search(name):
            return self.raising(node)
        op, strength = (
            ("==", EXACT) if _EQUAL.match(last) else _WAYS.get(last, (last, NEAR if last.startswith("assert") else VAGUE))
        )
        if op == "isinstance" and len(node.args) > 1 and dotted(node.args[1], self.names) == "object":
            strength = EMPTY
        if last.startswith("assert_") and ("call" in last or "await" in last) and isinstance(node.func, ast.Attribute):
            return self._claim(at, op, node.func.value, ast.Tuple([*node.args, *(item.value for item in node.keywords)]), strength)
        if last not in _WAYS and not _EQUAL.match(last):
            return self._claim(at, op, node, None, strength)
        left, right = (*node.args, None, None)[:2]
        if op == "==" and right is not None and _fixed(left) and not _fixed(right):
            left, right = right, left
        if op in ("<", "<=", ">", ">=") and (bound := number(right)) is not None:
            return self._claim(at, op, left or node, None, strength, ((op, bound),))
        return self._claim(at, op, left or node, right, strength, _tolerances(node))

    def raising(self, node: ast.Call) -> Claim:
        """A block or call that has to raise. The classes are the subject, what the message has to match the expectation."""
        name = dotted(node.func, self.names)
        classes = node.args[0] if node.args else None
        matching = next((item.value for item in node.keywords if item.arg in ("match", "expected_regex", "check")), None)
        if name.endswith("Regex") and len(node.args) > 1:
            matching = node.args[1]
        broad = dotted(classes, self.names).removeprefix("builtins.") in ("Exception", "BaseException", "Warning")
        strength = PARTIAL - broad + (matching is not None)
        return self._claim(node, "raises", classes or node, matching, strength)

    def _claim(
        self,
        at: ast.AST,
        op: str,
        subject: ast.expr,
        expected: ast.expr | None,
        strength: int,
        bounds: tuple[tuple[str, float], ...] = (),
    ) -> Claim:
        text = line(shown(at, self.rows), 100)
        known = "" if expected is None else self._key(expected)
        return Claim(op, self._key(subject), known, strength, text, getattr(at, "lineno", 0), bounds)

    def _key(self, node: ast.expr) -> str:
        text = fold(node)
        if text is not None:
            return repr(text)
        return self.literals.get(node.id, key(node)) if isinstance(node, ast.Name) else key(node)


def _fixed(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) or fold(node) is not None


def _tolerances(node: ast.Call) -> tuple[tuple[str, float], ...]:
    found = [(item.arg, number(item.value)) for item in node.keywords if item.arg in TOLERANCES]
    if not found and len(node.args) > 2:
        found = [("places", number(node.args[2]))]
    return tuple((name, value) for name, value in found if name is not None and value is not None)


def number(node: ast.AST | None) -> float | None:
    """A literal number, with its sign."""
    match node:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int(value) | float(value)) if abs(value) < 1e300:
            return float(value)
        case ast.UnaryOp(op=ast.USub(), operand=operand) if (inner := number(operand)) is not None and isinstance(
            operand, ast.Constant
        ):
            return -inner
        case _:
            return None


def is_raising(name: str) -> bool:
    return bool(_RAISES.search(name))


def is_asserting(name: str) -> bool:
    return bool(_ASSERTS.search(name))


def under(claim: Claim, conditions: int) -> Claim:
    return replace(claim, conditions=conditions)
