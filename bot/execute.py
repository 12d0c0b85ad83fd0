"""Evidence that has to be run: the checks on the patch, its tests without it, the lines they execute, faults they should notice."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from bot.core.changed import Changed
from bot.core.checks import Check, Probe, Probed, Run
from bot.core.evidence import EXECUTED, Evidence, Item
from bot.core.executed import failing, sources
from bot.core.patch import Patch
from bot.core.reproduction import disturbed, reproduced, untold
from bot.core.required import missing
from bot.core.stuck import told as told_stuck
from bot.core.suite import Settled, compare, fixes, red_anew, settled, steadily, unsteady
from bot.core.words import CRITIC
from bot.lab import Lab, Session, Specimen, run_of, session
from bot.ports import Tree
from bot.reach import Counted, faults, reach


def changed(made: Patch, base: Tree, patched: Tree) -> tuple[Changed, ...]:
    return tuple(Changed(file.path, _text(base, file.path), _text(patched, file.path), file) for file in made.diff.files)


def _text(tree: Tree, path: str) -> str | None:
    try:
        return tree.read(path).decode()
    except (KeyError, UnicodeDecodeError):
        return None


def baseline(tree: Tree, checks: tuple[Check, ...], lab: Lab) -> tuple[Run, ...]:
    """Every check once on the base: what is red there is not the patch's fault, and what fails there is a signal."""
    found: list[Run] = []
    for check in checks:
        lab.watch("verifying", f"base: {check.run}")
        found.append(lab.walls.run(tree, check, lab.timeout))
    return tuple(found)


def shown(specimen: Specimen, checks: tuple[Check, ...], before: tuple[Run, ...], lab: Lab) -> Evidence:
    """Run what there is to run. What is needed whatever the suite says runs beside it; after a veto nothing more is begun."""
    with session(specimen, checks, before, lab) as at:
        judging = at.pool.submit(_checks, at)
        alone, counting = _alone(at), _counting(at)
        items, runs = judging.result()
        if Evidence(items).failed:
            return Evidence(items, runs)
        fixed = _fixes(at, runs)
        told = _reproduction(at, alone, runs)
        items = (*items, fixed(), told)
        if not _worth_more(specimen, items):
            return Evidence(
                (*items, Item(EXECUTED, "not_run", "info", "not looked at: whatever they are, too little is shown")), runs
            )
        found = reach(at, runs, alone.within.result() if alone else None, counting)
        items = (*items, *found.items)
        if specimen.deep and _worth_more(specimen, items):
            items = (*items, faults(at, runs, found.traced))
        return Evidence(items, runs)


def _worth_more(specimen: Specimen, items: tuple[Item, ...]) -> bool:
    """Whether what is still to be bought can help: not after a veto, nor where what the task's class requires is out of reach."""
    hoped = [*items, Item(EXECUTED, "passed", "term", "")]
    if specimen.critic:
        hoped.append(Item(CRITIC, "passed", "term", ""))
    return not Evidence(items).failed and not missing(Evidence(tuple(hoped)), specimen.task_class)


@dataclass(frozen=True, slots=True)
class _Alone:
    """The patch's tests by themselves: on the base, and on the patch. Both in the same way, so that a test which looks for who
    looks on sees no difference but the change; with the changed lines noted, of which the second need not be run again."""

    without: Future[Probed]
    within: Future[Probed]


def _alone(at: Session) -> _Alone | None:
    check, specimen = at.tests, at.specimen
    if check is None or specimen.alone is None:
        return None
    at.watch("without the change", check)
    return _pair(at, check, specimen.alone, tuple(each.path for each in sources(specimen.changes)))


def _pair(at: Session, check: Check, alone: Tree, files: tuple[str, ...]) -> _Alone:
    probe = Probe(files, at.specimen.tests)
    within = at.start(at.specimen.patched, check, probe)
    return _Alone(at.start(alone, check, probe), within)


def _counting(at: Session) -> Counted:
    """All tests with the changed lines noted, begun beside the suite where no part of them is likely to be enough.

    Never the run that judges: what notes lines slows code down, and may be in its way.
    """
    check, specimen = at.tests, at.specimen
    files = tuple(each.path for each in sources(specimen.changes))
    red = check is not None and bool((report := run_of(check, at.before).report) and report.failed)
    some = specimen.alone is not None or red  # tests that may turn green
    if check is None or not files or (some and not specimen.deep):
        return None
    if not some and not _worth_more(specimen, (Item("check", "passed", "strong", ""),)):
        return None
    return at.start(specimen.patched, check, Probe(files))


def _checks(at: Session) -> tuple[tuple[Item, ...], tuple[Run, ...]]:
    items: list[Item] = []
    found: list[Settled] = []
    for check in at.checks:
        if Evidence(tuple(items)).failed:
            items.append(Item(f"check {check.name}", "not_run", "info", "an earlier check failed"))
            continue
        ended = _settled(at, check, _judge(at, at.specimen.patched, check, "patch"))
        found.append(ended)
        items.append(compare(check, run_of(check, at.before), ended.run, ended.flaky))
    runs = tuple(each.run for each in found)
    return (*items, *told_stuck(at.checks, at.before, runs), *unsteady(tuple(found))), runs


def _settled(at: Session, check: Check, first: Run) -> Settled:
    """What is red anew runs once more, and on the base, if it stays red."""
    base = run_of(check, at.before)
    if not red_anew(check, base, first):
        return Settled(first)
    again = _judge(at, at.specimen.patched, check, "patch, once more")
    base_again = _judge(at, at.specimen.base, check, "base, once more") if red_anew(check, base, again) else None
    return settled(first, again, base_again, base)


def _fixes(at: Session, runs: tuple[Run, ...]) -> Callable[[], Item]:
    """Before a failing test counts as fixed it fails on the base once more: one that is red by chance is fixed by any patch.

    That run is begun; what is given back waits for it.
    """
    found = fixes(at.checks, at.before, runs, at.specimen.retold)
    if found.state != "passed":
        return lambda: found
    again: dict[str, Future[Probed]] = {}
    for check in at.checks:
        before = run_of(check, at.before)
        if check.kind == "tests" and before.report is not None and before.report.failed:
            at.watch("base, once more", check)
            again[check.name] = at.start(at.specimen.base, check, Probe(only=failing(before, at.specimen.base.files())))

    def item() -> Item:
        steady = tuple(steadily(each, again[each.check].result().run) if each.check in again else each for each in at.before)
        return fixes(at.checks, steady, runs, at.specimen.retold)

    return item


def _reproduction(at: Session, alone: _Alone | None, runs: tuple[Run, ...]) -> Item:
    if at.specimen.alone is None:
        return untold("the patch brings no test of its own")
    check = at.tests
    if alone is None or check is None:
        return untold("no check runs tests")
    suite = run_of(check, runs)
    if sources(at.specimen.changes) and disturbed(alone.within.result().run, suite):
        at.watch("its tests alone, without noting lines", check)
        alone = _pair(at, check, at.specimen.alone, ())
    return reproduced(run_of(check, at.before), alone.without.result().run, alone.within.result().run, suite)


def _judge(at: Session, tree: Tree, check: Check, what: str) -> Run:
    at.watch(what, check)
    return at.look(tree, check).run
