"""The end of a job's log. It is text that judged code printed: data, and never a verdict."""

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from bot.core.clean import printable
from bot.edge.github.client import TIMEOUT, Hub, sorted_out
from bot.ports import Denied

TAIL, MOST_BYTES, SECONDS = 4_000, 500_000_000, 120.0


def tail(hub: Hub, job: int, seconds: float = SECONDS) -> str:
    """At most 4,000 characters, of as much as comes in time. GitHub answers with an address that needs, and gets, no token."""
    with sorted_out(f"reading the log of job {job}", "actions: read"):
        headers, _ = hub.github.requester.requestBlobAndCheck("GET", f"{hub.repo.url}/actions/jobs/{job}/logs")
        address = headers.get("location", "")
        if urlsplit(address).scheme not in ("https", "http"):
            raise Denied(f"the log of job {job} has no address")
        with requests.get(address, timeout=TIMEOUT, stream=True) as answer:
            answer.raise_for_status()
            return _end(answer, time.monotonic() + seconds)


def _end(answer: requests.Response, deadline: float) -> str:
    kept, read = b"", 0
    for chunk in _chunks(answer):
        read += len(chunk)
        kept = (kept + chunk)[-8 * TAIL :]
        if read > MOST_BYTES or time.monotonic() > deadline:
            break
    return printable(kept.decode(errors="replace"))[-TAIL:]


def _chunks(answer: requests.Response) -> Iterator[bytes]:
    """As they come: `iter_content` waits until one is full, however long that takes."""
    try:
        while chunk := answer.raw.read1(65_536, decode_content=True):
            yield chunk
    except HTTPError as error:
        raise requests.ConnectionError(str(error)) from None
