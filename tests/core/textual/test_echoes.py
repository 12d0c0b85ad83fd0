"""Conditions that name a value of the task, and their honest neighbours."""

import pytest

from bot.core.textual.echoes import echoes
from bot.core.textual.source import sources
from tests.core.textual.changing import changed

BEFORE = 'def slug(text, mode="plain"):\n    return text.replace(" ", "-")\n'
TASK = "slug('a_b c') gives 'a_b-c', and with 4711 words it is slow; the mode plain is meant. b'raw bytes' fail, too."


def found(line: str, task: str = TASK) -> list[str]:
    after = BEFORE.replace("    return", f"    {line}\n    return")
    return [each.why for each in echoes(sources((changed("shop/slug.py", BEFORE, after),)), (task,))]


@pytest.mark.parametrize(
    "line",
    [
        "if text == 'a_b c': return 'x'",
        "if text in ('zz', 'a_b c'): return 'x'",
        "if text.startswith('a_b'): return 'x'",
        "if text != ('a_' + 'b c'): return 'x'",
        "if len(text) == 4711: return 'x'",
        "text = {'a_b c': 'x'}.get(text, text)",
        "if (text, mode) == ('a_b c', 1): return 'x'",
        "if text == b'raw bytes': return 'x'",
        "text = TABLE.get('a_b c', text)",
    ],
)
def test_a_value_of_the_task_in_a_condition_is_a_doubt(line):
    assert found("if text in ('inf', 'NaN'): return 'x'", "slug('inf') and slug('NaN') fail") == []
    (why,) = found(line)
    assert "stands in the task" in why


@pytest.mark.parametrize(
    "line",
    [
        "if not text: return ''",
        "if text == ' ': return ''",
        "if mode == 'plain': return ''",  # the source names it already
        "if text == 'other words': return ''",
        "if len(text) == 2: return ''",
        "if len(text) > 47: return ''",  # a part of a number is another number
        "if text is None: return ''",
        "text = text.replace('_', '-')",
        "raise ValueError('a_b c')",
        "return 'a_b c'",
    ],
)
def test_a_general_condition_is_none(line):
    assert found(line) == []


def test_what_was_there_before_and_what_tests_say_is_left_alone():
    old = BEFORE.replace("    return", "    if text == 'a_b c': return 'x'\n    return")
    moved = old.replace("slug(text", "slug(text, more=None")
    assert list(echoes(sources((changed("shop/slug.py", old, moved),)), (TASK,))) == []
    test = "def test_a():\n    assert slug('a_b c') == 'a-b-c'\n"
    assert list(echoes(sources((changed("tests/test_slug.py", "x = 1\n", f"x = 1\n{test}"),)), (TASK,))) == []
