"""Refusals, errors and answers that are cut off, told apart in each wire format."""

from typing import Any

import pytest

from bot.ports import Denied, TooLong, Unavailable
from tests.edge.test_model import DO, KEY, Bed
from tests.edge.wires.asking import APIS, ask


def failed(bed: Bed, api: str, status: int, body: Any, **headers: str) -> dict[str, Any]:
    return {"status": status, "body": body, "headers": headers}


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (
            402,
            {"error": {"code": 402, "message": "x", "metadata": {"limit_source": "openrouter_in_flight_budget"}}},
            Unavailable,
            "402",
        ),
        (402, {"error": {"code": 402, "message": "Insufficient credits"}}, Denied, "no budget left"),
        (403, {"error": {"code": 403, "message": "Budget limit exceeded"}}, Denied, "no budget left"),
        (
            404,
            {"error": {"message": "No endpoints", "availability": {"code": "constraint_filtered"}}},
            Denied,
            "models.<lane>.price",
        ),
        (503, {"error": {"message": "gone", "availability": {"code": "no_endpoints", "retryable": False}}}, Unavailable, "503"),
        (400, {"error": {"message": "No connected db.", "type": "no_db_connection"}}, Denied, "check the key"),
        (429, {"error": {"message": "No deployments available - crossed budget"}}, Denied, "raise max_budget"),
        (401, {"error": "Unauthorized"}, Denied, "Unauthorized"),
        (413, {"error": {"message": "big"}}, TooLong, "big"),
        (400, ["what"], Denied, "status 400"),
    ],
)
def test_refusals_of_gateways_are_told_apart(bed, status, body, kind, said):
    with pytest.raises(kind, match=said) as error:
        ask(bed, "chat", *[failed(bed, "chat", status, body)] * 9)
    assert not error.value.paid


@pytest.mark.parametrize("before", range(180, 241, 7))
def test_a_key_that_an_error_echoes_is_found_wherever_the_text_is_cut(bed, before):
    with pytest.raises(Denied) as error:
        ask(bed, "chat", failed(bed, "chat", 401, {"error": {"message": f"{'x' * before}{KEY}"}}))
    assert KEY[:9] not in str(error.value)


def test_a_server_that_says_not_to_try_again_is_not_asked_again(bed):
    with pytest.raises(Unavailable):
        ask(bed, "chat", failed(bed, "chat", 500, {}, **{"x-should-retry": "false"}), DO)
    assert len(bed.server.requests) == 1


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    ("status", "kind", "tries"),
    [(529, Unavailable, 4), (500, Unavailable, 4), (401, Denied, 1), (402, Denied, 1), (404, Denied, 1)],
)
def test_statuses_mean_the_same_in_each_format(bed, api, status, kind, tries):
    with pytest.raises(kind) as error:
        ask(bed, api, *[failed(bed, api, status, {"type": "error", "error": {"type": "t", "message": f"bad {KEY}"}})] * 9)
    assert len(bed.server.requests) == tries
    assert KEY not in str(error.value)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    "answer",
    [
        {"drop": True},
        {"raw": ""},
        {"raw": "upstream request timeout"},
        {"raw": '{"id": ', "type": "application/json"},
        {"raw": "[]", "type": "application/json"},
        {"body": {"error": {"message": "upstream died", "code": 502}}},
        {"body": {"type": "error", "error": {"type": "overloaded_error", "message": "later"}}},
    ],
)
def test_an_answer_that_cannot_be_read_may_be_billed_in_each_format(bed, api, answer):
    with pytest.raises(Unavailable) as error:
        ask(bed, api, answer, DO)
    assert error.value.paid
    assert len(bed.server.requests) == 1, "it is booked before it is asked again"


@pytest.mark.parametrize("api", APIS)
def test_a_web_page_is_no_passing_trouble_in_any_format(bed, api):
    with pytest.raises(Denied, match=r"a web page, so this may not be the address of .*; check base_url") as error:
        ask(bed, api, {"raw": "<html>hello</html>"}, DO)
    assert error.value.paid, "whatever answered may have asked the model"
    assert len(bed.server.requests) == 1


def test_an_error_within_a_success_is_told_by_its_code_and_held_to_be_billed(bed):
    with pytest.raises(Denied, match=r"an error 402.*no budget left") as error:
        ask(bed, "chat", {"body": {"error": {"message": "Insufficient credits", "code": 402}}})
    assert error.value.paid
    with pytest.raises(TooLong) as long:
        ask(bed, "chat", {"body": {"error": {"message": "x", "code": 400, "metadata": {"error_type": "context_length_exceeded"}}}})
    assert long.value.paid


@pytest.mark.parametrize(
    ("api", "more"),
    [
        ("chat", {"finish": "length"}),
        ("chat", {"finish": None}),
        ("responses", {"status_said": "incomplete"}),
        ("messages", {"finish": "max_tokens"}),
    ],
)
def test_a_call_that_was_cut_off_is_not_believed_in_any_format(bed, api, more):
    assert ask(bed, api, DO | more).cut_off
