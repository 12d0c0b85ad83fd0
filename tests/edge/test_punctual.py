"""An answer has an end, whatever the server sends."""

import pytest

from bot.edge.model.punctual import MOST_BYTES
from bot.ports import Unavailable
from tests.counterparts.product import Product
from tests.fakes.server import Server


def test_an_answer_that_is_too_long_to_be_one_is_not_read_to_its_end():
    with Server() as server:
        server.script("m", [{"raw": " " * (MOST_BYTES + 1) + "{}", "type": "application/json"}])
        with pytest.raises(Unavailable, match="no answer in time") as error:
            Product(server.url, "k").ask("m")
    assert error.value.paid
