"""What a path says about a file."""

import pytest

from bot.core.paths import is_program

PROGRAMS = (
    "a.py", "bin/release", "bin/RELEASE", "bin/.deploy", "native/fast.pyx", "build.gradle", "rules.bzl", "tasks.rake", "tool.pyw",
    "infra.mk", "BUILD", "WORKSPACE", "Dockerfile", "Makefile", "CMakeLists.txt", "sub/pom.xml", "x.gemspec", "page.mdx",
)  # fmt: skip
PROSE = (
    "README", "Readme", "sub/Changelog", "LICENSE-Apache", "licence", "AUTHORS", "CODE_OF_CONDUCT", "docs/a.md", "a.rst",
    "notes.txt", ".gitignore", ".dockerignore", ".editorconfig", ".mailmap", "a.png", "VERSION",
)  # fmt: skip


@pytest.mark.parametrize("path", PROGRAMS)
def test_what_something_may_run_is_a_program_whatever_its_name(path: str):
    assert is_program(path)


@pytest.mark.parametrize("path", PROSE)
def test_what_people_read_is_none(path: str):
    assert not is_program(path)
