"""The second look at an accepted patch, blind: a run of its own that leaves a record, and nothing else that anybody sees."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.core.audit import second
from bot.core.cost import dollars
from bot.core.ledger import Record
from bot.core.route import Refusal
from bot.core.step import Publish, next_step
from bot.core.trail import Trail
from bot.flow import run
from bot.hear import wish
from bot.ports import Denied, Desk, Halted, Keeper, Kit, Unavailable
from bot.publish import booked, branch, recorded


@dataclass(slots=True)
class _Last:
    """Knows how far the audit came, whatever ends it."""

    keeper: Keeper
    trail: Trail

    def keep(self, trail: Trail) -> None:
        self.trail = trail
        self.keeper.keep(trail)


def audit(trail: Trail, kit: Kit) -> None:
    """Have the top lane make the patch of a finished run once more. `kit` is one for a further run, with bench and desk.

    Whatever becomes of it, the run that it audits stays as it was told. What is not foreseen is raised when all is booked.
    """
    assert kit.desk is not None, "who cannot publish audits nothing"
    kit.watch("audit", f"run {trail.opened.request.id} once more, blind; its own result stands")
    try:
        begun = _begun(trail, kit)
    except (Denied, Unavailable) as error:
        kit.watch("audit", f"not made: {error}")
        return
    last = _Last(kit.keeper, begun)
    try:
        made = recorded(run(begun, replace(kit, keeper=last, desk=_hidden(kit.desk))), kit)
        kit.watch("audit", _said(made))
    except (Halted, Denied, Unavailable, KeyboardInterrupt) as error:
        if isinstance(next_step(last.trail), Publish):
            raise  # its end may be half written: the last phase books what it has spent
        _cut(last.trail, kit, str(error) or "interrupted")
    except Exception as error:
        _cut(last.trail, kit, f"cut off: {type(error).__name__}")
        raise
    finally:
        swept(last.trail, kit.desk.writer.drop)


def _begun(trail: Trail, kit: Kit) -> Trail:
    """With a share of the budget of its own; without one it ends before a model is asked, and its record says why."""
    opened = second(trail.opened, kit.clock.now())
    left = kit.purse.reserve(opened.policy.budget, wish(opened.request, kit))
    return Trail(replace(opened, route=left) if isinstance(left, Refusal) else opened)


def _hidden(desk: Desk) -> Desk:
    """Without pull requests: an audit opens none, waits for no check that one starts, and does not mind one that has moved on."""
    return replace(desk, pulls=None, starts_ci=False)


def _cut(trail: Trail, kit: Kit, why: str) -> None:
    """Raises `Denied` or `Unavailable` where it could not be booked: all set aside counts, or the last phase does it."""
    kit.watch("audit", f"broken off: {why}")
    if not isinstance(next_step(trail), Publish | None):
        booked(trail, kit, why)


def swept(trail: Trail, drop: Callable[[str], None]) -> None:
    """Delete what CI was given to look at. Raises what the last such deletion met, when all were tried."""
    met: Denied | Unavailable | None = None
    for number in range(1, len(trail.attempts) + 1 if trail.opened.proof == "ci" else 1):
        try:
            drop(branch(trail.opened.request, number))
        except (Denied, Unavailable) as error:
            met = error
    if met is not None:
        raise met


def _said(record: Record) -> str:
    cost = "an unknown amount" if record.cost_micros is None else f"${dollars(record.cost_micros)}"
    what = "its patch is accepted, too" if record.result == "pass" else f"{record.result}: {record.detail}"
    return f"{record.id}, {record.attempts[-1].lane if record.attempts else 'no lane'}: {what} ({cost})"
