"""A run that is killed buys no review twice."""

from functools import partial
from typing import Any

import pytest

from bot.core.words import CRITIC, INDEPENDENT
from bot.demo.scripted import Scripted
from bot.edge.store import Runs
from tests.fakes.repos import DONE, GOOD
from tests.flow.review.verdicts import DEEP, FINE, WRITTEN, state
from tests.flow.test_resume import Killed, KillingRuns


@pytest.mark.parametrize("kills", range(1, 6))
def test_a_run_killed_after_any_step_buys_no_review_twice(job, kills):
    job.runs = partial(KillingRuns, left=kills)
    first = Scripted({"fast": [GOOD, DONE], "verifier": [FINE]})
    with pytest.raises(Killed):
        job.run(first)
    job.runs = Runs
    asked = [lane for lane, _ in first.heard].count("verifier")
    second = Scripted({"fast": [GOOD, DONE], "verifier": [FINE] * (1 - asked)})
    record, _ = job.run(second)
    assert record.result == "pass"
    assert asked + [lane for lane, _ in second.heard].count("verifier") == 1


@pytest.mark.parametrize("kills", range(3, 6))
def test_a_run_killed_between_the_verifiers_answers_buys_none_of_them_twice(job, kills):
    job.policy = DEEP
    job.runs = partial(KillingRuns, left=kills)
    first = Scripted({"fast": [GOOD, DONE], "verifier": [FINE, WRITTEN]})
    with pytest.raises(Killed):
        job.run(first)
    bought = [lane for lane, _ in first.heard].count("verifier")
    job.runs = Runs
    answers: list[Any] = [FINE, WRITTEN]
    second = Scripted({"verifier": answers[bought:]})
    record, trail = job.run(second)
    assert (state(record, CRITIC), state(record, INDEPENDENT)) == ("passed", "passed")
    assert bought + len(second.heard) == 2
    assert record.cost_micros == sum(charge.micros or 0 for charge in job.charges()) == trail.usage.micros


class Dying(Scripted):
    """The process goes away while the verifier is asked."""

    def ask(self, lane: Any, prompt: Any) -> Any:
        if lane.name == "verifier":
            raise Killed
        return super().ask(lane, prompt)


def test_a_review_cut_off_in_mid_call_is_booked_at_its_worst_and_asked_again(job):
    with pytest.raises(Killed):
        job.run(Dying({"fast": [GOOD, DONE]}))
    (lost,) = [charge for charge in job.charges() if charge.lane == "verifier"]
    record, _ = job.run(Scripted({"verifier": [FINE]}))
    assert record.result == "pass"
    assert (lost.micros or 0) > (record.verification_micros or 0)
    assert record.cost_micros == sum(charge.micros or 0 for charge in job.charges())
