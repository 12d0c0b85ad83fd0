"""One connection to one repository, and the one place where GitHub's refusals become ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
from github import Auth, Github
from github.GithubException import GithubException
from github.GithubRetry import GithubRetry
from github.Repository import Repository

from bot.core.clean import line, redact
from bot.ports import Denied, Unavailable

READS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Only these are sent again by the library: a write that seemed to fail may have happened."""
TRIES, LONGEST_WAIT, TIMEOUT = 3, 90.0, 20


PAGE = 100
"""Rows; the most that GitHub puts on one."""
PAUSE = 1.0
"""GitHub's own advice; quicker writers meet its secondary limits."""


@dataclass(frozen=True, slots=True)
class Hub:
    """`server` and `repo` make addresses that people can open."""

    github: Github
    repo: Repository
    name: str
    server: str
    lag: float = 3.0
    """Seconds after which to look again for what may have been made."""
    made: set[str] = field(default_factory=set)
    """Commits that this process has made and put on a branch: nobody else has done anything on them before."""


def connect(api: str, server: str, token: str, repo: str, pause: float = PAUSE, timeout: int = TIMEOUT) -> Hub:
    """Sends nothing yet. `timeout` is how many seconds one answer may keep us waiting.

    `pause` is how many lie between two writes; a read that fails is sent again at once, and after twice and four times as many.
    """
    retry = GithubRetry(
        total=TRIES,
        backoff_factor=pause,
        max_rate_limit_wait=LONGEST_WAIT,
        retry_after_max=int(LONGEST_WAIT),
        allowed_methods=READS,
        status_forcelist=[*range(500, 600), 403, 429],
    )
    github = Github(
        auth=Auth.Token(token),
        base_url=api,
        user_agent="route-agent",
        per_page=100,
        timeout=timeout,
        retry=retry,
        seconds_between_requests=None,  # the limit that counts is on writes
        seconds_between_writes=pause,
        lazy=True,
    )
    return Hub(github, github.get_repo(repo), repo, server.rstrip("/"), 3 * pause)


@dataclass(slots=True)
class Polled:
    """What is asked again and again: a look that finds nothing new does not count against GitHub's limit."""

    hub: Hub
    _known: dict[str, tuple[str, Any]] = field(default_factory=dict, repr=False)

    def get(self, url: str, **query: str) -> Any:
        """The answer, parsed; the one before where GitHub says that it still holds."""
        key = f"{url}?{sorted(query.items())}"
        tag, last = self._known.get(key, ("", None))
        headers = {"If-None-Match": tag} if tag else {}
        fresh, found = self.hub.github.requester.requestJsonAndCheck("GET", url, parameters=query or None, headers=headers)
        if found is None:  # 304; to a question without a tag it is no answer
            if not tag:
                raise Unavailable(f"GitHub answers {line(url, 100)} with nothing")
            return last
        self._known[key] = (fresh.get("etag", ""), found)
        return found

    def pages(self, url: str, most: int, wrap: str = "", **query: str) -> list[dict[str, Any]]:
        """The rows of so many pages at most; `wrap` is the key under which an answer holds them."""
        made: list[dict[str, Any]] = []
        for page in range(1, most + 1):
            found = self.get(url, **query, per_page=str(PAGE), page=str(page))
            rows = (found.get(wrap) if wrap and isinstance(found, dict) else found) or []
            made += rows
            if len(rows) < PAGE:
                break
        return made


def asked(hub: Hub, path: str, **query: str) -> Any:
    """What lies at an address below the repository's, for which the library has no name."""
    _, data = hub.github.requester.requestJsonAndCheck("GET", f"{hub.repo.url}/{path}", parameters=dict(query))
    return data


def graph(hub: Hub, query: str, variables: dict[str, Any]) -> Any:
    """The `data` of a question by GraphQL, whose limit is its own; None where the server has no GraphQL."""
    requester = hub.github.requester
    apart = requester.withAuth(requester.auth)  # a question, but a POST: the next write need not wait for it
    try:
        _, found = apart.graphql_query(query, variables)
    except GithubException as error:
        if error.status == 404:
            return None
        raise
    return found.get("data") or {}


class Ambiguous(Unavailable):
    """A write that may have happened: look before it is sent again."""


@contextmanager
def sorted_out(what: str, needs: str = "") -> Iterator[None]:
    """Say what did not work and what to do. `needs` is the line of `permissions:` that it takes."""
    try:
        yield
    except GithubException as error:
        raise _trouble(error, what, needs) from None
    except AssertionError as error:  # the library's own: it follows no address to another server
        named = f"an answer names another server than GITHUB_API_URL does ({line(str(error), 100)})"
        raise Denied(f"{what}: {named}; a GitHub Enterprise Server must be reached by the name that it calls itself") from None
    except (requests.RequestException, OSError) as error:
        raise Ambiguous(f"{what}: GitHub did not answer ({type(error).__name__})") from None


def _trouble(error: GithubException, what: str, needs: str) -> Exception:
    data = error.data if isinstance(error.data, dict) else {}
    said = line(redact(str(error.message or data.get("message") or error.data or "")), 200)
    status = error.status
    limited = "rate limit" in said.lower() or (error.headers or {}).get("x-ratelimit-remaining") == "0"
    if status == 429 or (status == 403 and limited):
        return Unavailable(f"{what}: GitHub's rate limit is reached ({said or status})")
    if status >= 500 or status == 0:
        return Ambiguous(f"{what}: GitHub answers {status}")
    if status == 401:
        return Denied(f"{what}: GitHub does not take the token ({said}); pass `github-token`")
    if status in (403, 404):
        remedy = f"; the job needs `permissions: {needs}`" if needs else ""
        return Denied(f"{what}: GitHub answers {status} ({said}){remedy}")
    return Denied(f"{what}: GitHub answers {status} ({said})")
