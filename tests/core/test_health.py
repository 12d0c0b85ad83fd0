"""What follows from what a check-up found, and that nothing which is printed can do more than be read."""

import base64
from typing import Any

import pytest

from bot.core import health
from bot.core.cost import Cost, Price, Unpriced
from bot.core.health import Heard, Ok, Problem, Report, Skipped, Unknown
from bot.core.lane import Lane, PricePart
from bot.core.sizes import Silent, Window

KEY = "sk-very-secret-0123456789"


def lane(**more: Any) -> Lane:
    return Lane(**{"name": "fast", "provider": "openrouter", "model": "a/m", **more})


@pytest.mark.parametrize(
    ("more", "present", "state", "text"),
    [
        ({}, True, "ok", "OPENROUTER_API_KEY is set"),
        ({}, False, "problem", "OPENROUTER_API_KEY is not set"),
        ({"api_key_env": "MINE"}, False, "problem", "MINE is not set"),
        (
            {"provider": "vllm"},
            False,
            "ok",
            "so vllm is asked without a key: the word `none` in its place",
        ),
        ({"provider": "vllm", "api_key_env": "MINE"}, False, "problem", "MINE is not set"),
        (
            {"provider": "openai_compatible"},
            False,
            "ok",
            "no key is sent to openai_compatible, but the word `none` in",
        ),
    ],
)
def test_a_key_is_missing_only_where_one_is_asked_for(more, present, state, text):
    found = health.key(lane(**more), present=present)
    assert (found.name, found.state) == ("fast.key", state)
    assert text in found.found


def test_a_price_is_said_whole_with_its_source():
    table = health.price(lane(), Price(75_000, 12_500_000, 7_500, None))
    assert table == Ok("fast.price", "$0.075 in, $12.50 out, $0.0075 cached for a million tokens, by the price table")
    own = health.price(lane(price=PricePart(input=1, output=2)), Price(1_000_000, 2_000_000))
    assert own.found.endswith("by models.fast.price")
    assert health.price(lane(), Unpriced("nobody knows; add it")) == Problem("fast.price", "nobody knows", "add it")


def test_an_answer_says_what_ran_where_that_is_not_what_was_asked_for():
    heard = Heard("b/other", Cost(12, "provider"), 1.25, acted=True, cut_off=False)
    said = "asked for a/m, the provider says it ran b/other: 1.2 s, $0.000012 as the provider says, it took the tool"
    assert health.answered(lane(), heard) == Ok("fast.call", said)
    heard = Heard("a/m", Unpriced("?"), 1.25, acted=False, cut_off=True)
    assert health.answered(lane(), heard).found == "a/m: 1.2 s, nobody says for how much, cut off before it took the tool"


def test_two_names_for_one_model_are_called_out_for_what_they_spoil():
    found = health.independent({"fast": "a/small", "strong": "a/large:nitro", "verifier": "Large"})
    assert [(item.state, item.found) for item in found] == [
        ("problem", "strong and verifier both ran a/large:nitro: the verifier would judge its own work")
    ]
    (same,) = health.independent({"fast": "m", "strong": "m"})
    assert "to escalate would be to ask the same again" in same.found
    (apart,) = health.independent({"fast": "m", "strong": "n"})
    assert apart.state == "ok"


@pytest.mark.parametrize("ran", [{}, {"fast": "m"}])
def test_whether_models_differ_is_unknown_until_two_have_answered(ran):
    assert [item.state for item in health.independent(ran)] == ["unknown"]


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (Window(32_000, "max_model_len"), "ok"),
        (Window(31_999, "max_model_len"), "problem"),
        (Window(32_000, "meta.n_ctx_train"), "unknown"),
        (Window(31_999, "meta.n_ctx_train"), "problem"),
        (Silent("no word"), "unknown"),
    ],
)
def test_a_policy_that_sends_more_than_the_server_holds_is_a_problem(found, state):
    item = health.fits(lane(max_context_tokens=32_000), found)
    assert item.state == state
    if isinstance(item, Problem):
        assert item.remedy == "set models.fast.max_context_tokens to 31999 or less"


def test_an_item_is_one_line_without_escapes_whoever_wrote_it():
    item = Problem("a\nok  b", "x\r\nok       fake  all well\x1b[2J\x1b]0;title\x07\u202e\ud800", "y\n\nz")
    assert health.cleaned(Ok("a", "b → pay up"), ()) == Ok("a", "b -> pay up"), "a remedy is ours to give"
    cleaned = health.cleaned(item, ())
    assert cleaned == Problem("a ok b", "x ok fake all well\ufffd", "y z")


@pytest.mark.parametrize("cut", range(6, len(KEY) + 1))
def test_a_secret_is_out_of_every_text_whole_coded_or_cut_off(cut):
    coded = base64.b64encode(KEY.encode()).decode()
    texts = (f"your key {KEY} is bad", f"or {coded}", f"and {KEY[:cut]}…")
    for text in texts:
        cleaned = health.cleaned(Problem(text, text, text), (KEY,))
        assert KEY[:6] not in str(cleaned)
        assert coded not in str(cleaned)


def test_only_a_problem_makes_a_report_unsound():
    good = Report("r", (Ok("a", "b"), Unknown("c", "d"), Skipped("e")), 0, 0)
    assert good.sound
    assert not Report("r", (*good.items, Problem("f", "g", "h")), 0, 0).sound
