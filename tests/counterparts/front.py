"""What stands before emulate, which serves no git: git's own smart HTTP for one folder of repositories, and its hooks' letter box.

Everything else passes through as it is, in both directions, and is written down.
"""

import http.client
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from tests.fakes.world import smart

HOOK = "/delivered-here"
HOPS = ("connection", "content-length", "host", "keep-alive", "transfer-encoding")
"""Headers that are of one line, not of the request."""


@dataclass(frozen=True, slots=True)
class Passed:
    method: str
    path: str
    status: int
    answer: bytes = field(repr=False, default=b"")


class Front:
    def __init__(self, git: Path, token: str) -> None:
        self.git, self.token = git, token
        """Whoever fetches shows this token."""
        self.behind = 0
        """The port that everything else goes to."""
        self.journal: list[Passed] = []
        self.letters: list[tuple[str, dict[str, Any]]] = []
        """Events that were delivered, with their payloads."""
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._http.shutdown()
        self._http.server_close()

    def answer(self, method: str, path: str, headers: dict[str, str], data: bytes) -> tuple[int, dict[str, str], bytes]:
        address, low = urlsplit(path), {name.lower(): value for name, value in headers.items()}
        if address.path == HOOK:
            self.letters.append((low.get("x-github-event", ""), json.loads(data)))
            return 204, {}, b""
        if ".git/" not in address.path:
            return self._through(method, path, headers, data)
        if smart.token(low.get("authorization", "")) != self.token:
            return 401, {"WWW-Authenticate": 'Basic realm="git"'}, b""
        return smart.backend(self.git, method, address.path, address.query, headers, data)

    def _through(self, method: str, path: str, headers: dict[str, str], data: bytes) -> tuple[int, dict[str, str], bytes]:
        line = http.client.HTTPConnection("127.0.0.1", self.behind, timeout=30)
        try:
            line.request(method, path, data or None, _kept(headers))
            answer = line.getresponse()
            return answer.status, _kept(dict(answer.getheaders())), answer.read()
        finally:
            line.close()


def _kept(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in HOPS}


def _handler(front: Front) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None:
            """Quiet."""

        def _serve(self) -> None:
            data = self.rfile.read(int(self.headers.get("content-length") or 0))
            status, headers, body = front.answer(self.command, self.path, dict(self.headers), data)
            front.journal.append(Passed(self.command, self.path, status, body))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815 - names of the standard library's server

    return Handler
