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


@pytest.mark.parametrize("provider", setup.MODELS)
def test_what_init_begins_with_has_its_price_in_the_table(provider: Provider):
    for model in setup.MODELS[provider]:
        found = Prices().price(Lane(name="fast", provider=provider, model=model))
        assert isinstance(found, Price), f"{found}: the table of bot/edge/prices.py needs it, or bot/core/setup.py another model"


def test_what_an_attempt_costs_is_what_the_price_table_says_of_the_models_that_init_begins_with():
    """Where no key says otherwise, with OpenRouter's."""
    said, size = (ROOT / "README.md").read_text(), ""
    for model in setup.MODELS[setup.chosen(())[0]]:
        price = Prices().price(Lane(name="fast", provider="openrouter", model=model))
        assert isinstance(price, Price)
        figure, _, size = middling(price).partition(" for ")
        assert figure in said, f"{model} costs {figure} for {size}"
    assert size == "8 calls of 8,000 tokens sent and 500 made"
    assert "eight calls that send 8,000 tokens and make 500 each" in said


@pytest.mark.parametrize("provider", get_args(Provider))
def test_every_provider_has_its_row_with_its_key_and_is_checked_for_an_address(provider: Provider):
    rows = [row for row in (ROOT / "docs" / "policy.md").read_text().splitlines() if row.startswith("| `")]
    key = KEYS.get(provider, "api_key_env")
    there = any(f"`{provider}`" in row.split("|")[1] and key in row.split("|")[3] for row in rows)
    assert there, f"docs/policy.md has no row of `{provider}` with `{key}`; KEYS of bot/core/lane.py names its key"
    assert (provider in ADDRESSES) != (provider in ADDRESSED), f"bot/core/lane.py: {provider} is in one of ADDRESSES and ADDRESSED"
    assert (provider in setup.MODELS) == (provider in ADDRESSES), f"bot/core/setup.py: MODELS of {provider}, which has an address"
