"""The verifier model in conversation: every call is held before it is sent, and booked as soon as its cost is known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bot.core import review as core
from bot.core.clean import sendable
from bot.core.cost import Cost, Tokens, Unpriced, Usage
from bot.core.lane import Lane
from bot.core.review import Unread
from bot.lab import Lab
from bot.ports import Denied, Model, Moved, Prompt, Renderer, Reply, Said, Shown, Told, Tool, Turn, Unavailable

ROUNDS, MOVES = 2, 2
"""One answer and one re-ask; a provider may be changed so often."""

SHARE = 0.8
"""Of what the verifier can hold, at the most, for what it is shown."""

_PLACE = {"type": "object", "properties": {"path": {"type": "string"}, "line": {"type": "integer"}, "quote": {"type": "string"}}}

VERDICT = Tool(
    "verdict",
    "Say whether the patch has a bug, where, and whether its summary is true. `lines` quote the faulty lines word for word.",
    {
        "type": "object",
        "properties": {
            "verdict": {"type": "string", "enum": ["bug", "no_bug_found"]},
            "bug": {"type": "string"},
            "lines": {"type": "array", "items": {**_PLACE, "required": ["path", "line", "quote"], "additionalProperties": False}},
            "summary_matches": {"type": "boolean"},
            "summary_why": {"type": "string"},
        },
        "required": ["verdict", "bug", "lines", "summary_matches", "summary_why"],
    },
)

TEST = Tool(
    "test",
    "Write one new test file.",
    {
        "type": "object",
        "properties": {"path": {"type": "string"}, "content": {"type": "string"}},
        "required": ["path", "content"],
    },
)


@dataclass(frozen=True, slots=True)
class Booking:
    """How a call is held before it is sent, and booked as soon as its cost is known."""

    hold: Callable[[Cost], None]
    book: Callable[[Cost | Unpriced], None]


@dataclass(slots=True)
class Verifier:
    """The verifier at work on one request: what it may spend and has spent."""

    lane: Lane
    model: Model
    render: Renderer
    lab: Lab
    books: Booking
    left: int
    session: str
    usage: Usage = field(default_factory=Usage)


Found = TypeVar("Found")


Reading = Callable[[Mapping[str, Any]], Found | Unread]


def _most(by: Verifier) -> int:
    """Tokens of an answer: what the policy allows, and not so many that nothing could be asked."""
    return min(by.lane.max_output_tokens, by.lane.max_context_tokens // 2)


def room(by: Verifier) -> int:
    """Tokens of what it is shown; the rest is for the rules, for two answers and for what was wrong with the first."""
    return int((by.lane.max_context_tokens - _most(by)) * SHARE)


def answered(told: str, tool: Tool, read: "Reading[Found]", by: Verifier) -> Found | Unread | str:
    """What `read` makes of an answer, asked for once more where it makes nothing of it; a text says why nothing was asked."""
    turns: tuple[Turn, ...] = (Told(sendable(told)),)
    problem = Unread("no answer")
    for _ in range(ROUNDS):
        reply = _paid(Prompt(_system(tool, by), turns, (tool,), _most(by), float(by.lane.timeout_seconds), by.session), by)
        if isinstance(reply, str):
            return reply if len(turns) == 1 else Unread(reply)
        given = Unread("it was cut off at the output limit") if reply.cut_off else _given(reply.said, tool)
        found = given if isinstance(given, Unread) else read(given)
        if not isinstance(found, Unread):
            return found
        problem = found
        turns = (*turns, *_again(reply.said, by.render("prompts/review_again.j2", why=found.why, tool=tool.name)))
    return problem


def _system(tool: Tool, by: Verifier) -> str:
    return by.render("prompts/review_system.j2" if tool is VERDICT else "prompts/test_system.j2")


def _given(said: Said, tool: Tool) -> Mapping[str, Any] | Unread:
    return core.spoken(tuple((call.name, call.arguments) for call in said.calls), said.text, tool.name)


def _again(said: Said, words: str) -> tuple[Turn, ...]:
    """Every call is answered, since an unanswered one breaks the conversation."""
    if not said.calls:
        return said, Told(words)
    return said, *(Shown(call.id, words) for call in said.calls)


def _paid(prompt: Prompt, by: Verifier) -> Reply | str:
    """One call; a text says why there is no reply. Nothing that a provider does ends the run here."""
    for _ in range(MOVES):
        worst = by.model.worst(by.lane, prompt.bytes, prompt.max_output_tokens)
        if isinstance(worst, Unpriced):
            return f"not asked: {worst.why}"
        if by.usage.micros + worst.micros > by.left:
            return "not asked: no room in the budget for the most that it could cost"
        by.books.hold(worst)
        try:
            reply = by.model.ask(by.lane, prompt)
        except (Denied, Unavailable) as error:
            cost = worst if error.paid else Cost(0, "unanswered")
            by.books.book(cost)
            if error.paid:
                by.usage = by.usage.plus(Tokens(), cost)
            if isinstance(error, Moved):
                continue
            return f"not answered: {error}"
        except BaseException:
            by.books.book(worst)  # cut off in mid-call: it may be billed
            raise
        paid = worst if reply.cost is None else reply.cost
        by.books.book(paid)
        by.usage = by.usage.plus(reply.tokens or Tokens(), paid)
        if isinstance(paid, Cost) and paid.micros > worst.micros:
            by.left = by.usage.micros  # what another could cost is not known, so none is asked for in this conversation
        return reply
    return "not answered: neither the model nor its fallback"
