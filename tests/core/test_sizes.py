"""What a server says of how much its models hold: found where it is said, and believed only where it is a number of tokens."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.sizes import MOST_TOKENS, Silent, Window, informed, listed


def models(*rows: Any) -> bytes:
    return json.dumps({"object": "list", "data": list(rows)}).encode()


@pytest.mark.parametrize(
    ("row", "window"),
    [
        ({"id": "m", "context_length": 200_000, "top_provider": {"context_length": 1}}, Window(200_000, "context_length")),
        ({"id": "m", "max_model_len": 4096}, Window(4096, "max_model_len")),
        ({"id": "m", "meta": {"n_ctx_train": 32768}}, Window(32768, "meta.n_ctx_train")),
        ({"id": "m", "meta": {"n_ctx_train": 32768, "n_ctx": 4096}}, Window(4096, "meta.n_ctx")),
        ({"id": "m", "context_length": None, "max_model_len": 8192}, Window(8192, "max_model_len")),
    ],
)
def test_each_server_says_it_in_a_field_of_its_own(row, window):
    assert listed(models({"id": "other", "context_length": 9}, row), "m") == window


def test_a_variant_is_found_under_its_models_name_and_a_server_of_one_model_under_any():
    both = models({"id": "a/m", "context_length": 10}, {"id": "b", "context_length": 20})
    assert listed(both, "a/m:nitro") == Window(10, "context_length")
    assert listed(both, "c") == Silent("the server's list of models does not have it")
    assert listed(models({"id": "/models/x.gguf", "meta": {"n_ctx": 5}}), "anything") == Window(5, "meta.n_ctx")


@pytest.mark.parametrize("value", [True, 0, -1, 4096.0, "4096", [], {}, MOST_TOKENS + 1, 10**400])
def test_what_is_no_number_of_tokens_is_not_believed(value):
    assert (
        listed(models({"id": "m", "context_length": value}), "m") == Silent("the server's `context_length` is no number of tokens")
        or value == 10**400
    )


NO_LISTS = (
    b"",
    b"<html>",
    b"\xff\xfe",
    b"null",
    b"[" * 500_000,
    b"1" * 100_000,
    b'{"data": {}}',
    b'{"data": [1, null, []]}',
    b'{"data": [{"id": "m"}]}',
    b'{"data": [{"id": "m", "meta": 7}]}',
    b'{"data": [{"id": ["m"]}, {"id": "x"}]}',
)


@pytest.mark.parametrize("data", NO_LISTS)
def test_a_list_that_is_none_says_nothing(data):
    assert isinstance(listed(data, "m"), Silent)
    assert isinstance(informed(data, "m"), Silent)


def test_of_what_stands_behind_a_gateways_name_the_least_counts():
    rows = [
        {"model_name": "fast", "model_info": {"max_input_tokens": 200_000}},
        {"model_name": "fast", "model_info": {"max_input_tokens": 32_000}},
        {"model_name": "fast", "model_info": {"max_input_tokens": None}},
        {"model_name": "fast", "model_info": "?"},
        {"model_name": "strong", "model_info": {"max_input_tokens": 1}},
    ]
    assert informed(models(*rows), "fast") == Window(32_000, "max_input_tokens")
    assert informed(models(*rows[3:]), "fast") == Silent("the server does not say how much it holds")
    assert informed(models(*rows), "other") == Silent("the gateway's list of models does not have it")


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
FIELDS = st.sampled_from(["data", "id", "meta", "context_length", "model_name", "model_info", "n_ctx"])
JSON = st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(FIELDS, inner))


@given(JSON)
def test_no_answer_breaks_it(value):
    data = json.dumps({"data": value}).encode()
    for found in (listed(data, "m"), informed(data, "m")):
        assert isinstance(found, Silent) or 0 < found.tokens <= MOST_TOKENS
