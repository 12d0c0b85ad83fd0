"""Faults of a server that others wrote, and what it thinks of how we take them."""

import json
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest

from bot.ports import Denied, TooLong, Unavailable
from tests.counterparts.llmock import Faults
from tests.counterparts.product import APIS, ROUTES, Product
from tests.counterparts.relay import Fault, Relay

pytestmark = [pytest.mark.elsewhere, pytest.mark.parametrize("api", APIS)]

NEVER = {"retry_after_ignored", "retried_non_retryable", "retry_storm", "truncated_stream_accepted"}
"""What llmock calls errors. The rest are warnings, which each test answers for itself."""


class Bed:
    """One adapter on one wire format, straight to llmock or over a wire that breaks."""

    def __init__(self, faults: Faults, relay: Relay, api: str) -> None:
        self.faults, self.relay = faults, relay
        self.provider, path = ROUTES[api]
        self.lane = {"provider": self.provider, "api": api}
        self.straight, self.over = Product(faults.served.url + path, "sk-any"), Product(relay.url + path, "sk-any")

    def ask(self, *turns: str, seconds: float = 30.0):
        return self.straight.ask("gpt-4o", *turns, seconds=seconds, **self.lane)

    def statuses(self) -> list[int]:
        return [request["status"] for request in self.faults.journal()]


@pytest.fixture
def bed(llmock: Faults, api: str) -> Iterator[Bed]:
    """What llmock holds against us after the test are no errors, whatever the test was about."""
    with Relay(llmock.served.port) as relay:
        yield Bed(llmock, relay, api)
    assert not NEVER & set(llmock.findings())


def test_a_tool_call_is_heard(bed):
    (call,) = bed.ask().said.calls
    assert (call.name, call.arguments) == ("read", {"path": "mock-path"})
    assert bed.statuses() == [200]


@pytest.mark.parametrize(("status", "asked"), [(429, 2), (503, 1), (529, 1)])
def test_the_wait_that_was_asked_for_is_kept(bed, status, asked):
    bed.faults.fail(status, times=1, retry_after=asked)
    assert bed.ask().said.calls
    first, second = bed.faults.journal()
    assert second["started_at"] - first["ended_at"] >= asked
    assert bed.faults.findings() == []


def test_a_wait_that_is_too_long_is_not_waited_and_nothing_more_is_asked(bed):
    bed.faults.fail(429, times=9, retry_after=500)
    with pytest.raises(Unavailable):
        bed.ask()
    assert bed.statuses() == [429]
    assert bed.faults.findings() == ["gave_up"], "a warning, and what we mean to do"


@pytest.mark.parametrize("status", [500, 503, 529])
def test_a_server_that_stays_down_is_asked_four_times_with_growing_waits(bed, status):
    bed.faults.fail(status, times=None, retry_after=0)
    with pytest.raises(Unavailable) as error:
        bed.ask()
    assert bed.statuses() == [status] * 4
    seen = bed.faults.journal()
    waits = [after["started_at"] - before["ended_at"] for before, after in pairwise(seen)]
    assert 0.25 <= waits[0] < waits[1] < waits[2] >= 1.0, waits
    assert not error.value.paid
    assert bed.faults.findings() == []


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
def test_what_will_not_go_better_is_asked_once(bed, status):
    bed.faults.fail(status, times=9)
    with pytest.raises(Denied):
        bed.ask()
    assert bed.statuses() == [status]
    assert bed.faults.findings() == []


def test_a_prompt_over_the_server_s_own_limit_is_too_long(bed):
    with pytest.raises(TooLong):
        bed.ask("word " * 9_000)
    assert bed.statuses() == [400]


def test_arguments_that_are_no_json_are_malformed_and_a_tool_never_offered_is_heard_as_it_is(bed):
    bed.faults.queue({"type": "tool_fault", "kind": "malformed_arguments"})
    said = bed.ask().said
    if bed.lane["api"] == "messages":
        assert dict(said.calls[0].arguments) == {}, "that format has objects only: an empty one stands for what was no JSON"
    else:
        assert said.malformed
    bed.faults.queue({"type": "tool_fault", "kind": "unknown_tool"})
    assert bed.ask("Once more.").said.calls[0].name == "llmock_unknown_tool"


def test_a_call_that_was_cut_off_is_not_believed(bed):
    calls = [{"name": "read", "arguments": {"path": "a.py"}}]
    bed.faults.queue({"type": "reply", "tool_calls": calls, "finish_reason": "length"})
    assert bed.ask().cut_off


def test_an_answer_that_comes_too_late_is_counted_as_paid(bed):
    bed.faults.queue({"type": "delay", "seconds": 2})
    with pytest.raises(Unavailable) as error:
        bed.ask(seconds=1.0)
    assert error.value.paid
    assert bed.statuses() == [200]


@pytest.mark.parametrize("fault", ["disconnect", "reset", "truncate", "corrupt", "stall", "drip"])
def test_an_answer_that_breaks_on_the_way_is_counted_as_paid_and_not_asked_for_again(bed, fault: Fault):
    bed.relay.faults = [fault] * 9
    before = time.monotonic()
    with pytest.raises(Unavailable) as error:
        bed.over.ask("gpt-4o", seconds=1.0, **bed.lane)
    assert error.value.paid
    assert time.monotonic() - before < 3, "a second was given, however the bytes come"
    assert bed.statuses() == [200], "the server answered once, whole: that is what it can bill"


@pytest.mark.parametrize("kind", ["disconnect", "truncate", "stall", "malformed"])
def test_faults_of_streams_cannot_reach_us_since_we_ask_for_none(bed, kind):
    bed.faults.queue({"type": "stream_fault", "kind": kind})
    assert bed.ask().said.calls
    assert [waiting["kind"] for waiting in bed.faults.waiting()] == [kind]
    assert not any(request["stream"] for request in bed.faults.journal())


def test_the_judge_would_have_noticed(llmock, api):
    """A client that does everything wrong, so that its silence about us says something."""
    llmock.fail(429, times=1, retry_after=5)
    llmock.fail(400, times=1)
    body = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]})
    for _ in range(3):
        try:
            llmock.served.get("/v1/chat/completions", "POST", body)
        except OSError:
            continue
    assert set(llmock.findings()) == {"retry_after_ignored", "retried_non_retryable"}
