"""Checks found in a repository's own files: what asks for them, which runner, and files that are no manifest."""

import time

import pytest

from bot.core.checks import Check
from bot.core.detect import as_policy, detect


def found(files: dict[str, str]) -> list[tuple[str, str]]:
    return [(check.run, check.source) for check in detect(files, files.get)]


PYTEST = "python -m pytest -q"
UNITTEST = "import unittest\n"


@pytest.mark.parametrize(
    ("files", "source"),
    [
        ({"pytest.ini": ""}, "pytest.ini"),
        ({"pyproject.toml": "[tool.pytest.ini_options]\n"}, "pyproject.toml [tool.pytest]"),
        ({"tox.ini": "[testenv]\n[pytest]\n"}, "tox.ini [pytest]"),
        ({"setup.cfg": "[tool:pytest]\n"}, "setup.cfg [tool:pytest]"),
        ({"a/b/conftest.py": "", "t/conftest.py": ""}, "t/conftest.py"),
        ({"pyproject.toml": "[dependency-groups]\ndev = ['pytest>=8']\n"}, "pyproject.toml"),
        ({"requirements-dev.txt": "# no\npytest==8.0\n"}, "requirements-dev.txt"),
        ({"tests/test_a.py": "def test_a(): pass\n"}, "tests/test_a.py"),
        ({"tests/test_a.py": UNITTEST, "tests/test_b.py": "import pytest\n"}, "tests/test_b.py"),
    ],
)
def test_pytest_is_asked_for_by(files, source):
    assert found(files) == [(PYTEST, source)]


@pytest.mark.parametrize(
    ("paths", "command"),
    [
        (["t/test_a.py"], "python -m unittest discover -v -s t"),
        (["tests/__init__.py", "tests/test_a.py"], "python -m unittest discover -v -s tests -t ."),
        (
            ["src/p/__init__.py", "src/p/tests/__init__.py", "src/p/tests/test_a.py"],
            "python -m unittest discover -v -s src/p/tests -t src",
        ),
        (["test_a.py"], "python -m unittest discover -v"),
        (["t/a_test.py"], "python -m unittest discover -v -s t -p '*_test.py'"),
    ],
)
def test_unittest_starts_where_it_finds_the_tests(paths, command):
    files = dict.fromkeys(paths, UNITTEST)
    assert [run for run, _ in found(files)] == [command]


@pytest.mark.parametrize(
    ("files", "commands"),
    [
        (
            {"package.json": '{"scripts": {"test": "v", "lint": "e", "tsc": "t"}}', "yarn.lock": ""},
            ["yarn test", "yarn run tsc", "yarn run lint"],
        ),
        ({"package.json": '{"scripts": {"build": "b"}}'}, ["npm run build"]),
        ({"go.mod": "module x\n"}, ["go test ./...", "go vet ./..."]),
        ({"Cargo.toml": "[workspace]\n"}, ["cargo test"]),
        ({"Makefile": "all:\ncheck: x\ntest: x\n\tx\n"}, ["make test"]),
        ({"GNUmakefile": "check:\n", "Makefile": "test:\n"}, ["make check"]),
        ({"tox.ini": "[testenv]\ncommands = nose\n"}, ["tox -q"]),
        ({"pyproject.toml": "[tool.mypy]\n[tool.ruff]\n"}, ["python -m mypy .", "python -m ruff check ."]),
        ({"mypy.ini": "[mypy]\nfiles = a\n", "ruff.toml": ""}, ["python -m mypy", "python -m ruff check ."]),
    ],
)
def test_other_runners_are_asked_for_by_their_own_files(files, commands):
    assert [run for run, _ in found(files)] == commands


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'},
        {"package.json": "{", "pyproject.toml": "[[[", "Cargo.toml": "x", "go.mod": "# none"},
        {"package.json": "[" * 100_000},
        {"package.json": '{"scripts": ["test"]}', "pyproject.toml": "tool = 1\n"},
        {"Makefile": "test := 1\n.PHONY: test\nTESTS = a: test\n"},
        {"requirements.txt": "# pytest\n"},
        {"src/latest.py": "def test_x(): pass\n"},
    ],
)
def test_a_file_that_asks_for_nothing_names_no_check(files):
    assert found(files) == []


@pytest.mark.parametrize("text", ["a." * 99_999 + "b = 1\n", "x = " + "[" * 90_000, "\n" * 3_000_000])
def test_a_manifest_made_to_keep_us_busy_does_not(text):
    start = time.monotonic()
    assert found({"pyproject.toml": text, "Cargo.toml": text}) == []
    assert time.monotonic() - start < 1


def test_found_checks_are_ready_policy_lines():
    assert as_policy((Check("tests", "a: b", "tests", "x"),)) == (
        "verification:\n  checks:\n  - name: tests\n    run: 'a: b'\n    kind: tests\n"
    )


@pytest.mark.parametrize(
    "line", ["import unittest", "import os, unittest, sys", "import importlib.util, unittest", "from unittest import mock"]
)
def test_a_runner_is_seen_among_other_imports_of_its_line(line):
    found = detect(["t/test_a.py"], {"t/test_a.py": f"{line}\n"}.get)
    assert [check.run for check in found] == ["python -m unittest discover -v -s t"]
