"""The server: requests in, a journal of them, limits, faults, pages and ETags; what is asked is answered by `routes`."""

import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.fakes.world import shown, smart

if TYPE_CHECKING:
    from tests.fakes.world.state import World

LOCK = threading.RLock()


@dataclass
class Seen:
    method: str
    path: str
    status: int
    body: Any = None
    counts: bool = False
    """Against the limit: git's own requests do not, nor does an answer that the caller has already."""

    @property
    def line(self) -> str:
        return f"{self.method} {self.path} {self.status}"


@dataclass
class Fault:
    method: str
    path: str
    status: int
    times: int
    after: bool = False
    drop: bool = False


@dataclass
class Asked:
    """One request, as a route gets it."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    login: str
    token: str
    parts: tuple[str, ...] = ()
    accept: str = ""


@dataclass
class Answer:
    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None


class Refused(Exception):
    """GitHub's no."""

    def __init__(self, status: int, message: str, *errors: str) -> None:
        super().__init__(message)
        body: dict[str, Any] = {"message": message}
        self.answer = Answer(status, body | ({"errors": [{"message": each} for each in errors]} if errors else {}))


Route = Callable[["World", Asked], Answer]


class _Quiet(ThreadingHTTPServer):
    """Says nothing of a caller that has gone away."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Http:
    def __init__(self, world: "World", port: int) -> None:
        self._http = _Quiet(("127.0.0.1", port), _handler(world))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def start(self) -> None:
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()


def answer(world: "World", asked: Asked) -> Answer:
    """What GitHub would answer, but for faults."""
    from tests.fakes.world.routes import ROUTES  # noqa: PLC0415 - they import this module

    if world.limit_left <= 0:
        return Answer(
            403, {"message": "API rate limit exceeded for installation."}, {"X-RateLimit-Reset": str(int(time.time()) + 1_800)}
        )
    for method, pattern, route in ROUTES:
        found = re.fullmatch(pattern, asked.path)
        if found and method == asked.method:
            asked.parts = tuple(found.groups())
            try:
                with LOCK:
                    return route(world, asked)
            except Refused as no:
                return no.answer
            except (KeyError, StopIteration, subprocess.CalledProcessError):
                return Answer(404, {"message": "Not Found"})
            except Exception as error:  # noqa: BLE001 - a mistake of this GitHub's, which no story may pass over
                return Answer(599, {"message": f"this GitHub broke down: {error!r}"})
    return Answer(501, {"message": f"this GitHub does not serve {asked.method} {asked.path}"})


def paged(world: "World", asked: Asked, items: list[Any], wrap: str = "") -> Answer:
    size, page = int(asked.query.get("per_page", "30")), int(asked.query.get("page", "1"))
    part = items[(page - 1) * size : page * size]
    headers = {}
    if page * size < len(items):
        query = urlencode({**asked.query, "per_page": size, "page": page + 1})
        headers["Link"] = f'<{world.api}{asked.path}?{query}>; rel="next"'
    return Answer(200, {"total_count": len(items), wrap: part} if wrap else part, headers)


def _payload(made: Answer) -> bytes:
    return made.raw if made.raw is not None else json.dumps(made.body).encode()


def _tag(made: Answer) -> str:
    return f'"{hashlib.sha256(_payload(made)).hexdigest()[:16]}"'


def _handler(world: "World") -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body are two segments, and the second does not wait for the first's receipt

        def log_message(self, *_: object) -> None:
            """Quiet."""

        def _serve(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            data = self.rfile.read(length)
            address = urlsplit(self.path)
            if ".git/" in address.path:
                self._git(address.path, address.query, data)
            elif address.path.startswith("/logs/"):
                self._send(Answer(200, raw=shown.log(world, int(address.path.rpartition("/")[2]))), "", count=False)
            else:
                self._api(address.path, dict(parse_qsl(address.query, keep_blank_values=True)), data)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve

        def _git(self, path: str, query: str, data: bytes) -> None:
            token = world.tokens.get(smart.token(self.headers.get("authorization", "")))
            if token is None or not token.may("contents:read"):
                self._send(Answer(401, {"message": "no"}, {"WWW-Authenticate": 'Basic realm="git"'}), "", count=False)
                return
            if (fault := world.turn(smart.token(self.headers.get("authorization", "")), f"GIT {path}")) is not None:
                self._send(Answer(fault.status, raw=b""), "", count=False) if not fault.drop else self._dropped()
                return
            status, headers, body = smart.backend(world.folder / "git", self.command, path, query, dict(self.headers), data)
            world.journal.append(Seen("GIT", f"{path}?{query}", status))
            self._killed()
            self._send(Answer(status, raw=body, headers=headers), "", count=False)

        def _killed(self) -> None:
            """The machine that asked goes away before it hears the answer."""
            if world.victim is not None:
                world.left -= 1
                if world.left == 0:
                    os.killpg(world.victim, signal.SIGKILL)
                    world.victim = None

        def _api(self, path: str, query: dict[str, str], data: bytes) -> None:
            body = json.loads(data) if data else None
            name = self.headers.get("authorization", "").rpartition(" ")[2]
            token = world.tokens.get(name)
            asked = Asked(self.command, path.removeprefix("/api/v3"), query, body, token.login if token else "", name)
            asked.accept = self.headers.get("accept", "")
            drawn = world.turn(name, f"{self.command} {asked.path}")
            fault = drawn or next((f for f in world.faults if f.method == self.command and re.search(f.path, asked.path)), None)
            if not path.startswith(("/api/v3/", "/api/graphql")):
                made = Answer(501, {"message": f"an Enterprise Server answers below /api alone, not {path}"})
            elif token is None:
                made = Answer(401, {"message": "Bad credentials"})
            elif fault and not fault.after:
                made = Answer(fault.status, {"message": "Server Error"})
            else:
                made = answer(world, asked)
            if fault:
                fault.times -= 1
                if fault.times <= 0 and fault in world.faults:
                    world.faults.remove(fault)
                if fault.after:
                    made = Answer(fault.status, {"message": "Server Error"})
            if world.repeats and made.status >= 400 and isinstance(made.body, dict):
                made.body = {**made.body, "sent": {"authorization": self.headers.get("authorization", "")}}
            known = self.headers.get("if-none-match", "")
            fresh = not (made.status == 200 and known == _tag(made) and self.command == "GET")
            world.journal.append(Seen(self.command, asked.path, made.status if fresh else 304, body, counts=fresh))
            if fault and fault.drop:
                self._dropped()
                return
            self._killed()
            self._send(made, known, count=True)

        def _dropped(self) -> None:
            """The line goes dead, and nobody hears what became of the request."""
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)  # a job that was split off meanwhile has it open, too
                self.connection.close()

        def _send(self, made: Answer, known: str, *, count: bool) -> None:
            with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked is gone
                self._told(made, known, count=count)

        def _told(self, made: Answer, known: str, *, count: bool) -> None:
            payload, tag = _payload(made), _tag(made)
            status = 304 if made.status == 200 and known == tag and self.command == "GET" else made.status
            if count and status != 304:
                world.limit_left -= 1
            self.send_response(status)
            empty = status in (204, 304)
            headers = {"Content-Type": "application/json", "ETag": tag, "X-RateLimit-Remaining": str(max(0, world.limit_left))}
            headers |= {"X-RateLimit-Limit": "1000"} | made.headers | {"Content-Length": "0" if empty else str(len(payload))}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if not empty:
                self.wfile.write(payload)

    return Handler
