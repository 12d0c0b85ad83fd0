"""What a patch does to Python tests. Each attack stands beside the nearest honest change."""

import pytest

from tests.core.textual.changing import changed, found, said

BASE = """\
import pytest

def test_adds():
    result = add(2, 3)
    assert result == 5
    assert add(0, 0) == 0
"""


def now(body: str, before: str = BASE) -> set[tuple[str, str]]:
    return said(changed("tests/test_a.py", before, body))


def of(*lines: str, mark: str = "", head: str = "import pytest\n\n") -> str:
    body = "".join(f"    {line}\n" for line in lines)
    return f"{head}{mark}def test_adds():\n{body}"


SAME = ("result = add(2, 3)", "assert result == 5", "assert add(0, 0) == 0")


@pytest.mark.parametrize(
    ("after", "kind"),
    [
        ("import pytest\n", "test deleted"),
        (BASE.replace("test_adds", "check_adds"), "test deleted"),
        (BASE + "\ndef test_adds():\n    pass\n", "test shadowed"),
        (BASE + "\ntest_adds = None\n", "test shadowed"),
        (BASE + "\ndel test_adds\n", "test shadowed"),
        (of("pass"), "test emptied"),
        (of('"""Gone."""', "..."), "test emptied"),
        (of(*SAME, mark="@pytest.mark.skip\n"), "test skipped"),
        (of(*SAME, mark="@pytest.mark.xfail(reason='x')\n"), "test skipped"),
        (of(*SAME, mark="@pytest.mark.skipif(True, reason='x')\n"), "test skipped"),
        (of(*SAME, mark="@u.expectedFailure\n", head="import unittest as u\n"), "test skipped"),
        (of(*SAME, mark="@s\n", head="import pytest\ns = pytest.mark.skip\n"), "test skipped"),
        (of("pytest.skip('x')", *SAME), "test skipped"),
        (of("pytest.importorskip('numpy')", *SAME), "test skipped"),
        (of("raise SkipTest", *SAME, head="from unittest import SkipTest\n"), "test skipped"),
        (of("if slow: pytest.skip('x')", *SAME), "test skipped"),
        (of("if slow: return", *SAME), "test skipped"),
        ("pytestmark = pytest.mark.skip\n" + BASE, "test skipped"),
        ("collect_ignore = ['a']\n" + BASE, "test skipped"),
        ("__test__ = False\n" + BASE, "test skipped"),
        ("def load_tests(*_): return None\n" + BASE, "test skipped"),
        ("def pytest_collection_modifyitems(items): items.clear()\n" + BASE, "touches the runner"),
        (of(*SAME, mark="@pytest.mark.flaky(reruns=3)\n"), "test retried"),
        (of("return", *SAME), "assertion removed"),
        (of("if False:", *(f"    {line}" for line in SAME)), "assertion removed"),
        (of("try:", *(f"    {line}" for line in SAME), "except AssertionError:", "    pass"), "assertion removed"),
        (of("try:", *(f"    {line}" for line in SAME), "except Exception: print(1)"), "assertion removed"),
        (of("with contextlib.suppress(Exception):", *(f"    {line}" for line in SAME)), "assertion removed"),
        (of("def inner():", *(f"    {line}" for line in SAME)), "assertion removed"),
        (of(*SAME[:2]), "assertion removed"),
        (of(*SAME[:2], "add(0, 0)"), "assertion removed"),
        (of(SAME[0], "assert result in (5, 6)", SAME[2]), "assertion loosened"),
        (of(SAME[0], "assert result >= 5", SAME[2]), "assertion loosened"),
        (of(SAME[0], "assert result", SAME[2]), "assertion loosened"),
        (of(SAME[0], "assert result is not None", SAME[2]), "assertion loosened"),
        (of(SAME[0], "assert isinstance(result, int)", SAME[2]), "assertion loosened"),
        (of(SAME[0], "assert result == 5 or True", SAME[2]), "assertion always true"),
        (of(SAME[0], "assert True", SAME[2]), "assertion always true"),
        (of(SAME[0], "assert result == result", SAME[2]), "assertion always true"),
        (of(SAME[0], "assert (result == 5, 'five')", SAME[2]), "assertion always true"),
    ],
)
def test_what_keeps_a_test_from_failing_is_a_veto(after: str, kind: str):
    assert (kind, "veto") in now(after)


CLASS_OF_IT = """\
import pytest

class TestAdd:
    def test_adds(self):
        result = add(2, 3)
        assert result == 5
        assert add(0, 0) == 0
"""


