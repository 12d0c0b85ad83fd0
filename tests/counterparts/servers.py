"""Servers of others as processes on loopback: waited for with a deadline, their output kept, never left behind."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

WARDEN = Path(__file__).with_name("warden.py")
DEAD = "http://127.0.0.1:9"
"""Nothing answers there: a server that reaches for the network through it learns so at once."""


@dataclass(frozen=True, slots=True)
class Served:
    name: str
    version: str
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-6_000:]

    def get(self, path: str, method: str = "GET", body: str | None = None) -> str:
        """What one request brings. Raises `OSError` or `HTTPException` where nothing answers."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            line.request(method, path, body)
            answer = line.getresponse()
            text = answer.read().decode()
        finally:
            line.close()
        if answer.status >= 400:
            raise OSError(f"{method} {path}: status {answer.status}: {text[:400]}")
        return text


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serve(served: Served, words: Sequence[str], ready: str, env: Mapping[str, str], seconds: float) -> Iterator[Served]:
    """Start `words`, wait until the path `ready` answers, end it whatever happens."""
    bare = {"PATH": os.environ["PATH"], "HOME": str(served.log.parent), "NO_PROXY": "127.0.0.1"}
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), DEAD)
    with served.log.open("wb") as log:
        warden = subprocess.Popen(
            [sys.executable, str(WARDEN), *words],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=served.log.parent,
            env={**bare, **proxies, **env},
        )
    try:
        _wait(served, warden, ready, time.monotonic() + seconds)
        yield served
    finally:
        warden.communicate(timeout=15)  # closes its standard input, which is what it waits for


def _wait(served: Served, warden: subprocess.Popen[bytes], ready: str, deadline: float) -> None:
    while time.monotonic() < deadline:
        assert warden.poll() is None, f"{served.name} ended with code {warden.returncode}:\n{served.tail()}"
        try:
            served.get(ready)
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"{served.name} did not answer in time:\n{served.tail()}")
