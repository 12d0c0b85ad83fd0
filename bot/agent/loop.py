"""One lane's attempt at a request: ask, act, look, until it says it is done or a limit is met."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.agent.context import fit
from bot.agent.tools import Action, Finish, GiveUp, action, tools
from bot.agent.workplace import Seen, Workplace
from bot.core.attempt import STEPS, Attempt, StopReason
from bot.core.clean import line, redact, sendable
from bot.core.cost import Cost, Tokens, Unpriced, Usage, dollars
from bot.core.lane import Lane
from bot.ports import (
    Call,
    Clock,
    Denied,
    Model,
    Moved,
    Prompt,
    Renderer,
    Reply,
    Said,
    Shown,
    Told,
    TooLong,
    Turn,
    Unavailable,
    weight,
)

SECONDS = 1_800.0
"""The most an attempt may take."""
NOTHING, NONE = Usage(), Tokens()
PATIENCE = 3
"""So many malformed replies, equal actions or cut-off searches one after the other end the attempt."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """`allowance` is what the attempt may spend, in micro-dollars; `files` how many files a patch may hold."""

    allowance: int
    files: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """What the attempt is about: the two texts that begin the conversation, and its name for the provider's cache."""

    system: str
    task: str
    session: str


@dataclass(frozen=True, slots=True)
class Means:
    """What an attempt works with. `hold` is called with the worst that a call can cost before it is sent, `book` with what it did
    cost as soon as that is known; `watch` with what happens."""

    model: Model
    place: Workplace
    render: Renderer
    clock: Clock
    hold: Callable[[Cost], None]
    book: Callable[[Cost | Unpriced], None]
    watch: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Counted:
    """What the server counted: tokens of the prompt with these turns, and of the answer to it."""

    turns: tuple[Turn, ...]
    sent: int
    made: int


@dataclass(frozen=True, slots=True)
class _State:
    """Where an attempt stands. A new one after every reply."""

    turns: tuple[Turn, ...]
    usage: Usage = NOTHING
    model: str = ""
    counted: _Counted | None = None
    malformed: int = 0
    slow: int = 0
    unanswered: int = 0
    same: int = 0
    before: tuple[tuple[str, str], ...] = ()
    warned: bool = False


@dataclass(frozen=True, slots=True)
class _End:
    ended: StopReason
    note: str = ""
    said: Finish | None = None


def solve(lane: Lane, assignment: Assignment, bounds: Bounds, means: Means) -> Attempt:
    """Work until the lane is done or a limit is met; every way to end has a name."""
    start = means.clock.seconds()
    state: _State = _State((Told(sendable(assignment.task)),))
    for _ in range(STEPS):
        if means.clock.seconds() - start > SECONDS:
            return _attempt(lane, state, _End("time_limit"), means, start)
        state, end = _turn(lane, assignment, state, bounds, means)
        if end is not None:
            return _attempt(lane, state, end, means, start)
    return _attempt(lane, state, _End("step_limit", f"{STEPS} calls"), means, start)


def _turn(lane: Lane, assignment: Assignment, state: _State, bounds: Bounds, means: Means) -> tuple[_State, _End | None]:
    """One call and what follows from it."""
    offered = tools(means.place.checks)
    seconds = float(lane.timeout_seconds)
    whole = Prompt(assignment.system, state.turns, offered, lane.max_output_tokens, seconds, assignment.session)
    prompt = fit(whole, lane.max_context_tokens)
    if prompt is None:
        return state, _End("context", f"models.{lane.name}.max_context_tokens is {lane.max_context_tokens}")
    state = replace(state, turns=prompt.turns)
    worst = means.model.worst(lane, _most(prompt, state.counted), prompt.max_output_tokens)
    if isinstance(worst, Unpriced):
        return state, _End("denied", worst.why)
    if state.usage.micros + worst.micros > bounds.allowance:
        left = dollars(max(0, bounds.allowance - state.usage.micros))
        return state, _End(
            "budget", f"the next call could cost ${dollars(worst.micros)}; ${left} of what budget allows this run is left"
        )
    means.hold(worst)
    try:
        reply = means.model.ask(lane, prompt)
    except (Denied, Unavailable) as error:
        return _unanswered(state, error, worst, means)
    except BaseException:
        means.book(worst)  # cut off in mid-call: it may be billed, so it counts at its worst
        raise
    cost = worst if reply.cost is None else reply.cost
    means.book(cost)  # before the reply is read: it is billed whatever it says
    state = replace(state, usage=state.usage.plus(reply.tokens or NONE, cost), model=reply.model, unanswered=0)
    if isinstance(cost, Cost) and cost.micros > worst.micros:
        dearer = f"a call was charged ${dollars(cost.micros)}, and could cost ${dollars(worst.micros)} by the price that is known"
        return state, _End("budget", f"{dearer}; mend models.{lane.name}.price")
    counted = _counted(prompt, reply.tokens) if reply.tokens else None
    return _heard(replace(state, counted=counted), reply, bounds, means)


