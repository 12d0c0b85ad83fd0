"""One test before and after: what it claims less or otherwise. Each attack stands beside the nearest honest change."""

import pytest

from tests.core.textual.changing import changed, said


def now(after: str, before: str) -> set[tuple[str, str]]:
    return said(changed("tests/test_a.py", before, after))


@pytest.mark.parametrize(
    ("before", "after", "kind", "grave"),
    [
        ("assert f(1) == 2", "assert f(1) == 3", "expectation rewritten", "weak"),
        ("assert f(1) == 2", "assert f(4) == 2", "expectation rewritten", "weak"),
        ("self.assertEqual(f(1), 2)", "self.assertEqual(f(1), 3)", "expectation rewritten", "weak"),
        ("self.assertEqual(f(1), 2)", "self.assertTrue(f(1))", "assertion loosened", "veto"),
        ("self.assertEqual(f(1), 2)", "self.assertIsNotNone(f(1))", "assertion loosened", "veto"),
        ("self.assertEqual(f(1), 2)", "self.assertIn(f(1), [2, 3])", "assertion loosened", "veto"),
        ("m.assert_called_once_with(1)", "m.assert_called()", "assertion loosened", "veto"),
        ("assert f(1) == approx(2)", "assert f(1) == approx(2, rel=0.1)", "tolerance widened", "veto"),
        ("assert f(1) == approx(2, abs=1e-3)", "assert f(1) == approx(2, abs=1)", "tolerance widened", "veto"),
        ("assert f(1) == 2.5", "assert f(1) == approx(2.5)", "assertion loosened", "veto"),
        ("self.assertAlmostEqual(f(1), 2, places=7)", "self.assertAlmostEqual(f(1), 2, places=1)", "tolerance widened", "veto"),
        ("self.assertAlmostEqual(f(1), 2)", "self.assertAlmostEqual(f(1), 2, delta=1)", "tolerance widened", "veto"),
        ("assert_allclose(f(1), 2, rtol=1e-7)", "assert_allclose(f(1), 2, rtol=0.5)", "tolerance widened", "veto"),
        ("assert math.isclose(f(1), 2)", "assert math.isclose(f(1), 2, rel_tol=0.5)", "tolerance widened", "veto"),
        ("assert abs(f(1) - 2) < 0.01", "assert abs(f(1) - 2) < 5", "tolerance widened", "veto"),
        ("assert f(timeout=1) == 2", "assert f(timeout=1) == 2\n    wait(timeout=60)", None, None),
        (
            "assert wait(timeout=1)\n    wait(timeout=1)",
            "assert wait(timeout=1)\n    wait(timeout=60)",
            "tolerance widened",
            "veto",
        ),
        ("with raises(KeyError): f()", "with raises(Exception): f()", "assertion loosened", "veto"),
        ("with raises(KeyError): f()", "with raises((KeyError, OSError)): f()", "assertion loosened", "veto"),
        ("with raises(KeyError, match='x'): f()", "with raises(KeyError): f()", "assertion loosened", "veto"),
        ("with raises(KeyError): f()", "f()", "assertion removed", "veto"),
        ("with raises(KeyError): f()", "with raises(OSError): f()", "expectation rewritten", "weak"),
        ("for a, b in [(1, 2), (3, 4)]: assert f(a) == b", "for a, b in [(1, 2)]: assert f(a) == b", "case removed", "veto"),
        (
            "for a, b in [(1, 2), (3, 4)]: assert f(a) == b",
            "for a, b in [(1, 2), (3, 5)]: assert f(a) == b",
            "expectation rewritten",
            "weak",
        ),
        ("x = 1\n    assert f(x) == 2", "x = 7\n    assert f(x) == 2", "expectation rewritten", "weak"),
        ("want = 2\n    assert f(1) == want", "want = 3\n    assert f(1) == want", "expectation rewritten", "weak"),
        ("assert f(1) == 2", "if fast():\n        assert f(1) == 2", "assertion conditional", "weak"),
        ("self.assertEqual(f(1), 2)", "assert f(1) == 2", None, None),
        ("assert f(1)", "assert f(1) == 2", None, None),
        ("assert f(1) in (1, 2)", "assert f(1) == 2", None, None),
        ("assert f(1) == approx(2, rel=0.1)", "assert f(1) == approx(2)", None, None),
        ("assert abs(f(1) - 2) < 5", "assert abs(f(1) - 2) < 0.01", None, None),
        ("with raises(Exception): f()", "with raises(KeyError, match='x'): f()", None, None),
        ("with raises(KeyError): f()", "with raises(KeyError, match='x'): f()", None, None),
        ("assert f(1) == 2 and f(2) == 3", "assert f(1) == 2\n    assert f(2) == 3", None, None),
        ("for a, b in [(1, 2)]: assert f(a) == b", "for a, b in [(1, 2), (3, 4)]: assert f(a) == b", None, None),
        ("m.assert_called()", "m.assert_called_once_with(1)", None, None),
        ("assert 'a' + 'b' == f(1)", "assert f(1) == 'ab'", None, None),
    ],
)
def test_an_assertion_is_compared_with_what_it_was(before: str, after: str, kind: str | None, grave: str | None):
    head = "import math, pytest\nfrom pytest import approx, raises\n\ndef test_a(self, m):\n    "
    expected = set() if kind is None else {(kind, grave)}
    assert now(f"{head}{after}\n", f"{head}{before}\n") == expected


CASES = "import pytest\n\n@pytest.mark.parametrize('a,b', [{}])\ndef test_a(a, b):\n    assert f(a) == b\n"


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("(1, 2)", {("case removed", "veto")}),
        ("(1, 2), (3, 5)", {("expectation rewritten", "weak")}),
        ("(1, 2), pytest.param(3, 4, marks=pytest.mark.xfail)", {("test skipped", "veto")}),
        ("(1, 2), (3, 4), (5, 6)", set()),
        ("(3, 4), (1, 2)", set()),
        ("pytest.param(1, 2, id='one'), (3, 4)", set()),
    ],
)
def test_the_cases_of_a_test_are_compared(after: str, expected: set[tuple[str, str]]):
    assert now(CASES.format(after), CASES.format("(1, 2), (3, 4)")) == expected
