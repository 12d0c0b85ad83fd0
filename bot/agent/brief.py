"""The two texts that begin an attempt: the rules, and the task with what is known of it."""

from dataclasses import dataclass

from bot.agent.loop import Assignment
from bot.agent.workplace import Known, failures
from bot.core.checks import Run
from bot.core.clean import printable, redact, veiled
from bot.core.patch import hidden, protecting, shown
from bot.core.trail import Trail
from bot.core.verdict import Escalate
from bot.core.words import CRITIC, INDEPENDENT
from bot.ports import Renderer, Tree

FILES, SHARE = 3, 4
"""At most so many likely files are shown at the start, together in at most a quarter of what the model can hold."""
CHARACTERS = 3
"""Characters that fit a token, at the least."""


@dataclass(frozen=True, slots=True)
class Brief:
    """The texts, and what of the repository they show."""

    assignment: Assignment
    known: Known


def brief(trail: Trail, tree: Tree, context_tokens: int, render: Renderer) -> Brief:
    """What the lane is told. Everything a stranger may have written stands between fences, as data.

    What no patch may touch is not shown unasked: a pull request's own instructions for agents are of that kind.
    """
    opened = trail.opened
    red = tuple(run for run in opened.baseline if run.exit_code)[:2]
    free = (place.path for place in opened.places if protecting(place.path, opened.policy.protect.paths) is None)
    files = _files(tuple(free), tree, context_tokens * CHARACTERS // SHARE)
    return Brief(_assignment(trail, red, files, render), Known(tuple(path for path, _ in files), red))


def _assignment(trail: Trail, red: tuple[Run, ...], files: tuple[tuple[str, str], ...], render: Renderer) -> Assignment:
    opened = trail.opened
    outputs = tuple((run.check, failures(redact(run.tail))) for run in red)
    failed = (name for run in opened.baseline if run.report for name in run.report.failed)
    failing = tuple(name for name in failed if not any(name in output for _, output in outputs))  # what is shown, is said once
    return Assignment(
        session=f"route-agent-{opened.request.id[:32]}-{len(trail.tries)}",
        system=render("prompts/system.j2"),
        task=render(
            "prompts/task.j2",
            task=opened.request.task,
            places=opened.places,
            files=files,
            failing=failing[:20],
            outputs=outputs,
            checks=opened.checks,
            before=_before(trail),
        ),
    )


def _files(paths: tuple[str, ...], tree: Tree, room: int) -> tuple[tuple[str, str], ...]:
    """The likeliest files whole, as long as there is room; a part of a file would invite edits that do not fit."""
    shown: list[tuple[str, str]] = []
    for path in [path for path in paths if not hidden(path)][:FILES]:
        try:
            text = tree.read(path).decode().replace("\r\n", "\n")
        except (KeyError, UnicodeDecodeError):
            continue
        text = veiled(text)
        if len(text) <= room and "\0" not in text:
            shown.append((path, text))
            room -= len(text)
    return tuple(shown)


def _before(trail: Trail) -> dict[str, object] | None:
    """The attempt before this one, for a lane that is escalated to: its patch, and why it was not accepted."""
    if not trail.tries:
        return None
    last = trail.tries[-1]
    runs = tuple((run.check, failures(redact(run.tail))) for run in last.evidence.runs if run.exit_code or run.report is None)
    detail = last.decision.detail if isinstance(last.decision, Escalate) else ""
    return {
        "detail": detail,
        "diff": veiled(printable(shown(last.attempt.diff))),
        "summary": last.attempt.summary,
        "outputs": runs[:2],
        "found": tuple(
            item.reason for item in last.evidence.items if item.name in (CRITIC, INDEPENDENT) and item.state == "failed"
        ),
    }
