"""The main job, end to end: what calls cost, and calls that are lost, denied or never made."""

from bot.core.cost import Cost, Tokens
from bot.core.spend import Charge
from bot.demo.scripted import Scripted
from bot.ports import Denied, Reply, Said, Unavailable
from bot.shop import Wall
from tests.fakes.repos import DONE, GOOD


def test_what_a_reply_costs_is_booked_whatever_it_says(job):
    garbled = Reply(Said("", (), "no JSON"), Tokens(10, output=5), Cost(7, "provider"), "m")

    record, _ = job.run(Scripted({"fast": [garbled, garbled, garbled], "strong": [GOOD, DONE]}))

    assert record.attempts[0].ended == "malformed"
    assert [c.micros for c in job.charges()][:3] == [7, 7, 7]
    assert record.cost_micros == sum(c.micros or 0 for c in job.charges())


def test_a_call_that_could_pass_the_budget_is_not_made(job):
    job.policy += "budget: {per_run_usd: 0.001}\n"
    model = Scripted({"fast": [GOOD, DONE], "strong": [GOOD, DONE]})

    record, _ = job.run(model)

    assert record.result == "budget"
    assert "the next call could cost" in record.detail
    assert model.heard == []


def test_a_day_that_is_spent_refuses_before_anything_runs(job):
    job.policy += "budget: {per_run_usd: 0.05, per_day_usd: 0.05}\n"
    job.ledger.append(Charge("other", Wall().now(), "ann", "fast", 50_000, "policy"))

    record, _ = job.run(Scripted({"fast": [GOOD, DONE]}))

    assert record.result == "budget"
    assert record.detail == "budget.per_day_usd is spent: $0.05 of $0.05, with what runs at work have set aside"


def test_a_lane_whose_cost_nobody_knows_is_refused_with_the_key_to_add(job):
    job.policy = job.policy.replace(", price: {input: 10, output: 20}", "")

    record, _ = job.run(Scripted({"fast": [GOOD, DONE]}))

    assert record.result == "refused"
    assert "models.strong.price" in record.detail


def test_a_provider_that_is_out_of_reach_is_no_verdict_on_the_patch(job):
    record, _ = job.run(Scripted({"fast": [Unavailable("cut off", paid=True), Unavailable("refused")], "strong": [GOOD, DONE]}))

    assert record.result == "unavailable"
    assert [c.source for c in job.charges()] == ["worst_case", "unanswered"], "what may have been charged is booked at its worst"
    assert [bool(c.micros) for c in job.charges()] == [True, False]


def test_a_bad_key_ends_the_run_with_the_remedy(job):
    record, _ = job.run(Scripted({"fast": [Denied("status 401: check the key")]}))

    assert (record.result, record.detail) == ("quota", "status 401: check the key")


def test_a_call_that_may_have_been_billed_is_booked_each_time_it_is_made(job):
    lost = Unavailable("no answer in time", paid=True)
    record, _ = job.run(Scripted({"fast": [lost, lost, lost, GOOD, DONE]}))
    assert record.result == "unavailable"
    assert [charge.source for charge in job.charges()] == ["worst_case"] * 3
    assert record.cost_micros == sum(charge.micros or 0 for charge in job.charges())


def test_a_call_that_was_lost_in_passing_is_booked_and_made_again(job):
    record, _ = job.run(Scripted({"fast": [Unavailable("no answer in time", paid=True), GOOD, DONE]}))
    assert record.result == "pass"
    assert [charge.source for charge in job.charges()] == ["worst_case", "policy", "policy"]
