"""What a test runner said at its end, read from its own report or from the last lines it printed."""

import re
from xml.etree import ElementTree as ET

from bot.core.checks import Report
from bot.core.clean import printable

MOST_XML = 50_000_000


def junit(xml: bytes) -> Report | None:
    """A closed JUnit report; None for what is not one whole. Entities and document types are refused, so nothing expands."""
    if len(xml) > MOST_XML or b"<!DOCTYPE" in xml[:4_096] or b"<!ENTITY" in xml:
        return None
    try:
        root = ET.fromstring(xml)  # noqa: S314 - no document type, so no entity
    except ET.ParseError:
        return None
    if root.tag not in ("testsuites", "testsuite"):
        return None
    cases = list(root.iter("testcase"))
    failed = {_name(case) for case in cases if case.find("failure") is not None or case.find("error") is not None}
    executed = sum(case.find("skipped") is None for case in cases)
    return Report(executed, tuple(sorted(failed)))


def _name(case: ET.Element) -> str:
    return printable("::".join(filter(None, (case.get("classname"), case.get("name")))))


END = 4_000
"""A closing line counts only among the last so many characters: earlier text may quote anything."""


def closing(text: str) -> Report | None:
    """What the last lines say, for runners without a report. None where no known runner closed."""
    clean = printable(text)
    for reader in (_unittest, _pytest, _cargo, _go, _jest, _node, _mocha):
        report = reader(clean, clean[-END:])
        if report is not None:
            return report
    return None


_UNITTEST = re.compile(r"^Ran (\d+) tests? in [\d.]+s\n\n(OK|FAILED|NO TESTS RAN)(?: \((.*)\))?\s*\Z", re.MULTILINE)


def _unittest(text: str, end: str) -> Report | None:
    found = _UNITTEST.search(end)
    if found is None:
        return None
    skipped = re.search(r"skipped=(\d+)", found[3] or "")
    failed = re.findall(r"^(?:FAIL|ERROR): (\S+ \([^)\n]*\))", text, re.MULTILINE)
    if found[2] == "FAILED" and not failed:
        failed = ["an unnamed test"]
    return Report(int(found[1]) - int(skipped[1] if skipped else 0), tuple(sorted(set(failed))))


_PYTEST = re.compile(r"^=* ?((?:\d+ \w+(?:, )?)+|no tests ran) in [\d.]+s(?: \([\d:]+\))? ?=*\s*\Z", re.MULTILINE)


def _pytest(text: str, end: str) -> Report | None:
    found = _PYTEST.search(end)
    if found is None:
        return None
    counts = {word.rstrip("s"): int(number) for number, word in re.findall(r"(\d+) (\w+)", found[1])}
    executed = sum(counts.get(word, 0) for word in ("passed", "failed", "error", "xfailed", "xpassed"))
    failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", text, re.MULTILINE)
    if not failed and counts.get("failed", 0) + counts.get("error", 0):
        failed = ["an unnamed test"]
    return Report(executed, tuple(sorted(set(failed))))


_CARGO = re.compile(r"^test result: (?:ok|FAILED)\. (\d+) passed; (\d+) failed;", re.MULTILINE)


def _cargo(text: str, end: str) -> Report | None:
    if not _CARGO.search(end):
        return None
    executed = sum(int(passed) + int(failed) for passed, failed in _CARGO.findall(text))
    return Report(executed, tuple(sorted(set(re.findall(r"^test (\S+) \.\.\. FAILED", text, re.MULTILINE)))))


_GO = re.compile(r"^(ok|FAIL|---)\s+(\S+)", re.MULTILINE)


def _go(text: str, end: str) -> Report | None:
    if not re.search(r"^(?:ok  \t|FAIL\t|FAIL$|PASS$)", end, re.MULTILINE):
        return None
    packages = [(word, name) for word, name in _GO.findall(text) if word in ("ok", "FAIL") and name != "["]
    tests = re.findall(r"^\s*--- (PASS|FAIL): (\S+)", text, re.MULTILINE)
    failed = {name for word, name in tests if word == "FAIL"} | {name for word, name in packages if word == "FAIL"}
    return Report(len(tests) if any(word == "PASS" for word, _ in tests) else len(packages), tuple(sorted(failed)))


_JEST = re.compile(r"^ *Tests:? +(.*\d+ (?:passed|failed).*)$", re.MULTILINE)


def _jest(text: str, end: str) -> Report | None:
    found = _JEST.findall(end)
    if not found:
        return None
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed)", found[-1])}
    failed = re.findall(r"^\s*(?:●|FAIL|✕|×) +(.+?)(?: \d+ ?ms)?$", text, re.MULTILINE)
    if not failed and counts.get("failed"):
        failed = ["an unnamed test"]
    executed = counts.get("passed", 0) + counts.get("failed", 0)
    return Report(executed, tuple(sorted({name.strip() for name in failed})) if counts.get("failed") else ())


def _node(text: str, end: str) -> Report | None:
    counts = dict(re.findall(r"^(?:#|ℹ) (tests|pass|fail|skipped) (\d+)\s*$", end, re.MULTILINE))
    if "pass" not in counts or "fail" not in counts:
        return None
    failed = re.findall(r"^\s*(?:not ok \d+ - |✖ )(.+?)(?: \([\d.]+ms\))?$", text, re.MULTILINE)
    broken = int(counts["fail"])
    names = {name for name in failed if name != "failing tests:"} or ({"an unnamed test"} if broken else set())
    return Report(int(counts["pass"]) + broken, tuple(sorted(names)) if broken else ())


def _mocha(text: str, end: str) -> Report | None:
    passing = re.findall(r"^\s+(\d+) passing \(", end, re.MULTILINE)
    if not passing:
        return None
    failing = re.findall(r"^\s+(\d+) failing$", end, re.MULTILINE)
    broken = int(failing[-1]) if failing else 0
    names = re.findall(r"^\s+\d+\) (.+)$", text, re.MULTILINE) or ["an unnamed test"]
    return Report(int(passing[-1]) + broken, tuple(sorted(set(names))) if broken else ())
