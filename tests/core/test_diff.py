"""Diffs of every kind, written by the real git, read back."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.core.diff import DiffError, parse, unquoted
from tests.fakes import repos

ROOT = Path(__file__).resolve().parent.parent.parent


def made(tmp_path: Path, before: dict[str, bytes | str], after: dict[str, bytes | str | None], *flags: str) -> str:
    repo = tmp_path / "r"
    first = repos.make(repo, before)
    for name, content in after.items():
        if content is None:
            repos.git(repo, "rm", "--quiet", "--", name)
    second = repos.make(repo, {name: content for name, content in after.items() if content is not None})
    return repos.git(repo, "diff", *flags, first, second) + "\n"


BEFORE: dict[str, bytes | str] = {
    "a.py": "1\n2\n3\n",
    "gone.txt": "x\n",
    "old name.txt": "same\n" * 9,
    "\u00fc.py": "1\n",
    "bin": b"\0\1",
}
AFTER: dict[str, bytes | str | None] = {
    "a.py": "1\n-- two\n++ 3\x0c\u2028\r\n4",
    "gone.txt": None,
    "old name.txt": None,
    "new name.txt": "same\n" * 9,
    "\u00fc.py": "2\n",
    "bin": b"\0\2",
    "fresh.py": "1\n",
    "empty": "",
}


@pytest.mark.parametrize("flags", [(), ("--no-prefix",), ("--src-prefix=i/", "--dst-prefix=w/"), ("-U0",)])
def test_every_kind_of_change_that_git_writes_is_read(tmp_path, flags):
    diff = parse(made(tmp_path, BEFORE, AFTER, *flags))

    assert {file.path: file.kind for file in diff.files} == {
        "a.py": "modified",
        "bin": "binary",
        "empty": "added",
        "fresh.py": "added",
        "gone.txt": "deleted",
        "new name.txt": "renamed",
        "\u00fc.py": "modified",
    }
    by_name = {file.path: file for file in diff.files}
    assert (by_name["a.py"].added, by_name["a.py"].removed) == (3, 2)
    assert "++ 3\x0c\u2028\r\n" in by_name["a.py"].added_text
    assert by_name["new name.txt"].paths == ("old name.txt", "new name.txt")


def test_modes_and_submodules_are_told_apart():
    text = "diff --git a/x b/x\nold mode 100644\nnew mode 100755\n"
    module = "diff --git a/m b/m\nindex 1..2 160000\n--- a/m\n+++ b/m\n@@ -1 +1 @@\n-Subproject commit 1\n+Subproject commit 2\n"
    assert [file.kind for file in parse(text + module).files] == ["mode", "submodule"]


def test_a_merge_s_combined_diff_counts_each_line_once():
    text = "diff --cc a.py\nindex 1,2..3\n--- a/a.py\n+++ b/a.py\n@@@ -1,2 -1,2 +1,3 @@@\n  same\n- one\n -two\n++both\n"
    (file,) = parse(text).files
    assert (file.path, file.kind, file.added, file.removed) == ("a.py", "modified", 1, 2)


def test_a_diff_without_git_s_headers_is_read():
    text = "--- old.py\t2026-01-01\n+++ new.py\t2026-01-02\n@@ -1,2 +1,2 @@\n--- not a header\n+++ nor this\n same\n"
    (file,) = parse(text).files
    assert (file.path, file.added, file.removed) == ("new.py", 1, 1)


def test_nothing_is_an_empty_diff():
    assert parse("").files == ()


WHOLE = "diff --git a/a b/a\nindex 1..2 100644\n--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n 1\n-2\n+3\n 4\n"


@pytest.mark.parametrize("text", ["hello", WHOLE[:-4], WHOLE.replace("+1,3", "+1,9"), WHOLE.replace(" 4\n", "?4\n")])
def test_what_is_cut_off_or_contradicts_itself_is_said(text):
    with pytest.raises(DiffError):
        parse(text)


EVIL = WHOLE.partition("\n")[2].replace("a/a", "a/.github/x").replace("b/a", "b/.github/x")


@pytest.mark.parametrize("text", [EVIL + WHOLE, WHOLE + EVIL, WHOLE + "\n" + EVIL, "--- a/x\n+++ b/x\n" + WHOLE])
def test_a_change_outside_its_section_is_no_diff(text):
    """`git apply` would make it, so it may not be overlooked."""
    with pytest.raises(DiffError):
        parse(text)


def test_what_a_mail_says_before_its_diff_is_left_alone():
    mail = "From 1 Mon Sep 17 00:00:00 2001\nSubject: [PATCH] x\n---\n a | 2 +-\n\n"
    assert parse(mail + WHOLE) == parse(WHOLE)


def test_quoted_names_are_read_as_git_means_them():
    assert unquoted('"a/\\303\\274 \\"x\\"\\t.py"') == 'a/\u00fc "x"\t.py'


def test_reading_a_large_change_costs_little_more_than_parsing_it():
    words = [sys.executable, "bench/reading.py", "--runs", "2", "--files", "1000"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    times = float(done.stdout.splitlines()[-1].split()[0])
    assert times < 2.5, done.stdout
