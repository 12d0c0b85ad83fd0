"""A wire that breaks: what passes through it reaches the server whole, and the answer comes back cut, garbled or not at all.

llmock breaks streams only, and we ask for none; with this before it, its journal still says how often it was really asked.
"""

import contextlib
import socket
import struct
import threading
from types import TracebackType
from typing import Literal, Self

Fault = Literal["disconnect", "reset", "truncate", "corrupt", "stall", "drip"]
"""`disconnect`: half of the promised body, then nothing; `reset`: the same, and rudely.
`truncate`: half a body whose length nobody promised.
`corrupt`: a body of the right length that is no JSON. `stall`: half a body, and the line stays open.
`drip`: a body of the right length, ten bytes at a time, each in time."""


class Relay:
    def __init__(self, port: int) -> None:
        self.faults: list[Fault] = []
        self._target = ("127.0.0.1", port)
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._listener.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):  # the listener is closed
            while True:
                line, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(line,), daemon=True).start()

    def _carry(self, line: socket.socket) -> None:
        """One request and its answer; then both lines are closed."""
        with line, socket.create_connection(self._target) as server, contextlib.suppress(OSError):
            request = _message(line)
            if request is None:
                return
            server.sendall(request)
            answer = _message(server)
            assert answer is not None, "the server answers what it is asked"
            self._answer(line, *answer.split(b"\r\n\r\n", 1))

    def _answer(self, line: socket.socket, head: bytes, body: bytes) -> None:
        fault = self.faults.pop(0) if self.faults else None
        if fault == "corrupt":
            body = body.replace(b'"', b"\x00")
        if fault == "truncate":
            head = b"\r\n".join(row for row in head.split(b"\r\n") if not row.lower().startswith(b"content-length:"))
        half = body if fault in (None, "corrupt", "drip") else body[: len(body) // 2]
        line.sendall(head + b"\r\nconnection: close\r\n\r\n" + (b"" if fault == "drip" else half))
        while fault == "drip" and half and not self._over.wait(0.3):
            line.sendall(half[:10])
            half = half[10:]
        if fault == "reset":
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if fault == "stall":
            self._over.wait(60)


def _message(line: socket.socket) -> bytes | None:
    """Everything up to the end that the content length names; None where the other side has nothing to say."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := line.recv(65_536)):
            return None
        data += more
    head, body = data.split(b"\r\n\r\n", 1)
    length = next(int(row.split(b":")[1]) for row in head.lower().split(b"\r\n") if row.startswith(b"content-length:"))
    while len(body) < length and (more := line.recv(65_536)):
        body += more
    return head + b"\r\n\r\n" + body
