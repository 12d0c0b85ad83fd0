"""Records and outcomes with what is hard to export, and what has to come out, said a second time and by hand."""

from dataclasses import replace
from typing import Any

from bot.core.evidence import Item
from bot.core.ledger import Record
from bot.core.outcome import Outcome
from tests.core.test_history import RECORD

HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "'=1",
    "''",
    '"quoted", "cells"',
    "line\nline",
    "a;b",
    "\uff1d1",
    "\u00fcml\u00e4ut \U0001f600",
    " =1",
]
ITEMS = tuple(Item(f"i{n}", "failed", "weak", text, 0.1 + n, None if n % 2 else n) for n, text in enumerate(HOSTILE))


def made(name: str, **fields: Any) -> Record:
    return replace(RECORD, id=name, **fields)


FIRST, LAST = RECORD.attempts
RECORDS = (
    made(
        "one",
        task="=HYPERLINK(1)",
        cost_micros=None,
        seconds=0.1 + 0.2,
        number=7,
        pull_request_open=True,
        pull_request="https://x/pull/7",
    ),
    made(
        "two", attempts=(replace(FIRST, evidence=ITEMS, note="@x", cost_micros=None, self_confidence=0.3), LAST), cost_micros=10**12
    ),
    made(
        "three", at="2026-01-03T10:00:00.123456Z", attempts=(), result="refused", detail="-nothing", confidence=None, actor="'ann"
    ),
)
OUTCOMES = (
    Outcome("one", "2026-01-04T10:00:00Z", "changes_requested", "=bob", 7),
    Outcome("one", "2026-01-05T10:00:00Z", "merged", "bob", 7, 0),
    Outcome("gone", "2026-01-05T10:00:00Z", "closed", "bob", None),
)


def nothing(value: Any) -> Any:
    return None if value == "" else value


def signal(record: Record, name: str) -> Any:
    return next((s.reading.value for s in record.signals if s.name == name and s.reading.kind == "number"), None)


def runs() -> list[dict[str, Any]]:
    """What has to come out, said a second time and by hand: of each column that has a value."""
    labels = {"one": ("as_is", "right", 0), "two": ("no_pull", "unknown", None), "three": ("no_pull", "unknown", None)}
    return [
        {
            "run_id": r.id,
            "repo": r.repo,
            "began_at": r.at,
            "thread_number": r.number,
            "actor": r.actor,
            "base_commit": r.base,
            "task": r.task,
            "task_class": r.task_class,
            "risk_score": sum(part.points for part in r.score.parts),
            "first_lane": "fast",
            "route_because": "[]",
            "propensity": r.propensity,
            "proof": r.proof,
            "attempts": len(r.attempts),
            "result": r.result,
            "detail": nothing(r.detail),
            "final_lane": "strong" if r.attempts else None,
            "confidence": r.confidence.value if r.confidence else None,
            "threshold": r.threshold,
            "cost_micros": r.cost_micros,
            "verification_micros": r.verification_micros,
            "always_strong_micros": r.always_strong.micros if r.always_strong else None,
            "always_strong_by": r.always_strong.by if r.always_strong else None,
            "latency_seconds": r.seconds,
            "branch": r.branch,
            "patch_commit": r.commit,
            "ci_url": r.ci_url,
            "pull_request_url": r.pull_request,
            "pull_request_opened": r.pull_request_open,
            "audits_run_id": None,
            "became": labels[r.id][0],
            "judged": labels[r.id][1],
            "changed_by_hand_lines": labels[r.id][2],
            **{f"signal_{s.name}": signal(r, s.name) for s in r.signals},
        }
        for r in RECORDS
    ]


def attempts() -> list[dict[str, Any]]:
    return [
        {
            "run_id": r.id,
            "repo": r.repo,
            "run_began_at": r.at,
            "attempt": n,
            "lane": a.lane,
            "asked_model": nothing(a.asked),
            "model": nothing(a.model),
            "ended": a.ended,
            "note": nothing(a.note),
            "calls": a.calls,
            "input_tokens": a.tokens.input,
            "cached_tokens": a.tokens.cached,
            "written_tokens": a.tokens.written,
            "output_tokens": a.tokens.output,
            "reasoning_tokens": a.tokens.reasoning,
            "cost_micros": a.cost_micros,
            "reckoned_micros": a.reckoned_micros,
            "disputed_calls": a.disputed,
            "guessed_calls": a.guessed,
            "latency_seconds": a.seconds,
            "summary": nothing(a.summary),
            "risks": nothing(a.risks),
            "self_confidence": a.self_confidence,
            "changed_files": len(a.files),
            "added_lines": sum(f.added for f in a.files),
            "removed_lines": sum(f.removed for f in a.files),
            "confidence": a.confidence.value,
            "confidence_prior": a.confidence.prior,
            "decision": a.decision.kind,
            "decision_reason": getattr(a.decision, "reason", None),
            "decision_detail": getattr(a.decision, "detail", None),
        }
        for r in RECORDS
        for n, a in enumerate(r.attempts, 1)
    ]


def evidence() -> list[dict[str, Any]]:
    return [
        {
            "run_id": r.id,
            "repo": r.repo,
            "run_began_at": r.at,
            "attempt": n,
            "lane": a.lane,
            "item": m,
            "name": i.name,
            "state": i.state,
            "strength": i.strength,
            "reason": nothing(i.reason),
            "latency_seconds": i.seconds,
            "cost_micros": i.micros,
        }
        for r in RECORDS
        for n, a in enumerate(r.attempts, 1)
        for m, i in enumerate(a.evidence, 1)
    ]


def outcomes() -> list[dict[str, Any]]:
    return [
        {
            "run_id": o.run,
            "repo": None if o.run == "gone" else "shop",
            "happened_at": o.at,
            "what": o.what,
            "by": o.by,
            "pull_request_number": o.pull,
            "changed_by_hand_lines": o.lines,
        }
        for o in OUTCOMES
    ]


WANTED = {"runs": runs, "attempts": attempts, "evidence": evidence, "outcomes": outcomes}
