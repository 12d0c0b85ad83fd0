"""Evidence that has to be run: the checks on the patch, its tests without it, the lines they execute, faults they should notice."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from bot.core import mutants
from bot.core.canary import poison, reached
from bot.core.changed import Changed
from bot.core.checks import Check, Probe, Run, Traced
from bot.core.clean import line
from bot.core.evidence import CRITIC, MUTANTS, REACHES, Evidence, Item
from bot.core.executed import covering, executed, failing, likeliest, sources, whole
from bot.core.mutants import Mutant
from bot.core.patch import Patch
from bot.core.paths import is_code, is_test
from bot.core.reproduction import reproduced, untold
from bot.core.required import missing
from bot.core.suite import Retold, compare, fixes, red_anew, settled, steadily
from bot.core.words import TaskClass
from bot.ports import Clock, Sandbox, Tree, Trees, Watcher

AT_ONCE = 2
"""Runs at a time: what overlaps costs no more of anybody's time, as long as there are two cores."""
LEAST_SECONDS, TIMES = 30.0, 3.0
"""Mutants get three times as long as the suite took, and never less than half a minute."""


@dataclass(frozen=True, slots=True)
class Lab:
    """Where and how a patch is proved."""

    trees: Trees
    sandbox: Sandbox | None
    """None where nothing of the repository may run: then the patch's own text is all that is looked at."""
    clock: Clock
    watch: Watcher
    timeout: float

    @property
    def walls(self) -> Sandbox:
        assert self.sandbox is not None, "checks run elsewhere"
        return self.sandbox


@dataclass(frozen=True, slots=True)
class Specimen:
    """A patch under proof. `alone` is the base with its tests and nothing else of it; None where it brings none, or only tests."""

    changes: tuple[Changed, ...]
    retold: Retold
    base: Tree
    patched: Tree
    alone: Tree | None
    deep: bool
    """Whether the policy asks for mutants."""
    task_class: TaskClass
    critic: bool
    """Whether a model is still to be asked about the patch."""


@dataclass(frozen=True, slots=True)
class Shown:
    items: tuple[Item, ...]
    runs: tuple[Run, ...]


def changed(made: Patch, base: Tree, patched: Tree) -> tuple[Changed, ...]:
    return tuple(Changed(file.path, _text(base, file.path), _text(patched, file.path), file) for file in made.diff.files)


def _text(tree: Tree, path: str) -> str | None:
    try:
        return tree.read(path).decode()
    except (KeyError, UnicodeDecodeError):
        return None


def baseline(tree: Tree, checks: tuple[Check, ...], lab: Lab) -> tuple[Run, ...]:
    """Every check once on the base: what is red there is not the patch's fault, and what fails there is a signal."""
    return tuple(_run(tree, check, lab, "base") for check in checks)


def shown(specimen: Specimen, checks: tuple[Check, ...], before: tuple[Run, ...], lab: Lab) -> Shown:
    """Run what there is to run, cheapest first. The patch's tests alone run beside the suite; after a veto nothing more does."""
    with _pool() as pool:
        alone = _alone(specimen, checks, lab, pool)
        items, runs = _checks(specimen, checks, before, lab)
        if Evidence(items).failed:
            return Shown(items, runs)
        items = (*items, _fixes(specimen, checks, before, runs, lab), _reproduction(specimen, alone, checks, before))
        reach, traced = _reach(specimen, checks, before, runs, lab)
        items = (*items, *reach)
        if specimen.deep and _worth_more(specimen, items):
            items = (*items, _mutants(specimen, checks, runs, traced, lab, pool))
        return Shown(items, runs)


def _worth_more(specimen: Specimen, items: tuple[Item, ...]) -> bool:
    """Whether what is still to be bought can help: not after a veto, nor where what the task's class requires is out of reach."""
    hoped = (*items, Item(CRITIC, "passed", "term", "")) if specimen.critic else items
    return not Evidence(items).failed and not missing(Evidence(hoped), specimen.task_class)