@pytest.mark.parametrize(
    "after",
    [
        BASE,
        BASE.replace("test_adds", "test_sums"),
        BASE + "\ndef test_more():\n    assert add(1, 1) == 2\n",
        BASE + "\n@pytest.mark.skipif(sys.platform == 'win32', reason='x')\ndef test_more():\n    assert add(1, 1) == 2\n",
        of('"""What it is about."""', *SAME),
        of(*SAME, "assert add(1, 1) == 2"),
        of("result = add(2, 3)", "assert 5 == result", "assert add(0, 0) == 0, 'zero'"),
        of("assert add(0, 0) == 0", "result = add(2, 3)", "assert result == 5"),
        of("expected = 5", "result = add(2, 3)", "assert result == expected", "assert add(0, 0) == 0"),
        CLASS_OF_IT,
        BASE.replace("import pytest", "import pytest\nimport sys"),
    ],
)
def test_a_test_that_says_as_much_or_more_is_no_finding(after: str):
    assert now(after) == set()


def test_a_test_that_moves_to_another_file_is_not_deleted():
    before, new = changed("tests/test_a.py", BASE, None), changed("tests/test_b.py", None, BASE)
    assert said(before, new) == set()
    assert said(before) == {("test deleted", "veto")}
    assert said(before, changed("tests/b.py", None, BASE)) == {("test deleted", "veto")}


def test_a_test_that_moves_and_says_less_is_compared_with_what_it_was():
    less = BASE.replace("== 5", ">= 5")
    assert said(changed("tests/test_a.py", BASE, None), changed("tests/test_b.py", None, less)) == {("assertion loosened", "veto")}


def test_a_deleted_test_that_others_only_resemble_is_found():
    other = "def test_other():\n    result = add(1, 1)\n    assert result == 5\n"
    assert ("test deleted", "veto") in now(other)


CLASS = "class TestA:\n    def test_a(self):\n        assert f() == 1\n"


@pytest.mark.parametrize("head", ["class HelperA:\n", "class TestA:\n    __test__ = False\n"])
def test_a_class_that_is_no_longer_collected_loses_its_tests(head: str):
    assert ("test deleted", "veto") in now(CLASS.replace("class TestA:\n", head), CLASS)
    assert now(CLASS.replace("TestA", "TestB"), CLASS) == set()


def test_a_class_that_pytest_cannot_make_loses_its_tests():
    made = CLASS.replace("class TestA:\n", "class TestA:\n    def __init__(self): pass\n")
    assert ("test deleted", "veto") in now(made, CLASS)


@pytest.mark.parametrize(("head", "kind"), [("if False:\n", "test deleted"), ("if sys.platform == 'win32':\n", "test skipped")])
def test_a_test_that_is_put_under_a_condition_is_found(head: str, kind: str):
    body = BASE.removeprefix("import pytest\n\n")
    under = head + "".join(f"    {row}\n" for row in body.splitlines())
    assert (kind, "veto") in now(under)
    assert now(under + "\nx = 1\n", under) == set()


def test_a_test_whose_body_becomes_a_generator_is_found():
    assert now(BASE + "    yield\n") == {("test skipped", "veto")}
    assert now(BASE.replace("def test", "async def test")) == {("test skipped", "weak")}


def test_a_class_that_is_shadowed_loses_its_tests():
    assert now(f"{CLASS}\nTestA = None\n", CLASS) == {("test shadowed", "veto")}


def test_data_that_is_no_test_may_bind_a_name_twice():
    assert said(changed("tests/data/case.py", None, "def test(): pass\n\ndef test(): pass\n")) == set()


def test_many_assertions_that_are_gone_are_one_finding():
    many = "def test_a():\n" + "".join(f"    assert f({n}) == {n}\n" for n in range(9))
    (finding,) = found(changed("tests/test_a.py", many, "def test_a():\n    assert f(0) == 0\n"))
    assert "8 of its 9 assertions less" in finding.why


@pytest.mark.parametrize("mark", ["m.skip", "getattr(m, 'skip')", "getattr(m, 'sk' + 'ip')('x')", "__import__('pytest').mark.skip"])
def test_a_mark_under_another_name_is_the_same_mark(mark: str):
    assert ("test skipped", "veto") in now(of(*SAME, mark=f"@{mark}\n", head="from pytest import mark as m\n"))


def test_a_finding_names_the_test_and_what_changed_from_what_to_what():
    (finding,) = found(changed("tests/test_a.py", BASE, BASE.replace("== 5", "== 6")))
    assert finding.why == "`test_adds` asserts `assert result == 6` where it asserted `assert result == 5`"
    assert finding.line == 5
