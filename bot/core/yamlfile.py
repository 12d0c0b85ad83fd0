"""A YAML file as plain values with the place of each: the safe part of YAML 1.2, built from parser events by ourselves.

`no`, `on` and `1:30` are strings, as YAML 1.2 has it. Anchors, aliases, tags and second documents are refused: a policy needs
none, and each has been a way to make a small file do large things.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import yaml

MOST_BYTES = 262_144
DEEPEST = 20
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a file. `line` counts from 1; `path` is the key path, empty for the file as a whole."""

    line: int | None
    path: str
    what: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.line}: " if self.line is not None else ""
        key = f"{self.path}: " if self.path else ""
        return f"{where}{key}{self.what}; {self.remedy}"


@dataclass(slots=True)
class Read:
    """What a file holds, with the line of every key and item, and everything that is wrong so far."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


class Written(float):
    """A number with the text it was written as, so that money never passes through binary fractions."""

    text: str

    def __new__(cls, text: str) -> Self:
        made = super().__new__(cls, text)
        made.text = text
        return made

    def __str__(self) -> str:
        return self.text


def dotted(path: Path) -> str:
    """`verification.checks[1].run`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def read(data: bytes) -> Read:
    """Never raises for what is in the file; see `problems`."""
    found = Read()
    text = _text(data, found)
    if text is None:
        return found
    try:
        events = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        _Builder(found).document(events)
    except yaml.YAMLError as error:
        found.problems.append(_syntax(error, text))
    except RecursionError:
        found.problems.append(Problem(None, "", "nested too deeply", f"use at most {DEEPEST} levels"))
    return found


def _text(data: bytes, found: Read) -> str | None:
    problem = None
    if len(data) > MOST_BYTES:
        problem = Problem(None, "", f"{len(data)} bytes", f"a policy has at most {MOST_BYTES}; is this the right file?")
    elif data.startswith((b"\xff\xfe", b"\xfe\xff")):
        problem = Problem(None, "", "the file is in UTF-16", "save it as UTF-8")
    elif b"\0" in data:
        problem = Problem(None, "", "the file holds NUL bytes", "save it as plain UTF-8 text")
    if problem is None:
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            problem = Problem(line, "", f"the byte 0x{data[error.start]:02x} is not UTF-8", "save the file as UTF-8")
    found.problems.append(problem)
    return None


def _syntax(error: yaml.YAMLError, text: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark is not None else None
    what = " ".join(str(getattr(error, "problem", None) or error).split())[:160]
    if mark is not None and "\t" in "".join(text.splitlines()[mark.line : mark.line + 1]):
        return Problem(line, "", "a tab stands where YAML wants spaces", "indent with spaces")
    if "control characters" in what or "special characters" in what:
        return Problem(line, "", "the file holds a control character", "remove it")
    return Problem(line, "", f"not valid YAML: {what}", "mend the syntax; indentation and colons are the usual causes")


class _Builder:
    def __init__(self, found: Read) -> None:
        self._found = found

    def _problem(self, event: Any, path: Path, what: str, remedy: str) -> None:
        self._found.problems.append(Problem(event.start_mark.line + 1, dotted(path), what, remedy))

    def document(self, events: Iterator[Any]) -> None:
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents == 2:
                    self._problem(event, (), "a second document begins here", "keep one document, without `---` in the middle")
                    return
            elif isinstance(event, yaml.NodeEvent):
                self._found.value = self._node(event, events, ())

    def _node(self, event: Any, events: Iterator[Any], path: Path) -> Any:
        self._found.lines.setdefault(path, event.start_mark.line + 1)
        if len(path) > DEEPEST:
            raise RecursionError
        if isinstance(event, yaml.AliasEvent):
            self._problem(event, path, f"the alias *{event.anchor} is not allowed", "write the value out")
            return ""
        if event.anchor is not None:
            self._problem(event, path, f"the anchor &{event.anchor} is not allowed", "leave it out and write values out")
        if event.tag is not None and event.tag != "!":
            self._problem(event, path, f"the tag {event.tag} is not allowed", "leave it out")
        match event:
            case yaml.ScalarEvent():
                return _scalar(event.value) if event.implicit[0] else event.value
            case yaml.SequenceStartEvent():
                return self._sequence(events, path)
            case _:
                return self._mapping(events, path)

    def _sequence(self, events: Iterator[Any], path: Path) -> tuple[Any, ...]:
        items: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(self._node(event, events, (*path, len(items))))
        return tuple(items)

    def _mapping(self, events: Iterator[Any], path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._key(event, events, path)
            inner = (*path, key)
            if key in values:
                first = self._found.lines[inner]
                self._problem(event, inner, f"stands here a second time; the first is in line {first}", "keep one of them")
            self._found.lines.setdefault(inner, event.start_mark.line + 1)
            value = self._node(next(events), events, inner)
            values.setdefault(key, value)
        return values

    def _key(self, event: Any, events: Iterator[Any], path: Path) -> str:
        if isinstance(event, yaml.ScalarEvent):
            if event.value == "<<":
                self._problem(event, path, "merge keys are not allowed", "write the values out")
            return str(event.value)
        self._problem(event, path, "a key must be a plain word", "write `key: value`")
        self._node(event, events, (*path, "?"))
        return "?"


_INT = re.compile(r"[-+]?\d+")
_FLOAT = re.compile(r"[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?")


def _scalar(text: str) -> Any:
    """A plain scalar by the rules of YAML 1.2's core schema, without its octal, hexadecimal and infinite numbers."""
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return text.lower() == "true"
    if _INT.fullmatch(text) and len(text) < 30:
        return int(text)
    return Written(text) if _FLOAT.fullmatch(text) and len(text) < 60 else text
