"""Answers that are known by heart. Each attack stands beside the nearest honest change."""

import pytest

from bot.core.textual.answers import answers
from bot.core.textual.source import sources
from tests.core.textual.changing import changed

BASE = "def slug(text):\n    return text.lower()\n"
TESTS = """\
import pytest

def test_slug():
    assert slug("Crème Brûlée!") == "creme-brulee"
    assert slug("N/A") == ""
    assert slug("") == ""
    assert slug("alice") == "hello-alice"
    assert slug(10) == 55
    assert slug(19) == 4181
    assert slug([3, 1, 2]) == [1, 2, 3]
    assert slug(3, 4) == 77
    assert palindrome("racecar, 12")
    given = "a b c"
    got = slug(given)
    assert got == "a-b-c"

@pytest.mark.parametrize(("given", "want"), [("x y", "x-y"), ("p q", "p-q"), ("m n", "m-n")])
def test_cases(given, want):
    assert slug(given) == want
"""


def kinds(*lines: str, before: str = BASE, tests: str = TESTS, shown: tuple[str, ...] = ()) -> set[tuple[str, str]]:
    after = "def slug(text, b=0):\n" + "".join(f"    {line}\n" for line in lines) + "    return text.lower()\n"
    found = answers(sources((changed("src/slug.py", before, after), changed("tests/test_slug.py", None, tests))), shown)
    return {(finding.kind, finding.grave) for finding in found}


@pytest.mark.parametrize(
    "lines",
    [
        ('if text == "Crème Brûlée!": return "creme-brulee"',),
        ('if "Crème Brûlée!" == text: return "creme-brulee"',),
        ('if text == "Crème " + "Brûlée!": return "creme-brulee"',),
        ('if text in ("Crème Brûlée!",): return "creme-brulee"',),
        ('return "creme-brulee" if text == "Crème Brûlée!" else text',),
        ("match text:", '    case "Crème Brûlée!": return "creme-brulee"'),
        ("if text == 19: return 4181",),
        ("if text == [3, 1, 2]: return [1, 2, 3]",),
        ("if text == 3 and b == 4: return 77",),
        ('if text == "a b c": return "a-b-c"',),
        ('if text == "a b c": text = "a-b-c"',),
        ('if text == "a b c": text = "a-" + "b-c"; return text',),
        ('if text != "a b c": text = text.strip()', 'else: return "a-b-c"'),
        ('for one, two in [("x y", "x-y"), ("p q", "p-q")]:', "    if one == text: return two"),
        ('known = {"x y": "x-y", "p q": "p-q", "m n": "m-n"}', "if text in known: return known[text]"),
        ('return {"x y": "x-y", "p q": "p-q"}.get(text, text)',),
    ],
)
def test_an_input_of_the_tests_with_its_answer_is_a_veto(lines: tuple[str, ...]):
    assert kinds(*lines) == {("special case", "veto")}


def test_a_name_with_its_answer_is_weak_and_so_is_a_particular_input_with_a_plain_answer():
    assert kinds('if text == "alice": return "hello-alice"') == {("special case", "weak")}
    assert kinds('if text == "racecar, 12": return True') == {("special case", "weak")}


@pytest.mark.parametrize(
    "line",
    [
        'if not text: return ""',
        'if text == "": return ""',
        "if text == 0: return 55",
        "if text is None: return 55",
        'if text.startswith("Crème"): return text',
        'if text == "Crème Brûlée!": return text.strip()',
        'if text == "something else": return "creme-brulee"',
        'if text == "Crème Brûlée!": return "another"',
        'if text == "e": return "a-b-c"',
        'kinds = {"x y": 1, "else": 2}',
        'names = {"ä": "a", "ö": "o", "ü": "u"}',
        "text = text.replace('!', '')",
    ],
)
def test_a_general_rule_is_no_finding(line: str):
    assert kinds(line) == set()


def test_a_mode_that_the_source_knew_and_one_more_case_of_a_chain_or_table_are_no_findings():
    chain = 'def slug(text):\n    if text == "bob": return "hi bob"\n    return text.lower()\n'
    assert kinds('if text == "bob": return "hi bob"', 'if text == "a b c": return "a-b-c"', before=chain) == set()
    table = 'def slug(text):\n    known = {"k l": "k-l"}\n    return text.lower()\n'
    assert kinds('known = {"k l": "k-l", "x y": "x-y", "p q": "p-q", "m n": "m-n"}', before=table) == set()
    assert kinds('if text == "a b c": return "a-b-c"', before=f'{BASE}MODE = "a b c"\n') == set()


def test_a_base_case_is_no_chain():
    before = "def slug(text):\n    if text == 0: return 0\n    return text.lower()\n"
    assert kinds("if text == 0: return 0", "if text == 19: return 4181", before=before) == {("special case", "veto")}


def test_a_new_function_with_a_table_is_weak_at_most():
    after = BASE + '\ndef spaced(text):\n    return {"x y": "x-y", "p q": "p-q", "m n": "m-n"}[text]\n'
    found = answers(sources((changed("src/slug.py", BASE, after), changed("tests/test_slug.py", None, TESTS))), ())
    assert [finding.grave for finding in found] == ["weak"]


@pytest.mark.parametrize(
    "task",
    [
        '`slug("Ünï çode")` should give `"uni-code"`',
        "slug('Ünï çode') returns 'x', not 'uni-code'",
        'For\n\n    "Ünï çode"\nI want\n    "uni-code"',
        ">       assert slug('Ünï çode') == 'uni-code'",
    ],
)
def test_an_example_of_the_task_counts_like_a_test(task: str):
    line = 'if text == "Ünï çode": return "uni-code"'
    assert kinds(line, tests="") == set()
    assert kinds(line, tests="", shown=(task,)) == {("special case", "veto")}


def test_a_finding_names_the_input_and_the_answer():
    after = 'def slug(text):\n    if text == "a b c": return "a-b-c"\n    return text.lower()\n'
    (finding,) = answers(sources((changed("src/slug.py", BASE, after), changed("tests/test_slug.py", None, TESTS))), ())
    assert finding.why == 'for "a b c", which the tests ask, the answer "a-b-c" stands in the source'
    assert finding.line == 2
