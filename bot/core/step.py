"""What comes next, as a pure function of what has been: so a killed run goes on where it stopped, in any job."""

from dataclasses import dataclass

from bot.core.attempt import Attempt
from bot.core.entries import Awaited, Entry, Opened, Proved, Published, Pushed, Question, Reviewed, Tried
from bot.core.evidence import PATCH_RULES
from bot.core.review import flaw
from bot.core.route import Refusal
from bot.core.trail import Trail
from bot.core.trailfile import TrailError
from bot.core.verdict import Accept, Escalate, Stop


@dataclass(frozen=True, slots=True)
class Ask:
    """Have a lane make a patch. `because` is what speaks against the patch before, empty for the first lane."""

    lane: str
    because: str = ""


@dataclass(frozen=True, slots=True)
class Prove:
    """Gather evidence about the last attempt."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Review:
    """Have the verifier model look for the bug in the last attempt's patch."""

    attempt: Attempt
    question: Question


@dataclass(frozen=True, slots=True)
class Push:
    """Put the last attempt's patch on a branch: an accepted one, or one to look at when the lanes have run out."""

    attempt: Attempt
    number: int


@dataclass(frozen=True, slots=True)
class AwaitCI:
    """Have the repository's own CI judge the branch."""

    pushed: Pushed


@dataclass(frozen=True, slots=True)
class Publish:
    """Write the record; say how it ended."""


Step = Ask | Prove | Review | Push | AwaitCI | Publish


def next_step(trail: Trail) -> Step | None:
    """None when there is nothing left to do."""
    match trail.last:
        case None:
            return _first(trail)
        case Tried(attempt=attempt):
            return Prove(attempt)
        case Proved() | Reviewed() if (question := trail.question) is not None:
            return Review(trail.attempts[-1], question)
        case Proved() | Reviewed() if not trail.judged:
            return Push(trail.attempts[-1], len(trail.attempts))
        case Proved() | Reviewed() | Awaited():
            return _decided(trail)
        case Pushed() as pushed:
            return AwaitCI(pushed) if trail.opened.proof == "ci" else Publish()
        case Published():
            return None


def _first(trail: Trail) -> Step:
    route = trail.opened.route
    if isinstance(route, Refusal) or trail.opened.policy.routing.shadow:
        return Publish()
    return Ask(route.lane)


def _decided(trail: Trail) -> Step:
    tries = trail.tries
    last = tries[-1]
    match last.decision:
        case Escalate(lane=lane, detail=detail):
            return Ask(lane, detail)
        case _ if trail.opened.proof == "ci" or trail.opened.audit:
            return Publish()
        case Accept():
            return Push(last.attempt, len(tries))
        case Stop():
            return Push(last.attempt, len(tries)) if last.attempt.diff and _clean(trail) else Publish()


def _clean(trail: Trail) -> bool:
    """Nothing that breaks a patch rule is ever put on a branch, not even to be looked at."""
    return all(item.name != PATCH_RULES for item in trail.tries[-1].evidence.failed)


def checked(trail: Trail) -> Trail:
    """The Trail, if every entry is what the step before it asked for. Raises `TrailError`.

    Decisions are not stored but made anew here, so a Trail from elsewhere cannot claim one.
    """
    for number, entry in enumerate(trail.entries):
        asked = next_step(Trail(trail.opened, trail.entries[:number]))
        if not _answers(entry, asked, trail.opened):
            raise TrailError(f"entries.{number}: `{entry.kind}` cannot stand there")
    return trail


def _answers(entry: Entry, asked: Step | None, opened: Opened) -> bool:
    match asked:
        case Ask(lane=lane):
            return isinstance(entry, Tried) and entry.attempt.lane == lane
        case Prove():
            return isinstance(entry, Proved)
        case Review(question=question):
            return isinstance(entry, Reviewed) and not flaw(entry, question, runs=opened.proof == "sandbox")
        case Push():
            return isinstance(entry, Pushed)
        case AwaitCI():
            return isinstance(entry, Awaited)
        case Publish():
            return isinstance(entry, Published)
        case None:
            return False