@contextmanager
def _pool() -> Iterator[ThreadPoolExecutor]:
    """What has not begun when something goes wrong never begins."""
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def tests_among(checks: tuple[Check, ...]) -> Check | None:
    """The check whose tests are run one by one; None where none runs tests."""
    return next((check for check in checks if check.kind == "tests"), None)


@dataclass(frozen=True, slots=True)
class _Alone:
    """The patch's tests by themselves: on the base, and on the patch. Run in the same way, so that the change alone differs."""

    without: Future[Run]
    within: Future[Run]


def _alone(specimen: Specimen, checks: tuple[Check, ...], lab: Lab, pool: ThreadPoolExecutor) -> _Alone | None:
    check = tests_among(checks)
    if check is None or specimen.alone is None:
        return None
    lab.watch("verifying", f"without the change: {check.run}")
    only = Probe(only=tuple(each.path for each in specimen.changes if is_test(each.path) and each.path.endswith(".py")))
    tests = specimen.alone

    def run(tree: Tree) -> Future[Run]:
        return pool.submit(lambda: lab.walls.look(tree, check, lab.timeout, only).run)

    return _Alone(run(tests), run(specimen.patched))


def _checks(
    specimen: Specimen, checks: tuple[Check, ...], before: tuple[Run, ...], lab: Lab
) -> tuple[tuple[Item, ...], tuple[Run, ...]]:
    base = {run.check: run for run in before}
    items: list[Item] = []
    found: list[Run] = []
    for check in checks:
        if Evidence(tuple(items)).failed:
            items.append(Item(f"check {check.name}", "not_run", "info", "an earlier check failed"))
            continue
        lab.watch("verifying", f"patch: {check.run}")
        run, flaky = _again(specimen, check, base[check.name], lab.walls.run(specimen.patched, check, lab.timeout), lab)
        found.append(run)
        items.append(compare(check, base[check.name], run, flaky))
    return tuple(items), tuple(found)


def _again(specimen: Specimen, check: Check, base: Run, first: Run, lab: Lab) -> tuple[Run, tuple[str, ...]]:
    """What is red anew runs once more, and on the base, if it stays red."""
    if not red_anew(check, base, first):
        return first, ()
    again = _run(specimen.patched, check, lab, "patch, once more")
    base_again = _run(specimen.base, check, lab, "base, once more") if red_anew(check, base, again) else None
    return settled(first, again, base_again, base)


def _fixes(specimen: Specimen, checks: tuple[Check, ...], before: tuple[Run, ...], runs: tuple[Run, ...], lab: Lab) -> Item:
    """Before a failing test counts as fixed it fails on the base once more: one that is red by chance is fixed by any patch."""
    found = fixes(checks, before, runs, specimen.retold)
    check = tests_among(checks)
    if found.state != "passed" or check is None:
        return found
    lab.watch("verifying", f"base, once more: {check.run}")
    probe = Probe(only=failing(run_of(check, before), specimen.base.files()))
    again = lab.walls.look(specimen.base, check, lab.timeout, probe).run
    return fixes(checks, tuple(steadily(run, again) if run.check == check.name else run for run in before), runs, specimen.retold)


def _reproduction(specimen: Specimen, alone: _Alone | None, checks: tuple[Check, ...], before: tuple[Run, ...]) -> Item:
    if specimen.alone is None:
        return untold("the patch brings no test of its own")
    check = tests_among(checks)
    if alone is None or check is None:
        return untold("no check runs tests")
    return reproduced(run_of(check, before), alone.without.result(), alone.within.result())


def run_of(check: Check, runs: tuple[Run, ...]) -> Run:
    return next(run for run in runs if run.check == check.name)


def _reach(
    specimen: Specimen, checks: tuple[Check, ...], before: tuple[Run, ...], runs: tuple[Run, ...], lab: Lab
) -> tuple[tuple[Item, ...], tuple[Traced, ...]]:
    """Which changed lines passing tests run, where that can be counted; for other files, whether they notice that one is broken."""
    check = tests_among(checks)
    code = [each for each in specimen.changes if each.after is not None and is_code(each.path) and not is_test(each.path)]
    if not code:
        return (Item(REACHES, "not_applicable", "info", "no source file is left changed"),), ()
    python = sources(specimen.changes)
    counted, traced = None, None
    if check and python:
        counted, traced = _counted(specimen, python, check, run_of(check, before), run_of(check, runs), lab)
    uncounted = tuple(each for each in code if counted is None or each not in python)
    return (*((counted,) if counted else ()), *_canaries(specimen, uncounted, checks, runs, lab)), traced or ()


