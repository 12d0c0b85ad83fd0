"""The acknowledgement: a reaction on the command, sent before anything heavy is loaded.

It decides nothing but itself. The gate asks everything again; what is in doubt here is left to it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

import requests

from bot.core.event import Commented, Dispatched, Event

ROLES = ("write", "maintain", "admin")
"""Whoever has one may give a command where the policy asks for no more. An organisation's own roles are the gate's to ask about."""
SECONDS = 5.0
"""For each of four requests: who cannot be reached now is tried again, patiently, by the gate."""


@dataclass(frozen=True, slots=True)
class Way:
    """Where GitHub answers, by what token, and the path of the policy on the default branch."""

    api: str
    token: str
    policy: str


def nod(event: Event, way: Way) -> bool:
    """React to a command that the gate is certain to react to. Whether it was done; no trouble is an error."""
    try:
        with requests.Session() as session:
            session.auth = _signed(way.token)
            return _permitted(session, event, way) and _usual(session, event, way) and _reacted(session, event, way)
    except (requests.RequestException, ValueError):
        return False


def _signed(token: str) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    """As an `auth`, which a `.netrc` does not overrule."""

    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update({"Authorization": f"Bearer {token}", "User-Agent": "route-agent"})
        return request

    return sign


def _permitted(session: requests.Session, event: Event, way: Way) -> bool:
    """A person with the permission, who is not this bot itself."""
    graph = f"{way.api.removesuffix('/v3')}/graphql"
    asked = session.post(graph, json={"query": "query { viewer { login } }"}, timeout=SECONDS, allow_redirects=False)
    me = _word(asked.json(), "data", "viewer", "login")
    if not me or me.lower() == event.sender.login.lower():
        return False
    url = f"{way.api}/repos/{event.repo.full_name}/collaborators/{quote(event.sender.login, safe='')}/permission"
    return _word(session.get(url, timeout=SECONDS, allow_redirects=False).json(), "role_name") in ROLES


def _word(answer: object, *names: str) -> str:
    """The text at such a place of an answer; empty where there is none."""
    for name in names:
        answer = answer.get(name) if isinstance(answer, dict) else None
    return answer if isinstance(answer, str) else ""


def _usual(session: requests.Session, event: Event, way: Way) -> bool:
    """Whether the usual word and the usual permission hold: a policy that names others has to be read with care."""
    url = f"{way.api}/repos/{event.repo.full_name}/contents/{quote(way.policy)}"
    found = session.get(url, headers={"Accept": "application/vnd.github.raw+json"}, timeout=SECONDS, allow_redirects=False)
    return found.status_code == 200 and "triggers" not in found.text


def _reacted(session: requests.Session, event: Event, way: Way) -> bool:
    """On the comment that holds the command; for a label or a dispatch, which have none, on the issue."""
    match event:
        case Commented(comment=comment):
            place = f"comments/{comment}"
        case Dispatched(number=number):
            place = str(number)
        case _:
            place = str(event.thread.number)
    url = f"{way.api}/repos/{event.repo.full_name}/issues/{place}/reactions"
    return session.post(url, json={"content": "eyes"}, timeout=SECONDS, allow_redirects=False).ok
