"""A server's list of models, for the sizes that it gives: a bounded read within a time limit, and nothing believed."""

import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
from requests import PreparedRequest
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from bot.core.keys import Keys, Withheld, here
from bot.core.lane import ADDRESSED, ADDRESSES, Lane
from bot.core.sizes import Silent, Window, informed, listed

MOST_BYTES, CHUNK = 8_000_000, 65_536
"""OpenRouter lists every model of every provider in about a megabyte."""


@dataclass(frozen=True, slots=True)
class Key(AuthBase):
    """As an object of its own, so that no `.netrc` takes its place."""

    value: str = field(repr=False)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        if self.value:
            request.headers["Authorization"] = f"Bearer {self.value}"
        return request


@dataclass(frozen=True, slots=True)
class Catalog:
    keys: Keys = field(repr=False)

    def window(self, lane: Lane, seconds: float) -> Window | Silent:
        address = lane.base_url or (ADDRESSES["openrouter"] if lane.provider == "openrouter" else "")
        if not address:
            return Silent(f"{lane.provider} does not say how much its models hold")
        deadline = time.monotonic() + seconds
        mine = self.keys.of(lane)
        if isinstance(mine, Withheld):
            return Silent("not asked, since its key is not sent there")
        key = Key(mine)
        found = self._asked(f"{address.rstrip('/')}/models", key, deadline)
        said = listed(found, lane.model) if isinstance(found, bytes) else found
        if isinstance(said, Window) or lane.provider not in ADDRESSED:
            return said
        found = self._asked(f"{address.rstrip('/')}/model/info", key, deadline)  # LiteLLM's; whoever has it not answers 404
        more = informed(found, lane.model) if isinstance(found, bytes) else said
        return more if isinstance(more, Window) else said

    def _asked(self, url: str, key: Key, deadline: float) -> bytes | Silent:
        """The body, as it came over the wire: never unpacked, so that it cannot be more than was read."""
        left = max(0.1, deadline - time.monotonic())
        try:
            with requests.get(
                url,
                auth=key,
                headers={"Accept-Encoding": "identity"},
                proxies=_past(url),
                timeout=left,
                stream=True,
                allow_redirects=False,
            ) as answer:
                if answer.status_code != 200:
                    return Silent(f"the server answers {answer.status_code} to a question for its list of models")
                return _body(answer, deadline)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            return Silent(f"the server's list of models could not be read ({type(error).__name__})")


def _past(url: str) -> dict[str, str]:
    """What is added to the environment's proxies: that none is asked for what lies on this machine."""
    return {"no_proxy": urlsplit(url).hostname or ""} if here(url) else {}


def _body(answer: requests.Response, deadline: float) -> bytes | Silent:
    read = bytearray()
    while chunk := answer.raw.read1(CHUNK, decode_content=False):  # whatever has come: a slow server is met by the deadline
        read += chunk
        if len(read) > MOST_BYTES:
            return Silent(f"the server's list of models is longer than {MOST_BYTES} bytes")
        if time.monotonic() > deadline:
            return Silent("the server's list of models did not come in time")
    return bytes(read)
