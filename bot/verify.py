"""Gathers the evidence about one patch, cheapest first; after a veto nothing more is bought."""

from dataclasses import dataclass

from bot.core import patch
from bot.core.checks import Check, Run
from bot.core.clean import line
from bot.core.evidence import GRADING, PATCH_RULES, REACHES, Evidence, Item, Retold, compare, fixes, poison, reached
from bot.core.paths import is_code, is_test
from bot.core.policy import Policy
from bot.core.trail import Opened, Proved
from bot.core.verdict import Attempt
from bot.core.words import TaskClass
from bot.ports import Clock, Sandbox, Tree, Trees, Watcher


@dataclass(frozen=True, slots=True)
class Lab:
    """Where and how a patch is proved."""

    trees: Trees
    sandbox: Sandbox | None
    """None where nothing of the repository may run: then the patch rules are all that is looked at."""
    clock: Clock
    watch: Watcher
    timeout: float


def baseline(tree: Tree, checks: tuple[Check, ...], lab: Lab) -> tuple[Run, ...]:
    """Every check once on the base: what is red there is not the patch's fault, and what fails there is a signal."""
    return tuple(_run(tree, check, lab, "base") for check in checks)


def chosen(checks: tuple[Check, ...], policy: Policy, lane: str, task_class: TaskClass) -> tuple[Check, ...]:
    """The checks that this lane's patch for this class of task must pass; all where the policy names none."""
    named = policy.verification.by_class.get(task_class) or policy.verification.by_lane.get(lane)
    return checks if named is None else tuple(check for check in checks if check.name in named)


def prove(opened: Opened, attempt: Attempt, lab: Lab) -> Proved:
    start = lab.clock.seconds()
    evidence = _gather(opened, attempt, lab)
    return Proved(evidence, round(lab.clock.seconds() - start, 3))


def _gather(opened: Opened, attempt: Attempt, lab: Lab) -> Evidence:
    if not attempt.diff:
        return Evidence((Item(PATCH_RULES, "not_applicable", "info", f"no patch ({attempt.ended})"),))
    made = patch.parse(attempt.diff)
    protect = opened.policy.protect
    broken = patch.trespasses(made, protect.paths, protect.max_files, protect.max_lines)
    if broken:
        return Evidence((Item(PATCH_RULES, "failed", "veto", "; ".join(broken)),))
    size = f"{made.diff.lines} changed lines in {len(made.diff.files)} of at most {protect.max_files} files, nothing protected"
    first = Item(PATCH_RULES, "passed", "veto", size)
    tree = lab.trees.open(opened.request.base, attempt.diff)
    if tree.diff() != attempt.diff:  # ours always are the same; one from a Trail may say less than it does
        return Evidence((Item(PATCH_RULES, "failed", "veto", "the diff does not say what applying it changes"),))
    grading = _grading(made)
    if grading or opened.proof == "ci":
        return Evidence((first, *grading))
    checks = chosen(opened.checks, opened.policy, attempt.lane, opened.task_class)
    items, runs = _checks(opened, checks, tree, lab)
    items = (first, *items)
    if not Evidence(items).failed:
        fixed = fixes(checks, opened.baseline, runs, _retold(made))
        items = (*items, fixed, *_canaries(made, checks, runs, tree, lab))
    return Evidence(items, runs)


def _grading(made: patch.Patch) -> tuple[Item, ...]:
    """A patch that changes its own judge is not judged: whatever the judge says is no evidence."""
    found = patch.graders(made)
    if not found:
        return ()
    return (Item(GRADING, "failed", "weak", f"changes {', '.join(map(line, found[:3]))}, which decides how it is judged"),)


def _retold(made: patch.Patch) -> Retold:
    return Retold(tuple(file.path for file in made.diff.files if is_test(file.path)), patch.rewritten(made))


def _checks(opened: Opened, checks: tuple[Check, ...], tree: Tree, lab: Lab) -> tuple[tuple[Item, ...], tuple[Run, ...]]:
    before = {run.check: run for run in opened.baseline}
    items: list[Item] = []
    runs: list[Run] = []
    for check in checks:
        if Evidence(tuple(items)).failed:
            items.append(Item(f"check {check.name}", "not_run", "info", "an earlier check failed"))
            continue
        run = _run(tree, check, lab, "patch")
        runs.append(run)
        items.append(compare(check, before[check.name], run))
    return tuple(items), tuple(runs)


def _canaries(made: patch.Patch, checks: tuple[Check, ...], runs: tuple[Run, ...], tree: Tree, lab: Lab) -> tuple[Item, ...]:
    """Break the changed source files on purpose: a test command that stays green does not run them, so its green is weak."""
    after = {run.check: run for run in runs}
    tests = tuple(check for check in checks if check.kind == "tests" and check.name in after)
    changed = tuple(f.path for f in made.diff.files if f.kind != "deleted" and is_code(f.path) and not is_test(f.path))
    if not changed:
        return (Item(REACHES, "not_applicable", "info", "no source file is left changed"),)
    broken = {path: poison(path, tree.read(path)) for path in changed}
    whole = {path: content for path, content in broken.items() if content is not None}
    if not whole:
        return (Item(REACHES, "not_run", "info", f"no way known to break {line(changed[0])} on purpose"),)
    for path, content in whole.items():
        tree.write(path, content)
    return tuple(reached(check, after[check.name], _run(tree, check, lab, "canary")) for check in tests)


def _run(tree: Tree, check: Check, lab: Lab, what: str) -> Run:
    lab.watch("verifying", f"{what}: {check.run}")
    assert lab.sandbox is not None, "checks run elsewhere"
    return lab.sandbox.run(tree, check, lab.timeout)
