"""Has the verifier model look at a patch: every call is held, paid for and booked as a lane's is, and none of it can stop a run."""

from collections.abc import Mapping
from typing import Any

from bot.core import patch
from bot.core import review as core
from bot.core.attempt import Attempt
from bot.core.changed import Changed
from bot.core.checks import Check, Probe, Run
from bot.core.clean import line, printable, redact, veiled
from bot.core.cost import Usage, estimate_tokens
from bot.core.entries import Opened, Proved, Question, Reviewed
from bot.core.evidence import Evidence, Item
from bot.core.paths import is_test
from bot.core.review import Criticism, Unread, Written
from bot.core.trail import Trail
from bot.execute import changed
from bot.lab import Lab, run_of, tests_among
from bot.ports import Tree
from bot.verifier import TEST, VERDICT, Verifier, answered, room

AROUND = 12
"""Lines shown around each change."""
FILES = 3


def review(trail: Trail, attempt: Attempt, question: Question, by: Verifier) -> Reviewed:
    """The answer to one question: of the critic with the summary check, or of the independent reproduction."""
    start = by.lab.clock.seconds()
    author = trail.opened.policy.lane(attempt.lane).model
    if by.lane.model in (author, attempt.model):
        own = core.unasked(question, f"the verifier is the author's own model, {by.lane.model}")
        return Reviewed(Evidence((*own, *_nowhere(trail.opened, question))), Usage(), 0.0)
    path, test = "", ""
    if question == "critic":
        items = (*_critic(trail, attempt, by), *_nowhere(trail.opened, question))
    else:
        item, path, test = _independent(trail, attempt, by)
        items = (item,)
    return Reviewed(Evidence(items), by.usage, round(by.lab.clock.seconds() - start, 3), path, test)


def _nowhere(opened: Opened, question: Question) -> tuple[Item, ...]:
    """What the policy asks for and cannot have here is said beside the critic's word."""
    if question == "test" or opened.proof == "sandbox" or not opened.policy.verification.deep.independent_test:
        return ()
    return core.unasked("test", "nothing of the repository runs with the bot, so no test is written")


def _critic(trail: Trail, attempt: Attempt, by: Verifier) -> tuple[Item, ...]:
    start, before = by.lab.clock.seconds(), by.usage
    trees, sha, proved = by.lab.trees, trail.opened.request.base, trail.last
    assert isinstance(proved, Proved), "the critic is the first to be asked after a proof"
    changes = changed(patch.parse(attempt.diff), trees.open(sha), trees.open(sha, attempt.diff))
    told = _told(trail, attempt, proved, changes, by)
    if told is None:
        return core.unasked(
            "critic", f"the patch is longer than models.verifier.max_context_tokens ({by.lane.max_context_tokens}) holds"
        )
    texts = {each.path: f"{each.after or ''}\n{each.file.removed_text}" for each in changes}
    said = answered(told, VERDICT, lambda given: core.verdict(given, texts), by)
    seconds, cost = round(by.lab.clock.seconds() - start, 3), _cost(before, by.usage)
    if isinstance(said, Criticism):
        return core.judged(said, attempt.summary, seconds, cost)
    return core.unasked("critic", said if isinstance(said, str) else f"no verdict: {said.why}", seconds, cost)


def _cost(before: Usage, after: Usage) -> int | None:
    return None if after.unpriced > before.unpriced else after.micros - before.micros


def _told(trail: Trail, attempt: Attempt, proved: Proved, changes: tuple[Changed, ...], by: Verifier) -> str | None:
    """The data of the question; first without the surroundings, then not at all, where it is longer than the model holds."""
    most = room(by)
    for around in (AROUND, 0):
        text = by.render(
            "prompts/review.j2",
            task=trail.opened.request.task,
            diff=veiled(printable(patch.shown(attempt.diff))),
            summary=attempt.summary,
            places=_surroundings(changes, around),
            evidence="\n".join(f"{item.name}: {item.state}: {line(item.reason, 300)}" for item in proved.evidence.items),
            outputs=tuple((run.check, redact(run.tail[-1_500:])) for run in proved.evidence.runs)[:2],
            ci=trail.opened.proof == "ci",
        )
        if estimate_tokens(len(text)) <= most:
            return text
    return None


