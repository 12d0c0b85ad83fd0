"""What GitHub sends a workflow, read strictly, every field asked for by type: an event of ours, or None.

Light on purpose, like the events themselves.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

from bot.core.event import REPLAY, Commented, Dispatched, Event, Judged, Labelled, Person, Proposed, Repo
from bot.core.forge import Thread

MOST_BYTES = 30_000_000
"""GitHub's own limit for an event is 25 MB."""


class EventError(ValueError):
    """The payload is not what GitHub sends for such an event; says where."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What the workflow itself passes in, besides the event. `actor` is whose doing GitHub says the run is."""

    issue: str = ""
    instructions: str = ""
    lane: str = ""
    actor: str = ""
    actor_id: str = ""
    phase: str = ""


def read(name: str, data: bytes, typed: Typed) -> Event | Judged | Proposed | None:
    """The event, or None for one that is nothing to us. Raises `EventError`."""
    whole = _whole(data)
    if typed.phase == REPLAY:
        return _proposed(name, whole)
    match name, whole.text("action", empty=True):
        case "issue_comment", "created":
            return _commented(whole)
        case "pull_request_review_comment", "created":
            return _remarked(whole)
        case "issues" | "pull_request" | "pull_request_target", "labeled":
            return _labelled(whole)
        case "pull_request", "closed":
            return _closed(whole)
        case "pull_request_review", "submitted" if whole.part("review").text("state").lower() == "changes_requested":
            return _judged(whole, "changes_requested", whole.part("review").shaped("submitted_at", _TIME))
        case "workflow_dispatch", _:
            return _dispatched(whole, typed)
        case _ if typed.issue.strip():  # a workflow that others call, or that comes by the clock, and names an issue
            return _dispatched(whole, typed)
        case _:
            return None


_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")

_TIME = re.compile(r"2\d{3}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\dZ")


class _Part:
    """One object of the payload, every field asked for by type. The only place that holds a dict."""

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise EventError(f"{where} is no object")
        self._value, self._where = value, where

    def part(self, name: str) -> "_Part":
        return _Part(self._value.get(name), f"{self._where}.{name}")

    def has(self, name: str) -> bool:
        return self._value.get(name) is not None

    def text(self, name: str, *, empty: bool = False) -> str:
        found = self._value.get(name)
        if found is None and empty:
            return ""
        if not isinstance(found, str):
            raise EventError(f"{self._where}.{name} is no text")
        return found

    def shaped(self, name: str, shape: re.Pattern[str]) -> str:
        """A text that becomes a part of an address or a path."""
        found = self.text(name)
        if not shape.fullmatch(found):
            raise EventError(f"{self._where}.{name} is not what GitHub sends there")
        return found

    def number(self, name: str) -> int:
        found = self._value.get(name)
        if not isinstance(found, int) or isinstance(found, bool) or found < 1:
            raise EventError(f"{self._where}.{name} is no number")
        return found

    def truth(self, name: str) -> bool:
        return self._value.get(name) is True

    def names(self, name: str) -> tuple[str, ...]:
        found = self._value.get(name)
        parts = (_Part(item, f"{self._where}.{name}") for item in found) if isinstance(found, list) else ()
        return tuple(part.text("name") for part in parts)


def _whole(data: bytes) -> _Part:
    if len(data) > MOST_BYTES:
        raise EventError(f"the event has {len(data)} bytes; GitHub sends at most {MOST_BYTES}")
    try:
        payload = json.loads(data)
    except (ValueError, RecursionError):
        raise EventError("the event is no JSON") from None
    return _Part(payload, "event")


def _person(part: _Part) -> Person:
    return Person(part.text("login"), part.number("id"), part.text("type"))


def _repo(whole: _Part) -> Repo:
    part = whole.part("repository")
    return Repo(part.text("full_name"), part.text("default_branch"), part.truth("private"))


def _thread(part: _Part, *, pull: bool) -> Thread:
    return Thread(
        number=part.number("number"),
        title=part.text("title"),
        body=part.text("body", empty=True),
        state=part.text("state"),
        locked=part.truth("locked"),
        author=part.part("user").text("login") if part.has("user") else "",
        labels=part.names("labels"),
        pull=pull,
    )


def _commented(whole: _Part) -> Commented:
    issue, comment = whole.part("issue"), whole.part("comment")
    return Commented(
        repo=_repo(whole),
        sender=_person(whole.part("sender")),
        thread=_thread(issue, pull=issue.has("pull_request")),
        comment=comment.number("id"),
        author=_person(comment.part("user")),
        body=comment.text("body", empty=True),
        at=comment.text("created_at"),
    )


def _remarked(whole: _Part) -> Commented:
    comment = whole.part("comment")
    return Commented(
        repo=_repo(whole),
        sender=_person(whole.part("sender")),
        thread=_thread(whole.part("pull_request"), pull=True),
        comment=comment.number("id"),
        author=_person(comment.part("user")),
        body=comment.text("body", empty=True),
        at=comment.text("created_at"),
        place="diff",
    )


def _closed(whole: _Part) -> Judged:
    pull = whole.part("pull_request")
    return _judged(whole, "merged" if pull.truth("merged") else "closed", pull.shaped("closed_at", _TIME))


def _judged(whole: _Part, what: Literal["merged", "closed", "changes_requested"], at: str) -> Judged:
    pull, head = whole.part("pull_request"), whole.part("pull_request").part("head")
    return Judged(
        repo=_repo(whole),
        sender=_person(whole.part("sender")),
        number=pull.number("number"),
        branch=head.text("ref"),
        head_repo=head.part("repo").text("full_name") if head.has("repo") else "",
        head=head.shaped("sha", _SHA),
        opened_at=pull.shaped("created_at", _TIME),
        at=at,
        what=what,
    )


def _proposed(name: str, whole: _Part) -> Proposed | None:
    if name != "pull_request" or whole.text("action", empty=True) not in ("opened", "synchronize", "reopened"):
        return None
    pull = whole.part("pull_request")
    return Proposed(_repo(whole), pull.number("number"), pull.part("head").shaped("sha", _SHA))


def _labelled(whole: _Part) -> Labelled:
    on_pull = whole.has("pull_request")
    part = whole.part("pull_request" if on_pull else "issue")
    thread = _thread(part, pull=on_pull or part.has("pull_request"))
    return Labelled(_repo(whole), _person(whole.part("sender")), thread, whole.part("label").text("name"))


def _dispatched(whole: _Part, typed: Typed) -> Dispatched:
    number = typed.issue.strip().removeprefix("#")
    if not number.isascii() or not number.isdigit() or not 0 < len(number) < 12:
        raise EventError("the input `issue` must be the number of an issue or pull request")
    return Dispatched(_repo(whole), _by(whole, typed), int(number), typed.instructions, typed.lane)


def _by(whole: _Part, typed: Typed) -> Person:
    """What comes by the clock has no sender: it is the doing of whoever last changed the clock, and may do what that person may."""
    if whole.has("sender"):
        return _person(whole.part("sender"))
    if not typed.actor or not typed.actor_id.isdecimal():
        raise EventError("neither event.sender nor GITHUB_ACTOR with GITHUB_ACTOR_ID says whose doing this is")
    return Person(typed.actor, int(typed.actor_id), "Bot" if typed.actor.endswith("[bot]") else "User")