def _counted(prompt: Prompt, tokens: Tokens) -> _Counted:
    """A server that counts less than a token for every eight bytes is not believed: the next call's bound would rest on it."""
    return _Counted(prompt.turns, max(tokens.input, prompt.bytes // 8), tokens.output)


def _most(prompt: Prompt, counted: _Counted | None) -> int:
    """The most tokens that a prompt can have: those that the server counted, and one for each byte that was not there then.

    Of the answer it counts as many as the server did, or as we write it, if that is more: arguments are written anew.
    """
    if counted is None:
        return prompt.bytes
    same = len(counted.turns)
    changed = tuple(turn for turn, before in zip(prompt.turns, counted.turns, strict=False) if turn != before)
    answer, rest = prompt.turns[same : same + 1], prompt.turns[same + 1 :]
    return min(prompt.bytes, counted.sent + max(counted.made, weight(answer)) + weight(rest) + weight(changed))


def _unanswered(state: _State, error: Denied | Unavailable, worst: Cost, means: Means) -> tuple[_State, _End | None]:
    """A call that may be billed all the same is booked at its worst, each time; then it may be worth another."""
    cost = worst if error.paid else Cost(0, "unanswered")
    means.book(cost)
    if error.paid:
        state = replace(state, usage=state.usage.plus(NONE, cost), unanswered=state.unanswered + 1)
    said = line(redact(str(error)), 400)
    match error:
        case TooLong():
            return state, _End("context", said)
        case Denied():
            return state, _End("denied", said)
        case Moved():  # another model: its tokens are others, and it does not know the first one's sealed reasoning
            bare = tuple(replace(turn, echo="") if isinstance(turn, Said) else turn for turn in state.turns)
            return replace(state, turns=bare, counted=None), None
        case _ if error.paid and state.unanswered < PATIENCE:
            return state, None
    return state, _End("unavailable", said)


def _heard(state: _State, reply: Reply, bounds: Bounds, means: Means) -> tuple[_State, _End | None]:
    said = reply.said
    trouble = "cut_off" if reply.cut_off else "malformed" if said.malformed else "" if said.calls else "no_action"
    if trouble:
        state = replace(state, malformed=state.malformed + 1)
        correction = means.render("prompts/correction.j2", trouble=trouble, why=said.malformed or "")
        state = replace(state, turns=(*state.turns, Said(said.text), Told(correction)))
        means.watch(f"no usable action ({trouble.replace('_', ' ')})")
        return state, _End("malformed", _unusable(trouble, said)) if state.malformed >= PATIENCE else None
    return _acted(replace(state, malformed=0, turns=(*state.turns, said)), said.calls, bounds, means)


def _unusable(trouble: str, said: Said) -> str:
    """What was wrong with the last reply of those that end an attempt, and the remedy where there is one."""
    if trouble == "no_action":
        return "no action; where a model never calls a tool, set its `api: chat_json`"
    return line(redact(said.malformed), 200) if said.malformed else "cut off at max_output_tokens"


def _acted(state: _State, calls: tuple[Call, ...], bounds: Bounds, means: Means) -> tuple[_State, _End | None]:
    """Take every action of one reply, in order; all are answered, since an unanswered call breaks the conversation."""
    end: _End | None = None
    for call in calls:
        wanted = action(call)
        seen, ended = _one(state, call, wanted, means)
        state = replace(
            state,
            turns=(*state.turns, Shown(call.id, sendable(seen.text))),
            slow=state.slow + seen.slow,
            warned=state.warned or isinstance(wanted, Finish),
        )
        end = end or ended
    doing = tuple((call.name, repr(sorted(call.arguments.items(), key=str))) for call in calls)
    state = replace(state, same=state.same + 1 if doing == state.before else 1, before=doing)
    return state, end or _limits(state, bounds, means)


def _one(state: _State, call: Call, wanted: Action | str, means: Means) -> tuple[Seen, _End | None]:
    means.watch(_brief(call))
    match wanted:
        case str():
            return Seen(wanted), None
        case GiveUp(reason=reason):
            return Seen("Noted."), _End("gave_up", line(redact(reason), 400))
        case Finish():
            if means.place.tree.diff():
                return Seen("Noted."), _End("finished", said=wanted)
            if state.warned:
                return Seen("Noted."), _End("no_edit")
            return Seen("Nothing differs from the repository yet. Make the change first, or give up."), None
        case _:
            return means.place.take(wanted), None


def _limits(state: _State, bounds: Bounds, means: Means) -> _End | None:
    if state.same >= PATIENCE:
        return _End("repeating", f"{PATIENCE} times `{state.before[0][0]}` with the same arguments")
    if state.slow >= PATIENCE:
        return _End("tool_timeout", f"{PATIENCE} searches did not end")
    if len(means.place.tree.edited()) > bounds.files:
        return _End("too_many_edits", f"more than {bounds.files} files")
    return None


def _brief(call: Call) -> str:
    about = next((str(call.arguments[key]) for key in ("path", "pattern", "name", "reason") if key in call.arguments), "")
    return line(redact(f"{call.name} {about}"), 90)


def _attempt(lane: Lane, state: _State, end: _End, means: Means, start: float) -> Attempt:
    said = end.said
    return Attempt(
        lane=lane.name,
        ended=end.ended,
        diff=means.place.tree.diff() if end.ended in ("finished", "too_many_edits") else "",
        usage=state.usage,
        seconds=round(means.clock.seconds() - start, 3),
        model=state.model or lane.model,
        summary=redact(said.summary) if said else "",
        risks=redact(said.risks) if said else "",
        self_confidence=said.confidence if said else None,
        note=end.note,
    )
