"""What servers say when they refuse, in the shapes that real ones were seen to use, comes to the user in their words."""

import pytest

from bot.ports import Denied
from tests.counterparts.product import Product
from tests.fakes.server import Server


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, {"error": "Unauthorized"}, r"status 401: Unauthorized; check the key"),  # vLLM: the error is a text
        (
            404,
            {"error": {"message": "The model `m` is not here.", "code": 404}},
            r"status 404: The model `m` is not here\.; ",
        ),
        (400, {"error": {"message": "No.", "code": "no_such_thing"}}, r"status 400: no_such_thing No\."),
        (400, {"detail": "not what was expected"}, r"status 400: .*not what was expected"),
    ],
)
def test_a_refusal_is_told_in_the_server_s_words_and_each_of_them_once(status, body, said):
    with Server() as server:
        server.script("m", [{"status": status, "body": body}])
        with pytest.raises(Denied, match=said):
            Product(server.url, "k").ask("m")


def test_a_body_that_is_no_json_is_told_as_it_is():
    with Server() as server:
        server.script("m", [{"status": 403, "raw": "<h1>Blocked by the gateway</h1>"}])
        with pytest.raises(Denied, match=r"status 403: .*Blocked by the gateway"):
            Product(server.url, "k").ask("m")
