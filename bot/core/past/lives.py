"""A run, and what became of it: its label, and whether its patch was right."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from msgspec import Struct

from bot.core.past.history import Happened, Run, Try
from bot.core.past.lines import Fault, fault

Label = Literal["as_is", "edited", "rewritten", "merged", "reverted", "changes_requested", "closed", "ignored", "open", "no_pull"]
"""What became of an accepted patch. `as_is`, `edited` and `rewritten` were merged: as proved, after people had changed some
lines, and after they had changed as many as the patch has, so that it is theirs; `merged` is where nobody can say which. `ignored`
is one that nobody judged within thirty days, `open` a younger one."""
Truth = Literal["right", "wrong", "unknown"]
TRUTH: dict[Label, Truth] = {
    "as_is": "right",
    "edited": "right",
    "rewritten": "wrong",
    "merged": "right",
    "reverted": "wrong",
    "changes_requested": "wrong",
    "closed": "wrong",
    "ignored": "unknown",
    "open": "unknown",
    "no_pull": "unknown",
}
PATIENCE = timedelta(days=30)
"""A merge that is reverted later than that was right when it was made; a pull request that nobody judged by then is ignored."""
SKEW = timedelta(days=1)
"""How far clocks may be apart."""


class Life(Struct, frozen=True, gc=False):
    """A run, and what became of it: what reports ask for again and again is found out once, by `lived`."""

    run: Run
    happened: tuple[Happened, ...]
    label: Label
    by_hand: int | None
    """Lines that people changed before they merged; None where it was not merged, or nobody can say."""
    truth: Truth
    accepted: Try | None
    """The attempt whose patch was accepted."""
    rivals: tuple[int, int] | None
    """What it cost, and what the top lane alone would have; None where nothing was tried or nobody knows one of the two."""


def lived(run: Run, happened: tuple[Happened, ...], label: Label, by_hand: int | None) -> Life:
    rivals = (run.micros, run.strong) if run.tries and run.micros is not None and run.strong is not None else None
    return Life(run, happened, label, by_hand, TRUTH[label], run.accepted, rivals)


def looked(audit: Life) -> bool:
    """Whether an audit came to a verdict. One that the budget or a server ended says nothing of either lane."""
    return audit.run.result in ("pass", "not_fixed")


def early(life: Life) -> Fault | None:
    """What became of a run before it was, by more than clocks may be apart."""
    run, happened = life.run, life.happened
    if not happened or happened[0].at >= run.at or _instant(happened[0].at) >= _instant(run.at) - SKEW:
        return None
    why = f"`{happened[0].what}` of {happened[0].at} is older than the run, {run.at}: a clock was wrong; it is counted"
    return fault(f"run {run.id} of {run.repo}", why)


def labelled(run: Run, happened: tuple[Happened, ...], now: datetime) -> tuple[Label, int | None]:
    """The label, and the lines changed by hand. `happened` is in order of time; the last word on a pull request counts."""
    accepted = run.accepted
    if accepted is None or (run.pull is None and not happened):
        return "no_pull", None
    merged = None
    for each in happened:
        if each.what == "merged":
            merged = each
    if merged is None:
        return _unmerged(run, happened, now), None
    if len(happened) > 1 and _taken_back(merged, happened):
        return "reverted", merged.lines
    if not merged.lines:
        return ("merged" if merged.lines is None else "as_is"), merged.lines
    return ("rewritten" if merged.lines >= max(1, accepted.lines) else "edited"), merged.lines


def _taken_back(merged: Happened, happened: tuple[Happened, ...]) -> bool:
    back = next((each for each in happened if each.what == "reverted" and each.at >= merged.at), None)
    return back is not None and _instant(back.at) - _instant(merged.at) <= PATIENCE


def _unmerged(run: Run, happened: tuple[Happened, ...], now: datetime) -> Label:
    last = happened[-1].what if happened else None
    if last in ("closed", "changes_requested", "reverted"):  # what was taken back was merged, though nobody noted that
        return last
    return "ignored" if now - _instant(run.at) > PATIENCE else "open"


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
