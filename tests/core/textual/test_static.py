"""What a patch's text says at a glance. Each attack stands beside the nearest honest change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.textual.static import static
from tests.core.textual.changing import changed

KEY = "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n" * 8 + "-----END PRIVATE KEY-----\n"
TOKEN = "ghp_" + "a8Kd93jfLs02mXzQw71" * 2


def kinds(path: str, before: str | None, after: str | None) -> set[tuple[str, str]]:
    return {(finding.kind, finding.grave) for finding in static((changed(path, before, after),))}


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("a.py", "x = 1\n", "x = (\n"),
        ("a.py", None, "def f(:\n"),
        ("a.py", "x = 1\n", "x = 1\n\0"),
        ("a.json", "{}", '{"a": }'),
        ("a.json", None, '{"a": 1'),
        ("a.yml", "a: 1\n", "a: [1\n"),
        ("a.yaml", None, "a: b: c\n"),
        ("a.toml", "a = 1\n", "a = \n"),
        ("a.py", "x = 1\n", "x = " + "(" * 5_000),
        ("a.json", "[]", "[" * 100_000),
    ],
)
def test_a_file_that_parsed_and_no_longer_does_is_a_veto(path: str, before: str | None, after: str):
    assert ("does not parse", "veto") in kinds(path, before, after)


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("a.py", 'print "old"\n', 'print "older"\n'),
        ("a.json", '{"a": 1} // why\n', '{"a": 2} // why\n'),
        ("tsconfig.json", None, '{"a": 1,}\n'),
        ("chart/a.yaml", None, "a: {{ .Values.a }}: {{ b }}\n"),
        ("tests/data/broken.json", None, "{"),
        ("tests/data/broken.py", None, "def f(:\n"),
        ("a.py", "x = 1\n", "type X = int\n"),
        ("a.yml", "a: !Ref b\n", "a: !Sub c\n--- \nb: 1\n"),
        ("a.json", '{"a": 1}', '\ufeff{"a": 12345678901234567890}'),
        ("a.md", "x\n", "{\n"),
        ("a.py", None, "x = '\\d'\n"),
    ],
)
def test_a_dialect_a_template_and_data_for_tests_of_bad_input_say_nothing(path: str, before: str | None, after: str):
    assert kinds(path, before, after) == set()


def test_aliases_of_aliases_cost_nothing():
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 60))
    assert kinds("a.yml", "a: 1\n", bomb) == set()


def test_a_finding_names_the_line():
    (finding,) = static((changed("a.py", "x = 1\n", "x = 1\ny = (\n"),))
    assert (finding.line, "`a.py` no longer parses" in finding.why) == (2, True)


@pytest.mark.parametrize(("path", "grave"), [("a.js", "veto"), ("a.md", "weak")])
def test_a_conflict_marker_that_is_left_in_is_found(path: str, grave: str):
    assert ("conflict marker", grave) in kinds(path, "x\n", "<<<<<<< HEAD\nx\n=======\ny\n>>>>>>> b\n")


def test_a_heading_and_a_marker_in_a_string_are_no_conflict():
    assert kinds("a.rst", "x\n", "Title\n=======\nx\n") == set()
    assert kinds("a.py", "x = 1\n", 'x = """\n<<<<<<< HEAD\n"""\n') == set()


@pytest.mark.parametrize("character", ["\u202e", "\u2066", "\u200b", "\u3164", "\u00ad", "\x1b", "\U000e0041"])
def test_an_invisible_character_in_code_is_a_veto_and_its_escape_is_not(character: str):
    assert kinds("a.js", "x = 1\n", f"x = '{character}'\n") == {("invisible character", "veto")}
    assert kinds("a.js", "x = 1\n", f"x = '\\u{ord(character):04x}'\n") == set()


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("a.md", "x\n", "⚠\ufe0f 👨\u200d👩\u200d👧\n"),
        ("a.py", "x = 1\n", "x = '⚠\ufe0f'\n"),
        ("a.py", "x = '\u200b'\n", "x = '\u200b\u200b'\n"),
        ("a.py", "x = 1\n", "x = 1\n\f\ny = 2\r\n"),
        ("fa.po", "x\n", "می\u200cخواهم\n"),
        ("locale/fa.json", "{}", '{"a": "\u200eمی\u200cخواهم"}'),
        ("a.cs", None, "\ufeffclass A {}\n"),
    ],
)
def test_pictures_prose_and_what_was_there_are_no_invisible_characters(path: str, before: str | None, after: str):
    assert kinds(path, before, after) == set()


@pytest.mark.parametrize("name", ["\u0441ount", "p\u0430ss", "\U0001d41eval", "\uff45xec"])
def test_a_name_with_a_letter_that_looks_like_another_is_weak(name: str):
    assert kinds("a.py", "x = 1\n", f"{name} = 1\n") == {("look-alike name", "weak")}


@pytest.mark.parametrize("text", ["Δt = 1\n", "привет = 1\n", "x_ν = 2\n", "μs = 3\n", "# это comment\n"])
def test_a_name_in_one_script_is_its_own(text: str):
    assert kinds("a.py", "x = 1\n", text) == set()


@pytest.mark.parametrize("text", [f"x = '{TOKEN}'\n", f'k = """{KEY}"""\n', f"-H {TOKEN}\n"])
def test_what_looks_like_a_secret_is_a_veto_and_is_not_repeated(text: str):
    (finding,) = (found for found in static((changed("a.sh", "x\n", text),)) if found.kind == "secret")
    assert finding.grave == "veto"
    assert TOKEN not in finding.why


@pytest.mark.parametrize(
    "text",
    [
        "task-management-and-more-things\n",
        "AKIAIOSFODNN7EXAMPLE\n",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n",
        'if "-----BEGIN PRIVATE KEY-----" in text:\n    hide(text)\n',
    ],
)
def test_a_sample_and_a_name_with_hyphens_are_no_secrets(text: str):
    assert kinds("a.sh", "x\n", text) == set()


def test_a_secret_that_only_moves_is_no_finding():
    assert static((changed("a.sh", f"x={TOKEN}\n", "x\n"), changed("b.sh", None, f"x={TOKEN}\n"))) == ()


@given(st.text(), st.text(), st.sampled_from(["a.py", "a.json", "a.yml", "a.toml", "a.js", "tests/test_a.py"]))
def test_no_text_raises(before: str, after: str, path: str):
    static((changed(path, before, after), changed(path, None, after)))
