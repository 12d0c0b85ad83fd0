"""Waits for the checks that the repository wants to see before a merge, where this token's own doing makes them run."""

from dataclasses import dataclass, replace

from bot.core import ci, contexts, jobs
from bot.core.checks import Run
from bot.core.clean import line
from bot.core.contexts import Seen, Wanted
from bot.core.entries import Awaited, Pushed
from bot.core.evidence import REQUIRED, Evidence, Item
from bot.core.trail import Trail
from bot.polling import answered, left_behind, log_of
from bot.ports import Ci, Denied, Desk, Kit


@dataclass(frozen=True, slots=True)
class Gates:
    """`wanted` is what has to come; `unknown` says why nobody knows what else has to."""

    wanted: tuple[Wanted, ...]
    unknown: str = ""
    early: bool = False
    """Whether a pull request has to be open for it to come."""
    named: tuple[Wanted, ...] = ()
    """Those that the policy names, which come whether or not there is one."""


def gates(trail: Trail, desk: Desk, source: Ci) -> Gates:
    """What the policy names; and what the branch requires, where a pull request of this token's makes it run.

    A workflow's own token starts none of it: its pull request waits for a person, who is told so at the end.
    """
    policy = trail.opened.policy
    named = policy.verification.ci.required
    offers = desk.starts_ci and policy.publish.as_ != "branch"
    if not (named or offers):
        return Gates(())
    try:
        found = source.required(desk.into)
    except Denied as error:  # a moment's silence is none: then the job may be run again
        return Gates(tuple(map(Wanted, named)), line(str(error)))
    mine = tuple(each for name in named for each in ([one for one in found if one.name == name] or [Wanted(name)]))
    more = tuple(each for each in found if offers and each.name not in named)
    return Gates((*mine, *more), early=bool(more), named=mine)


def passed_by(found: Gates, trail: Trail, pushed: Pushed, source: Ci, kit: Kit, start: float) -> Awaited | None:
    """Wait until the required checks have spoken; None where there are none."""
    unknown = Item(f"{jobs.SUITE}{REQUIRED}", "not_run", "info", f"which checks are required is not known: {found.unknown}")
    if not found.wanted:
        return Awaited("passed", "", "", Evidence((unknown,)), 0.0) if found.unknown else None
    kit.watch("waiting_for_ci", f"required: {', '.join(line(each.name, 40) for each in found.wanted)}")
    policy = trail.opened.policy.verification.ci
    limits = ci.Limits(policy.timeout_minutes * 60.0, 0.0)

    def look() -> tuple[ci.Said, tuple[Seen, ...], bool] | None:
        seen = source.on(pushed.commit)
        said = _said(found, seen, limits, kit.clock.seconds() - start, source, pushed)
        return None if isinstance(said, ci.Waiting) else (said, seen, source.moved(pushed.branch, pushed.commit))

    said, seen, moved = answered(look, limits.seconds, kit, start)
    if moved:
        return Awaited("superseded", left_behind(pushed.branch), "", Evidence(()), 0.0)
    shown = _shown(found, seen, said, source)
    return replace(shown, evidence=replace(shown.evidence, items=(*shown.evidence.items, unknown))) if found.unknown else shown


def _said(
    found: Gates, seen: tuple[Seen, ...], limits: ci.Limits, elapsed: float, source: Ci, pushed: Pushed
) -> ci.Said | ci.Waiting:
    said = contexts.judge(found.wanted, seen, limits, elapsed)
    if isinstance(said, ci.Said) and said.verdict in ("no_ci", "timeout") and source.gated(pushed.commit):
        return ci.Said("needs_approval", "a workflow on the branch waits for a person to approve it")
    return said


def _shown(found: Gates, seen: tuple[Seen, ...], said: ci.Said, source: Ci) -> Awaited:
    """What the checks show, with the address of the first that is red, or else of the first that it waits for."""
    items: list[Item] = []
    runs: list[Run] = []
    url = open_ = ""
    for wanted in found.wanted:
        ends = contexts.answers(wanted, seen)
        red = next((each for each in ends if contexts.red(each)), None)
        open_ = open_ or next((each.url for each in ends if contexts.keeps(each, said.verdict)), "")
        name = f"{jobs.SUITE} {line(wanted.name, 60)}{REQUIRED}"
        if red is not None:
            items.append(Item(name, "failed", "veto", f"red: {red.conclusion}"))
            runs += [log_of(red.name, red.job, source)] if red.job is not None else []
            url = url or red.url
        elif said.verdict == "passed":
            items.append(Item(name, "passed", "weak", "green; what it executed is not known"))
    return Awaited(said.verdict, said.why, url or open_, Evidence(tuple(items), tuple(runs[:2])), 0.0)
