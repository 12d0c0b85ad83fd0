"""Whether passing tests run what a patch changes: by the lines they note, by files broken on purpose, by faults put in."""

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass

from bot.core import mutants
from bot.core.canary import poison, reached
from bot.core.changed import Changed
from bot.core.checks import Check, Probe, Probed, Run, Traced
from bot.core.clean import line
from bot.core.evidence import MUTANTS, REACHES, Item
from bot.core.executed import MOST_IDS, covering, executed, fixing, sources, whole
from bot.core.paths import is_code, is_test
from bot.core.reproduction import disturbed
from bot.lab import Session, run_of

LEAST_SECONDS, TIMES = 30.0, 3.0
"""Mutants get three times as long as the suite took, and never less than half a minute."""
Counted = Future[Probed] | None
"""A run of all tests that notes the changed lines; None where it was not begun."""


@dataclass(frozen=True, slots=True)
class Reach:
    """`traced`: the lines that were noted, of all tests where the policy asks for mutants."""

    items: tuple[Item, ...]
    traced: tuple[Traced, ...] = ()


def reach(at: Session, runs: tuple[Run, ...], own: Probed | None, counting: Counted) -> Reach:
    """Which changed lines passing tests run, where that can be counted; for other files, whether they notice that one is broken.

    `own` is the run of the patch's tests alone.
    """
    code = [each for each in at.specimen.changes if each.after is not None and is_code(each.path) and not is_test(each.path)]
    if not code:
        return Reach((Item(REACHES, "not_applicable", "info", "no source file is left changed"),))
    check, python = at.tests, sources(at.specimen.changes)
    item, traced = _counted(at, check, runs, own, counting) if check and python else (None, None)
    uncounted = tuple(each for each in code if item is None or each not in python)
    return Reach((*((item,) if item else ()), *_canaries(at, uncounted, runs)), traced or ())


def _counted(
    at: Session, check: Check, runs: tuple[Run, ...], own: Probed | None, counting: Counted
) -> tuple[Item | None, tuple[Traced, ...] | None]:
    """By the patch's own tests, by those that it makes pass, and by all where neither is enough."""
    suite, changes = run_of(check, runs), at.specimen.changes
    files = tuple(each.path for each in sources(changes))
    if counting is None:
        for probed in _some(at, check, suite, own):
            item = executed(changes, probed)
            if (item is not None and item.state != "failed") or whole(probed.run, suite):
                return item, probed.traced
        counting = at.start(at.specimen.patched, check, Probe(files))
    at.watch("changed lines, by all tests", check)
    probed = counting.result()
    item = executed(changes, probed)
    if item is not None and item.state == "failed" and disturbed(probed.run, suite):
        return None, probed.traced  # the noting may be in the way, so what it did not see says nothing
    return item, probed.traced


def _some(at: Session, check: Check, suite: Run, own: Probed | None) -> Iterator[Probed]:
    """Runs of the tests that most likely run the change; the second is made only where the first does not do."""
    if own is not None:
        yield own
    fixed = fixing(run_of(check, at.before), suite, at.specimen.patched.files())
    if not set(fixed) <= set(at.specimen.tests if own else ()):
        at.watch(f"changed lines, by {fixed[0]}", check)
        files = tuple(each.path for each in sources(at.specimen.changes))
        yield at.start(at.specimen.patched, check, Probe(files, fixed)).result()


def _canaries(at: Session, files: tuple[Changed, ...], runs: tuple[Run, ...]) -> tuple[Item, ...]:
    """Break the changed files on purpose: a test command that stays green does not run them, so its green is weak."""
    broken = [(each.path, text) for each in files if (text := poison(each.path, each.after or "")) is not None]
    if files and not broken:
        return (Item(REACHES, "not_run", "info", f"no way known to break {line(files[0].path)} on purpose"),)
    ran = {run.check for run in runs}
    asked = [check for check in at.checks if broken and check.kind == "tests" and check.name in ran]
    running = [at.start(at.specimen.patched, check, Probe(instead=tuple(broken))) for check in asked]
    for check in asked:
        at.watch("canary", check)
    return tuple(reached(check, run_of(check, runs), future.result().run) for check, future in zip(asked, running, strict=True))


def faults(at: Session, runs: tuple[Run, ...], traced: tuple[Traced, ...]) -> Item:
    """As many as the time allows, each with the tests that run its line where these are known, beside a run without a fault."""
    check = at.tests
    suite = run_of(check, runs) if check else None
    if check is None or suite is None or suite.report is None:
        return Item(MUTANTS, "not_run", "info", "no check runs tests that leave a report")
    found = mutants.mutants(at.specimen.changes)
    start, step = at.lab.clock.seconds(), at.lab.walls.at_once
    limit = min(at.lab.timeout, max(LEAST_SECONDS, TIMES * suite.seconds))
    only = [covering(mutant.path, mutant.lines, traced) for mutant in found]
    control = at.start(at.specimen.patched, check, Probe(only=_all(only)), limit) if found else None
    seen: list[bool] = []
    for first in range(0, len(found), step):
        if at.lab.clock.seconds() - start > limit:
            break
        at.watch(f"faults put in on purpose, {first + 1} of {len(found)}", check)
        running = [
            at.start(at.specimen.patched, check, Probe(only=names, instead=((mutant.path, mutant.text),)), limit)
            for mutant, names in zip(found[first : first + step], only[first : first + step], strict=True)
        ]
        assert control is not None, "it is begun where there is a fault to compare it with"
        without = control.result().run
        if without.report is None:
            return Item(MUTANTS, "not_run", "info", "the tests of the changed lines leave no report when run alone")
        seen += [mutants.noticed(without, future.result().run) for future in running]
    return mutants.judged(found, tuple(seen), round(at.lab.clock.seconds() - start, 3))


def _all(only: list[tuple[str, ...]]) -> tuple[str, ...]:
    """The tests of all faults; none, which stands for every test, where one needs them all or they are too many to name."""
    names = {name for each in only for name in each}
    return tuple(sorted(names)) if all(only) and len(names) <= MOST_IDS else ()
