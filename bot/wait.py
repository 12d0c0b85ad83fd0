"""Has the repository's own CI judge a branch, and waits for what it says."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.core import ci, jobs, patch
from bot.core.attempt import Attempt
from bot.core.checks import Check
from bot.core.ci import CiRun
from bot.core.entries import Awaited, Opened, Pushed
from bot.core.evidence import Evidence
from bot.core.policy import Policy
from bot.core.trail import Trail
from bot.gates import gates, passed_by
from bot.polling import FIRST, GROWS, answered, left_behind, log_of, rest
from bot.ports import Ci, Denied, Desk, Kit, Unavailable
from bot.publish import offered_early, push


@dataclass(frozen=True, slots=True)
class Started:
    """A workflow at work on a branch of ours."""

    check: Check
    run: int
    rewritten: tuple[str, ...]
    """Test files that the patch takes lines from."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """A branch and the runs on it that were begun before it was this patch's turn."""

    pushed: Pushed
    runs: tuple[int, ...]


def begun_ahead(trail: Trail, attempt: Attempt, desk: Desk, kit: Kit) -> Ahead | None:
    """Push, and start CI, while a verifier is yet to be asked: neither has to wait for the other.

    Both are taken up again where they are when their turn comes. What does not work here is said then.
    """
    runs: list[int] = []
    pushed: Pushed | None = None
    with suppress(Denied, Unavailable):
        if _moved(trail, desk) is None:
            pushed = push(trail, attempt, len(trail.attempts), desk, kit.clock)
            for each in _begun(trail, pushed, desk, kit):
                runs.append(each.run)  # noqa: PERF401 - of what breaks off, those before are kept
    return None if pushed is None else Ahead(pushed, tuple(runs))


def taken_back(ahead: Ahead | None, desk: Desk) -> None:
    """The patch is to be judged no more: a run or a branch too many is not worth the run."""
    if ahead is None:
        return
    assert desk.ci is not None, "there is no CI to ask"
    for run in ahead.runs:
        with suppress(Denied, Unavailable):
            desk.ci.stop(run)
    with suppress(Denied, Unavailable):
        desk.writer.drop(ahead.pushed.branch)


def _begun(trail: Trail, pushed: Pushed, desk: Desk, kit: Kit) -> Iterator[Started]:
    """Every workflow that is to judge the patch, started one by one."""
    assert desk.ci is not None, "there is no CI to ask"
    inputs = {"base": trail.opened.request.base, "tests-only": pushed.tests or "", "patched": pushed.commit}
    inputs["request"] = trail.opened.request.id
    rewritten = patch.rewritten(patch.parse(trail.attempts[-1].diff))
    for check in _due(trail.opened, trail.attempts[-1].lane):
        kit.watch("waiting_for_ci", f"{check.name} on {pushed.branch}")
        asked = inputs if _shipped(check) else {}
        yield Started(check, desk.ci.start(check.run, pushed.branch, pushed.commit, asked), rewritten)


def _due(opened: Opened, lane: str) -> tuple[Check, ...]:
    """The workflows that the policy names for lane or class, by file name without its ending; all where it names none of them.

    The shipped one always: nothing but that shows which tests ran, so without it no patch could be accepted.
    """
    verification = opened.policy.verification
    names = verification.by_class.get(opened.task_class) or verification.by_lane.get(lane) or ()
    named = tuple(check for check in opened.checks if check.name.rpartition(".")[0] in names) or opened.checks
    return tuple(check for check in opened.checks if check in named or _shipped(check))


