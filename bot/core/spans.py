"""What a run tells whoever watches all runs: names, numbers and words of closed sets, and nothing that anybody wrote.

Names beginning with `gen_ai.` are those of OpenTelemetry's GenAI semantic conventions, version 0.1.0; the rest is `route_agent.*`.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from bot.core.attempt import Attempt
from bot.core.clean import line, redact, sendable
from bot.core.confidence import confidence
from bot.core.cost import Cost, Tokens, Unpriced, Usage
from bot.core.entries import Awaited, Opened, Proved, Published, Pushed, Reviewed, Tried
from bot.core.evidence import Item
from bot.core.lane import Lane
from bot.core.ledger import Record
from bot.core.policy import Policy
from bot.core.route import Refusal
from bot.core.trail import Trail
from bot.core.verdict import Accept, Stop

WORKFLOW = "route-agent"
MOST = 120
"""Characters of a name that a policy or a provider chose."""
BROKEN = ("unavailable", "quota", "stopped")
"""Results of a run that was kept from coming to an end."""
_MODEL_ID = re.compile(r"[\w.:/@~+-]{1,120}")
Value = str | int | float | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """`failed` is why the operation did not do what it was for, one of a closed set; empty where it did."""

    name: str
    values: Mapping[str, Value]
    failed: str = ""


def ids(opened: Opened) -> tuple[int, int]:
    """The run's trace (128 bits) and its root span (64 bits): every job that works on a run comes to the same two."""
    request = opened.request
    found = hashlib.sha256(f"{request.repo}\0{request.id}\0{opened.at}".encode(errors="replace")).digest()
    return int.from_bytes(found[:16]) or 1, int.from_bytes(found[16:24]) or 1


