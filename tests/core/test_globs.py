"""Globs that match nothing of a repository, and what may be meant by them."""

import pytest

from bot.core.globs import unmatched, wrong

FILES = ("src/Cents/split.py", "src/Cents/total.py", "docs/index.md", "pyproject.toml")


@pytest.mark.parametrize(
    ("glob", "said"),
    [
        ("srcc/*.py", "p[0]: `srcc/*.py` matches no file; did you mean `src/*.py`?"),
        ("src/Sents/", "p[0]: `src/Sents/` matches no file; did you mean `src/Cents`?"),
        ("pyproject.tml", "p[0]: `pyproject.tml` matches no file; did you mean `pyproject.toml`?"),
        ("kubernetes/", "p[0]: `kubernetes/` matches no file"),
        ("*.sql", "p[0]: `*.sql` matches no file"),
    ],
)
def test_a_glob_that_matches_nothing_is_named_with_what_is_near(glob, said):
    assert unmatched([("p[0]", glob)], FILES) == (said,)


def test_a_glob_that_matches_in_any_case_and_one_that_takes_back_are_not_named():
    globs = ("src/cents/", "/SRC/", "*.md", "**/cents/**", "!nothing", "pyproject.toml")
    assert unmatched([("p", glob) for glob in globs], FILES) == ()


@pytest.mark.parametrize("glob", [r"a\[b\]/\*", r"\#x", r"\!x", r"a\ "])
def test_what_is_escaped_as_gitignore_wants_it_is_a_pattern(glob):
    assert wrong(glob) is None
