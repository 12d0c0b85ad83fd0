"""Published results of others: two shapes in, lines that are nobody's run out, money to the micro-dollar."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.imported import Imported
from bot.core.ledger import encode
from bot.core.past.elsewhere import Elsewhere, elsewhere
from bot.core.past.history import Published
from bot.core.past.interval import rate
from bot.core.past.publications import Unpublished, published
from bot.core.past.wire import read

ONE, TWO = "astropy__astropy-12907", "scikit-learn__scikit-learn-10297"
DETAILS: dict[str, Any] = {
    ONE: {"cost": 0.27, "api_calls": 40, "resolved": True},
    TWO: {"cost": None, "api_calls": None, "resolved": False},
}
BOARD = {
    "leaderboards": [
        {"name": "bash-only", "results": [{"name": "m-one", "per_instance_details": DETAILS}, {"name": "m-sum", "resolved": 33.1}]},
        {"name": "Lite", "results": [{"name": "m-one", "per_instance_details": {ONE: {"cost": 1, "resolved": False}}}]},
    ]
}
CSV = (
    "repo,instance,model,resolved,cost_usd,seconds\r\n"
    'octo/shop,"a, b",m-one,true,0.0000015,12.5\r\n'
    ",astropy__astropy-1,m-one,False,,\r\n"
    "octo/shop,7,m-two,1,1e-2,0\r\n"
)


def wanted(source: str, model: str, lane: str | None = None) -> tuple[Imported, ...]:
    return (
        Imported(source, "astropy/astropy", ONE, model, lane, "resolved", 270_000, 40, None),
        Imported(source, "scikit-learn/scikit-learn", TWO, model, lane, "not_resolved", None, None, None),
    )


def test_one_model_s_details_get_their_name_from_who_imports_them():
    assert published(json.dumps(DETAILS), "s3", {"m-one": "fast"}) == wanted("s3", "m-one", "fast")
    with pytest.raises(Unpublished, match="does not say whose results these are; give one --lane-model"):
        published(json.dumps(DETAILS), "s3", {})


def test_a_result_of_a_leaderboard_and_several_models_details_name_their_models():
    one = {"name": "m-one", "per_instance_details": DETAILS}
    assert published(json.dumps(one), "s", {}) == wanted("s", "m-one")
    assert published(json.dumps({"m-one": DETAILS}), "s", {}) == wanted("s", "m-one")


def test_of_a_leaderboards_file_every_result_with_details_is_taken_and_each_board_is_a_source():
    found = published(json.dumps(BOARD), "site", {})
    assert found[:2] == wanted("site: bash-only", "m-one")
    assert found[2:] == (Imported("site: Lite", "astropy/astropy", ONE, "m-one", None, "not_resolved", 1_000_000, None, None),)


def test_a_csv_is_read_with_what_it_does_not_say_as_unknown():
    assert published(CSV, "lab", {"m-two": "strong"}) == (
        Imported("lab", "octo/shop", "7", "m-two", "strong", "resolved", 10_000, None, 0.0),
    )
    assert published(CSV, "lab", {})[:2] == (
        Imported("lab", "octo/shop", "a, b", "m-one", None, "resolved", 2, None, 12.5),
        Imported("lab", "astropy/astropy", "astropy__astropy-1", "m-one", None, "not_resolved", None, None, None),
    )


@given(st.integers(0, 10**12))
def test_a_price_to_the_micro_dollar_comes_through_as_it_was_written(micros):
    text = f"{micros // 10**6}.{micros % 10**6:06d}"
    (found,) = published(f'{{"{ONE}": {{"cost": {text}, "api_calls": 1, "resolved": true}}}}', "s", {"m": "fast"})
    assert found.cost_micros == micros
    (found,) = published(f"instance,model,resolved,cost_usd\n{ONE},m,true,{text}\n", "s", {})
    assert found.cost_micros == micros


@given(
    st.text(max_size=60) | st.sampled_from([json.dumps(BOARD), CSV]).flatmap(lambda t: st.integers(0, len(t)).map(lambda n: t[:n]))
)
def test_any_text_is_results_or_a_reason(text):
    try:
        found = published(text, "s", {})
    except Unpublished:
        return
    assert all(isinstance(read(encode(each).encode()), Published) for each in found)


def details(**fields: Any) -> str:
    return json.dumps({"m": {ONE: {"cost": 1, "api_calls": 1, "resolved": True} | fields}})


WRONG = [
    (details(cost=-1), "m.astropy__astropy-12907: cost: `-1` is no number from 0"),
    (details(cost="cheap"), "cost: `cheap` is no number"),
    (details(cost=True), "cost: `True` is no number"),
    (details(cost=1e300), "cost: "),
    (details(cost=1).replace("1,", "NaN,", 1), "no JSON: NaN is no number"),
    (details(api_calls=1.5), "api_calls: `1.5` is no whole number"),
    (details(resolved="yes"), "resolved is neither true nor false"),
    ('{"m": {"i": {"resolved": true}, "i": {"resolved": false}}}', "`i` stands twice in one object; keep one"),
    ('{"m": 5}', "`m` is no result and no model's results"),
    ('{"leaderboards": [{"name": "x"}]}', r"leaderboards\[0\] has no list of results"),
    ('{"leaderboards": [{"results": []}]}', r"leaderboards\[0\] has no name"),
    ("{", "no JSON"),
    ('{"m": ' + "[" * 100_000, "no JSON"),
    ("instance,model\n", "line 1: the column `resolved` is missing"),
    ("instance,model,resolved,mood\n", "line 1: `mood` is no column; those are repo,"),
    ("instance,model,resolved\na,m\n", "line 2: 2 cells under 3 columns"),
    ("instance,model,resolved\na,m,maybe\n", "line 2: resolved: `maybe` is neither true nor false"),
    ("instance,model,resolved\na,m,1\na,m,0\n", "line 3: a second result of `m` on `a`"),
    ("instance,model,resolved,cost_usd\na,m,1,1_0\n", "line 2: cost_usd: `1_0` is no number"),
    ("instance,model,resolved,cost_usd\na,m,1,1.2.3\n", "line 2: cost_usd: `1.2.3` is no number"),
    ('instance,model,resolved\n"a,m,1\n', "line 2: unexpected end of data"),
    ("instance,model,resolved\n,m,1\n", "line 2: instance: "),
]


@pytest.mark.parametrize(("text", "why"), WRONG)
def test_a_file_that_is_wrong_in_one_place_gives_nothing_and_the_place(text, why):
    with pytest.raises(Unpublished, match=why):
        published(text, "s", {})


def test_a_model_that_the_file_does_not_have_is_named_with_the_nearest():
    with pytest.raises(Unpublished, match="no result of a model `m-onne`; did you mean `m-one`"):
        published(CSV, "s", {"m-onne": "fast"})


def test_results_of_others_are_counted_by_source_and_model_and_a_rate_needs_enough_of_them():
    some = [
        Published("s", None, str(n), "m", "fast", "resolved" if n % 4 else "not_resolved", n or None, None, None) for n in range(20)
    ]
    few = [Published("s", None, "1", "other", None, "resolved", None, None, None)]
    assert elsewhere([*few, *some]) == (
        Elsewhere("s", "m", "fast", rate(15, 20), 19, 10),
        Elsewhere("s", "other", None, rate(1, 1), 0, None),
    )
