"""What the repository's own CI says of a branch: one of seven verdicts, and only one of them means proved.

The rules follow from how GitHub reports: nothing seen yet is not green, a skipped job proves nothing, a run on another commit
says nothing of ours, and a state that waits for a person never ends by itself.
"""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["passed", "failed", "no_ci", "needs_approval", "timeout", "superseded", "infra_error"]


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    conclusion: str | None


@dataclass(frozen=True, slots=True)
class Job:
    """`conclusion` is None while it has not ended, and for a moment after."""

    id: int
    name: str
    conclusion: str | None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class CiRun:
    """One run of one workflow, as GitHub reports it. `seconds` is how long it took, None where that is not said."""

    id: int
    sha: str
    status: str
    conclusion: str | None
    url: str
    jobs: tuple[Job, ...] = ()
    seconds: float | None = None
    attempt: int = 1
    """How often it was started: a run that is run again keeps its id."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing is decided yet."""


@dataclass(frozen=True, slots=True)
class Said:
    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True)
class Limits:
    """`seconds` is how long to wait; a run quicker than `least` cannot have run anything."""

    seconds: float
    least: float


_GATED = frozenset({"action_required", "waiting"})
_BROKEN = frozenset({"cancelled", "startup_failure", "stale"})
_RED = frozenset({"failure", "timed_out"})


def judge(run: CiRun, sha: str, limits: Limits, elapsed: float, deciding: str | None = None) -> Said | Waiting:
    """What a run says of commit `sha` after `elapsed` seconds of waiting.

    `deciding` names the one job that speaks of the patch, in a workflow whose other jobs may well be red.
    """
    if run.sha != sha:
        return Said("superseded", f"the run is on {run.sha[:12]}, not on {sha[:12]}")
    if run.status in _GATED or run.conclusion in _GATED:
        return Said("needs_approval", "the run waits for a person to approve it")
    if run.status == "completed" and run.conclusion is not None and _told(run):
        return _ended(run, limits, deciding)
    if elapsed >= limits.seconds:
        return Said("timeout", f"CI did not end within {limits.seconds / 60:.0f} minutes")
    return Waiting()


def _told(run: CiRun) -> bool:
    """Whether every job has its conclusion too: GitHub may report the run's first."""
    return all(job.conclusion is not None for job in run.jobs)


def _ended(run: CiRun, limits: Limits, deciding: str | None) -> Said:
    judged = tuple(job for job in run.jobs if deciding is None or job.name == deciding)
    ends = {job.conclusion for job in judged}
    if run.conclusion in _BROKEN or ends & _BROKEN:
        return Said("infra_error", f"the run ended as {run.conclusion}: {_named(judged, _BROKEN) or 'it never ran'}")
    if not judged:
        missing = f"the run has no job `{deciding}`" if deciding else "the run has no job"
        return Said("no_ci", f"{missing}, so nothing judged the patch")
    if ends & _RED:
        return Said("failed", f"red: {_named(judged, _RED)}")
    if "success" not in ends:
        return Said("no_ci", "every job was skipped, so nothing judged the patch")
    if deciding is None and run.conclusion != "success":
        return Said("infra_error", f"the run ended as {run.conclusion}, though no job of it is red")
    if run.seconds is not None and run.seconds < limits.least:
        return Said("infra_error", f"green after {run.seconds:.0f} s; verification.ci.min_seconds is {limits.least:.0f}")
    return Said("passed", f"green: {_named(judged, frozenset({'success'}))}")


def _named(jobs: tuple[Job, ...], ends: frozenset[str]) -> str:
    return ", ".join(job.name for job in jobs if job.conclusion in ends)
