"""Everything that can go wrong with a call, sorted by what to do about it."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bot.core.clean import line, redact
from bot.ports import Denied, TooLong


class Passing(Exception):
    """Trying again may help. `after` are the seconds the server asked for; `paid`: it may have been charged all the same."""

    def __init__(self, message: str, *, after: float = 0.0, paid: bool = False) -> None:
        super().__init__(message)
        self.after, self.paid = after, paid


class NoTools(Exception):
    """The server takes no tool calls for this model."""


class NoSchema(Exception):
    """The server does not take the response format."""


_TOO_LONG = re.compile(
    r"context_length_exceeded|exceed_context_size|ContextWindowExceeded|maximum context length|max_model_len|prompt is too long"
    r"|context window",
    re.IGNORECASE,
)
_NO_TOOLS = re.compile(
    r"enable-auto-tool-choice|tool-call-parser|not support (?:tools|function|tool)|tools? (?:is|are) not supported"
    r"|Function tools with reasoning_effort",
    re.IGNORECASE,
)
_NO_SCHEMA = re.compile(r"response_format|json_schema|grammar|structured output", re.IGNORECASE)
_SPENT = re.compile(r"insufficient_quota|spend|budget|billing|quota exceeded|credit", re.IGNORECASE)
_RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 524, 529})


@contextmanager
def sort(key: str, mode: str) -> Iterator[None]:
    """Turn whatever a call raises into one of ours. `mode` says what the call asked the server to understand."""
    import httpx2  # noqa: PLC0415 - the SDK's own; loaded with it
    import openai  # noqa: PLC0415

    try:
        yield
    except openai.APITimeoutError:
        raise Passing("no answer in time", paid=True) from None
    except openai.APIConnectionError as error:
        raise Passing(f"no connection ({_cause(error)}); is the server running, and the address right?") from None
    except openai.APIStatusError as error:
        raise _by_status(error, key, mode) from None
    except (httpx2.HTTPError, json.JSONDecodeError, openai.OpenAIError, ValueError, AssertionError) as error:
        what = redact(line(f"{type(error).__name__}: {error}"), (key,))
        raise Passing(f"the answer could not be read ({what})", paid=True) from None


def _cause(error: BaseException) -> str:
    inner = error.__cause__ or error
    return line(str(inner) or type(inner).__name__, 100)


def _by_status(error: Any, key: str, mode: str) -> Exception:
    status = int(error.status_code)
    said = str(error.message).removeprefix(f"Error code: {status} - ")
    text = redact(line(f"{getattr(error, 'code', '') or ''} {said}".strip(), 240), (key,))
    if status in (400, 413, 422) and _TOO_LONG.search(text):
        return TooLong(text)
    if status in (400, 404, 422, 500, 501) and mode == "chat" and _NO_TOOLS.search(text):
        return NoTools(text)
    if status in (400, 422, 500, 501) and mode in ("chat_json", "json_object") and _NO_SCHEMA.search(text):
        return NoSchema(text)
    if status in _RETRIED and not (status == 429 and _SPENT.search(text)):
        return Passing(
            f"status {status}: {text}",
            after=_after(error.response.headers.get("retry-after")),
            paid=status in (408, 504, 524),
        )
    return Denied(f"status {status}: {text}{_remedy(status)}")


def _after(header: str | None) -> float:
    """Seconds; a date, or nonsense, counts as nothing asked."""
    try:
        return max(0.0, float(header or 0))
    except ValueError:
        return 0.0


def _remedy(status: int) -> str:
    match status:
        case 401 | 403:
            return "; check the key and what it is allowed to do"
        case 402 | 429:
            return "; the account or key has no budget left"
        case 404:
            return "; check the model's name and base_url"
        case _:
            return ""
