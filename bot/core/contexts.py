"""Checks that a repository wants to see before it merges: whether each has come, from the app that is to send it, and is green.

The rules follow GitHub's own: `success`, `neutral` and `skipped` let a merge pass, the newest check of an app and a name counts,
and a check of the right name by another app is not the one that is wanted.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.core.ci import Limits, Said, Verdict, Waiting

SILENT = 180.0
"""Seconds after which what has not begun never will: apps report some moments late, a workflow that a filter skips never does."""


@dataclass(frozen=True, slots=True)
class Wanted:
    name: str
    app: int | None = None
    """The id of the app that it must come from; None for any."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A check run or a status on a commit. A status has no app that GitHub names."""

    id: int
    name: str
    app: int | None
    status: str
    conclusion: str | None
    """None while it has not ended, and for a moment after."""
    url: str = ""
    job: int | None = None
    """Of a check by Actions: the job, whose log says more."""


_GATED = frozenset({"action_required", "waiting"})
_RED = frozenset({"failure", "timed_out", "error"})
_BROKEN = frozenset({"cancelled", "startup_failure", "stale"})
_FINE = frozenset({"success", "neutral", "skipped"})


def answers(wanted: Wanted, seen: Iterable[Seen]) -> tuple[Seen, ...]:
    """The newest of each app under the name, without those of apps that are not asked."""
    newest: dict[int | None, Seen] = {}
    for each in sorted(seen, key=lambda one: one.id):
        if each.name == wanted.name and wanted.app in (None, each.app):
            newest[each.app] = each
    return tuple(newest.values())


def judge(wanted: tuple[Wanted, ...], seen: tuple[Seen, ...], limits: Limits, elapsed: float) -> Said | Waiting:
    """What the required checks say together, after `elapsed` seconds."""
    found = {each: answers(each, seen) for each in wanted}
    everything = [one for those in found.values() for one in those]
    ends = {name: [one.name for one in everything if _ends(one) in kind] for name, kind in _KINDS}
    if ends["gated"]:
        return Said("needs_approval", f"required check {_named(ends['gated'])} waits for a person to approve it")
    if ends["red"]:
        return Said("failed", f"red: required check {_named(ends['red'])}")
    if ends["broken"]:
        return Said("infra_error", f"required check {_named(ends['broken'])} was cut off before its end")
    missing = [each.name for each, those in found.items() if not those]
    if not missing and all(map(fine, everything)):
        if not any(one.conclusion == "success" for one in everything):
            return Said("no_ci", "every required check was skipped, so none of them judged the patch")
        return Said("passed", f"green: required check {_named([each.name for each in wanted])}")
    if not everything and elapsed >= SILENT:
        why = f"required check {_named(missing)} did not begin within {SILENT / 60:.0f} minutes"
        return Said("no_ci", f"{why}{_others(wanted, seen)}")
    if elapsed >= limits.seconds:
        late = missing or [one.name for one in everything if not fine(one)]
        return Said("timeout", f"required check {_named(late)} did not end within {limits.seconds / 60:.0f} minutes")
    return Waiting()


_KINDS = (("gated", _GATED), ("red", _RED), ("broken", _BROKEN))


def red(one: Seen) -> bool:
    return one.conclusion in _RED


def fine(one: Seen) -> bool:
    """Whether it lets a merge pass."""
    return _ends(one) in _FINE


def keeps(one: Seen, verdict: Verdict) -> bool:
    """Whether it is what a person is to look at: where one is to approve something, no check that is merely at work."""
    return _ends(one) in _GATED if verdict == "needs_approval" else not fine(one)


def _ends(one: Seen) -> str:
    """How it ended, or what keeps it from it; empty for one that is at work."""
    if one.status in _GATED:
        return one.status
    return one.conclusion or ""


def _others(wanted: tuple[Wanted, ...], seen: tuple[Seen, ...]) -> str:
    names = {each.name for each in wanted if each.app is not None}
    return "; one of that name is by another app, and does not count" if any(one.name in names for one in seen) else ""


def _named(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in dict.fromkeys(names))
