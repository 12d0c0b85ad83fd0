"""A scripted OpenAI-compatible server that keeps a journal: when each request had arrived, when its answer was out, its body."""

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.fakes.server import completion

USAGE = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}


@dataclass(frozen=True, slots=True)
class Entry:
    """One request. Times are seconds of the monotonic clock: all of it read, and the last byte of its answer handed over."""

    arrived: float
    answered: float
    body: dict[str, Any]


@dataclass
class Journal:
    """Answers each request with the next call of the script, as a tool call; with 404 where the script is at its end."""

    script: Sequence[dict[str, Any]]
    entries: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._http.shutdown()
        self._http.server_close()

    def reply(self, body: dict[str, Any]) -> tuple[int, bytes]:
        number = len(self.entries)
        if number >= len(self.script):
            return 404, json.dumps({"error": {"message": "the script is at its end"}}).encode()
        return 200, json.dumps(completion(body, dict(self.script[number]), USAGE, number)).encode()


def _handler(journal: Journal) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # both clients keep their connection, as with a real provider
        disable_nagle_algorithm = True
        wbufsize = -1  # head and body in one segment: no delayed acknowledgement is measured as somebody's step

        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            arrived = time.monotonic()
            status, payload = journal.reply(body)
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)
            journal.entries.append(Entry(arrived, time.monotonic(), body))
            self.wfile.flush()

    return Handler
