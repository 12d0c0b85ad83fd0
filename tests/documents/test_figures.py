"""Figures and lists in the documents are what the tables of the program say."""

from typing import get_args

import pytest

from bot.core import setup
from bot.core.cost import Price
from bot.core.lane import ADDRESSED, ADDRESSES, KEYS, Lane
from bot.core.money import middling
from bot.core.words import Provider
from bot.edge.prices import Prices
from tests.documents.parts import ROOT


def test_what_an_attempt_costs_is_what_the_price_table_says_of_the_models_that_init_begins_with():
    said = (ROOT / "README.md").read_text()
    for provider, models in setup.MODELS.items():
        for model in models:
            price = Prices().price(Lane(name="fast", provider=provider, model=model))
            assert isinstance(price, Price)
            figure, _, size = middling(price).partition(" for ")
            assert figure in said, f"{model} costs {figure} for {size}"
    assert size == "8 calls of 8,000 tokens sent and 500 made"
    assert "eight calls that send 8,000 tokens and make 500 each" in said


@pytest.mark.parametrize("provider", get_args(Provider))
def test_every_provider_has_its_row_with_its_key_and_is_checked_for_an_address(provider: Provider):
    rows = [row for row in (ROOT / "docs" / "policy.md").read_text().splitlines() if row.startswith("| `")]
    assert any(f"`{provider}`" in row.split("|")[1] and KEYS.get(provider, "api_key_env") in row.split("|")[3] for row in rows)
    assert (provider in ADDRESSES) != (provider in ADDRESSED)
    assert (provider in setup.MODELS) == (provider in ADDRESSES)
