"""The end of a job's log. It is text that judged code printed: data, and never a verdict."""

from urllib.parse import urlsplit

import requests

from bot.core.clean import printable
from bot.edge.github.client import TIMEOUT, Hub, sorted_out
from bot.ports import Denied

TAIL, MOST_BYTES = 4_000, 500_000_000


def tail(hub: Hub, job: int) -> str:
    """At most 4,000 characters. GitHub answers with an address that needs, and gets, no token."""
    with sorted_out(f"reading the log of job {job}", "actions: read"):
        headers, _ = hub.github.requester.requestBlobAndCheck("GET", f"{hub.repo.url}/actions/jobs/{job}/logs")
        address = headers.get("location", "")
        if urlsplit(address).scheme not in ("https", "http"):
            raise Denied(f"the log of job {job} has no address")
        with requests.get(address, timeout=TIMEOUT, stream=True) as answer:
            answer.raise_for_status()
            return _end(answer)


def _end(answer: requests.Response) -> str:
    kept, read = b"", 0
    for chunk in answer.iter_content(65_536):
        read += len(chunk)
        kept = (kept + chunk)[-8 * TAIL :]
        if read > MOST_BYTES:
            break
    return printable(kept.decode(errors="replace"))[-TAIL:]
