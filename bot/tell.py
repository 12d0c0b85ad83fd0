"""What people read of a run: the report on a terminal, the comment on an issue, the explanation of a route."""

from bot.core import account, money
from bot.core.audit import foreseen
from bot.core.clean import inline, line
from bot.core.command import VERBS, NearMiss
from bot.core.cost import Unpriced, dollars, exact
from bot.core.detect import as_policy
from bot.core.entries import Opened
from bot.core.gate import Refused
from bot.core.health import Problem, Report, Skipped
from bot.core.lane import Lane
from bot.core.ledger import Record
from bot.core.notes import Posted
from bot.core.past import telling
from bot.core.past.drift import Drift
from bot.core.past.replay import SHOWN
from bot.core.past.replayed import Replay
from bot.core.past.silent import ENOUGH_RUNS
from bot.core.policy import Policy
from bot.core.policyfile import PolicyError, unheeded
from bot.core.route import Refusal
from bot.core.score import in_words
from bot.core.selftest import Finding
from bot.core.step import Ask, next_step
from bot.core.trail import Trail
from bot.core.words import Running
from bot.ports import Model, Renderer, Unkept


def report(record: Record, render: Renderer) -> str:
    cost = "unknown" if record.cost_micros is None else dollars(record.cost_micros)
    return render(
        "terminal/report.j2",
        record=record,
        classifier=account.classifier(record.signals),
        lane="none" if isinstance(record.route, Refusal) else record.route.lane,
        reckoned=account.reckoned,
        took=account.took,
        verification=" && ".join(line(check.run, 400) for check in record.checks) or "none",
        cost=cost,
        costs=money.by_attempt(record),
        strong=money.compared(record),
        doubtful=money.doubtful(record),
        advice=account.advice(record),
        stuck=account.stuck(record),
    )


def comment(record: Record, policy: Policy, render: Renderer) -> str:
    """What a reviewer reads on the issue when all is done."""
    route = None if isinstance(record.route, Refusal) else record.route
    return render(
        "comments/final.md.j2",
        record=record,
        sum=in_words(record.score).removeprefix("0: "),
        lane=route.lane if route else "",
        because=route.because if route else (),
        cost="unknown" if record.cost_micros is None else f"${dollars(record.cost_micros)}",
        costs=money.by_attempt(record),
        strong=money.compared(record),
        doubtful=money.doubtful(record),
        marks=account.MARKS,
        reckoned=account.reckoned,
        took=account.took,
        ran=account.ran(record),
        trigger=policy.triggers.command,
        advice=account.advice(record),
        stuck=account.stuck(record),
        verifier=policy.verifier is not None,
        top=policy.lanes[-1],
        unheeded=_unheeded(record, policy),
    )


def _unheeded(record: Record, policy: Policy) -> tuple[str, ...]:
    """On GitHub; on the command line it is said when the run begins."""
    if record.number is None:
        return ()
    return tuple(map(inline, unheeded(policy, "ci" if record.proof == "ci" else "host")))


def progress(trail: Trail, state: Running, run_url: str, render: Renderer) -> str:
    """What the comment says while a run is at work."""
    opened, step = trail.opened, next_step(trail)
    route = None if isinstance(opened.route, Refusal) else opened.route
    last = trail.attempts[-1].lane if trail.attempts else ""
    return render(
        "comments/progress.md.j2",
        state=state,
        base=opened.request.base,
        score=opened.score,
        sum=in_words(opened.score).removeprefix("0: "),
        lane=route.lane if route else "none",
        because=route.because if route else (),
        tries=trail.tries,
        now=step.lane if isinstance(step, Ask) else last,
        branch=trail.pushed.branch if trail.pushed else "",
        run_url=run_url,
    )


def heard(actor: str, run_url: str, render: Renderer) -> str:
    """The first word on the thread, before anything is known."""
    return render("comments/heard.md.j2", actor=actor, run_url=run_url)


def refused(why: Refused, render: Renderer) -> str:
    return render("comments/refused.md.j2", detail=why.detail)


def near_miss(miss: NearMiss, policy: Policy, render: Renderer) -> str:
    return render("comments/near_miss.md.j2", said=miss.said, meant=miss.meant, trigger=policy.triggers.command, verbs=VERBS)


