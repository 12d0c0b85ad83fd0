"""All that is known of a request before a model is paid, by source, most trusted first: the rules see this and nothing else."""

from typing import Literal

from pydantic.dataclasses import dataclass

from bot.core.diff import Diff
from bot.core.strict import STRICT


@dataclass(frozen=True, slots=True, config=STRICT)
class NotApplicable:
    """The source does not exist for this request (an issue has no diff). Adds nothing."""

    why: str
    kind: Literal["not_applicable"] = "not_applicable"


@dataclass(frozen=True, slots=True, config=STRICT)
class Unreadable:
    """The source exists, but failed, was truncated or contradicts itself. Counts as the worst it could say."""

    why: str
    kind: Literal["unreadable"] = "unreadable"


@dataclass(frozen=True, slots=True, config=STRICT)
class NotRun:
    """The source could be asked and was not (yet): the score is a range."""

    why: str
    kind: Literal["not_run"] = "not_run"


@dataclass(frozen=True, slots=True, config=STRICT)
class Failing:
    """Names of failing tests, or of failing checks whose tests cannot be told apart."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, config=STRICT)
class Place:
    """A file the request is likely about, and what in its text says so."""

    path: str
    why: str


@dataclass(frozen=True, slots=True, config=STRICT)
class Located:
    """Files found in the tree from the text alone, likeliest first."""

    places: tuple[Place, ...]
    guesses: tuple[Place, ...] = ()
    """Weaker ones, which define what the text names: not shown to a lane and not counted, but what lies there is at stake."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Facts:
    diff: Diff | NotApplicable | Unreadable
    located: Located | NotApplicable | Unreadable
    failing: Failing | NotApplicable | Unreadable | NotRun
    labels: tuple[str, ...]
    text: str
    """What a person wrote of the task: cleaned, untrusted. It can raise the score, never lower it."""
