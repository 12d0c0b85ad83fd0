"""Edits in the text of a policy file, with comments and layout kept: values are replaced where they stand, keys added where they
belong. Whoever edits reads the result again: an edit that does not come out as it was meant is not shown.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import unified_diff
from textwrap import wrap
from typing import Any

import yaml

Keys = tuple[str, ...]
Value = int | str | tuple[str, ...]
"""`str` is a number as it is to be written, a tuple a list of texts."""
_PLAIN = re.compile(r"[A-Za-z_][\w-]*")
_STEP = 2


@dataclass(frozen=True, slots=True)
class Put:
    """One key gets a value. `why` stands above it as comments, one line each."""

    path: Keys
    value: Value
    why: tuple[str, ...] = ()


def amended(text: str, puts: Iterable[Put]) -> str:
    """The text with every edit. `text` is a policy that loads. Raises `ValueError` for a place where nothing can be put."""
    for put in puts:
        text = _put(text, put)
    return text


def difference(old: str | None, new: str, name: str) -> str:
    """As `git apply` takes it; empty where nothing differs. `old` is None where there is no such file yet."""
    shown = unified_diff(_lines(old or ""), _lines(new), "/dev/null" if old is None else f"a/{name}", f"b/{name}")
    return "".join(row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in shown)


def _lines(text: str) -> list[str]:
    """By line feeds alone: other characters that Python holds for ends of lines are part of a line to git."""
    return re.findall(r"[^\n]*\n|[^\n]+\Z", text)


# ---- one edit ----------------------------------------------------------------------------------------------------


def _put(text: str, put: Put) -> str:
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    known: list[yaml.Node] = []
    for depth, key in enumerate(put.path):
        if not isinstance(node, yaml.MappingNode):
            raise ValueError(f"{'.'.join(put.path[:depth])} is no mapping")
        pair = next((pair for pair in node.value if pair[0].value == key), None)
        if pair is None:
            return _added(text, node, put.path[depth:], put)
        known.append(pair[0])
        node = pair[1]
    return _replaced(text, known[-1], node, put)


def _replaced(text: str, key: yaml.Node, node: yaml.Node, put: Put) -> str:
    comment = _comment(put.why, key.start_mark.column if _first(text, key) else _margin(text, key), _break(text))
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and isinstance(put.value, tuple):
        return _relisted(text, node, put.value, comment, key)
    start, end = node.start_mark.index, node.end_mark.index
    changed = text[:start] + written(put.value) + text[end:]
    return _above(changed, key.start_mark.index, comment)


def _relisted(text: str, node: yaml.SequenceNode, wanted: tuple[str, ...], comment: str, key: yaml.Node) -> str:
    """A list with one `- item` a line: lines of items that go are cut, lines for new ones follow the last. What is left stays."""
    rows = _lines(text)
    present = [item.value for item in node.value]
    gone = {item.start_mark.line for item in node.value if item.value not in wanted}
    if len(gone) == len(present):
        raise ValueError("no item would be left")
    last = node.value[-1]
    lead = rows[last.start_mark.line][: last.start_mark.column]
    fresh = [f"{lead}{_text(item)}{_break(text)}" for item in wanted if item not in present]
    if fresh and not rows[last.end_mark.line].endswith("\n"):
        rows[last.end_mark.line] += _break(text)
    rows[last.end_mark.line + 1 : last.end_mark.line + 1] = fresh
    kept = "".join(row for number, row in enumerate(rows) if number not in gone)
    return _above(kept, key.start_mark.index, comment)


def _added(text: str, node: yaml.MappingNode, path: Keys, put: Put) -> str:
    """A key that is not there yet: last of its mapping, where the last value ends on a line of its own, else first."""
    if node.flow_style:
        return _added_inside(text, node, path, put)
    eol = _break(text)
    if not node.value:
        raise ValueError("the mapping is empty")
    column = node.value[0][0].start_mark.column
    made = _nested(path, put, column, eol)
    if path == put.path and len(path) > 1:  # a part of its own, at the end of the file
        return text + ("" if text.endswith("\n") else eol) + eol + made
    ends = [value.end_mark for _, value in node.value if _closed(value)]
    if not ends:
        start = _line_start(text, node.value[0][0].start_mark.index)
        return text[:start] + made + text[start:]
    after = text.find("\n", ends[-1].index) + 1
    return text[:after] + made + text[after:] if after else text + eol + made


def _closed(value: yaml.Node) -> bool:
    """Whether the value's end mark is where its text ends, so that the next line is free."""
    if isinstance(value, yaml.CollectionNode):
        return bool(value.flow_style)
    return isinstance(value, yaml.ScalarNode) and value.style not in ("|", ">")


def _added_inside(text: str, node: yaml.MappingNode, path: Keys, put: Put) -> str:
    start = node.start_mark.index + 1
    inner = f"{path[-1]}: {written(put.value)}"
    for key in reversed(path[:-1]):
        inner = f"{key}: {{{inner}}}"
    changed = text[:start] + inner + (", " if node.value else "") + text[start:].removeprefix(" ")
    return _above(changed, node.start_mark.index, _comment(put.why, _margin(text, node), _break(text)))


def _nested(path: Keys, put: Put, column: int, eol: str) -> str:
    made = "".join(f"{' ' * (column + _STEP * depth)}{key}:{eol}" for depth, key in enumerate(path[:-1]))
    inside = column + _STEP * (len(path) - 1)
    return f"{made}{_comment(put.why, inside, eol)}{' ' * inside}{path[-1]}: {written(put.value)}{eol}"


# ---- text --------------------------------------------------------------------------------------------------------


def _comment(why: tuple[str, ...], column: int, eol: str) -> str:
    return "".join(f"{' ' * column}# {row}{eol}" for row in why)


def _above(text: str, index: int, comment: str) -> str:
    start = _line_start(text, index)
    return text[:start] + comment + text[start:]


def _line_start(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


def _first(text: str, node: yaml.Node) -> bool:
    """Whether nothing but blanks stands before it on its line."""
    return not text[_line_start(text, node.start_mark.index) : node.start_mark.index].strip()


def _margin(text: str, node: yaml.Node) -> int:
    row = text[_line_start(text, node.start_mark.index) :]
    return len(row) - len(row.lstrip(" "))


def _break(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def written(value: Value) -> str:
    return f"[{', '.join(map(_text, value))}]" if isinstance(value, tuple) else str(value)


def _text(item: str) -> str:
    """Plain where it is a name; else in quotes, whose escapes YAML shares with JSON."""
    return item if _PLAIN.fullmatch(item) else json.dumps(item, ensure_ascii=False)


def rows(*said: str) -> Iterator[str]:
    """Comment lines of at most a hundred characters; a longer word has one of its own."""
    for text in said:
        yield from wrap(text, 100, break_long_words=False, break_on_hyphens=False)
