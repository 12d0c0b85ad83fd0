"""An HTTP client whose answers have an end: a timeout bounds each wait for bytes, and there can be any number of them."""

import time
from collections.abc import Iterator
from typing import Any
from weakref import finalize

from httpx2 import Client, HTTPTransport, ReadTimeout, Request, Response, SyncByteStream

from bot.core.keys import here

MOST_BYTES = 32 * 1024 * 1024
"""An answer that is longer is none."""


class Punctual(Client):
    """The read timeout of a request is also the most that its whole answer may take.

    Its lines go with it. The SDK's own client closes them in `__del__`, which among objects that hold each other may come after
    their own ends.
    """

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        for transport in (self._transport, *self._mounts.values()):
            if transport is not None:
                finalize(self, transport.close)

    def send(self, request: Request, *, stream: bool = False, **more: Any) -> Response:
        seconds = request.extensions.get("timeout", {}).get("read")
        deadline = time.monotonic() + seconds if seconds else float("inf")
        request.headers["accept-encoding"] = "identity"
        response = super().send(request, stream=True, **more)
        response.headers.pop("content-encoding", None)  # never unpacked, so that it cannot be more than was read
        assert isinstance(response.stream, SyncByteStream), "a client that does not wait elsewhere gives this kind"
        response.stream = _Bounded(response.stream, request, deadline)
        if not stream:
            try:
                response.read()
            finally:
                response.close()
        return response


def client(address: str) -> Punctual:
    """For one address. A transport that is given goes through no proxy of the environment's."""
    return Punctual(follow_redirects=False, transport=HTTPTransport() if here(address) else None)


class _Bounded(SyncByteStream):
    def __init__(self, inner: SyncByteStream, request: Request, deadline: float) -> None:
        self._inner, self._request, self._deadline = inner, request, deadline

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for chunk in self._inner:
            size += len(chunk)
            if time.monotonic() > self._deadline or size > MOST_BYTES:
                raise ReadTimeout("the answer has no end", request=self._request)
            yield chunk

    def close(self) -> None:
        self._inner.close()
