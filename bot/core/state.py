"""Where a request stands, as its comment says it: a closed set, written by code and never by a model."""

import re
from typing import Literal, get_args

from bot.core.ledger import Result
from bot.core.step import Ask, AwaitCI, Prove, Publish, Push, Review, next_step
from bot.core.trail import Trail

Running = Literal["routing", "attempting", "verifying", "waiting_for_ci"]
Final = Literal[
    "accepted",
    "explained",
    "not_fixed",
    "refused",
    "budget",
    "quota",
    "needs_approval",
    "no_ci",
    "ci_timeout",
    "superseded",
    "stopped",
    "error",
]
State = Running | Final

FINAL: tuple[Final, ...] = get_args(Final)


def running(trail: Trail) -> Running:
    """What a run is about to do."""
    match next_step(trail):
        case Ask():
            return "attempting"
        case AwaitCI():
            return "waiting_for_ci"
        case Prove() | Review() | Push() | Publish() | None:
            return "verifying"


def ended(result: Result) -> Final:
    match result:
        case "pass":
            return "accepted"
        case "unavailable":
            return "error"
        case _:
            return result


_MARK, _STATE, _COMMIT = "<!-- route-agent:{} -->", "<!-- state: {} -->", "<!-- commit: {} -->"


def mark(command: str) -> str:
    """The hidden first line by which a command's comment is found again; it counts only in a comment of our own."""
    return _MARK.format(command)


def stamped(command: str, state: State, text: str, commit: str = "") -> str:
    """`commit` is the one that the command is about, from the moment it is heard."""
    pin = f"{_COMMIT.format(commit)}\n" if commit else ""
    return f"{mark(command)}\n{_STATE.format(state)}\n{pin}{text}"


def pinned(body: str) -> str:
    """The commit that a comment of ours names as its command's; empty where it names none."""
    third = body.replace("\r\n", "\n").split("\n")[2:3]
    found = re.fullmatch(r"<!-- commit: ([0-9a-f]{40}(?:[0-9a-f]{24})?) -->", third[0]) if third else None
    return found[1] if found else ""


def is_final(body: str) -> bool:
    """Whether a comment of ours says how its command ended."""
    second = body.replace("\r\n", "\n").split("\n")[1:2]
    return any(second == [_STATE.format(state)] for state in FINAL)
