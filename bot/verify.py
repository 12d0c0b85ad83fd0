"""Gathers the evidence about one patch, cheapest first; after a veto nothing more is bought."""

from collections.abc import Mapping

from bot.core import patch
from bot.core.attempt import Attempt
from bot.core.changed import Changed
from bot.core.checks import Check
from bot.core.clean import line
from bot.core.entries import Opened, Proved
from bot.core.evidence import GRADING, PATCH_RULES, Evidence, Item
from bot.core.inspection import inspected
from bot.core.paths import is_test
from bot.core.policy import Policy
from bot.core.suite import Retold
from bot.core.words import TaskClass
from bot.execute import changed, shown
from bot.lab import Lab, Specimen
from bot.ports import Tree


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
    items, specimen = read(opened, attempt, lab)
    if Evidence(items).failed or specimen is None or opened.proof == "ci":
        return Evidence(items)
    checks = chosen(opened.checks, opened.policy, attempt.lane, opened.task_class)
    found = shown(specimen, checks, opened.baseline, lab)
    return Evidence((*items, *found.items), found.runs)


def read(opened: Opened, attempt: Attempt, lab: Lab) -> tuple[tuple[Item, ...], Specimen | None]:
    """What the patch's own text says, and the patch made ready to be run; None where nothing of it may be applied."""
    made = patch.parse(attempt.diff)
    protect = opened.policy.protect
    broken = patch.trespasses(made, protect.paths, protect.max_files, protect.max_lines)
    if broken:
        return (Item(PATCH_RULES, "failed", "veto", "; ".join(broken)),), None
    size = f"{made.diff.lines} changed lines in {len(made.diff.files)} of at most {protect.max_files} files, nothing protected"
    first = Item(PATCH_RULES, "passed", "veto", size)
    base, tree = lab.trees.open(opened.request.base), lab.trees.open(opened.request.base, attempt.diff)
    if tree.diff() != attempt.diff:  # ours always are the same; one from a Trail may say less than it does
        return (Item(PATCH_RULES, "failed", "veto", "the diff does not say what applying it changes"),), None
    links = base.links()
    if why := _twin(made, base, tree, links) or patch.linked(made, links, protect.paths):
        return (Item(PATCH_RULES, "failed", "veto", why),), None
    changes = changed(made, base, tree)
    known = (opened.request.task, *(run.tail for run in opened.baseline if run.exit_code))
    items = (first, *inspected(changes, known, opened.task_class), *_grading(made, links))
    return items, _specimen(opened, made, changes, base, tree, lab)


def _twin(made: patch.Patch, base: Tree, tree: Tree, links: Mapping[str, str]) -> str:
    """Which new file lies at another's place, or in another's folder, on systems that take both names for one; in words."""
    new = [file.path for file in made.diff.files if file.kind == "added"]
    if not new:
        return ""
    before = {place for path in (*base.files(), *links) for place in _places(path)}
    spelled: dict[str, set[str]] = {}
    for place in before.union(*map(_places, tree.files())):
        spelled.setdefault(patch.folded(place, "NFD"), set()).add(place)
    places = ((path, place) for path in new for place in _places(path) if place not in before)
    twin = next((path for path, place in places if len(spelled[patch.folded(place, "NFD")]) > 1), None)
    return "" if twin is None else f"`{line(twin)}` is also the name of another file where case does not count"


def _places(path: str) -> tuple[str, ...]:
    """The path, and every folder above it."""
    parts = path.split("/")
    return tuple("/".join(parts[:end]) for end in range(1, len(parts) + 1))


def _specimen(opened: Opened, made: patch.Patch, changes: tuple[Changed, ...], base: Tree, tree: Tree, lab: Lab) -> Specimen:
    tests = patch.part(made.text, is_test)
    alone = lab.trees.open(opened.request.base, tests) if tests and tests != made.text else None
    retold = Retold(tuple(file.path for file in made.diff.files if is_test(file.path)), patch.rewritten(made))
    policy, task_class = opened.policy, opened.task_class
    return Specimen(
        changes, retold, base, tree, alone, policy.verification.deep.mutants, task_class, critic=policy.verifier is not None
    )


def _grading(made: patch.Patch, links: Mapping[str, str]) -> tuple[Item, ...]:
    """A patch that changes its own judge is not judged: whatever the judge says is no evidence."""
    found = patch.graders(made, links)
    if not found:
        return ()
    return (Item(GRADING, "failed", "weak", f"changes {', '.join(map(line, found[:3]))}, which decides how it is judged"),)