def misplaced(said: str, policy: Policy, render: Renderer) -> str:
    return render("comments/misplaced.md.j2", said=said, trigger=policy.triggers.command)


def status(listed: tuple[tuple[Posted, str], ...], lost: frozenset[str], render: Renderer) -> str:
    """Where every command of a thread stands. `lost` are those whose job is over without a word."""
    return render("comments/status.md.j2", listed=listed, lost=lost)


def examining(word: str, run_url: str, render: Renderer) -> str:
    return render("comments/examining.md.j2", word=word, run_url=run_url)


def selftest(found: tuple[Finding, ...], render: Renderer) -> str:
    """A table of what held."""
    return render("comments/selftest.md.j2", found=found)


def stopping(addresses: tuple[str, ...], render: Renderer) -> str:
    return render("comments/stopping.md.j2", addresses=addresses)


def help_(policy: Policy, render: Renderer) -> str:
    return render("comments/help.md.j2", trigger=policy.triggers.command, lanes=policy.lanes)


def error(detail: str, run_url: str, render: Renderer) -> str:
    return render("comments/error.md.j2", detail=detail, run_url=run_url)


def stopped(run_url: str, render: Renderer) -> str:
    """What a comment says whose run was cut off before its end."""
    return render("comments/stopped.md.j2", run_url=run_url)


def unkept(left: Unkept, render: Renderer) -> str:
    """What a comment says below its last word, where the run's record could not be written."""
    return render("comments/unkept.md.j2", why=left.why, again=left.again)


def explained(opened: Opened, render: Renderer, model: Model) -> str:
    """The answer to `explain` on GitHub."""
    return render(
        "comments/explained.md.j2",
        opened=opened,
        readings=[account.reading(signal.reading) for signal in opened.signals],
        sum=in_words(opened.score).removeprefix("0: "),
        refusal=opened.route if isinstance(opened.route, Refusal) else None,
        route=opened.route,
        lanes=[(lane, _price_words(lane, opened.policy, model)) for lane in map(opened.policy.lane, opened.policy.lanes)],
        proof=account.proof(opened),
        audit=foreseen(opened),
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
        lanes=[(lane, _price_words(lane, opened.policy, model)) for lane in lanes],
        unheeded=unheeded(opened.policy, opened.proof),
        proof=account.proof(opened),
        audit=foreseen(opened),
    )


def checkup(found: Report, render: Renderer) -> str:
    """One line an item, problems with their remedy, and what looking has cost."""
    return render(
        "terminal/doctor.j2",
        report=found,
        words=["unknown" if isinstance(item, Skipped) else item.state for item in found.items],
        remedies=[item.remedy if isinstance(item, Problem) else "" for item in found.items],
        width=max((len(item.name) for item in found.items), default=0),
        cost="nobody knows how much" if found.cost_micros is None else f"${exact(found.cost_micros)}",
        problems=sum(isinstance(item, Problem) for item in found.items),
    )


def drift(found: Drift, sources: tuple[str, ...], render: Renderer) -> str:
    """Where the policy no longer fits, as Markdown. `sources` are the ledgers, as they are called."""
    return render("ledger/drift.md.j2", drift=found, sources=sources, telling=telling, enough_runs=ENOUGH_RUNS)


def replayed(found: Replay, new: str, old: str, render: Renderer) -> str:
    """`new` and `old` say which policies are compared; `old` is empty for the routes that were recorded."""
    return render("comments/replay.md.j2", found=found, new=new, old=old, shown=SHOWN)


def unreadable(error: PolicyError, render: Renderer) -> str:
    """What is wrong with a policy that somebody proposes."""
    return render("comments/replay_broken.md.j2", problems=[f"line {one}" if one.line else str(one) for one in error.problems])


def withdrawn(path: str, render: Renderer) -> str:
    """What follows from a pull request that takes the policy away."""
    return render("comments/replay_gone.md.j2", path=path)


def _price_words(lane: Lane, policy: Policy, model: Model) -> str:
    found = model.price(lane)
    if isinstance(found, Unpriced):
        return f"price unknown: {found.why}"
    listed = f"${dollars(found.input)} in, ${dollars(found.output)} out for a million tokens"
    return f"{listed}; {money.span(lane, found, policy.budget.per_run_usd)}"
