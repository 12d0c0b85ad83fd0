"""Where a run stands, in the words that its comment says it in; written by code and never by a model."""

from bot.core.step import Ask, AwaitCI, Prove, Publish, Push, Review, next_step
from bot.core.trail import Trail
from bot.core.words import Final, Result, Running


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
