"""What is told of a run: the same ids in every job, and names cleaned, whatever a Trail, a policy or a provider says."""

from dataclasses import replace

import pytest

from bot.core import spans
from bot.core.cost import Cost, Tokens, Unpriced, Usage
from bot.core.entries import Opened, Proved, Published, Pushed
from bot.core.lane import Lane
from bot.core.recording import record
from bot.core.route import Refusal
from bot.core.trail import Trail
from tests.core.test_ci_trail import FAST, PASSED, PUSHED, RULES, awaited
from tests.core.test_trail import BARE, opened, tried


def at(instant: str, seconds: float = 2.0) -> Opened:
    return replace(opened(), at=instant, seconds=seconds)


def test_every_job_of_a_run_comes_to_the_same_ids_and_no_other_run_does():
    first = at("2026-01-01T00:00:00Z")
    request = first.request
    others = [
        at("2026-01-01T00:00:01Z"),
        *(replace(first, request=each) for each in (replace(request, id="x"), replace(request, repo="x"))),
    ]
    assert spans.ids(first) == spans.ids(replace(first, seconds=9.0))
    assert len({spans.ids(each) for each in (first, *others)}) == 4
    trace, root = spans.ids(first)
    assert 0 < trace < 2**128
    assert 0 < root < 2**64


def test_a_request_is_looked_at_until_its_trail_is_opened():
    assert spans.beginning(at("2026-01-01T00:00:10Z")) == (1_767_225_608 * 10**9, 1_767_225_610 * 10**9)


@pytest.mark.parametrize(("instant", "seconds"), [("yesterday", 1.0), ("", 1.0), ("2026-01-01T00:00:00Z", 1e300)])
def test_an_instant_that_is_none_is_unknown(instant, seconds):
    assert spans.beginning(at(instant, seconds)) is None


def test_a_refusal_is_told_by_its_code_and_not_in_its_words():
    told = spans.route(replace(opened(), route=Refusal("budget", "ann has 0.10 left")))
    assert told.values["route_agent.route"] == "refused"
    assert told.values["route_agent.refusal"] == "budget"
    assert "ann" not in str(told)


@pytest.mark.parametrize(
    ("entries", "name", "values"),
    [
        ((FAST,), "invoke_agent fast", {"route_agent.attempt": 1, "route_agent.ended": "finished"}),
        ((FAST, RULES), "prove", {"route_agent.evidence.passed": 1, "route_agent.evidence.failed": 0}),
        ((FAST, RULES, PUSHED), "push", {"route_agent.branch": PUSHED.branch, "route_agent.commit": PUSHED.commit}),
        ((FAST, RULES, PUSHED, PASSED), "await_ci", {"route_agent.ci": "passed", "route_agent.decision": "accept"}),
        ((FAST, RULES, PUSHED, awaited("timeout")), "await_ci", {"route_agent.decision": "stop", "route_agent.stop": "ci_timeout"}),
        ((FAST, RULES, PUSHED, PASSED, Published("x", "u", True)), "publish", {"route_agent.pull_request.open": True}),
    ],
)
def test_each_step_has_its_span(entries, name, values):
    told = spans.step(Trail(replace(opened(), proof="ci"), entries))
    assert told.name == name
    assert values.items() <= told.values.items()
    assert told.failed == ""


def test_an_attempt_without_a_patch_has_failed_and_says_how():
    told = spans.step(Trail(opened(), (tried("fast", "gave_up", ""),)))
    assert told.failed == "gave_up"
    escalated = spans.step(Trail(opened(), (tried("fast", "gave_up", ""), BARE)))
    assert escalated.values["route_agent.next_lane"] == "strong"


def test_what_is_unknown_is_left_out_and_is_no_zero():
    assert "route_agent.cost_micros" not in spans.usage(Usage(2, Tokens(10), 5, unpriced=1))
    assert spans.usage(Usage(2, Tokens(10), 5))["route_agent.cost_micros"] == 5
    assert spans.answer("m", None, Unpriced("nobody knows"), cut_off=False) == {"gen_ai.response.model": "m"}
    assert spans.answer("m", None, Cost(7, "policy"), cut_off=True)["gen_ai.response.finish_reasons"] == ("length",)
    assert "route_agent.cost_micros" not in spans.run(record(Trail(opened()), None)).values


@pytest.mark.parametrize(
    ("address", "values"),
    [
        ("https://ann:canary@models.example/v1", {"server.address": "models.example", "server.port": 443}),
        ("http://127.0.0.1:8080/v1?key=canary", {"server.address": "127.0.0.1", "server.port": 8080}),
        ("http://models.example:port/v1", {}),
        ("models.example", {}),
    ],
)
def test_of_a_models_address_host_and_port_are_told(address, values):
    lane = Lane(name="fast", provider="vllm", model="m", base_url=address)
    assert spans.server(lane) == values


def test_a_known_providers_host_is_told_too():
    assert spans.server(Lane(name="fast", provider="openrouter", model="m"))["server.address"] == "openrouter.ai"


def test_names_of_others_are_one_line_and_hold_no_token():
    assert spans.name("a\nb\x1b[31m ghp_" + "x" * 36) == "a b [redacted]"
    assert len(spans.name("x" * 500)) == spans.MOST
    assert spans.name("caf\udce9") == "caf?"
    assert spans.model_id("openai/gpt-4.1-mini:free") == "openai/gpt-4.1-mini:free"
    assert spans.model_id("the task was to add") == "other"
    assert spans.model_id("sk-" + "x1" * 15) == "[redacted]"


def test_hostile_entries_of_a_trail_are_told_clean():
    branch = "route-agent/1/c9-1\n" + "x" * 400
    told = spans.step(Trail(opened(), (FAST, Proved(RULES.evidence, 0.1), Pushed(branch, "c" * 400, 0.1))))
    assert all(len(str(value)) <= spans.MOST and "\n" not in str(value) for value in told.values.values())
