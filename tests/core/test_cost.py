"""Money as whole numbers: nothing lost, nothing charged below what a call really cost, caps that are never passed."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.budget import Spent, allowance
from bot.core.cost import MICROS, Cost, Price, Tokens, Unpriced, Usage, charge, dollars, exact, micros, worst_case
from bot.core.policy import Budget
from bot.core.route import Refusal

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
def test_dollars_read_back_as_no_more_than_what_was_shown(amount: int):
    shown = Decimal(dollars(amount))
    assert shown <= Decimal(amount) / MICROS
    assert amount == 0 or amount >= 10_000 or shown * MICROS == amount, "small sums are shown in full"


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


caps = st.integers(0, 1_000)
spendings = st.integers(0, 10**9) | st.none()


@given(st.builds(Budget, per_run_usd=caps, per_day_usd=caps), st.builds(Spent, spendings, spendings, spendings, spendings))
def test_what_is_left_passes_no_cap_and_what_is_unknown_leaves_nothing(budget: Budget, spent: Spent):
    left = allowance(budget, spent)
    if spent.run is None or spent.day is None:
        assert isinstance(left, Refusal)
    elif not isinstance(left, Refusal):
        assert left >= 0
        assert spent.run + left <= budget.per_run_usd
        assert spent.day + left <= budget.per_day_usd


def test_a_refusal_names_the_cap_and_the_sum():
    budget = Budget.model_validate({"per_run_usd": 1, "per_day_usd": 2, "per_month_usd": 3, "per_actor_day_usd": 0.5})
    for spent, name in (
        (Spent(1_000_000, 0, 0, 0), "per_run_usd is spent: $1.00 of $1.00"),
        (Spent(0, 2_500_000, 0, 0), "per_day_usd is spent: $2.50 of $2.00"),
        (Spent(0, 0, 3_000_000, 0), "per_month_usd is spent"),
        (Spent(0, 0, 0, 500_000), "per_actor_day_usd is spent"),
        (Spent(0, 0, None, 0), "unknown cost, so budget.per_month_usd cannot be checked"),
    ):
        left = allowance(budget, spent)
        assert isinstance(left, Refusal)
        assert name in left.detail


@given(st.integers(0, 10**12))
def test_an_amount_in_a_file_reads_back_as_the_same(amount):
    assert micros(exact(amount)) == amount
