"""What a test runner said at its end, read from its own report or from the last lines it printed."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

from bot.core.checks import Report
from bot.core.clean import line, printable

MOST_XML = 50_000_000
MOST_NAMES = 20_000
"""A Trail keeps no more names of passing tests, and of failing ones, than this."""


def junit(xml: bytes) -> Report | None:
    """A closed JUnit report; None for what is not one whole. Entities and document types are refused, so nothing expands."""
    if len(xml) > MOST_XML or b"<!DOCTYPE" in xml[:4_096] or b"<!ENTITY" in xml or b"\0" in xml:  # as UTF-16 writes them
        return None
    try:
        root = ET.fromstring(xml)  # noqa: S314 - no document type, so no entity
    except ET.ParseError:
        return None
    if root.tag not in ("testsuites", "testsuite"):
        return None
    passed: set[str] = set()
    failed: set[str] = set()
    skipped: set[str] = set()
    nameless: set[str] = set()
    executed = 0
    for case in root.iter("testcase"):
        name = _name(case)
        if case.find("skipped") is not None:
            skipped.add(name)
            continue
        executed += 1
        red = case.find("failure") is not None or case.find("error") is not None
        (failed if red else passed).add(name)
        if red and not _asked(case):
            nameless.add(name)
    return Report(
        executed,
        tuple(sorted(failed)[:MOST_NAMES]),
        tuple(sorted(passed - failed)) if len(passed) <= MOST_NAMES else None,
        "junit",
        tuple(sorted(skipped)) if len(skipped) <= MOST_NAMES else None,
        tuple(sorted(failed - nameless)[:MOST_NAMES]),
    )


_NAMELESS = re.compile(
    r"(?:[\w.]*\.)?(?:NameError|UnboundLocalError|ImportError|ModuleNotFoundError|SyntaxError|IndentationError|TabError)\b"
    r"|(?:[\w.]*\.)?AttributeError\b(?!\W+(?:NoneType|int|float|str|bytes|bool|list|dict|tuple|set)' object)"
    r"|(?:[\w.]*\.)?TypeError: .*(?:unexpected keyword|positional argument|required keyword-only)"
    r"|fixture '"
)
"""How a failure reads that asked nothing: the name that the test uses is not there. An attribute that a built-in value lacks is
something else: that value stands where another should."""


def _asked(case: ET.Element) -> bool:
    """Whether a red test failed in its own body, for what the code did. Runners call what breaks before it an error."""
    failures = case.findall("failure")
    said = (f"{each.get('message') or each.text or ''}".strip() for each in failures)
    return bool(failures) and case.find("error") is None and not any(_NAMELESS.match(text) for text in said)


def _name(case: ET.Element) -> str:
    """One line: judged code chooses what stands there."""
    return line("::".join(filter(None, (case.get("classname"), case.get("name")))), 300)


END = 4_000
"""A closing line counts only among the last so many characters: earlier text may quote anything."""


def closing(text: str) -> Report | None:
    """What the last lines say, for runners without a report. None where no known runner closed."""
    clean = printable(text)
    for reader in (_unittest, _pytest, _cargo, _go, _jest, _node, _mocha):
        report = reader(clean, clean[-END:])
        if report is not None:
            return replace(
                report,
                failed=_lines(report.failed),
                passed=None if report.passed is None else _lines(report.passed),
                asserted=None if report.asserted is None else _lines(report.asserted),
            )
    return None


def _lines(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({line(name, 300) for name in names})[:MOST_NAMES])


_UNITTEST = re.compile(r"^Ran (\d{1,9}) tests? in [\d.]+s\n\n(OK|FAILED|NO TESTS RAN)(?: \((.*)\))?\s*\Z", re.MULTILINE)
_UNITTEST_OK = re.compile(r"^(\S+ \([^)\n]*\))(?:\n[^\n]*)? \.\.\. ok$", re.MULTILINE)
"""A docstring's first line may stand between a test's name and its end."""


def _unittest(text: str, end: str) -> Report | None:
    found = _UNITTEST.search(end)
    if found is None:
        return None
    skipped = re.search(r"skipped=(\d{1,9})", found[3] or "")
    failed = re.findall(r"^(?:FAIL|ERROR): (\S+ \([^)\n]*\))", text, re.MULTILINE)
    if found[2] == "FAILED" and not failed:
        failed = ["an unnamed test"]
    executed = int(found[1]) - int(skipped[1] if skipped else 0)
    passed = set(_UNITTEST_OK.findall(text)) - set(failed)  # named with -v alone, and unless something prints in between
    named = len(passed) + len(set(failed)) >= executed and len(passed) <= MOST_NAMES
    asked = {name for kind, name, said in _UNITTEST_RED.findall(text) if kind == "FAIL" or not _NAMELESS.match(_last(said))}
    return Report(
        executed, tuple(sorted(set(failed))), tuple(sorted(passed)) if named else None, asserted=tuple(sorted(asked & set(failed)))
    )


_UNITTEST_RED = re.compile(r"^(FAIL|ERROR): (\S+ \([^)\n]*\))\n(?:[^\n]*\n)?-{20,}\n(.*?)(?:\n\n|\Z)", re.MULTILINE | re.DOTALL)


def _last(traceback: str) -> str:
    """The line that names the error; what it says besides may go on below, further in."""
    return next((row for row in reversed(traceback.splitlines()) if row and not row[0].isspace()), "")


_PYTEST = re.compile(r"^=* ?(\d{1,9} [a-z]+(?:, \d{1,9} [a-z]+)*|no tests ran) in [\d.]+s(?: \([\d:]+\))? ?=*\s*\Z", re.MULTILINE)


def _pytest(text: str, end: str) -> Report | None:
    found = _PYTEST.search(end)
    if found is None:
        return None
    counts = {word.rstrip("s"): int(number) for number, word in re.findall(r"(\d+) ([a-z]+)", found[1])}
    executed = sum(counts.get(word, 0) for word in ("passed", "failed", "error", "xfailed", "xpassed"))
    failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", text, re.MULTILINE)
    if not failed and counts.get("failed", 0) + counts.get("error", 0):
        failed = ["an unnamed test"]
    return Report(executed, tuple(sorted(set(failed))))


_CARGO = re.compile(r"^test result: (?:ok|FAILED)\. (\d{1,9}) passed; (\d{1,9}) failed;", re.MULTILINE)


def _cargo(text: str, end: str) -> Report | None:
    if not _CARGO.search(end):
        return None
    executed = sum(int(passed) + int(failed) for passed, failed in _CARGO.findall(text))
    return Report(executed, tuple(sorted(set(re.findall(r"^test (\S+) \.\.\. FAILED", text, re.MULTILINE)))))


_GO = re.compile(r"^(ok|FAIL)[ \t]+(\S+)", re.MULTILINE)


def _go(text: str, end: str) -> Report | None:
    if not re.search(r"^(?:ok  \t|FAIL\t|FAIL$|PASS$)", end, re.MULTILINE):
        return None
    packages = [(word, name) for word, name in _GO.findall(text) if name != "["]
    tests = re.findall(r"^[ \t]*--- (PASS|FAIL): (\S+)", text, re.MULTILINE)
    failed = {name for word, name in tests if word == "FAIL"} | {name for word, name in packages if word == "FAIL"}
    return Report(len(tests) if any(word == "PASS" for word, _ in tests) else len(packages), tuple(sorted(failed)))


_JEST = re.compile(r"^ *Tests:? +(.*\d (?:passed|failed).*)$", re.MULTILINE)


def _jest(text: str, end: str) -> Report | None:
    found = _JEST.findall(end)
    if not found:
        return None
    counts = {word: int(number) for number, word in re.findall(r"(\d{1,9}) (passed|failed)", found[-1])}
    failed = re.findall(r"^[ \t]*(?:●|FAIL|✕|×) +(.+?)(?: \d+ ?ms)?$", text, re.MULTILINE)
    if not failed and counts.get("failed"):
        failed = ["an unnamed test"]
    executed = counts.get("passed", 0) + counts.get("failed", 0)
    return Report(executed, tuple(sorted({name.strip() for name in failed})) if counts.get("failed") else ())


def _node(text: str, end: str) -> Report | None:
    counts = dict(re.findall(r"^(?:#|ℹ) (tests|pass|fail|skipped) (\d{1,9})[ \t]*$", end, re.MULTILINE))
    if "pass" not in counts or "fail" not in counts:
        return None
    failed = re.findall(r"^[ \t]*(?:not ok \d+ - |✖ )(.+?)(?: \([\d.]+ms\))?$", text, re.MULTILINE)
    broken = int(counts["fail"])
    names = {name for name in failed if name != "failing tests:"} or ({"an unnamed test"} if broken else set())
    return Report(int(counts["pass"]) + broken, tuple(sorted(names)) if broken else ())


def _mocha(text: str, end: str) -> Report | None:
    passing = re.findall(r"^[ \t]+(\d{1,9}) passing \(", end, re.MULTILINE)
    if not passing:
        return None
    failing = re.findall(r"^[ \t]+(\d{1,9}) failing$", end, re.MULTILINE)
    broken = int(failing[-1]) if failing else 0
    names = re.findall(r"^[ \t]+\d+\) (.+)$", text, re.MULTILINE) or ["an unnamed test"]
    return Report(int(passing[-1]) + broken, tuple(sorted(set(names))) if broken else ())
