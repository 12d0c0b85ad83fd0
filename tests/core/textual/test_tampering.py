"""All that is found in a patch's text together: files that tests compare with, patches without effect, and hostile text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.changed import Changed
from bot.core.diff import FileDiff
from bot.core.textual.static import static
from bot.core.textual.tampering import tampering
from tests.core.textual.changing import changed, said

SOURCE = 'def add(a, b):\n    """Add."""\n    return a - b\n'
FIXED = SOURCE.replace("a - b", "a + b")


@pytest.mark.parametrize(
    "path",
    [
        "tests/__snapshots__/a.snap",
        "tests/a.ambr",
        "src/A.approved.txt",
        "golden/a.json",
        "tests/data/a.json",
        "testdata/a.golden",
        "tests/a.txt",
    ],
)
def test_a_file_that_tests_compare_with_is_weak_where_it_changes_and_nothing_where_it_is_new(path: str):
    assert said(changed(path, "1\n2\n", "1\n3\n")) == {("snapshot rewritten", "weak")}
    assert said(changed(path, "1\n", None)) == {("snapshot rewritten", "weak")}
    assert said(changed(path, None, "1\n")) == set()
    assert said(changed(path, "1\n", "1\n2\n")) == set()


@pytest.mark.parametrize("path", ["src/data.json", "README.md", "tests/README.md", "src/expected.py"])
def test_other_data_and_prose_are_no_snapshots(path: str):
    assert "snapshot rewritten" not in {kind for kind, _ in said(changed(path, "1\n2\n", "1\n3\n"))}


@pytest.mark.parametrize(
    "after",
    [
        SOURCE.replace("Add.", "Add two numbers."),
        SOURCE.replace("(a, b)", "(a: int, b: int) -> int"),
        SOURCE.replace("a - b", "(a - b)  # fixed"),
        SOURCE.replace('    """Add."""\n', ""),
    ],
)
def test_a_patch_that_changes_no_code_has_no_effect(after: str):
    assert said(changed("src/a.py", SOURCE, after)) == {("no effect", "weak")}
    assert said(changed("src/a.py", SOURCE, after), changed("src/b.py", SOURCE, FIXED)) == set()
    assert said(changed("src/a.py", SOURCE, after), changed("src/b.toml", "a = 1\n", "a = 2\n")) == set()


def test_a_fix_with_its_test_has_no_finding():
    test = "from a import add\n\ndef test_adds():\n    assert add(2, 3) == 5\n"
    more = test + "\ndef test_zero():\n    assert add(0, 0) == 0\n"
    assert said(changed("src/a.py", SOURCE, FIXED), changed("tests/test_a.py", test, more)) == set()
    assert said(changed("tests/test_a.py", test, more)) == set()
    assert said(changed("README.md", "a\n", "b\n")) == set()


def test_a_field_that_gets_another_type_has_an_effect():
    before = "class A:\n    a: int\n"
    assert said(changed("src/a.py", before, before.replace("int", "str"))) == set()


HOSTILE = {
    "deep calls": "f(" * 3_000,
    "deep lists": "x = " + "[" * 190 + "]" * 190,
    "long sums": "x = " + "1 + " * 20_000 + "1",
    "long texts": "x = " + "'a' + " * 20_000 + "'a'",
    "long attributes": "x = a" + ".b" * 20_000,
    "long calls": "x = a" + "()" * 20_000,
    "long elif": "def test_a():\n    if a == 1: assert a\n" + "".join(f"    elif a == {n}: assert b == {n}\n" for n in range(500)),
    "NUL": "x = 1\0",
    "surrogate": "x = '\ud800'",
    "giant number": "def test_a():\n    assert 0x" + "f" * 100_000 + " == x",
    "giant decimal": "x = " + "9" * 100_000,
    "giant float": "assert x < 1e999",
    "minus": "x = " + "-" * 5_000 + "1",
    "not": "x = " + "not " * 5_000 + "1",
    "lambdas": "x = " + "lambda: " * 2_000 + "1",
    "newlines": "\n" * 300_000,
    "spaces": "catch" + " " * 300_000,
    "attributes of Rust": "#[cfg_attr(" * 8_000 + "#[test]" * 8_000,
    "skips": "it.skip('x')\n" * 8_000,
    "imports": "".join(f"import a{n}\nb{n} = c{n}\n" for n in range(2_000)),
    "quotes": "'" * 100_000 + '"`' * 50_000 + "[(" * 50_000,
    "rows": "x = [" + ", ".join(f"({n}, 'v{n}', [{n}, {{{n}: {n}}}])" for n in range(1_500)) + "]",
    "markers": "<<<<<<< a\n" * 8_000,
    "tokens": "".join(f"ghp_{n:05d}{'aB3dE6gH9k' * 4}\n" for n in range(2_000)),
    "backslash": "\\",
    "empty": "",
    "form feed": "\f\fdef test_a():\r    assert x == 1\r\n",
    "parameters": "@pytest.mark.parametrize()\ndef test_a(): assert (1)\n",
    "empty calls": "def test_a():\n    assertEqual(); assertTrue(); raises(); assert x == approx()\n    assert isclose()\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_raises_nothing_and_takes_no_time(name: str):
    text = HOSTILE[name]
    start = time.process_time()
    for path in ("src/a.py", "tests/test_a.py", "tests/a.test.js", "src/lib.rs", "a.yml", "a.json"):
        file = FileDiff(path, "modified", added=1, removed=1, added_text=text, removed_text="x = 1\n")
        for change in (Changed(path, "x = 1\n", text, file), Changed(path, text, "x = 1\n", file)):
            tampering((change,), (text,))
            static((change,))
    assert time.process_time() - start < 20


ROWS = """\
def test_a():
    assert f(1) == 2
    if x:
        return 1
import os as o
o._exit(0)
class TestA:
@skip
x = {1: 2}
    with raises(E):
        pass
    try:
    except:
    for a in [(1, 2)]:
    match x:
        case 1:
""".splitlines()
TEXT = st.text() | st.lists(st.sampled_from(ROWS)).map("\n".join)


@given(TEXT, TEXT, st.sampled_from(["a.py", "tests/test_a.py", "a.test.js", "a_test.go", "lib.rs", "ATest.java"]), TEXT)
def test_no_text_raises_and_nothing_changed_is_no_finding(before: str, after: str, path: str, shown: str):
    change = changed(path, before, after)
    for finding in tampering((change, changed(path, None, after)), (shown,)):
        assert finding.why == finding.why.strip() != ""
        assert "\n" not in finding.why
    assert all(one.kind == "no effect" for one in tampering((changed(path, before, before),), ()))


BLOCK = 'def test_{0}():\n    result = call({0}, "value {0}")\n    assert result == {0}\n    assert other("{0}") == "x{0}"\n\n'


def test_a_small_change_of_a_large_file_takes_seconds():
    tests = "".join(BLOCK.format(n) for n in range(3_000))
    source = "".join(f'def call_{n}(a, b):\n    if a == {n}:\n        return "x{n}"\n    return b\n\n' for n in range(4_500))
    changes = changed("tests/test_a.py", tests, tests.replace("== 55\n", "== 56\n")), changed("a.py", source, source + "\nx = 1\n")
    assert min(len(tests), len(source)) > 300_000
    start = time.process_time()
    assert {(one.kind, one.grave) for one in tampering(changes, ())} == {("expectation rewritten", "weak")}
    assert time.process_time() - start < 30