def judged(trail: Trail, pushed: Pushed, desk: Desk, kit: Kit) -> Awaited:
    """Start every workflow that is to judge the patch, wait for each and for what is required; say what they show together.

    What is still running when that is clear, or when somebody ends the run, is ended too.
    """
    assert desk.ci is not None, "there is no CI to ask"
    start, policy = kit.clock.seconds(), trail.opened.policy
    if (gone := _moved(trail, desk)) is not None:
        return gone
    found = gates(trail, desk, desk.ci)
    if found.early and not offered_early(trail, pushed, desk):  # so that its checks run beside those that are started by hand
        why = "no draft of a pull request could be opened, which makes them run"
        found = replace(found, wanted=found.named, unknown=found.unknown or why)
    started: list[Started] = []
    said: list[Awaited] = []
    try:
        started.extend(_begun(trail, pushed, desk, kit))
        for each in started:
            ended, run = one(each, pushed, policy, desk.ci, kit, start)
            if ended.verdict == "failed" and run.attempt == 1 and _shipped(each.check) and jobs.perhaps_chance(run):
                kit.watch("waiting_for_ci", f"{each.check.name} once more: what is red may be chance")
                with suppress(Denied, Unavailable):  # then what was said first stands
                    desk.ci.again(run.id)
                    second, _ = one(each, pushed, policy, desk.ci, kit, start, attempt=2)
                    ended = second if second.verdict in ("passed", "failed", "superseded") else ended
            said.append(ended)
            if said[-1].verdict != "passed":
                break
        else:
            said += filter(None, (passed_by(found, trail, pushed, desk.ci, kit, start),))
    finally:
        over = sum(each.verdict not in ("timeout", "needs_approval") for each in said)  # only the last can be one of these
        for each in started[over:]:
            with suppress(Denied, Unavailable):  # it ends by itself
                desk.ci.stop(each.run)
    return _moved(trail, desk) or _together(tuple(said), round(kit.clock.seconds() - start, 3))


def _moved(trail: Trail, desk: Desk) -> Awaited | None:
    """A pull request that has moved on is not the one the command was given for."""
    base = trail.opened.request.base
    if desk.pulls is None or not desk.pulls.moved(base):
        return None
    return Awaited(
        "superseded", f"the pull request has moved on from {base[:12]}, which the command was given for", "", Evidence(()), 0.0
    )


def one(
    started: Started, pushed: Pushed, policy: Policy, source: Ci, kit: Kit, start: float, attempt: int = 1
) -> tuple[Awaited, CiRun]:
    """One workflow, to its verdict. Right after it was run again GitHub may still show the attempt before."""
    limits = ci.Limits(policy.verification.ci.timeout_minutes * 60.0, float(policy.verification.ci.min_seconds))

    def look() -> tuple[ci.Said, CiRun, bool] | None:
        run = source.look(started.run)
        elapsed = kit.clock.seconds() - start
        if run.attempt < attempt and elapsed <= limits.seconds:
            return None
        said = _verdict(run, started.check, pushed.commit, limits, elapsed)
        return None if isinstance(said, ci.Waiting) else (said, run, source.moved(pushed.branch, pushed.commit))

    rest(FIRST, kit)
    said, run, moved = answered(look, limits.seconds, kit, start, FIRST * GROWS)
    if moved:
        return Awaited("superseded", left_behind(pushed.branch), run.url, Evidence(()), 0.0), run
    evidence = _evidence(started, run, said.verdict, pushed, source, shaken=attempt > 1)
    return Awaited(said.verdict, said.why, run.url, evidence, 0.0), run


def _shipped(check: Check) -> bool:
    return check.run.endswith(f"/{jobs.VERIFY}")


def _verdict(run: ci.CiRun, check: Check, sha: str, limits: ci.Limits, elapsed: float) -> ci.Said | ci.Waiting:
    said = ci.judge(run, sha, limits, elapsed, jobs.PATCHED if _shipped(check) else None)
    if isinstance(said, ci.Said) and said.verdict == "failed" and _shipped(check) and (why := jobs.unusable(run)):
        return ci.Said("infra_error", why)
    return said


def _evidence(started: Started, run: CiRun, verdict: ci.Verdict, pushed: Pushed, source: Ci, *, shaken: bool) -> Evidence:
    if verdict not in ("passed", "failed"):
        return Evidence(())
    green = verdict == "passed"
    if _shipped(started.check):
        found = jobs.shown(run, green=green, with_tests=pushed.tests is not None, rewritten=started.rewritten, shaken=shaken)
    else:
        found = jobs.workflow(run, started.check.name, green=green)
    return Evidence(found.items, tuple(log_of(job.name, job.id, source) for job in jobs.failed(run)[:2]))


def _together(said: tuple[Awaited, ...], seconds: float) -> Awaited:
    last = next((each for each in reversed(said) if each.url or each.verdict != "passed"), said[-1])
    items = tuple(item for each in said for item in each.evidence.items)
    return Awaited(last.verdict, last.why, last.url, Evidence(items, said[-1].evidence.runs), seconds)
