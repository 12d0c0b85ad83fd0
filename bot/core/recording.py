"""A Trail becomes the record that the ledger keeps."""

from dataclasses import replace

from bot.core.clean import line
from bot.core.confidence import Confidence, confidence
from bot.core.entries import Opened
from bot.core.estimate import always_strong
from bot.core.ledger import AttemptRecord, FileStat, Record
from bot.core.patch import parse
from bot.core.route import Refusal
from bot.core.trail import Trail, Try
from bot.core.verdict import Accept, Escalate, Stop, bar
from bot.core.words import Result


def record(trail: Trail, spent: int | None, interrupted: str = "") -> Record:
    """The Trail as the ledger keeps it.

    `spent` is the sum of the run's charges in micro-dollars, calls of attempts that were cut off included; None where it is
    unknown. `interrupted` says why a run that is not at its end stops here.
    """
    opened, request, tries, audit = trail.opened, trail.opened.request, trail.tries, trail.opened.audit
    result, detail = _result(opened, tries) if not interrupted else _interrupted(interrupted)
    made = Record(
        id=request.id,
        at=opened.at,
        repo=request.repo,
        number=request.number,
        actor=request.actor,
        base=request.base,
        task=line(request.task),
        task_class=opened.task_class,
        signals=opened.signals,
        places=opened.places,
        score=opened.score,
        route=opened.route,
        propensity=audit.share if audit else 1.0,
        checks=opened.checks,
        sandbox=opened.sandbox,
        attempts=tuple(_attempt(tried, opened) for tried in tries),
        result=result,
        detail=detail,
        confidence=_confidence(tries),
        threshold=bar(opened.policy, opened.task_class, opened.score.total),
        cost_micros=spent,
        verification_micros=None if trail.verification.unpriced else trail.verification.micros,
        always_strong=always_strong(trail),
        seconds=round(trail.seconds, 3),
        branch=None,
        commit=None,
        verification=trail.verification,
        audits=audit.run if audit else None,
    )
    return _published(made, trail)


def _published(made: Record, trail: Trail) -> Record:
    """With what proved its patch, and where that lies."""
    pushed = None if made.audits else trail.pushed  # the branch of an audit is gone when it is over
    ci, published = trail.tries[-1].ci if trail.tries else None, trail.published
    return replace(
        made,
        branch=pushed.branch if pushed else None,
        commit=pushed.commit if pushed else None,
        proof=trail.opened.proof,
        ci_url=ci.url if ci else None,
        pull_request=published.pull_request if published else None,
        pull_request_open=published.opened if published else False,
    )


def _confidence(tries: tuple[Try, ...]) -> Confidence | None:
    """Of the patch that was accepted."""
    last = tries[-1].decision if tries else None
    return last.confidence if isinstance(last, Accept) else None


def _interrupted(why: str) -> tuple[Result, str]:
    return "stopped", why


def _result(opened: Opened, tries: tuple[Try, ...]) -> tuple[Result, str]:
    if isinstance(opened.route, Refusal):
        named: dict[str, Result] = {"no_ci": "no_ci", "budget": "budget"}
        return named.get(opened.route.code, "refused"), opened.route.detail
    if not tries:
        return "explained", "routing.shadow is on: nothing was spent"
    match tries[-1].decision:
        case Accept():
            return "pass", ""
        case Stop(code=code, detail=detail):
            return code, detail
        case Escalate(lane=lane):
            return "stopped", f"cut off before lane `{lane}`"


def _attempt(tried: Try, opened: Opened) -> AttemptRecord:
    attempt = tried.attempt
    files = parse(attempt.diff).diff.files if attempt.diff else ()
    return AttemptRecord(
        lane=attempt.lane,
        asked=opened.policy.lane(attempt.lane).model,
        model=attempt.model,
        ended=attempt.ended,
        note=attempt.note,
        calls=attempt.usage.calls,
        tokens=attempt.usage.tokens,
        cost_micros=None if attempt.usage.unpriced else attempt.usage.micros,
        disputed=attempt.usage.disputed,
        reckoned_micros=attempt.usage.reckoned,
        guessed=attempt.usage.guessed,
        seconds=round(attempt.seconds, 3),
        summary=attempt.summary,
        risks=attempt.risks,
        self_confidence=attempt.self_confidence,
        files=tuple(FileStat(line(file.path), file.added, file.removed) for file in files),
        evidence=tried.evidence.items,
        confidence=confidence(tried.evidence, opened.prior(attempt.lane)),
        decision=tried.decision,
    )