def _counted(
    specimen: Specimen, python: tuple[Changed, ...], check: Check, base: Run, patched: Run, lab: Lab
) -> tuple[Item | None, tuple[Traced, ...] | None]:
    """By a run that notes its lines: of the tests most likely to run them, and of all where those do not, or where all are needed.

    Never the run that judges: what notes lines slows code down, and may be in its way.
    """
    files = tuple(each.path for each in python)
    likely = likeliest(specimen.changes, base, patched, specimen.patched.files())
    if likely and not specimen.deep:
        lab.watch("verifying", f"changed lines, by {likely[0]}: {check.run}")
        probed = lab.walls.look(specimen.patched, check, lab.timeout, Probe(files, likely))
        counted = executed(specimen.changes, probed)
        if (counted is not None and counted.state != "failed") or whole(probed.run, patched):
            return counted, probed.traced
    lab.watch("verifying", f"changed lines, by all tests: {check.run}")
    probed = lab.walls.look(specimen.patched, check, lab.timeout, Probe(files))
    return executed(specimen.changes, probed), probed.traced


def _canaries(
    specimen: Specimen, files: tuple[Changed, ...], checks: tuple[Check, ...], runs: tuple[Run, ...], lab: Lab
) -> tuple[Item, ...]:
    """Break the changed files on purpose: a test command that stays green does not run them, so its green is weak."""
    broken = [(each.path, text) for each in files if (text := poison(each.path, each.after or "")) is not None]
    if files and not broken:
        return (Item(REACHES, "not_run", "info", f"no way known to break {line(files[0].path)} on purpose"),)
    after = {run.check: run for run in runs}
    found: list[Item] = []
    for check in checks if broken else ():
        if check.kind == "tests" and check.name in after:
            lab.watch("verifying", f"canary: {check.run}")
            run = lab.walls.look(specimen.patched, check, lab.timeout, Probe(instead=tuple(broken))).run
            found.append(reached(check, after[check.name], run))
    return tuple(found)


def _mutants(
    specimen: Specimen,
    checks: tuple[Check, ...],
    runs: tuple[Run, ...],
    traced: tuple[Traced, ...],
    lab: Lab,
    pool: ThreadPoolExecutor,
) -> Item:
    """As many as the time allows, two at a time, each with the tests that run its line where these are known."""
    check = tests_among(checks)
    patched = run_of(check, runs) if check else None
    if check is None or patched is None or patched.report is None:
        return Item(MUTANTS, "not_run", "info", "no check runs tests that leave a report")
    found = mutants.mutants(specimen.changes)
    start = lab.clock.seconds()
    limit = max(LEAST_SECONDS, TIMES * patched.seconds)
    seen: list[bool] = []
    for first in range(0, len(found), AT_ONCE):
        if lab.clock.seconds() - start > limit:
            break
        lab.watch("verifying", f"faults put in on purpose, {first + 1} of {len(found)}: {check.run}")
        some = found[first : first + AT_ONCE]
        running = [pool.submit(_mutated, specimen, check, mutant, traced, lab, limit) for mutant in some]
        seen += [mutants.noticed(patched, future.result()) for future in running]
    return mutants.judged(found, tuple(seen), round(lab.clock.seconds() - start, 3))


def _mutated(specimen: Specimen, check: Check, mutant: Mutant, traced: tuple[Traced, ...], lab: Lab, limit: float) -> Run:
    only = covering(mutant.path, mutant.lines, traced)
    probe = Probe(only=only, instead=((mutant.path, mutant.text),))
    return lab.walls.look(specimen.patched, check, min(lab.timeout, limit), probe).run


def _run(tree: Tree, check: Check, lab: Lab, what: str) -> Run:
    lab.watch("verifying", f"{what}: {check.run}")
    return lab.walls.run(tree, check, lab.timeout)
