"""Everything that can go wrong with a call, sorted by what to do about it."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from bot.core.clean import line, redact
from bot.edge.model.sending import Form
from bot.ports import Denied, TooLong, Unavailable


class Passing(Exception):
    """Trying again may help. `after` are the seconds the server asked for; `paid`: it may have been charged all the same."""

    def __init__(self, message: str, *, after: float = 0.0, paid: bool = False) -> None:
        super().__init__(message)
        self.after, self.paid = after, paid


class Less(Exception):
    """The server does not take what it was asked for in this form; another may do."""


class NoTools(Less):
    """No tool calls for this model."""


class NoSchema(Less):
    """Not this response format."""


class NoChat(Less):
    """No tool calls in Chat Completions for this model, but in Responses."""


_TOO_LONG = re.compile(
    r"context_length_exceeded|exceed_context_size|ContextWindowExceeded|maximum context length|max_model_len|prompt is too long"
    r"|context window|available context size|request_too_large",
    re.IGNORECASE,
)
_NO_CHAT = re.compile(r"use /v1/responses", re.IGNORECASE)
_NO_TOOLS = re.compile(
    r"enable-auto-tool-choice|tool-call-parser|not support (?:tools|function|tool)|tools? (?:is|are) not supported"
    r"|Function tools with reasoning_effort",
    re.IGNORECASE,
)
_NO_SCHEMA = re.compile(r"response_format|json_schema|grammar|structured output", re.IGNORECASE)
_SPENT = re.compile(
    r"insufficient_quota|exceeded your current quota|billing_(?:hard_limit|not_active)|spend\w*[ _]?limit|SpendLimit|budget"
    r"|insufficient[ _](?:credits?|funds|balance)|out of credits",
    re.IGNORECASE,
)
_PROXY_BUDGET = re.compile(r"crossed budget|ExceededBudget|budget has been exceeded", re.IGNORECASE)
_PROXY_MODEL = re.compile(r"Invalid model name passed", re.IGNORECASE)
_PROXY_NOTE = re.compile(r"\s+LiteLLM: model group .*", re.DOTALL)
"""What a LiteLLM proxy adds to an upstream's words. It holds names that its owner chose, `low-budget` say: they are no evidence."""
_BAD_KEY = re.compile(r"no_db_connection|No connected db|invalid_api_key|authentication_error", re.IGNORECASE)
_RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 524, 529})
_MAY_BE_PAID = frozenset({408, 502, 504, 520, 524})
"""A gateway lost the answer, or its patience, while the model may have been at work."""
NEVER = float("inf")


@contextmanager
def sort(sdk: ModuleType, key: str, form: Form) -> Iterator[None]:
    """Turn whatever a call raises into one of ours. `sdk` is the library used; `form` what the server was asked to understand."""
    import httpx2  # noqa: PLC0415 - the SDKs' own; loaded with them

    never_sent = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
    base = getattr(sdk, "OpenAIError", None) or sdk.AnthropicError
    try:
        yield
    except sdk.APITimeoutError as error:
        raise Passing("no answer in time", paid=not isinstance(error.__cause__, never_sent)) from None
    except sdk.APIConnectionError as error:
        if isinstance(error.__cause__, never_sent):
            raise Passing(
                f"no connection ({_cause(error)}); is the server running, the address right, and the way there open?"
            ) from None
        raise Passing(f"the connection broke before the answer was whole ({_cause(error)})", paid=True) from None
    except sdk.APIStatusError as error:
        raise by_status(_Refused.of(error), key, form) from None
    except (httpx2.HTTPError, json.JSONDecodeError, base, ValueError, AssertionError) as error:
        what = line(redact(f"{type(error).__name__}: {error}", (key,)))
        raise Passing(f"the answer could not be read ({what})", paid=True) from None


def _cause(error: BaseException) -> str:
    inner = error.__cause__ or error
    return line(str(inner) or type(inner).__name__, 100)


