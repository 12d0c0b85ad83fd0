"""The command line's main job: a task and a repository in; a branch, a report and a ledger line out."""

from collections.abc import Callable, Iterator

from bot.arguments import Desired
from bot.audit import audit
from bot.core.audit import due, key
from bot.core.entries import Opened
from bot.core.ledger import Record
from bot.core.request import Request
from bot.core.trail import Trail
from bot.flow import run
from bot.hear import SETUP_SECONDS, Asked, explain, failed_setup, hear, wish
from bot.ports import Denied, Model
from bot.publish import recorded, settle
from bot.shop import Outside, Shop, shop


def fix(wanted: Desired, outside: Outside, model: Model, told: Callable[[Record], None] = lambda _: None) -> tuple[Record, Trail]:
    """Run the main job to its end. ^C leaves the repository as it was, and the ledger with what was spent.

    `told` hears how it ended. After that comes a blind audit, where chance draws one: what that raises is none of the run's.
    """
    with shop(wanted, outside, model) as place:
        with place.runs.alone(place.asked.request.id):
            place.ledger.ready()
            for name in place.asked.policy.lanes:
                model.ready(place.asked.policy.lane(name))
            try:
                trail = _begun(place) or _opened(place)
                trail = _finish(trail, place)
            finally:
                outside.progress.end()
            made = recorded(trail, place.kit)
        told(made)
        if due(trail):
            _audited(trail, place, outside)
        return made, trail


def _audited(trail: Trail, place: Shop, outside: Outside) -> None:
    with place.runs.alone(key(trail.opened.request.id)):  # by that others know it is at work, and do not settle its share
        try:
            audit(trail, place.further())
        finally:
            outside.progress.end()


def explained(wanted: Desired, outside: Outside, model: Model) -> Opened:
    with shop(wanted, outside, model) as place:
        try:
            asked = place.asked if not place.asked.policy.routing.audit_share else _coming(place)
            return explain(asked, place.kit, place.bench)
        finally:
            outside.progress.end()


def _coming(place: Shop) -> Asked:
    """With the key that the run would have, by which chance draws it."""
    found = ((request, place.runs.find(request.id)) for request in _candidates(place))
    request = next(request for request, trail in found if trail is None or not trail.finished)
    return Asked(request, place.asked.policy, place.asked.diff)


def _opened(place: Shop) -> Trail:
    """A run that ends before it has a Trail gives back what it set aside."""
    fresh = _fresh(place)
    try:
        return Trail(hear(fresh, place.kit, place.bench))
    except BaseException:
        place.kit.purse.settle(wish(fresh.request, place.kit))
        raise


def _finish(trail: Trail, place: Shop) -> Trail:
    try:
        return run(trail, place.kit)
    except BaseException as error:
        _interrupted(place, trail.opened.request.id, error)
        raise


def _candidates(place: Shop) -> Iterator[Request]:
    """The request's key, and the keys of its repetitions."""
    request = place.asked.request
    yield request
    for number in range(2, 1_000):
        yield Request(f"{request.id}-{number}", *(getattr(request, name) for name in Request.__slots__ if name != "id"))


def _begun(place: Shop) -> Trail | None:
    """A run of this very command that was cut off. Raises `Denied` where its environment cannot be set up again."""
    for request in _candidates(place):
        trail = place.runs.find(request.id)
        if trail is None:
            return None
        if not trail.finished:
            if trail.opened.request != request or trail.opened.policy != place.asked.policy:
                raise Denied(f"the kept Trail of run {request.id} is of another request; remove it to start over")
            place.kit.watch("resuming", f"run {request.id}, cut off after {len(trail.entries)} steps")
            base, setup = place.bench.trees.open(request.base), trail.opened.policy.verification.setup
            if why := failed_setup(place.bench.walls.prepare(base, setup, SETUP_SECONDS)):
                raise Denied(f"{why}; then the same command goes on from here")
            return trail
    return None


def _fresh(place: Shop) -> Asked:
    request = next(request for request in _candidates(place) if place.runs.find(request.id) is None)
    return Asked(request, place.asked.policy, place.asked.diff)


def _interrupted(place: Shop, id_: str, error: BaseException) -> None:
    trail = place.runs.find(id_)
    if trail is not None and not trail.finished:
        why = "interrupted" if isinstance(error, KeyboardInterrupt) else f"cut off: {type(error).__name__}"
        made = recorded(trail, place.kit, why)
        place.kit.ledger.append(made)
        settle(trail, place.kit, made.cost_micros)