def _surroundings(changes: tuple[Changed, ...], around: int) -> tuple[tuple[str, str], ...]:
    """The patched files near the changes, with line numbers."""
    found: list[tuple[str, str]] = []
    for each in changes if around else ():
        rows = (each.after or "").split("\n")
        near = {n for at in (*each.file.added_at, *each.file.cut_at) for n in range(at - around, at + around + 1)}
        shown = [f"{n}: {row}" for n, row in enumerate(rows, 1) if n in near]
        found += [(each.path, veiled(printable("\n".join(shown))))] if shown and not patch.hidden(each.path) else []
    return tuple(found)


# ---- the independent reproduction ----------------------------------------------------------------------------------


def _independent(trail: Trail, attempt: Attempt, by: Verifier) -> tuple[Item, str, str]:
    opened, start, before = trail.opened, by.lab.clock.seconds(), by.usage

    def not_run(why: str) -> Item:
        (item,) = core.unasked("test", why, round(by.lab.clock.seconds() - start, 3), _cost(before, by.usage))
        return item

    check = tests_among(opened.checks)
    if check is None:
        return not_run("no check runs tests"), "", ""
    base = by.lab.trees.open(opened.request.base)
    kept = next((each for each in trail.reviews if each.test), None)
    made = Written(path=kept.path, content=kept.test) if kept else _write(trail, base, by)
    if not isinstance(made, Written):
        return not_run(made if isinstance(made, str) else f"no test: {made.why}"), "", ""
    patched = by.lab.trees.open(opened.request.base, attempt.diff)
    runs = [_with(tree, made, check, by.lab) for tree in (base, patched)]
    if isinstance(runs[0], str) or isinstance(runs[1], str):
        return not_run(f"the patch has a file where the verifier's test would stand: {made.path}"), made.path, made.content
    seconds = round(by.lab.clock.seconds() - start, 3)
    return (
        core.independent(run_of(check, opened.baseline), runs[0], runs[1], seconds, _cost(before, by.usage)),
        made.path,
        made.content,
    )


def _write(trail: Trail, base: Tree, by: Verifier) -> Written | Unread | str:
    """One new test file, from the task and the files at the base: neither the patch nor a lane's words are shown."""
    tests = tuple(path for path in base.files() if is_test(path))
    example = next((path for path in tests if "test" in path.rpartition("/")[2]), None)
    most = room(by)
    told = by.render("prompts/test.j2", task=trail.opened.request.task, tests=tests[:40])
    for path in (*(place.path for place in trail.opened.places[:FILES]), *([example] if example else [])):
        files = (*_files_of(path, base),)
        more = by.render("prompts/file.j2", files=files)
        told = told + more if estimate_tokens(len(told + more)) <= most else told
    protected = trail.opened.policy.protect.paths

    def read(given: Mapping[str, Any]) -> Written | Unread:
        found = core.written(given)
        if isinstance(found, Unread):
            return found
        fresh = by.lab.trees.open(trail.opened.request.base)
        try:
            fresh.write(found.path, found.content.encode(errors="replace"))
        except ValueError as error:
            return Unread(str(error))
        why = core.unfit(found, base.files(), fresh.diff(), protected)
        return Unread(why) if why else found

    found: Written | Unread | str = answered(told, TEST, read, by)
    return found


def _files_of(path: str, tree: Tree) -> tuple[tuple[str, str], ...]:
    try:
        return ((path, veiled(printable(tree.read(path).decode()))),)
    except (KeyError, UnicodeDecodeError):
        return ()


def _with(tree: Tree, made: Written, check: Check, lab: Lab) -> Run | str:
    lab.watch("verifying", f"a test by the verifier: {check.run}")
    if made.path in tree.files():
        return "taken"
    tree.write(made.path, made.content.encode(errors="replace"))
    return lab.walls.look(tree, check, lab.timeout, Probe(only=(made.path,))).run
