"""The seven verdicts: every row is something that GitHub does, and only one of them means proved."""

import pytest

from bot.core.ci import CiRun, Job, Limits, Said, Waiting, judge

SHA, OTHER = "a" * 40, "b" * 40
LIMITS = Limits(600.0, 20.0)
GREEN, RED = Job(1, "patched", "success"), Job(1, "patched", "failure")
BASE_RED = Job(2, "base", "failure")


def run(
    status: str = "completed",
    conclusion: str | None = "success",
    jobs: tuple[Job, ...] = (GREEN,),
    seconds: float | None = 60.0,
    sha: str = SHA,
) -> CiRun:
    return CiRun(1, sha, status, conclusion, "u", jobs, seconds)


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        (run(), "passed"),
        (run(conclusion="failure", jobs=(RED,)), "failed"),
        (run(conclusion="failure", jobs=(GREEN, Job(2, "lint", "timed_out"))), "failed"),
        (run(sha=OTHER), "superseded"),
        (run(sha=OTHER, status="queued", conclusion=None), "superseded"),
        (run(conclusion="action_required", jobs=()), "needs_approval"),
        (run(status="waiting", conclusion=None), "needs_approval"),
        (run(jobs=()), "no_ci"),
        (run(conclusion="skipped", jobs=(Job(1, "patched", "skipped"),)), "no_ci"),
        (run(jobs=(Job(1, "a", "skipped"), Job(2, "b", "neutral"))), "no_ci"),
        (run(jobs=(Job(1, "a", "skipped"), GREEN)), "passed"),
        (run(conclusion="cancelled"), "infra_error"),
        (run(conclusion="startup_failure", jobs=()), "infra_error"),
        (run(conclusion="stale"), "infra_error"),
        (run(jobs=(Job(1, "patched", "cancelled"),)), "infra_error"),
        (run(conclusion="failure"), "infra_error"),
        (run(seconds=3.0), "infra_error"),
        (run(seconds=None), "passed"),
    ],
)
def test_a_run_that_says_something_has_one_verdict(seen: CiRun, verdict: str):
    said = judge(seen, SHA, LIMITS, 30.0)
    assert isinstance(said, Said)
    assert said.verdict == verdict
    assert said.why


@pytest.mark.parametrize(
    "seen",
    [
        run("queued", None, ()),
        run("requested", None, ()),
        run("pending", None, ()),
        run("in_progress", None),
        run("completed", None),
        run("completed", "success", (GREEN, Job(2, "late", None))),
    ],
)
def test_what_is_not_at_its_end_is_waited_for_until_the_deadline(seen: CiRun):
    assert isinstance(judge(seen, SHA, LIMITS, 599.0), Waiting)
    late = judge(seen, SHA, LIMITS, 600.0)
    assert isinstance(late, Said)
    assert late.verdict == "timeout"


@pytest.mark.parametrize(
    ("jobs", "conclusion", "verdict"),
    [
        ((GREEN, BASE_RED), "failure", "passed"),
        ((RED, BASE_RED), "failure", "failed"),
        ((BASE_RED,), "failure", "no_ci"),
        ((Job(1, "patched", "skipped"), Job(2, "base", "success")), "success", "no_ci"),
        ((GREEN, Job(2, "base", "cancelled")), "cancelled", "infra_error"),
    ],
)
def test_in_the_shipped_workflow_one_job_speaks_of_the_patch(jobs: tuple[Job, ...], conclusion: str, verdict: str):
    said = judge(run(conclusion=conclusion, jobs=jobs), SHA, LIMITS, 30.0, "patched")
    assert isinstance(said, Said)
    assert said.verdict == verdict
