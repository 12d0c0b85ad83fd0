"""The first look at an event: a comment that is no command ends here, before anything heavy is loaded."""

from collections.abc import Mapping
from pathlib import Path

from bot.core.command import heard, may_be
from bot.core.event import REPLAY, Commented, Dispatched, Event, Judged, Labelled, Proposed
from bot.core.payload import EventError, Typed, read

USUAL, USUAL_LABEL = "/agent", "agent:fix"
"""The word that begins a command, and the label that is one, where the policy names no others."""


def look(env: Mapping[str, str]) -> Event | Judged | Proposed | str:
    """The event that may be a command, the end of a patch of ours or a proposed policy; or why none is. Raises `EventError`."""
    name, path = (env.get(key, "").strip() for key in ("GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH"))
    if not name or not path:
        raise EventError("GITHUB_EVENT_NAME or GITHUB_EVENT_PATH is not set: this runs as a step of a GitHub workflow")
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise EventError(f"GITHUB_EVENT_PATH cannot be read: {error.strerror}") from None
    issue, instructions, lane, phase = (env.get(f"INPUT_{field}", "") for field in ("ISSUE", "INSTRUCTIONS", "LANE", "PHASE"))
    actor, actor_id = (env.get(name, "").strip() for name in ("GITHUB_ACTOR", "GITHUB_ACTOR_ID"))
    match read(name, data, Typed(issue, instructions, lane, actor, actor_id, phase.strip())):
        case Proposed() as proposed:
            return proposed
        case _ if phase.strip() == REPLAY:
            return f"the event `{name}` proposes no policy, which is all that `phase: {REPLAY}` hears"
        case None:
            return f"the event `{name}` is no command"
        case Judged() as judged if not _ours(judged) or judged.head_repo != judged.repo.full_name:
            return "the pull request is not of this bot"
        case Commented(body=body) if not may_be(body):
            return "the comment is no command"
        case Commented() | Labelled() | Dispatched() | Judged() as event:
            return event


def _ours(judged: Judged) -> bool:
    return (judged.takes_back or judged.branch).startswith("route-agent/")


def soon(event: Event | Judged | Proposed, phase: str) -> bool:
    """Whether a command may be acknowledged before the policy is read: the usual one, by a person, in a job that answers."""
    if isinstance(event, Judged | Proposed) or event.sender.kind != "User" or phase not in ("", "auto", "gate"):
        return False
    match event:
        case Commented(place="diff"):
            return False
        case Commented():
            return event.sender.id == event.author.id and heard(event.body, USUAL) is not None
        case Labelled():
            return event.label == USUAL_LABEL
        case Dispatched():
            return True
