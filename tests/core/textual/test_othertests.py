"""What a patch does to tests of other languages. Each attack stands beside the nearest honest change."""

import pytest

from bot.core.textual.othertests import othertests
from tests.core.textual.changing import changed

JS = """\
describe("cart", () => {
  it("adds", () => {
    expect(add(2, 3)).toBe(5);
    expect(price).toBeCloseTo(0.3, 5);
  });
});
"""
GO = 'func TestAdd(t *testing.T) {\n\tif add(2, 3) != 5 {\n\t\tt.Errorf("no")\n\t}\n\trequire.Equal(t, 5, add(2, 3))\n}\n'
RUST = """\
pub fn add(a: u8) -> u8 { a }

#[cfg(test)]
mod tests {
    #[test]
    fn adds() {
        assert_eq!(add(2), 2);
    }
}
"""
JAVA = "class CartTest {\n    @Test\n    void adds() {\n        assertEquals(5, add(2, 3));\n    }\n}\n"
PLACES = {
    "js": ("src/cart.test.js", JS),
    "go": ("cart_test.go", GO),
    "rust": ("src/lib.rs", RUST),
    "java": ("src/test/CartTest.java", JAVA),
}


def kinds(language: str, old: str, new: str) -> set[tuple[str, str]]:
    path, before = PLACES[language]
    assert old in before
    return {(finding.kind, finding.grave) for finding in othertests((changed(path, before, before.replace(old, new)),))}


@pytest.mark.parametrize(
    ("language", "old", "new", "kind"),
    [
        ("js", 'it("adds"', 'it.skip("adds"', "test skipped"),
        ("js", 'it("adds"', 'xit("adds"', "test skipped"),
        ("js", 'describe("cart"', 'describe.skip("cart"', "test skipped"),
        ("js", 'it("adds"', 'it.only("other", () => {});\n  it("adds"', "test skipped"),
        ("js", 'it("adds"', 'test.todo("adds");\n  it("adds"', "test skipped"),
        ("js", 'describe("cart"', 'jest.retryTimes(3);\ndescribe("cart"', "test retried"),
        ("js", 'it("adds"', 'it("sums"', "test deleted"),
        ("js", "    expect(add(2, 3)).toBe(5);\n", "", "assertion removed"),
        ("js", "    expect(add(2, 3)).toBe(5);\n", "    // expect(add(2, 3)).toBe(5);\n", "assertion removed"),
        ("js", "toBe(5)", "toBeTruthy()", "assertion loosened"),
        ("js", "toBe(5)", "toBeGreaterThan(1)", "assertion loosened"),
        ("js", "toBe(5)", "toEqual(expect.any(Number))", "assertion loosened"),
        ("js", "expect(add(2, 3)).toBe(5)", "expect(true).toBe(true)", "assertion always true"),
        ("js", "toBeCloseTo(0.3, 5)", "toBeCloseTo(0.3, 1)", "tolerance widened"),
        ("go", "\tif add", '\tt.Skip("x")\n\tif add', "test skipped"),
        ("go", "func TestAdd", "func testAdd", "test deleted"),
        ("go", '\t\tt.Errorf("no")\n', "", "assertion removed"),
        ("go", "require.Equal(t, 5, add(2, 3))", "require.NotNil(t, add(2, 3))", "assertion loosened"),
        ("rust", "    #[test]\n", "    #[test]\n    #[ignore]\n", "test skipped"),
        ("rust", "fn adds()", "fn sums()", "test deleted"),
        ("rust", "assert_eq!(add(2), 2)", "assert!(add(2) > 0)", "assertion loosened"),
        ("rust", "assert_eq!(add(2), 2)", "assert!(true)", "assertion always true"),
        ("java", "    @Test\n", "    @Disabled\n    @Test\n", "test skipped"),
        ("java", "    @Test\n", "    @Ignore\n    @Test\n", "test skipped"),
        ("java", "    @Test\n", "", "test deleted"),
        ("java", "assertEquals(5, add(2, 3))", "assertNotNull(add(2, 3))", "assertion loosened"),
        ("java", "        assertEquals(5, add(2, 3));\n", "", "assertion removed"),
    ],
)
def test_what_keeps_a_test_from_failing_is_a_veto(language: str, old: str, new: str, kind: str):
    assert (kind, "veto") in kinds(language, old, new)


