"""Tests below the top: which are named as left out, and by which command they run."""

import time

import pytest

from bot.core.detect import detect
from bot.core.nested import nested
from bot.core.policy import CheckPart

NODE = '{"scripts": {"test": "node --test"}}'
PYTEST = "[tool.pytest.ini_options]\npythonpath = ['src']\n"
LISTED = "[dependency-groups]\ndev = ['pytest']\n"


def found(files: dict[str, str]) -> list[str]:
    return [check.run for check in nested(files, files.get, detect(files, files.get))]


@pytest.mark.parametrize(
    ("files", "runs"),
    [
        ({"packages/web/package.json": NODE}, ["cd packages/web && npm test"]),
        ({"a b/package.json": NODE, "a b/yarn.lock": ""}, ["cd 'a b' && yarn test"]),
        ({"package.json": NODE, "web/package.json": NODE, "web/yarn.lock": ""}, []),
        ({"package.json": NODE, "web/package.json": NODE, "web/pnpm-lock.yaml": ""}, []),
        ({"api/pytest.ini": "[pytest]\n", "api/test_a.py": ""}, ["cd api && python -m pytest -q"]),
        ({"api/.pytest.ini": "[pytest]\n", "api/test_a.py": ""}, ["cd api && python -m pytest -q"]),
        ({"api/tox.ini": "[pytest]\n", "api/test_a.py": ""}, ["cd api && python -m pytest -q"]),
        ({"api/setup.cfg": "[tool:pytest]\n", "api/test_a.py": ""}, ["cd api && python -m pytest -q"]),
        ({"api/tox.ini": "[tox]\nenvlist = py\n"}, []),
        ({"doc/pyproject.toml": "", "doc/Makefile": "test:\n\t./run\n"}, []),
        ({"api/pyproject.toml": PYTEST, "api/test_a.py": ""}, ["cd api && python -m pytest -q"]),
        ({"api/pyproject.toml": PYTEST, "api/package.json": NODE}, ["cd api && python -m pytest -q", "cd api && npm test"]),
        ({"api/pyproject.toml": LISTED, "api/test_a.py": ""}, []),
        ({"go.mod": "module a\n", "b/go.mod": "module b\n"}, ["cd b && go test ./..."]),
        ({"package.json": NODE, "web/package.json": NODE}, []),
        ({"Cargo.toml": "[workspace]\n", "a/Cargo.toml": "[package]\n"}, []),
        ({"web/package.json": '{"scripts": {"build": "x"}}'}, []),
        ({"web/package.json": "{"}, []),
        ({"node_modules/x/package.json": NODE, ".yarn/x/package.json": NODE, "a/tests/package.json": NODE}, []),
    ],
)
def test_what_the_top_does_not_run_as_it_is_set_up_there_is_named(files, runs):
    assert found(files) == runs


@pytest.mark.parametrize(
    "folder", ["vendor/x", "third_party/x", "fixture", "fixtures", "a/testdata", "example", "examples/x", "templates"]
)
def test_what_others_wrote_and_what_is_there_to_be_looked_at_is_not_ours_to_test(folder):
    assert found({f"{folder}/package.json": NODE}) == []


@pytest.mark.parametrize("folder", ["vendored", "third_party_api", "fixtured", "testdata2", "exampled", "templated", "testing"])
def test_a_folder_whose_name_only_begins_like_those_is_ours(folder):
    assert found({f"{folder}/package.json": NODE}) == [f"cd {folder} && npm test"]


def test_it_says_which_file_of_which_folder_asked_for_it():
    (check,) = nested({"api/pyproject.toml": "", "api/test_a.py": ""}, {"api/pyproject.toml": PYTEST}.get, ())
    assert check.source == "api/pyproject.toml [tool.pytest]"


def test_each_fits_the_policy_whatever_its_folder_is_called():
    files = {f"{folder}/package.json": NODE for folder in ("A/B.c", "é", "x" * 80, "-", "1")}
    files |= {"two/package.json": NODE, "two/go.mod": "module a\n"}
    made = nested(files, files.get, ())
    assert len({check.name for check in made}) == len(made) == 7
    for check in made:
        assert CheckPart(name=check.name, run=check.run, kind=check.kind).name == check.name


def test_a_repository_of_very_many_packages_is_no_long_work():
    files = {f"p/{n}/package.json": NODE for n in range(50_000)}
    began = time.monotonic()
    assert len(found(files)) == 40
    assert time.monotonic() - began < 5
