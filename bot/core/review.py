"""What the verifier model answers, read as hostile input, and the evidence that follows."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.core.checks import Run
from bot.core.clean import line, printable, redact
from bot.core.cost import Usage
from bot.core.entries import Question, Reviewed
from bot.core.evidence import Evidence, Item
from bot.core.patch import graders, parse, path_problem, trespasses
from bot.core.paths import is_code, is_test
from bot.core.trailfile import TrailError
from bot.core.words import CRITIC, INDEPENDENT, SUMMARY

MOST_TEXT, MOST_PLACES, MOST_TEST = 4_000, 20, 40_000
MOST_BRACKETS = 200
"""So many opening brackets of a text are looked behind for an object."""
LEAST_QUOTE = 3
"""Characters; a shorter quotation stands everywhere."""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


Kind = TypeVar("Kind", bound=_Answer)


class Place(_Answer):
    path: Annotated[str, Field(max_length=500)]
    line: int = 0
    quote: Annotated[str, Field(max_length=1_000)]


class Criticism(_Answer):
    verdict: Literal["bug", "no_bug_found"]
    bug: Annotated[str, Field(max_length=MOST_TEXT)] = ""
    lines: Annotated[list[Place], Field(max_length=MOST_PLACES)] = []
    summary_matches: bool
    summary_why: Annotated[str, Field(max_length=MOST_TEXT)] = ""


class Written(_Answer):
    """The one test file that the verifier writes."""

    path: Annotated[str, Field(min_length=1, max_length=300)]
    content: Annotated[str, Field(min_length=1, max_length=MOST_TEST)]


@dataclass(frozen=True, slots=True)
class Unread:
    """An answer that is none; `why` is what the model is told once, and then what the evidence says."""

    why: str


_FENCED = re.compile(r"\s*(?:```\w*\n)?(.*?)(?:\n```)?\s*\Z", re.DOTALL)


def arguments(text: str) -> Mapping[str, Any] | None:
    """The JSON object that a text is, fenced or not; None where it is anything more: what it quotes must not answer for it."""
    found = _FENCED.match(text)
    try:
        value = json.loads(found[1]) if found else None
    except (json.JSONDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def spoken(calls: tuple[tuple[str, Mapping[str, Any]], ...], text: str, tool: str) -> Mapping[str, Any] | Unread:
    """The one answer of a reply: the arguments of its call, or the JSON object that its text is.

    Of several calls none is taken, nor one that was itself read out of a text which holds another: one of them may be quoted.
    """
    if len(calls) > 1 or (calls and len(_objects(text)) > 1):
        return Unread("the reply holds more than one answer, so none of them is taken; give one, and quote no JSON beside it")
    if calls:
        name, given = calls[0]
        return given if name == tool else Unread(f"`{line(name, 40)}` is no answer here, `{tool}` is")
    found = arguments(text)
    return Unread("the answer is not one JSON object and nothing else") if found is None else found


def _objects(text: str) -> list[dict[str, Any]]:
    """The outermost JSON objects of a text, and no more than two."""
    found: list[dict[str, Any]] = []
    at = text.find("{")
    for _ in range(MOST_BRACKETS):
        if at < 0 or len(found) > 1:
            break
        try:
            value, end = json.JSONDecoder().raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError):
            end = at + 1
        else:
            found.append(value)
        at = text.find("{", end)
    return found


def verdict(given: Mapping[str, Any], texts: Mapping[str, str]) -> Criticism | Unread:
    """`texts` are the changed files, each with what the patch takes away from it: what is cited has to stand there.

    What does not is left out: nobody is sent to a place that is made up.
    """
    found = _read(Criticism, given)
    if isinstance(found, Unread) or found.verdict == "no_bug_found":
        return found
    if not found.bug.strip():
        return Unread("a bug was found, and `bug` does not say which")
    standing = [place for place in found.lines if _stands(place, texts)]
    if not standing:
        return Unread("a bug was found, and no entry of `lines` quotes a line of a changed file, with its path")
    return found.model_copy(update={"lines": standing})


def written(given: Mapping[str, Any]) -> Written | Unread:
    return _read(Written, given)


def _read(kind: type[Kind], given: Mapping[str, Any]) -> Kind | Unread:
    try:
        return kind.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return Unread(f"{'.'.join(map(str, first['loc']))}: {first['msg']}")


def _stands(place: Place, texts: Mapping[str, str]) -> bool:
    quote = " ".join(place.quote.lstrip("+-").split())
    return len(quote) >= LEAST_QUOTE and quote in " ".join(texts.get(place.path, "").split())


def judged(said: Criticism, summary: str, seconds: float, micros: int | None) -> tuple[Item, ...]:
    """Critic and summary check: one answer, so its time and cost stand with the critic."""
    if said.verdict == "bug":
        first = said.lines[0]
        where = f" ({line(first.path, 120)}: {line(first.quote, 80)})"
        critic = Item(CRITIC, "failed", "term", f"{_told(said.bug)}{where}", seconds, micros)
    else:
        critic = Item(CRITIC, "passed", "term", "asked to find the bug, it found none", seconds, micros)
    return critic, _summary(said, summary)


def _summary(said: Criticism, summary: str) -> Item:
    if not summary.strip():
        return Item(SUMMARY, "not_applicable", "term", "the lane left no summary")
    if said.summary_matches:
        return Item(SUMMARY, "passed", "term", "the summary says what the patch does")
    why = _told(said.summary_why) or "no reason given"
    return Item(SUMMARY, "failed", "term", f"the summary does not say what the patch does: {why}")


def _told(text: str) -> str:
    return line(redact(printable(text)), 400)


def unasked(question: Question, why: str, seconds: float = 0.0, micros: int | None = 0) -> tuple[Item, ...]:
    """No answer, for a reason. It counts neither way."""
    return (Item(CRITIC if question == "critic" else INDEPENDENT, "not_run", "term", line(why, 400), seconds, micros),)


def unfit(made: Written, files: tuple[str, ...], diff: str, protected: tuple[str, ...]) -> str:
    """Why a written test may not be used; empty for a new test file and nothing else. `diff` is what adding it changes."""
    if made.path in files:
        return f"{line(made.path, 120)} is there already; write a new file"
    if not (is_test(made.path) and is_code(made.path)):
        return f"{line(made.path, 120)} is not where a test runner looks for tests"
    added = parse(diff)
    broken = trespasses(added, protected, 1, MOST_TEST)
    rigged = tuple(f"{line(path)} decides how tests are judged" for path in graders(added, {}))
    return next(iter((*broken, *rigged)), "")


def independent(base: Run, alone: Run, patched: Run, seconds: float, micros: int | None) -> Item:
    """`alone` is the base with the written test, `patched` the patch with it."""

    def said(state: Literal["passed", "failed", "not_run"], why: str) -> Item:
        return Item(INDEPENDENT, state, "term", why, seconds, micros)

    if alone.report is None or patched.report is None or base.report is None:
        return said("not_run", "the runner leaves no report on the test that the verifier wrote")
    known = {*base.report.failed, *(base.report.passed or ())}  # what the base has is not of the test that was written
    new = [name for name in alone.report.failed if name not in known]
    if not new:
        return said("not_run", "the test that the verifier wrote passes without the patch: it shows nothing")
    asking = [name for name in new if name in (alone.report.asserted or ())]
    if not asking:
        return said("not_run", f"the test that the verifier wrote asks nothing of the base: {line(new[0])}")
    if left := [name for name in asking if name in patched.report.failed]:
        return said("failed", f"a test written from the task alone still fails with the patch: {line(left[0])}")
    if patched.report.passed is not None and (gone := [name for name in asking if name not in patched.report.passed]):
        return said("not_run", f"a test written from the task alone was not seen to run with the patch: {line(gone[0])}")
    return said("passed", f"a test written from the task alone fails without the patch and passes with it: {line(asking[0])}")


_STATES = {
    CRITIC: ("passed", "failed", "not_run"),
    SUMMARY: ("passed", "failed", "not_applicable"),
    INDEPENDENT: ("passed", "failed", "not_run"),
}


def flaw(entry: Reviewed, question: Question, *, runs: bool) -> str:
    """What of it no answer to the question can have said, in words; empty where it may be one. Without `runs` no test was run."""
    names = [item.name for item in entry.evidence.items]
    first = CRITIC if question == "critic" else INDEPENDENT
    if names[:1] != [first] or len(set(names)) < len(names) or (question == "test" and len(names) > 1):
        return "the review is no answer to what was asked"
    if entry.evidence.runs or bool(entry.path) is not bool(entry.test):
        return "the review holds what no review does"
    runs = runs and question == "test"
    if entry.path and (not runs or path_problem(entry.path) or not is_test(entry.path)):
        return "the review holds a test that cannot have been run"
    for item in entry.evidence.items:
        states = ("not_run",) if item.name == INDEPENDENT and not runs else _STATES.get(item.name, ())
        if item.strength != "term" or item.state not in states:
            return f"a review cannot say `{line(item.name)}: {item.state}`"
    return ""


def believed(handed: Reviewed | None) -> Reviewed:
    """A review that the model's job hands over, with nothing in it that a review could not say. Raises `TrailError`."""
    if handed is None:
        return Reviewed(Evidence(unasked("critic", "the job that asks the model handed over no review")), Usage(), 0.0)
    if why := flaw(handed, "critic", runs=False):
        raise TrailError(why)
    return handed
