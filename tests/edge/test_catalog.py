"""The list of models over real HTTP: whose key it is asked with, and that no server can make it wait, swell or break."""

import gzip
import json
import time
from collections.abc import Iterator

import pytest

from bot.core.keys import Keys
from bot.core.lane import Lane
from bot.core.sizes import Silent, Window
from bot.edge.catalog import Catalog
from tests.fakes.server import Server


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def lane(server: Server, **more):
    given = {"name": "fast", "provider": "vllm", "model": "m", "base_url": server.url, "api_key_env": "MINE"}
    return Lane(**given | more)


def asked(server: Server, seconds: float = 5.0, **more):
    return Catalog(Keys({"MINE": " key-of-mine\n", "OTHER": "x"}, "anywhere")).window(lane(server, **more), seconds)


def test_the_list_is_asked_for_with_the_lanes_own_key(server):
    server.pages["/v1/models"] = {"body": {"data": [{"id": "m", "max_model_len": 4096}]}}
    assert asked(server, base_url=f"{server.url}/") == Window(4096, "max_model_len")
    assert server.headers[-1]["authorization"] == "Bearer key-of-mine"
    asked(server, api_key_env=None)
    assert "authorization" not in server.headers[-1], "without a key none is made up"


def test_a_key_of_somebodys_netrc_does_not_take_its_place(server, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ann password hunter2\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    asked(server)
    assert server.headers[-1]["authorization"] == "Bearer key-of-mine"
    asked(server, api_key_env=None)
    assert "authorization" not in server.headers[-1]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_server_of_this_machine_is_asked_through_no_proxy(server, monkeypatch, host):
    server.pages["/v1/models"] = {"body": {"data": [{"id": "m", "max_model_len": 4096}]}}
    with Server() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert asked(server, base_url=server.url.replace("127.0.0.1", host)) == Window(4096, "max_model_len")
        assert proxy.headers == []
        assert asked(server, base_url="http://llm.invalid/v1", api_key_env=None) != Window(4096, "max_model_len")
        assert proxy.headers, "any other is"


def test_a_gateway_whose_list_is_silent_is_asked_for_what_stands_behind(server):
    server.pages["/v1/models"] = {"body": {"data": [{"id": "m", "object": "model"}]}}
    server.pages["/v1/model/info"] = {"body": {"data": [{"model_name": "m", "model_info": {"max_input_tokens": 8192}}]}}
    assert asked(server, provider="litellm") == Window(8192, "max_input_tokens")
    assert asked(server, provider="openai_compatible") == Window(8192, "max_input_tokens"), "whatever the policy calls it"
    del server.pages["/v1/model/info"]
    assert asked(server) == Silent("the server does not say how much it holds")


def test_what_a_provider_never_says_is_not_asked_for(server):
    found = asked(server, provider="openai", base_url=None)
    assert found == Silent("openai does not say how much its models hold")
    assert server.headers == []


def test_a_redirect_is_not_followed_so_the_key_stays(server):
    server.pages["/v1/elsewhere"] = {"body": {"data": [{"id": "m", "max_model_len": 4096}]}}
    server.pages["/v1/models"] = {"status": 302, "headers": {"location": f"{server.url}/elsewhere"}}
    assert asked(server) == Silent("the server answers 302 to a question for its list of models")
    assert len(server.headers) == 2, "the two pages that are asked for, and none beyond"


@pytest.mark.parametrize("page", [{"delay": 9}, {"raw": "{", "drip": " "}])
def test_a_server_that_takes_its_time_is_left(server, page):
    server.pages["/v1/models"] = page
    start = time.monotonic()
    assert isinstance(asked(server, 0.5), Silent)
    assert time.monotonic() - start < 3


def test_a_list_without_an_end_is_left_at_its_limit(server):
    server.pages["/v1/models"] = {"raw": "[" * 1_000, "drip": " " * 2_000_000}
    assert asked(server, 30.0) == Silent("the server's list of models is longer than 8000000 bytes")


def test_a_packed_list_is_never_unpacked(server):
    page = json.dumps({"data": [{"id": "m", "max_model_len": 4096}]}).encode()
    server.pages["/v1/models"] = {"raw": gzip.compress(page), "headers": {"content-encoding": "gzip"}}
    assert asked(server) == Silent("the server's list of models is no JSON")
    assert server.headers[0]["accept-encoding"] == "identity"


def test_no_server_at_all_is_said_in_one_word():
    with Server() as gone:
        pass
    assert asked(gone) == Silent("the server's list of models could not be read (ConnectionError)")
