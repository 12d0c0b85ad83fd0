"""What an earlier job of the same run had paid for, taken over at the very place where it would be bought again.

Everything else of what that job did is done anew: branches, CI runs and the pull request are found where they are, and what it says
of other evidence is left behind. It was kept where others can write, so no more is believed than a model could have said.
"""

import re

from bot.core.review import flaw
from bot.core.step import Ask, Review, Step
from bot.core.trail import Reviewed, Trail, Tried

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def recalled(trail: Trail, step: Step, before: Trail) -> Tried | Reviewed | None:
    """The entry that answers a step which costs money; None where it has to be bought."""
    match step:
        case Ask(lane=lane):
            count = len(trail.attempts)
            found = before.attempts[count] if count < len(before.attempts) else None
            return Tried(found) if found is not None and found.lane == lane else None
        case Review(attempt=attempt, question=question):
            count = len(trail.attempts)
            if before.attempts[:count] != trail.attempts or before.attempts[count - 1] != attempt:
                return None
            asked = len(_reviews(trail, count))
            said = _reviews(before, count)[asked : asked + 1]
            sound = (each for each in said if not flaw(each, question, runs=trail.opened.proof == "sandbox"))
            return next(sound, None)
        case _:
            return None


def _reviews(trail: Trail, attempt: int) -> tuple[Reviewed, ...]:
    """What was said in review of the attempt of this number, from 1."""
    found: list[Reviewed] = []
    number = 0
    for entry in trail.entries:
        number += isinstance(entry, Tried)
        if isinstance(entry, Reviewed) and number == attempt:
            found.append(entry)
    return tuple(found)


def paid(trail: Trail) -> bool:
    """Whether the newest entry cost money, so that it has to be kept before anything else is done."""
    match trail.last:
        case Tried(attempt=attempt):
            return attempt.usage.calls > 0
        case Reviewed(usage=usage):
            return usage.calls > 0
        case _:
            return False


def goes_on(trail: Trail, before: Trail) -> bool:
    """Whether one is the same run as the other, begun anew: the command and the commit are the same."""
    request, was = trail.opened.request, before.opened.request
    return request.id == was.id and request.base == was.base and _INSTANT.fullmatch(before.opened.at) is not None
