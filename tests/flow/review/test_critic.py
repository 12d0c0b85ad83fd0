"""The verifier in the whole job: what it sees, what follows from what it says, and what it cannot stop."""

import json
from typing import Any

import pytest

from bot import tell
from bot.core.keys import Keys
from bot.core.verdict import Accept, Escalate
from bot.core.words import CRITIC, SUMMARY
from bot.demo.scripted import Scripted
from bot.edge.model.asking import Models, Timing
from bot.edge.prices import Prices
from bot.ports import Denied, Unavailable
from tests.fakes import repos
from tests.fakes.jobs import Job
from tests.fakes.repos import DONE, GOOD
from tests.fakes.server import Server
from tests.flow.review.verdicts import BUG, FINE, HALF, POLICY, PRICE, VERIFIER, reason, state


def test_a_critic_that_finds_no_bug_raises_the_confidence_and_is_paid_for(job):
    record, trail = job.run(Scripted({"fast": [GOOD, DONE], "verifier": [FINE]}))
    assert record.result == "pass"
    assert (state(record, CRITIC), state(record, SUMMARY)) == ("passed", "passed")
    assert record.confidence is not None
    assert "critic" in [term.name for term in record.confidence.terms]
    assert record.verification_micros
    assert record.cost_micros == sum(charge.micros or 0 for charge in job.charges())
    assert [charge.lane for charge in job.charges()].count("verifier") == 1
    text = tell.comment(record, trail.opened.policy, job.outside().render)
    assert "verification $0.00 " not in text


def test_it_sees_task_patch_surroundings_and_what_was_shown_so_far_and_no_tool_but_its_own(job):
    model = Scripted({"fast": [GOOD, DONE], "verifier": [FINE]})
    job.run(model)
    (prompt,) = [prompt for lane, prompt in model.heard if lane == "verifier"]
    told = prompt.turns[0].text
    for part in (
        "add(2, 2) gives 5",
        "+    return a + b",
        "1: def add(a, b):",
        "Adds without the extra one.",
        "fixes failing tests",
    ):
        assert part in told
    assert [tool.name for tool in prompt.tools] == ["verdict"]


def test_a_bug_that_it_finds_escalates_and_the_next_lane_reads_it(job):
    model = Scripted({"fast": [HALF, DONE], "strong": [GOOD, DONE], "verifier": [BUG, FINE]})
    job.policy = POLICY.replace("verification:", "  min_confidence: 0.8\nverification:", 1)
    record, _ = job.run(model)
    assert [type(a.decision) for a in record.attempts] == [Escalate, Accept]
    assert getattr(record.attempts[0].decision, "reason", "") == "low_confidence_summary"
    told = next(prompt for lane, prompt in model.heard if lane == "strong").turns[0].text
    assert "add('a', 1) raises TypeError" in told


def test_where_it_finds_a_bug_and_the_patch_is_accepted_all_the_same_that_is_the_first_thing_to_read(job):
    record, trail = job.run(Scripted({"fast": [GOOD, DONE], "verifier": [BUG]}))
    assert record.result == "pass", "it is wrong too often to reject by itself"
    render = job.outside().render
    for text in (tell.comment(record, trail.opened.policy, render), tell.report(record, render)):
        assert "another model, told to find the bug, says: " in text.lower()
        assert "add('a', 1) raises TypeError" in text


def test_a_summary_that_tells_of_another_patch_escalates_right_as_the_patch_may_be(job):
    claim = {**FINE, "summary_matches": False, "summary_why": "no test was added"}
    record, _ = job.run(Scripted({"fast": [GOOD, DONE], "strong": [GOOD, DONE], "verifier": [claim, FINE]}))
    first = record.attempts[0].decision
    assert isinstance(first, Escalate)
    assert (first.reason, "no test was added" in first.detail) == ("low_confidence_summary", True)
    assert record.result == "pass"


@pytest.mark.parametrize("answers", [["I cannot say.", "Still not."], [{**BUG, "lines": []}, {**BUG, "lines": []}], ["{", FINE]])
def test_one_re_ask_and_then_it_is_no_verdict(job, answers):
    """Complaint 20: an answer that could not be parsed counted as a verdict."""
    record, _ = job.run(Scripted({"fast": [GOOD, DONE], "verifier": answers}))
    assert record.result == "pass"
    if answers[-1] == FINE:
        assert state(record, CRITIC) == "passed"
    else:
        assert state(record, CRITIC) == "not_run"
        assert reason(record, CRITIC).startswith("no verdict: ")
    assert [charge.lane for charge in job.charges()].count("verifier") == 2


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (Denied("key VERIFIER_KEY is missing"), "VERIFIER_KEY is missing"),
        (Unavailable("no answer in time", paid=True), "no answer in time"),
        (Unavailable("busy"), "busy"),
    ],
)
def test_what_keeps_it_from_answering_stops_no_run(job, trouble, says):
    """Complaint 21: where the second model broke down the run broke down, or went on as if it had agreed."""
    record, _ = job.run(Scripted({"fast": [GOOD, DONE], "verifier": [trouble]}))
    assert record.result == "pass"
    assert state(record, CRITIC) == "not_run"
    assert says in reason(record, CRITIC)
    booked = [charge.micros for charge in job.charges() if charge.lane == "verifier"]
    assert bool(sum(micros or 0 for micros in booked)) is getattr(trouble, "paid", False)


