"""What people read of a run: the report on a terminal, the comment on an issue, the explanation of a route."""

from bot.core import account
from bot.core.cost import Unpriced, dollars
from bot.core.detect import as_policy
from bot.core.ledger import Record
from bot.core.policy import Lane
from bot.core.policyfile import unheeded
from bot.core.route import Refusal
from bot.core.score import in_words
from bot.core.trail import Opened
from bot.ports import Model, Renderer


def report(record: Record, render: Renderer) -> str:
    cost = "unknown" if record.cost_micros is None else dollars(record.cost_micros)
    return render(
        "terminal/report.j2",
        record=record,
        classifier=account.classifier(record.signals),
        lane="none" if isinstance(record.route, Refusal) else record.route.lane,
        verification=" && ".join(check.run for check in record.checks) or "none",
        cost=cost,
    )


def comment(record: Record, render: Renderer) -> str:
    """What a reviewer reads on the issue."""
    route = None if isinstance(record.route, Refusal) else record.route
    return render(
        "comments/final.md.j2",
        record=record,
        sum=in_words(record.score),
        lane=route.lane if route else "",
        because=route.because if route else (),
        cost="unknown" if record.cost_micros is None else f"${dollars(record.cost_micros)}",
        costs=account.spent_by_lane(record),
        marks={"passed": "✅", "failed": "❌", "not_run": "○", "not_applicable": "·"},
    )


def explanation(opened: Opened, render: Renderer, model: Model) -> str:
    refusal = opened.route if isinstance(opened.route, Refusal) else None
    found = opened.checks and all(check.source != "verification.checks" for check in opened.checks)
    lanes = tuple(opened.policy.lane(name) for name in opened.policy.lanes)
    return render(
        "terminal/explain.j2",
        opened=opened,
        readings=[account.reading(signal.reading) for signal in opened.signals],
        sum=in_words(opened.score),
        open_question="the number of failing tests is not known yet",
        refusal=refusal,
        route=opened.route,
        highest_lane="" if refusal else account.lane_at(opened, opened.score.highest),
        found=as_policy(opened.checks) if found else "",
        lanes=[(lane, _price_words(lane, model)) for lane in lanes],
        unheeded=unheeded(opened.policy),
    )


def _price_words(lane: Lane, model: Model) -> str:
    found = model.price(lane)
    if isinstance(found, Unpriced):
        return f"price unknown: {found.why}"
    return f"${dollars(found.input)} in, ${dollars(found.output)} out for a million tokens"
