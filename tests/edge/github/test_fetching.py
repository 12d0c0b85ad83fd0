"""What fetching gives away, and to whom."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from bot.edge.git.fetch import Remote, fetched
from bot.ports import Denied, Unavailable
from tests.fakes import repos


class _Away(BaseHTTPRequestHandler):
    """Sends whoever asks to another host, and notes what it was asked with."""

    def do_GET(self) -> None:
        self.server.seen.append(self.headers.get("authorization", ""))  # type: ignore[attr-defined]
        self.send_response(302 if self.server.to else 404)  # type: ignore[attr-defined]
        if self.server.to:  # type: ignore[attr-defined]
            self.send_header("location", f"{self.server.to}{self.path}")  # type: ignore[attr-defined]
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def listening(to: str) -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Away) as server:
        server.to, server.seen = to, []  # type: ignore[attr-defined]
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_server_that_sends_git_elsewhere_is_not_followed_and_the_token_stays(tmp_path):
    with listening("") as other, listening(f"http://127.0.0.1:{other.server_port}") as first:
        url = f"http://127.0.0.1:{first.server_port}/octo/shop.git"
        (tmp_path / "own").mkdir()
        with fetched(tmp_path / "own", url, "ghs_secret", repos.PATH) as made, pytest.raises((Denied, Unavailable)):
            made.tree("a" * 40)
        assert first.seen, "it was asked"  # type: ignore[attr-defined]
        assert all(seen.startswith("Basic ") for seen in first.seen)  # type: ignore[attr-defined]
        assert other.seen == []  # type: ignore[attr-defined]


def test_the_token_is_for_one_address_and_no_other_protocol_is_spoken():
    settings = Remote("https://github.example/octo/shop.git", "ghs_secret", None)._credentials()  # type: ignore[arg-type]
    named = {settings[f"GIT_CONFIG_KEY_{n}"]: settings[f"GIT_CONFIG_VALUE_{n}"] for n in range(int(settings["GIT_CONFIG_COUNT"]))}
    assert [name for name, value in named.items() if "Basic" in value] == ["http.https://github.example/octo/shop.git.extraHeader"]
    assert (named["protocol.allow"], named["protocol.https.allow"], named["http.followRedirects"]) == ("never", "always", "false")