def beginning(opened: Opened) -> tuple[int, int] | None:
    """From when to when the request was looked at, in nanoseconds since 1970; None where its Trail names no instant."""
    try:
        end = datetime.strptime(opened.at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        start = end - timedelta(seconds=opened.seconds)
    except (ValueError, OverflowError):
        return None
    return int(start.timestamp()) * 10**9, int(end.timestamp()) * 10**9


# ---- the run, and the steps of it ------------------------------------------------------------------------------------


def run(record: Record) -> Span:
    values: dict[str, Value] = {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.agent.name": WORKFLOW,
        "route_agent.run.id": name(record.id),
        "route_agent.repository": name(record.repo),
        "route_agent.class": record.task_class,
        "route_agent.score": record.score.total,
        "route_agent.lane": lane_of(record),
        "route_agent.proof": record.proof,
        "route_agent.result": record.result,
        "route_agent.attempts": len(record.attempts),
        "route_agent.escalations": len(record.escalations),
        "route_agent.threshold": record.threshold,
        "route_agent.pull_request.open": record.pull_request_open,
    }
    values |= _number("route_agent.number", record.number) | _number("route_agent.cost_micros", record.cost_micros)
    values |= _number("route_agent.verification_micros", record.verification_micros)
    values |= {"route_agent.confidence": record.confidence.value} if record.confidence else {}
    values |= {"route_agent.branch": name(record.branch)} if record.branch else {}
    values |= {"route_agent.audits": name(record.audits)} if record.audits else {}
    return Span(f"invoke_workflow {WORKFLOW}", values, record.result if record.result in BROKEN else "")


def lane_of(record: Record) -> str:
    """The lane that ended the run, else the one that it would have begun with; `none` where it was refused."""
    if record.attempts:
        return name(record.attempts[-1].lane)
    return "none" if isinstance(record.route, Refusal) else name(record.route.lane)


def route(opened: Opened) -> Span:
    """What was found out before anything was paid for."""
    values: dict[str, Value] = {
        "route_agent.run.id": name(opened.request.id),
        "route_agent.repository": name(opened.request.repo),
        "route_agent.class": opened.task_class,
        "route_agent.score": opened.score.total,
        "route_agent.score.highest": opened.score.highest,
        "route_agent.proof": opened.proof,
        "route_agent.checks": len(opened.checks),
        "route_agent.shadow": opened.policy.routing.shadow,
    }
    if isinstance(opened.route, Refusal):
        return Span("route", values | {"route_agent.route": "refused", "route_agent.refusal": name(opened.route.code)})
    return Span("route", values | {"route_agent.route": name(opened.route.lane)})


def step(trail: Trail) -> Span:
    """The Trail's last entry."""
    made = _step(trail)
    return Span(made.name, {**made.values, **_position(trail), **_decision(trail)}, made.failed)


def _step(trail: Trail) -> Span:
    match trail.last:
        case Tried(attempt=attempt):
            return _attempt(attempt, trail.opened.policy)
        case Reviewed(usage=usage):
            return _review(trail, usage)
        case Proved(evidence=evidence):
            return Span("prove", {f"route_agent.evidence.{state}": count for state, count in _counts(evidence.items).items()})
        case Pushed(branch=branch, commit=commit):
            return Span("push", {"route_agent.branch": name(branch), "route_agent.commit": name(commit)})
        case Awaited(verdict=verdict):
            return Span("await_ci", {"route_agent.ci": verdict})
        case Published(opened=opened):
            return Span("publish", {"route_agent.pull_request.open": opened})
        case None:
            return route(trail.opened)


def _attempt(attempt: Attempt, policy: Policy) -> Span:
    values = {**agent(policy.lane(attempt.lane)), **usage(attempt.usage), "route_agent.ended": attempt.ended}
    values |= {"gen_ai.response.model": model_id(attempt.model)} if attempt.model else {}
    return Span(f"invoke_agent {name(attempt.lane)}", values, "" if attempt.ended == "finished" else attempt.ended)


def _review(trail: Trail, used: Usage) -> Span:
    before = Trail(trail.opened, trail.entries[:-1])
    lane = trail.opened.policy.verifier
    values = agent(lane) if lane is not None else {}
    values |= {**usage(used), "route_agent.question": before.question or "none"}
    return Span("invoke_agent verifier", values)


def _counts(items: tuple[Item, ...]) -> dict[str, int]:
    return {state: sum(item.state == state for item in items) for state in ("passed", "failed", "not_run")}


def _position(trail: Trail) -> dict[str, Value]:
    return {"route_agent.attempt": len(trail.attempts)} if trail.attempts else {}


def _decision(trail: Trail) -> dict[str, Value]:
    """What follows from what was shown, on the step that showed the last of it."""
    if not isinstance(trail.last, Proved | Reviewed | Awaited) or not trail.judged:
        return {}
    tried = trail.tries[-1]
    shown = confidence(tried.evidence, trail.opened.prior(tried.attempt.lane))
    found: dict[str, Value] = {"route_agent.decision": tried.decision.kind, "route_agent.confidence": shown.value}
    match tried.decision:
        case Accept():
            return found
        case Stop(reason=reason, code=code):
            return found | {"route_agent.stop": code} | ({"route_agent.reason": reason} if reason else {})
        case escalate:
            return found | {"route_agent.reason": escalate.reason, "route_agent.next_lane": name(escalate.lane)}


# ---- models ----------------------------------------------------------------------------------------------------------


def chat(lane: Lane, model: str, most: int, session: str) -> Span:
    """A call as it is sent. `model` is the one that is asked, the lane's or its fallback; `most` the tokens of its answer."""
    values = {**_asked(lane, model), "gen_ai.operation.name": "chat", "gen_ai.request.max_tokens": most, **server(lane)}
    values |= {"route_agent.lane": name(lane.name)}
    values |= {"gen_ai.conversation.id": name(session)} if session else {}
    return Span(f"chat {model_id(model)}", values)


def answer(model: str, tokens: Tokens | None, cost: Cost | Unpriced | None, *, cut_off: bool) -> dict[str, Value]:
    """What a reply says of itself, beside its content. What nobody counted is left out."""
    found: dict[str, Value] = {"gen_ai.response.model": model_id(model)} if model else {}
    found |= {"gen_ai.response.finish_reasons": ("length",)} if cut_off else {}
    found |= _tokens(tokens) if tokens is not None else {}
    return found | ({"route_agent.cost_micros": cost.micros} if isinstance(cost, Cost) else {})


def agent(lane: Lane) -> dict[str, Value]:
    found = {**_asked(lane, lane.model), "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name(lane.name)}
    return found | {"route_agent.lane": name(lane.name)}


def _asked(lane: Lane, model: str) -> dict[str, Value]:
    return {"gen_ai.provider.name": lane.provider, "gen_ai.request.model": model_id(model)}


def server(lane: Lane) -> dict[str, Value]:
    """Where a lane's model answers; without what an address may hold besides."""
    try:
        found = urlsplit(lane.address)
        port = found.port or (443 if found.scheme == "https" else 80)
    except ValueError:
        return {}
    return {"server.address": name(found.hostname), "server.port": port} if found.hostname else {}


def usage(used: Usage) -> dict[str, Value]:
    """The cost is left out where any call's is unknown."""
    found: dict[str, Value] = {"route_agent.calls": used.calls, "route_agent.calls.guessed": used.guessed, **_tokens(used.tokens)}
    return found | ({} if used.unpriced else {"route_agent.cost_micros": used.micros})


def _tokens(tokens: Tokens) -> dict[str, Value]:
    return {
        "gen_ai.usage.input_tokens": tokens.input,
        "gen_ai.usage.output_tokens": tokens.output,
        "gen_ai.usage.cache_read.input_tokens": tokens.cached,
        "gen_ai.usage.cache_write.input_tokens": tokens.written,
        "gen_ai.usage.reasoning.output_tokens": tokens.reasoning,
    }


def name(text: str) -> str:
    """A name that somebody else chose: one line, without anything that is shaped like a token."""
    return line(redact(sendable(text)), MOST)


def model_id(text: str) -> str:
    """A model as a policy or a provider names it; what is no id is not passed on, since a reply may say anything there."""
    return name(text) if _MODEL_ID.fullmatch(text) else "other"


def _number(key: str, value: int | None) -> dict[str, Value]:
    return {} if value is None else {key: value}