@pytest.mark.parametrize(
    ("language", "old", "new"),
    [
        ("js", "toBe(5)", "toBe(6)"),
        ("rust", "assert_eq!(add(2), 2)", "assert_eq!(add(2), 3)"),
        ("java", "assertEquals(5, add", "assertEquals(6, add"),
    ],
)
def test_another_expected_value_is_weak(language: str, old: str, new: str):
    assert kinds(language, old, new) == {("expectation rewritten", "weak")}


@pytest.mark.parametrize(
    ("language", "old", "new"),
    [
        ("js", '  it("adds"', '  it("more", () => {\n    expect(add(1, 1)).toBe(2);\n  });\n  it("adds"'),
        ("js", "    expect(add", "      expect(add"),
        ("js", 'describe("cart"', '// it.skip was here\ndescribe("cart"'),
        ("go", "func TestAdd", "func TestMore(t *testing.T) {\n}\n\nfunc TestAdd"),
        ("rust", "{ a }", "{ assert!(a > 0); a }"),
        ("java", "    @Test\n", "    @Test\n    void more() {\n        assertTrue(more());\n    }\n\n    @Test\n"),
    ],
)
def test_a_test_that_says_as_much_or_more_is_no_finding(language: str, old: str, new: str):
    assert kinds(language, old, new) == set()


def test_what_moves_to_another_file_is_no_finding():
    assert othertests((changed("a.test.ts", JS, None), changed("b.test.ts", None, JS))) == ()
    assert {finding.kind for finding in othertests((changed("a.test.ts", JS, None),))} == {"test deleted", "assertion removed"}


@pytest.mark.parametrize(
    ("path", "line", "kind", "grave"),
    [
        ("src/a.js", "if (process.env.NODE_ENV === 'test') return 5;", "detects tests", "veto"),
        ("src/a.ts", "if ('test' == process.env.NODE_ENV) return 5;", "detects tests", "veto"),
        ("src/a.js", "if (process.env.JEST_WORKER_ID) return 5;", "detects tests", "veto"),
        ("src/a.js", "if (typeof jest !== 'undefined') return 5;", "detects tests", "veto"),
        ("a.go", "if testing.Testing() {", "detects tests", "veto"),
        ("src/a.rs", "if cfg!(test) { return 5; }", "detects tests", "veto"),
        ("src/a.js", "process.exit(0);", "exits early", "veto"),
        ("a.go", "os.Exit(0)", "exits early", "veto"),
        ("src/a.rs", "std::process::exit(0);", "exits early", "veto"),
        ("src/A.java", "System.exit(0);", "exits early", "veto"),
        ("src/a.js", "try { f(); } catch (e) {}", "swallows", "weak"),
        ("src/a.js", "try { f(); } catch {\n}", "swallows", "weak"),
        ("a.go", "\t_ = err", "swallows", "weak"),
        ("src/A.java", "try { f(); } catch (Exception e) { }", "swallows", "weak"),
    ],
)
def test_source_that_only_looks_right_is_found(path: str, line: str, kind: str, grave: str):
    assert {(one.kind, one.grave) for one in othertests((changed(path, "x\n", f"x\n{line}\n"),))} == {(kind, grave)}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("src/a.js", "if (process.env.NODE_ENV === 'production') return 5;"),
        ("src/a.js", "try { f(); } catch (e) { report(e); }"),
        ("src/a.js", "// process.exit(0)"),
        ("bin/a.js", "process.exit(0);"),
        ("cmd/a/main.go", "os.Exit(0)"),
        ("a.go", "if err != nil { return err }"),
        ("src/a.rs", "#[cfg(test)]"),
    ],
)
def test_ordinary_source_is_no_finding(path: str, line: str):
    assert othertests((changed(path, "x\n", f"x\n{line}\n"),)) == ()


def test_a_finding_names_the_line_of_the_file():
    (finding,) = othertests((changed("a.test.js", JS, JS.replace('it("adds"', '// why\n\n  it.skip("adds"')),))
    assert (finding.line, finding.why) == (4, "tests now have `it.skip`")
