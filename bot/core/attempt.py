"""One lane's try: how it ended, and what it left."""

from typing import Literal

from pydantic.dataclasses import dataclass

from bot.core.cost import Usage
from bot.core.fields import RawText
from bot.core.strict import STRICT, Seconds

StopReason = Literal[
    "finished",  # the model said it was done, and something differs
    "gave_up",  # it said that it cannot do it
    "no_edit",  # it said it was done, and nothing differs
    "too_many_edits",  # it changed more files than a patch may hold
    "repeating",  # the same action again and again
    "malformed",  # replies that are no action
    "tool_timeout",  # searches that do not end
    "step_limit",
    "time_limit",
    "context",  # the conversation no longer fits the model
    "budget",  # the next call could cost more than is left
    "denied",  # key, quota or model name
    "unavailable",  # the provider did not answer
]


STEPS = 60
"""The most calls of an attempt."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Attempt:
    """One lane's try. `diff` is what the tree differs by, as computed by us; empty where there is no patch."""

    lane: str
    ended: StopReason
    diff: RawText
    usage: Usage
    seconds: Seconds
    model: str = ""
    """What the provider says it ran; the lane's model id where no reply came."""
    summary: str = ""
    risks: str = ""
    self_confidence: float | None = None
    """What the model says of itself. Logged; weighs nothing."""
    note: str = ""
    """Why it ended, in words, where the code alone does not say it."""
