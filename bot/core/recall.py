"""What an earlier job of the same run had paid for, taken over at the very place where it would be bought again.

Everything else of what that job did is done anew: branches, CI runs and the pull request are found where they are, and what it says
of other evidence is left behind. It was kept where others can write, so no more is believed than a model could have said.
"""

import re

from bot.core.cost import Usage
from bot.core.entries import Reviewed, Tried
from bot.core.review import flaw
from bot.core.step import Ask, Review, Step
from bot.core.trail import Trail

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
            asked = len(trail.reviews_of(count))
            said = before.reviews_of(count)[asked : asked + 1]
            sound = (each for each in said if not flaw(each, question, runs=trail.opened.proof == "sandbox"))
            return next(sound, None)
        case _:
            return None


def bought(trail: Trail, before: Trail | None) -> tuple[Tried | Reviewed, ...]:
    """The entries that cost money and were not taken over: what this job has paid for itself."""
    mine = [entry for entry in trail.entries if isinstance(entry, Tried | Reviewed)]
    theirs = [entry for entry in before.entries if isinstance(entry, Tried | Reviewed)] if before is not None else []
    same = next((n for n, (one, other) in enumerate(zip(mine, theirs, strict=False)) if one != other), min(len(mine), len(theirs)))
    return tuple(entry for entry in mine[same:] if used(entry).calls > 0)


def spent_here(trail: Trail, before: Trail | None) -> Usage:
    """What this job has used for the run, as far as the Trail says it; all of it where nothing was taken over."""
    return trail.usage if before is None else sum(map(used, bought(trail, before)), Usage())


def used(entry: Tried | Reviewed) -> Usage:
    return entry.attempt.usage if isinstance(entry, Tried) else entry.usage


def keeps(trail: Trail, before: Trail | None) -> bool:
    """Whether the newest entry was just bought, so that it has to be kept before anything else is done."""
    mine = bought(trail, before)
    return bool(mine) and mine[-1] is trail.last


def goes_on(before: Trail, command: str, base: str, place: tuple[str, int | None]) -> bool:
    """Whether it is of this command, on this commit, in this place: repository, and number of the thread."""
    request, opened = before.opened.request, before.opened
    same = (request.id, request.base, (request.repo, request.number)) == (command, base, place)
    return same and opened.audit is None and _INSTANT.fullmatch(opened.at) is not None


def paid_alone(before: Trail) -> Trail:
    """What was paid for, and nothing else that a job says of itself which cannot go on: no proof, no branch, no pull request."""
    return Trail(before.opened, tuple(entry for entry in before.entries if isinstance(entry, Tried | Reviewed)))