class _Refused:
    """An answer with a status that is no success, read as hostile input."""

    def __init__(self, status: int, document: Any, headers: Any, otherwise: str = "") -> None:
        self.status, self.headers = status, headers
        whole = document if isinstance(document, dict) else {}
        inner = whole.get("error", whole)
        self.inner: dict[str, Any] = inner if isinstance(inner, dict) else {"message": str(inner)}
        found = self.inner.get("availability", whole.get("availability"))
        self.availability: dict[str, Any] = found if isinstance(found, dict) else {}
        self.otherwise = otherwise

    @classmethod
    def of(cls, error: Any) -> "_Refused":
        try:
            document = json.loads(error.response.text)
        except (ValueError, RecursionError):
            document = None
        return cls(int(error.status_code), document, error.response.headers, error.response.text[:2_000])

    @property
    def text(self) -> str:
        """Everything by which a refusal can be told from another."""
        names = ("code", "type", "error_code", "message")
        said = " ".join(
            str(self.inner[name]) for name in names if self.inner.get(name) not in (None, "", self.status, str(self.status))
        )
        kinds = " ".join(str(v) for v in (self.metadata("error_type"), self.availability.get("code")) if v)
        return _PROXY_NOTE.sub("", f"{said or self.otherwise} {kinds}").strip()

    def metadata(self, name: str) -> Any:
        found = self.inner.get("metadata")
        return found.get(name) if isinstance(found, dict) else None

    @property
    def after(self) -> float:
        """Seconds to wait; a date, or nonsense, counts as nothing asked."""
        if self.headers.get("x-should-retry") == "false" or self.availability.get("retryable") is False:
            return NEVER
        asked = (
            self.headers.get("retry-after"),
            self.headers.get("llm_provider-retry-after"),
            self.availability.get("retry_after"),
        )
        for value in asked:
            try:
                return max(0.0, float(str(value)))
            except ValueError:
                continue
        return 0.0


def by_status(refused: _Refused, key: str, form: Form) -> Exception:
    status, full = refused.status, refused.text
    text = line(redact(full, (key,)), 240)  # a key that is cut in the middle is not found any more
    if status == 413 or (status in (400, 422) and _TOO_LONG.search(full)):
        return TooLong(text)
    if form == "tools" and status in (400, 404, 422, 500, 501):
        if _NO_CHAT.search(full):
            return NoChat(text)
        if _NO_TOOLS.search(full):
            return NoTools(text)
    if form in ("schema", "object") and status in (400, 422, 500, 501) and _NO_SCHEMA.search(full):
        return NoSchema(text)
    in_flight = status == 402 and "in_flight" in str(refused.metadata("limit_source"))
    if in_flight or (status in _RETRIED and not (status == 429 and _SPENT.search(full))):
        return Passing(f"status {status}: {text}", after=refused.after, paid=status in _MAY_BE_PAID)
    return Denied(f"status {status}: {text}{_remedy(status, full)}")


def instead(answer: Any, api: str) -> Any:
    """What an answer holds that is not the one hoped for: an error, or a text, as gateways write it in a bad minute.

    Raises `Denied` for a web page; `api` is whose address it should be.
    """
    if isinstance(answer, str) and re.match(r"\s*<(?:!doctype html|html)\b", answer, re.IGNORECASE):
        raise Denied(f"the answer is a web page, so this may not be the address of {api}; check base_url", paid=True)
    if isinstance(answer, str):
        return {"error": {"message": f"a text that is not JSON; is the address that of {api}?"}}
    return getattr(answer, "model_extra", None) or {}


def in_success(document: Any, key: str) -> Exception:
    """An error that came with status 200. The model may have been at work, so it may be billed."""
    refused = _Refused(200, document, {})
    text = line(redact(refused.text or "no reason given", (key,)), 240)
    code = refused.inner.get("code")
    status = code if isinstance(code, int) and not isinstance(code, bool) else 0
    if _TOO_LONG.search(refused.text):
        return TooLong(text, paid=True)
    if status in (400, 401, 402, 403, 404, 422):
        return Denied(f"status 200, but an error {status}: {text}{_remedy(status, refused.text)}", paid=True)
    return Unavailable(f"the answer holds no choice, but an error: {text}", paid=True)


def _remedy(status: int, text: str) -> str:
    if _PROXY_BUDGET.search(text):
        return "; the proxy's own budget is spent: raise max_budget in its configuration, or wait until it starts anew"
    if _PROXY_MODEL.search(text):
        return "; check the model's name: the proxy serves it under another, or not at all"
    if _BAD_KEY.search(text):
        return "; check the key and what it is allowed to do"
    if "constraint_filtered" in text:
        return "; no endpoint fits models.<lane>.openrouter: its max_price is by default models.<lane>.price or the list price"
    if status == 403 and _SPENT.search(text):
        return "; the account or key has no budget left"
    match status:
        case 401 | 403:
            return "; check the key and what it is allowed to do"
        case 402 | 429:
            return "; the account or key has no budget left"
        case 404:
            return "; check the model's name and base_url"
        case _:
            return ""