def test_without_room_in_the_budget_it_is_not_asked(job):
    job.policy = POLICY.replace(VERIFIER, VERIFIER.replace(PRICE, "price: {input: 1000, output: 2000}"))
    record, _ = job.run(Scripted({"fast": [GOOD, DONE], "verifier": [FINE]}))
    assert record.result == "pass"
    assert "no room in the budget" in reason(record, CRITIC)
    assert not [charge for charge in job.charges() if charge.lane == "verifier"]


def test_it_does_not_judge_its_own_work(job):
    job.policy = POLICY.replace("m-judge", "m-fast")
    record, _ = job.run(Scripted({"fast": [GOOD, DONE], "verifier": [FINE]}))
    assert "the author's own model" in reason(record, CRITIC)
    assert not [charge for charge in job.charges() if charge.lane == "verifier"]


def test_what_fails_for_nothing_is_not_shown_to_it(job):
    model = Scripted({"fast": [repos.BAD, DONE], "strong": [GOOD, DONE], "verifier": [FINE]})
    record, _ = job.run(model)
    assert state(record, CRITIC, 0) is None
    assert [lane for lane, _ in model.heard].count("verifier") == 1


def test_a_verdict_that_a_model_quotes_from_the_task_is_not_its_own(job):
    quoted = f"The task says {json.dumps(FINE)} but I found: {json.dumps({**BUG, 'bug': 'it raises'})}"
    record, _ = job.run(Scripted({"fast": [GOOD, DONE], "verifier": [quoted, quoted]}))
    assert state(record, CRITIC) == "not_run"
    assert "not one JSON object" in reason(record, CRITIC)


def test_an_answer_may_be_as_long_as_the_policy_says(job):
    job.policy = POLICY.replace("model: m-judge", "model: m-judge, max_output_tokens: 700")
    model = Scripted({"fast": [GOOD, DONE], "verifier": [FINE]})
    job.run(model)
    assert [prompt.max_output_tokens for lane, prompt in model.heard if lane == "verifier"] == [700]


@pytest.mark.parametrize("kind", ["call", "fenced"])
@pytest.mark.parametrize("api", ["chat", "chat_json", "responses", "messages"])
def test_every_wire_brings_a_verdict_and_a_re_ask_whether_it_is_a_call_or_a_text(job, api, kind):
    bare = {name: value for name, value in BUG.items() if name != "action"}
    answers: dict[str, Any] = {"call": BUG}
    answers["fenced"] = {"content": f"```json\n{json.dumps(bare)}\n```"}
    with Server() as server:
        server.script("m-fast", [GOOD, DONE])
        server.script("m-judge", [{**BUG, "lines": []}, answers[kind]])
        lanes = POLICY.replace("http://127.0.0.1:9/v1", server.url).replace("model: m-judge", f"model: m-judge, api: {api}")
        job.policy = lanes
        record, _ = job.run(asking(job))
    assert state(record, CRITIC) == "failed"
    assert "raises TypeError" in reason(record, CRITIC)
    assert [body["model"] for body in server.requests].count("m-judge") == 2
    assert [charge.source for charge in job.charges() if charge.lane == "verifier"] == ["policy", "policy"]


def test_a_missing_key_is_said_and_stops_nothing(job):
    with Server() as server:
        server.script("m-fast", [GOOD, DONE])
        judge = VERIFIER.replace("m-judge,", "m-judge, api_key_env: JUDGE_KEY,")
        job.policy = POLICY.replace(VERIFIER, judge).replace("http://127.0.0.1:9/v1", server.url)
        record, _ = job.run(asking(job))
    assert record.result == "pass"
    assert (state(record, CRITIC), "JUDGE_KEY, which is not set" in reason(record, CRITIC)) == ("not_run", True)
    assert record.verification_micros == 0


def asking(job: Job) -> Models:
    timing = Timing(lambda: 0.0, lambda _: None, lambda: 0.5)
    return Models(Keys({}, "anywhere"), Prices(), job.outside().render, timing, lambda _: None)
