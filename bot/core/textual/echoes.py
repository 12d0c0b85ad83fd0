"""Conditions that name a value of the report: what is asked for one input by name is seldom what was wanted for all.

A right patch may do it, where the value itself is what the task is about; so this is a doubt and no more. Not seen: values known by
their length, kind or prefix alone, values that the source named before, other languages than Python.
"""

import ast
import re
from collections.abc import Iterator

from bot.core.clean import line
from bot.core.textual.finding import Finding
from bot.core.textual.naming import fold
from bot.core.textual.pytree import walk
from bot.core.textual.source import Source

_ASKING = frozenset("startswith endswith get pop index count find match search fullmatch removeprefix removesuffix".split())
_LARGEST = 10**30
"""A longer number is in no report, and would take its time to be written out."""
_PLAIN = frozenset({-1, 0, 1, 2, 10, 16, 60, 100, 1000, 1024})
_NAMED = frozenset({"inf", "-inf", "infinity", "nan", "none", "null", "true", "false"})
"""Words for a value of its own kind, which a general rule is about as much as a special case."""


def echoes(python: tuple[Source, ...], seen: tuple[str, ...]) -> Iterator[Finding]:
    """`seen` are texts that whoever wrote the patch had before them. The first such value of a file is named."""
    for source in python:
        if source.tests or source.before is None:
            continue
        known = {repr(value) for node in ast.walk(source.before) if (value := _value(node)) is not None}
        at = set(source.change.file.added_at)
        for node in _asked(source.new):
            value = _value(node)
            if node.lineno in at and value is not None and repr(value) not in known and _said(value, seen):
                why = f"a condition names {line(repr(value), 60)}, which stands in the task: the answer to one input, it seems"
                yield Finding("special case", source.path, node.lineno, why, "weak")
                break


def _asked(module: ast.Module) -> Iterator[ast.expr]:
    """What something is compared with, looked up by, or taken apart for."""
    for node, _ in walk(module):
        match node:
            case ast.Compare(left=left, comparators=others):
                for one in (left, *others):
                    yield from _parts(one)
            case ast.Call(func=ast.Attribute(attr=name), args=[first, *_]) if name in _ASKING:
                yield from _parts(first)
            case ast.Dict(keys=keys):
                yield from (one for one in keys if one is not None)
            case ast.MatchValue(value=value):
                yield value
            case _:
                pass


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    yield node
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        yield from node.elts


def _value(node: ast.AST) -> str | bytes | int | float | None:
    """A particular value; None for what general rules are about, too."""
    if isinstance(node, ast.expr) and (text := fold(node)) is not None:
        return text if len(text.strip()) > 1 and text.strip().casefold() not in _NAMED else None
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
        return None
    match node.value:
        case bytes() as raw:
            return raw if len(raw.strip()) > 1 else None
        case int() | float() as number:
            return None if number in _PLAIN or abs(number) > _LARGEST else number
        case _:
            return None


def _said(value: str | bytes | float, seen: tuple[str, ...]) -> bool:
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    pattern = re.compile(rf"(?<![\w.]){re.escape(text.strip())}(?![\w])" if text[:1].isalnum() else re.escape(text))
    return any(pattern.search(each) for each in seen)
