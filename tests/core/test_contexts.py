"""Required checks: every way in which one is not there, not green, or not the one that is meant."""

import pytest

from bot.core.ci import Limits, Said, Waiting
from bot.core.contexts import SILENT, Seen, Wanted, answers, judge

LIMITS = Limits(1_800.0, 0.0)
CI, LINT = Wanted("ci", 7), Wanted("lint")


def seen(id_: int, name: str, conclusion: str | None, app: int | None = 7, status: str = "") -> Seen:
    return Seen(id_, name, app, status or ("in_progress" if conclusion is None else "completed"), conclusion)


def verdict(*found: Seen, elapsed: float = 10.0, wanted: tuple[Wanted, ...] = (CI, LINT)) -> str:
    said = judge(wanted, found, LIMITS, elapsed)
    return "waiting" if isinstance(said, Waiting) else said.verdict


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ((seen(1, "ci", "success"), seen(2, "lint", "neutral")), "passed"),
        ((seen(1, "ci", "success"), seen(2, "lint", "skipped", app=None)), "passed"),
        ((seen(1, "ci", "success"),), "waiting"),  # the other comes late
        ((seen(1, "ci", "success"), seen(2, "lint", None)), "waiting"),
        ((seen(1, "ci", "success"), Seen(2, "lint", 7, "completed", None)), "waiting"),  # the conclusion lags
        ((seen(1, "ci", "success"), seen(2, "lint", "failure")), "failed"),
        ((seen(1, "ci", "success", app=8), seen(2, "lint", "success")), "waiting"),  # another app's
        ((seen(1, "ci", "failure"), seen(3, "ci", "success"), seen(2, "lint", "success")), "passed"),  # run again
        ((seen(3, "ci", "failure"), seen(1, "ci", "success"), seen(2, "lint", "success")), "failed"),
        ((seen(1, "ci", "success"), seen(2, "lint", "success", app=1), seen(3, "lint", "error", app=2)), "failed"),  # of two, both
        ((seen(1, "ci", None, status="waiting"), seen(2, "lint", "failure")), "needs_approval"),
        ((seen(1, "ci", "action_required"),), "needs_approval"),
        ((seen(1, "ci", "timed_out"),), "failed"),
        ((seen(1, "ci", "cancelled"),), "infra_error"),
        ((seen(1, "ci", "stale"), seen(2, "lint", "success")), "infra_error"),
        ((seen(1, "ci", "skipped"), seen(2, "lint", "skipped")), "no_ci"),
        ((), "waiting"),
    ],
)
def test_what_they_say_together(found, says):
    assert verdict(*found) == says


def test_what_never_begins_and_what_never_ends():
    assert verdict(elapsed=SILENT) == "no_ci"
    assert verdict(seen(1, "ci", "success", app=8), elapsed=SILENT, wanted=(CI,)) == "no_ci"
    assert verdict(seen(1, "ci", None), elapsed=SILENT) == "waiting", "a job that needs another begins later"
    assert verdict(seen(1, "ci", "success"), elapsed=1_800) == "timeout"
    said = judge((CI, LINT), (seen(1, "ci", "success"),), LIMITS, 1_800)
    assert isinstance(said, Said)
    assert said.why == "required check `lint` did not end within 30 minutes"


def test_only_the_newest_of_the_app_that_is_meant_answers():
    first, second, forged = seen(1, "ci", "success"), seen(2, "ci", None), seen(9, "ci", "success", app=8)
    assert answers(CI, (second, forged, first)) == (second,)
    assert answers(Wanted("ci"), (second, forged, first)) == (second, forged)
