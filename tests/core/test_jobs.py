"""What CI's jobs show of a patch: a table over the states of the three jobs."""

from dataclasses import replace

import pytest

from bot.core.ci import CiRun, Job, Step
from bot.core.evidence import FIXES, REPRODUCED, STEADY
from bot.core.jobs import failed, shown, unusable, workflow


def job(name: str, conclusion: str | None, red_step: str = "test") -> Job:
    steps = ("set up", "test", "report")
    done = tuple(Step(s, "failure" if conclusion == "failure" and s == red_step else "success") for s in steps)
    return Job(id=len(name), name=name, conclusion=conclusion, steps=done)


def run(**jobs: str | None) -> CiRun:
    made = tuple(job(name.replace("_", "-"), conclusion) for name, conclusion in jobs.items())
    return CiRun(id=1, sha="a" * 40, status="completed", conclusion="success", url="u", jobs=made)


@pytest.mark.parametrize(
    ("base", "tests", "patched", "fixes", "reproduced"),
    [
        ("success", "success", "success", "not_applicable", "passed"),
        ("success", "failure", "success", "not_applicable", "not_run"),
        ("success", "cancelled", "success", "not_applicable", "not_run"),
        ("failure", "success", "success", "passed", "not_run"),
        ("failure", "failure", "success", "not_run", "not_run"),
    ],
)
def test_a_green_patch_shows_what_its_neighbours_allow(base, tests, patched, fixes, reproduced):
    evidence = shown(run(base=base, tests_only=tests, patched=patched), green=True, with_tests=True)
    states = {item.name: item.state for item in evidence.items}
    assert (states["check ci"], states[FIXES], states[REPRODUCED]) == ("passed", fixes, reproduced)
    assert evidence.proves


def test_a_patch_that_is_green_at_the_second_run_is_green_and_in_doubt():
    made = run(base="success", tests_only="success", patched="success")
    assert shown(made, green=True, with_tests=True).state(STEADY) is None
    again = shown(replace(made, attempt=2), green=True, with_tests=True, shaken=True)
    assert shown(replace(made, attempt=2), green=True, with_tests=True).state(STEADY) is None, "somebody pressed a button"
    assert (again.proves, again.state(STEADY)) == (True, "failed")


def test_a_failing_test_that_the_patch_rewrites_was_not_fixed():
    for with_tests in (True, False):
        made = run(base="failure", tests_only="success", patched="success")
        evidence = shown(made, green=True, with_tests=with_tests, rewritten=("tests/test_a.py",))
        (fixes,) = [item for item in evidence.items if item.name == FIXES]
        assert (fixes.state, "takes lines from tests/test_a.py" in fixes.reason) == ("not_run", True)


def test_without_tests_of_its_own_a_green_patch_reproduces_nothing():
    evidence = shown(run(base="success", tests_only="success", patched="success"), green=True, with_tests=False)
    assert {item.name: item.state for item in evidence.items}[REPRODUCED] == "not_applicable"


def test_a_red_patch_is_a_veto_whatever_the_others_say():
    evidence = shown(run(base="failure", tests_only="success", patched="failure"), green=False, with_tests=True)
    assert [(item.name, item.state, item.strength) for item in evidence.items] == [("check ci", "failed", "veto")]
    assert "at step `test`" in evidence.items[0].reason


def test_a_base_that_never_ran_its_tests_shows_no_failing_test_fixed():
    base = job("base", "failure", red_step="set up")
    made = CiRun(1, "a" * 40, "completed", "success", "u", (base, job("patched", "success")))
    assert {item.name: item.state for item in shown(made, green=True, with_tests=False).items}[FIXES] == "not_run"


def test_a_workflow_of_the_repositorys_own_is_weak_when_green_and_a_veto_when_red():
    assert not workflow(run(lint="success"), "ci.yml", green=True).proves
    assert workflow(run(lint="failure"), "ci.yml", green=False).failed[0].strength == "veto"


def test_only_logs_that_say_something_of_the_patch_are_read():
    assert [job.name for job in failed(run(base="failure", tests_only="failure", patched="failure", lint="failure"))] == [
        "patched",
        "lint",
    ]


@pytest.mark.parametrize(
    ("base", "patched", "says"), [("set up", "set up", True), ("test", "test", False), ("set up", "test", False)]
)
def test_a_workflow_that_breaks_before_its_tests_on_the_base_too_says_nothing_of_a_patch(base, patched, says):
    made = CiRun(1, "a" * 40, "completed", "failure", "u", (job("base", "failure", base), job("patched", "failure", patched)))
    assert bool(unusable(made)) is says
