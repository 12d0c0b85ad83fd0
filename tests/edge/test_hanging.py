"""Servers that take a connection and never come to an end: each door to GitHub lets go of them by itself."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.edge.git.fetch import Remote, remote
from bot.edge.github.client import connect
from bot.edge.github.logs import tail
from bot.edge.github.reader import Reader
from bot.ports import Unavailable
from tests.fakes.repos import PATH
from tests.fakes.server import Server


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that accepts and says nothing."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_a_fetch_from_a_server_that_says_nothing_is_ended(silent, tmp_path: Path):
    """Complaint 14: fetching hung, and nothing but the job's own limit, hours later, ended it."""
    made = remote(tmp_path / "store", f"{silent}/octo/shop.git", "t", PATH)
    start = time.monotonic()
    with pytest.raises(Unavailable, match="did not end within 1 s"):
        Remote(made.url, made.token, made.store, seconds=1.0).fetch("a" * 40)
    assert time.monotonic() - start < 10


def test_a_github_that_says_nothing_is_not_waited_for(silent):
    """Complaint 14: a call of the API without a limit of its own kept the whole job."""
    hub = connect(f"{silent}/api/v3", silent, "t", "octo/shop", pause=0, timeout=1)
    start = time.monotonic()
    with pytest.raises(Unavailable, match="did not answer"):
        Reader(hub).me()
    assert time.monotonic() - start < 10


def test_a_log_that_never_comes_to_its_end_is_read_for_so_long_and_no_longer():
    """Complaint 14: an answer that came byte by byte met no limit, since each wait for a byte was short."""
    with Server() as server:
        server.pages["/v1/log"] = {"raw": "E   assert 5 == 4\n", "drip": "."}
        place = {"status": 302, "headers": {"location": f"{server.url}/log"}, "body": {}}
        server.pages["/v1/repos/octo/shop/actions/jobs/5/logs"] = place
        hub = connect(server.url, server.url, "t", "octo/shop", pause=0)
        start = time.monotonic()
        assert tail(hub, 5, seconds=0.5)
        assert time.monotonic() - start < 10
