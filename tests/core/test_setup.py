"""Where a repository is hosted, what its workflows lack, and what may stand in its policy: values in, values out."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.core.cifiles import Apart, Lacking, Ready, look
from bot.core.remote import Elsewhere, GitHub, NoRemote, parse
from bot.core.setup import comment, default_branch, quoted


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("", NoRemote()),
        ("https://github.com/a/b.git", GitHub("github.com", "a/b", True)),
        ("https://u:p@GitHub.com/a/b", GitHub("github.com", "a/b", True)),
        ("git@github.com:a/b.git", GitHub("github.com", "a/b", True)),
        ("ssh://git@ssh.github.com:443/a/b.git", GitHub("github.com", "a/b", True)),
        ("https://acme.ghe.com/a/b", GitHub("acme.ghe.com", "a/b", True)),
        ("https://git.corp.example:8443/a/b.git", GitHub("git.corp.example:8443", "a/b", False)),
        ("git@gitlab.com:a/b.git", Elsewhere("gitlab.com")),
        ("https://host.example/group/sub/b", Elsewhere("host.example")),
        ("git@github.com:-x/b", Elsewhere("github.com")),
        ("../other", Elsewhere("a folder")),
        ("/srv/git/a.git", Elsewhere("a folder")),
        ("https://[bad/a/b", Elsewhere("a folder")),
    ],
)
def test_a_remote_is_read_from_its_address_without_user_and_password(url, found):
    assert parse(url) == found


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("on: push", Lacking),
        ("on: [push]", Lacking),
        ("on: {pull_request: {}}", Lacking),
        ("on: &a [push]\nx: *a", Lacking),
        ("on: [push, workflow_dispatch]", Ready),
        ("'on':\n  pull_request:\n  workflow_dispatch:", Ready),
        ("on: {push: {}, workflow_dispatch: {inputs: {a: {required: true, default: x}}}}", Ready),
        ("on: {push: {}, workflow_dispatch: {inputs: {a: {required: true}}}}", Apart),
        ("on: {push: {tags: [v1]}}", Apart),
        ("on: workflow_call", Apart),
        ("on: push\njobs: {deploy: {}}", Apart),
        ("on: *a", Apart),
        ("jobs: {}", Apart),
        ("- on", Apart),
        ("on: [push", Apart),
        ("", Apart),
    ],
)
def test_a_workflow_could_prove_lacks_something_or_cannot(text, kind):
    (found,) = look({".github/workflows/a.yml": text.encode()})
    assert isinstance(found, kind)
    assert found.name == "a.yml"


@pytest.mark.parametrize(
    "text",
    [
        "on: push\njobs: {}\n",
        "on: [push, pull_request]\n",
        "name: x\non:\n  push:\njobs: {}\n",
        "on: {push: {branches: [main]}}\njobs: {}\n",
    ],
)
def test_with_the_advised_lines_it_can_be_started_by_hand(text):
    (lacking,) = look({".github/workflows/a.yml": text.encode()})
    assert isinstance(lacking, Lacking)
    rows = text.splitlines()
    at = next(n for n, row in enumerate(rows) if row.startswith("on:"))
    assert f"line {at + 1}" in lacking.at
    if "below" in lacking.at:
        rows[at + 1 : at + 1] = lacking.lines
    elif "brace" in lacking.at:
        rows[at] = rows[at].replace("{", "{" + lacking.lines[0], 1)
    else:
        rows[at : at + 1] = lacking.lines
    (mended,) = look({".github/workflows/a.yml": "\n".join(rows).encode()})
    assert isinstance(mended, Ready)


@given(st.text(max_size=40) | st.sampled_from(["yes", "NO", "On", "off", "y", "N", "true", "Null", "~", "1e3", ".inf"]))
def test_whatever_is_quoted_reads_as_itself_and_whatever_is_a_comment_ends_with_its_line(text):
    if text.isprintable():
        assert yaml.safe_load(f"{{a: {quoted(text)}, b: 1}}") == {"a": text, "b": 1}
    assert yaml.safe_load(f"a: 1 # {comment(text)}\nb: 2") == {"a": 1, "b": 2}


def test_the_default_branch_is_the_remote_s_then_a_usual_name_then_where_one_stands():
    assert default_branch("trunk", ("main",), "x") == ("trunk", "origin/HEAD")
    assert default_branch("", ("master", "main"), "x") == ("main", "by its name")
    assert default_branch("", (), "x") == ("x", "the branch you are on")
    assert default_branch("", (), None) == ("", "HEAD is detached")
