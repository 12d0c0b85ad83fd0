"""Blind audits: accepted low-risk fixes that the top lane makes once more, from nothing, so that what nobody complains of is known.

Chance draws them, by the run's own key: whoever reads the ledger can draw again, and a job that is run again draws the same.
"""

from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from typing import Literal

from bot.core.entries import Audit, Opened
from bot.core.route import Refusal, Route, always_strong
from bot.core.trail import Trail
from bot.core.verdict import Accept

AGAIN = "-again"
"""How the key of an audit ends, after that of the run that it audits."""


def drawn(share: float, repo: str, run: str) -> bool:
    """Whether chance takes this run. The share is the decimal number that the policy writes, so no float decides."""
    number = int.from_bytes(sha256(f"{repo}\n{run}".encode(errors="surrogateescape")).digest()[:8])
    return number < Fraction(repr(share)) * 2**64


def low_risk(opened: Opened) -> bool:
    """Whether the policy's own rules would start it in the first lane, whatever lane a person asked for."""
    routing = opened.policy.routing
    return opened.score.total <= routing.fast_max_score and not always_strong(opened.signals, opened.policy)


def due(trail: Trail) -> bool:
    """Whether a run that is over is to be audited: accepted, of low risk, not made by the top lane, and drawn."""
    opened = trail.opened
    if not trail.finished or opened.audit is not None or not trail.tries:
        return False
    last = trail.tries[-1]
    beaten = isinstance(last.decision, Accept) and last.attempt.lane != opened.policy.lanes[-1]
    return beaten and low_risk(opened) and _drawn(opened)


def foreseen(opened: Opened) -> Literal["drawn", "not drawn", "never"]:
    """The same before a model is asked, for a run of this very key, were it accepted below the top lane."""
    if isinstance(opened.route, Refusal) or not low_risk(opened) or opened.route.lane == opened.policy.lanes[-1]:
        return "never"
    return "drawn" if _drawn(opened) else "not drawn"


def _drawn(opened: Opened) -> bool:
    return drawn(opened.policy.routing.audit_share, opened.request.repo, opened.request.id)


def key(run: str) -> str:
    """The key of a run's audit."""
    return f"{run[:50]}{AGAIN}"


def second(opened: Opened, at: str) -> Opened:
    """How the audit begins: what was known before the first patch, and nothing of that patch or of what came of it."""
    run, share = opened.request.id, opened.policy.routing.audit_share
    request = replace(opened.request, id=key(run), asked_lane=None)
    route = Route(opened.policy.lanes[-1], (f"routing.audit_share {share!r}: a blind audit of run {run}",))
    return replace(opened, request=request, route=route, at=at, seconds=0.0, audit=Audit(run, share))
