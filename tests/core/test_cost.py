"""Money as whole numbers: nothing lost, nothing charged below what a call really cost, caps that are never passed."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.cost import MICROS, Cost, Price, Tokens, Unpriced, Usage, apart, charge, dollars, exact, micros, worst_case

prices = st.builds(
    Price,
    input=st.integers(0, 10**9),
    output=st.integers(0, 10**9),
    cache_read=st.none() | st.integers(0, 10**9),
    cache_write=st.none() | st.integers(0, 10**9),
)
counts = st.integers(0, 10**7)


@st.composite
def tokens(draw: st.DrawFn) -> Tokens:
    sent, cached = draw(counts), draw(counts)
    return Tokens(input=sent, cached=min(sent, cached), written=min(sent - min(sent, cached), draw(counts)), output=draw(counts))


@given(tokens(), prices)
def test_a_charge_is_the_exact_sum_rounded_up_once(used: Tokens, price: Price):
    read = price.input if price.cache_read is None else price.cache_read
    write = price.input if price.cache_write is None else price.cache_write
    plain = used.input - used.cached - used.written
    exact = Fraction(plain * price.input + used.cached * read + used.written * write + used.output * price.output, MICROS)
    assert exact <= charge(used, price) < exact + 1


@given(tokens(), prices)
def test_no_call_costs_more_than_what_was_held_to_be_its_worst(used: Tokens, price: Price):
    """A cache that is dearer to read than plain input exists nowhere; the schema of prices does not forbid it."""
    cheap_to_read = price.cache_read is None or price.cache_read <= price.input
    if cheap_to_read:
        assert charge(used, price) <= worst_case(used.input, used.output, price)


@given(st.integers(0, 10**12))
def test_a_sum_is_never_shown_smaller_than_it_is_nor_larger_by_more_than_its_last_place(amount: int):
    shown = Decimal(dollars(amount)) * MICROS
    assert amount <= shown
    assert shown - amount < (10_000 if amount >= MICROS else 100 if amount >= 10_000 else 1)


@pytest.mark.parametrize(
    ("text", "expected"), [("1", 1_000_000), ("0.25", 250_000), ("0.0000001", 1), ("1e-3", 1_000), ("12.3456789", 12_345_679)]
)
def test_dollars_become_whole_micro_dollars_rounded_up(text: str, expected: int):
    assert micros(text) == expected


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "", "1,5", "x"])
def test_what_is_no_finite_number_is_no_amount(text: str):
    with pytest.raises((ArithmeticError, ValueError)):
        micros(text)


@given(st.lists(st.tuples(tokens(), st.integers(0, 10**9) | st.none()), max_size=8))
def test_usage_adds_up_and_never_forgets_an_unknown_cost(calls: list[tuple[Tokens, int | None]]):
    total = Usage()
    for used, cost in calls:
        total = total.plus(used, Unpriced("?") if cost is None else Cost(cost, "provider"))
    assert total.calls == len(calls)
    assert total.micros == sum(cost or 0 for _, cost in calls)
    assert total.unpriced == sum(cost is None for _, cost in calls)
    assert total.tokens.output == sum(used.output for used, _ in calls)


@given(st.integers(0, 10**9), st.none() | st.integers(0, 10**9))
def test_two_figures_are_apart_when_they_differ_by_more_than_a_twentieth(one: int, other: int | None):
    if other is None or abs(one - other) <= 2:
        assert not apart(one, other)
    else:
        assert apart(one, other) == (Fraction(abs(one - other), max(one, other)) > Fraction(1, 20))


@given(st.integers(0, 10**12))
def test_an_amount_in_a_file_reads_back_as_the_same(amount):
    assert micros(exact(amount)) == amount
