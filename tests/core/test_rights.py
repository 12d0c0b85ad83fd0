"""What GitHub's answers mean, and what no answer can mean."""

import pytest

from bot.core import rights
from bot.core.rights import Protection, Workflow

VERIFY = ".github/workflows/route-agent-verify.yml"
BY_HAND = "on:\n  workflow_dispatch:\n    inputs: {base: {}}\njobs: {}\n"


@pytest.mark.parametrize(
    ("token", "state", "text"),
    [
        ("ghs_1_x.y-z", "ok", "an installation's token"),
        ("github_pat_abc", "ok", "fine-grained"),
        ("ghp_abc", "ok", "classic"),
        ("ghr_abc", "problem", "refresh token"),
        ("0123456789abcdef", "unknown", "no kind that is known"),
    ],
)
def test_a_tokens_kind_is_what_it_begins_with_and_its_value_is_not_said(token, state, text):
    found = rights.token(token, "ann")
    assert found.state == state
    assert text in found.found
    assert token not in str(found)


def test_a_read_that_works_shows_no_right_to_write():
    assert rights.permission("contents", None).state == "unknown"
    assert rights.permission("checks", None).state == "ok"
    refused = rights.permission("issues", "GitHub answers 403")
    assert refused.state == "problem"
    assert refused.remedy == "give the job `permissions: issues: write`"


@pytest.mark.parametrize(
    ("text", "by_hand"),
    [
        (BY_HAND, True),
        ("on: workflow_dispatch\n", True),
        ("on: [push, workflow_dispatch]\n", True),
        ('"on": {workflow_dispatch: }\n', True),
        ("on: push # workflow_dispatch\n", False),
        ("on: {push: {branches: [workflow_dispatch]}}\n", False),
        ("jobs: {}\n", False),
        ("- on\n", False),
        ("on: [\n", False),
        ("[" * 50_000, False),
        ("on: workflow_dispatch\n" + "#" * 100_000, False),
        ("a: &a [x]\nb: &b [*a,*a,*a]\non: workflow_dispatch\n", True),
    ],
)
def test_what_starts_a_workflow_is_read_from_its_own_text(text, by_hand):
    assert rights.dispatchable(text) is by_hand


def proof(*found: Workflow, wanted: tuple[str, ...] = ()):
    return [(item.state, item.found) for item in rights.workflows(found, wanted)][1:]


def test_the_shipped_workflow_proves_a_patch_only_where_it_can_be_started_by_hand():
    assert proof(Workflow(VERIFY, True, BY_HAND)) == [("ok", f"{VERIFY} can be started by hand")]
    assert proof(Workflow(VERIFY, False, BY_HAND)) == [("problem", f"{VERIFY} is switched off")]
    assert proof(Workflow(VERIFY, True, "on: push\n")) == [("problem", f"{VERIFY} cannot be started by hand")]
    assert proof(Workflow(VERIFY, True, None))[0][0] == "unknown"
    assert proof() == [("problem", f"{VERIFY} is not on the default branch, so nothing proves a patch")]


def test_where_the_policy_names_workflows_those_are_what_counts():
    own = Workflow(".github/workflows/ci.yml", True, BY_HAND)
    assert [state for state, _ in proof(own, wanted=("ci.yml", ".github/workflows/none.yml"))] == ["ok", "problem"]


def test_those_that_can_be_started_are_named_and_a_long_list_is_cut():
    many = tuple(Workflow(f".github/workflows/w{number}\n.yml", True, BY_HAND) for number in range(9))
    said = rights.workflows((*many, Workflow("x", True, "on: push")), ())[0].found
    assert said.startswith("9 of 10 can be started by hand: w0 .yml, w1 .yml")
    assert said.endswith("w5 .yml and 3 more")


def test_whether_pull_requests_can_be_opened_is_unknown_rather_than_guessed():
    own = "github-actions[bot]"
    assert rights.pulls(own, allowed=True).state == "ok"
    assert rights.pulls(own, allowed=False).state == "problem"
    unknown = rights.pulls(own, allowed=None)
    assert (unknown.state, "Settings > Actions > General" in unknown.found) == ("unknown", True)
    assert rights.pulls("ann", allowed=None).state == "ok", "the setting is for the workflow's own token"


def test_a_protected_branch_says_what_a_dispatched_check_is_not_good_for():
    found = rights.protection("main", Protection(True, tuple(f"ci\n{n}" for n in range(8)))).found
    assert found.startswith("main requires ci 0, ci 1")
    assert "and 2 more: checks that were started by hand do not satisfy them" in found
    assert "requires no check" in rights.protection("main", Protection(True, ())).found
    assert "is not protected" in rights.protection("main", Protection(False, ())).found
