"""The whole bot, in order: a request becomes a Trail, and the Trail grows step by step until nothing is left to do."""

from collections.abc import Callable

from bot.agent.brief import brief
from bot.agent.loop import Bounds, Means, solve
from bot.agent.workplace import Workplace
from bot.core.attempt import Attempt
from bot.core.cost import Cost, Unpriced, Usage
from bot.core.entries import Entry, Reviewed, Tried
from bot.core.evidence import Evidence
from bot.core.recall import recalled, spent_here
from bot.core.review import believed, unasked
from bot.core.route import Refusal
from bot.core.spend import Held, charged
from bot.core.step import Ask, AwaitCI, Prove, Publish, Push, Review, Step, next_step
from bot.core.trail import Trail
from bot.hear import wish
from bot.lab import Lab
from bot.ports import Bench, Desk, Halted, Kit
from bot.publish import close, push
from bot.review import review
from bot.verifier import Booking, Verifier
from bot.verify import chosen, prove
from bot.wait import begun_ahead, judged, taken_back


def run(trail: Trail, kit: Kit, *, attempts: int | None = None) -> Trail:
    """Take step after step until this kit has none left to take, or has made as many attempts as it is to make.

    Raises `Halted`, with the Trail so far, where somebody ends the run.
    """
    kit.keeper.keep(trail)
    most = None if attempts is None else len(trail.attempts) + attempts
    while (step := next_step(trail)) and can(step, kit):
        if isinstance(step, Ask) and len(trail.attempts) == most:
            break
        try:
            if not isinstance(step, Publish):  # it is over, and has only to be told
                kit.halt()
            trail = trail.then(take(step, trail, kit))
        except Halted as halted:
            raise Halted(halted.why, trail) from None
        kit.keeper.keep(trail)  # before the next step: spent is spent, a killed run goes on from here
    return trail


def can(step: Step, kit: Kit) -> bool:
    """Whether this process was given what the step needs."""
    match step:
        case Ask():
            return kit.bench is not None
        case Prove() | Review():
            return kit.bench is not None or kit.desk is not None
        case Push() | AwaitCI() | Publish():
            return kit.desk is not None


def take(step: Step, trail: Trail, kit: Kit) -> Entry:
    if kit.before is not None and (known := recalled(trail, step, kit.before)) is not None:
        kit.watch("resuming", "what an earlier job of this run had paid for is taken over")
        return known
    match step:
        case Ask():
            return Tried(_ask(step, trail, kit, _bench(kit)))
        case Prove(attempt=attempt):
            return prove(trail.opened, attempt, _lab(trail, kit))
        case Review():
            return _reviewed(step, trail, kit, kit.bench) if kit.bench else believed(kit.handed)
        case Push(attempt=attempt, number=number):
            kit.watch("publishing", f"a branch with the patch of lane `{attempt.lane}`")
            return push(trail, attempt, number, _desk(kit), kit.clock)
        case AwaitCI(pushed=pushed):
            return judged(trail, pushed, _desk(kit), kit)
        case Publish():
            return close(trail, _desk(kit), kit)


def _ask(step: Ask, trail: Trail, kit: Kit, bench: Bench) -> Attempt:
    opened, lane = trail.opened, trail.opened.policy.lane(step.lane)
    left = kit.purse.reserve(opened.policy.budget, wish(opened.request, kit, spent_here(trail, kit.before)))
    if isinstance(left, Refusal):
        return Attempt(lane.name, "budget", "", Usage(), 0.0, lane.model, note=left.detail)
    tree = bench.trees.open(opened.request.base)
    timeout = float(opened.policy.verification.timeout_seconds)
    checks = chosen(opened.checks, opened.policy, lane.name, opened.task_class) if bench.sandbox else ()
    told = brief(trail, tree, lane.max_context_tokens, bench.render)
    place = Workplace(tree, checks, lambda check: bench.walls.run(tree, check, timeout), told.known, opened.policy.protect.paths)

    hold, book = _books(trail, kit, lane.name)

    def watch(what: str) -> None:
        kit.watch("attempting", f"{lane.name}: {what}")

    kit.watch("attempting", f"{lane.name}: {lane.model}" + (f", because {step.because}" if step.because else ""))
    means = Means(bench.model, place, bench.render, kit.clock, hold, book, watch)
    bounds = Bounds(left, opened.policy.protect.max_files)
    return solve(lane, told.assignment, bounds, means)


def _reviewed(step: Review, trail: Trail, kit: Kit, bench: Bench) -> Reviewed:
    """Where this job may start CI as well, CI is at work on the patch meanwhile; what the verifier sends up it need not judge."""
    if kit.desk is None or trail.opened.proof != "ci":
        return _review(step, trail, kit, bench)
    ahead = begun_ahead(trail, step.attempt, kit.desk, kit)
    try:
        found = _review(step, trail, kit, bench)
    except Halted:
        taken_back(ahead, kit.desk)
        raise
    if trail.then(found).judged:
        taken_back(ahead, kit.desk)
    return found


def _review(step: Review, trail: Trail, kit: Kit, bench: Bench) -> Reviewed:
    opened, lane = trail.opened, trail.opened.policy.verifier
    assert lane is not None, "`next_step` asks for no review without a verifier"
    left = kit.purse.reserve(opened.policy.budget, wish(opened.request, kit, spent_here(trail, kit.before)))
    if isinstance(left, Refusal):
        return Reviewed(Evidence(unasked(step.question, f"not asked: {left.detail}")), Usage(), 0.0)
    kit.watch("verifying", f"{lane.name}: {lane.model}")
    lab = _lab(trail, kit)
    session = f"route-agent-{opened.request.id[:32]}-review"
    by = Verifier(lane, bench.model, bench.render, lab, Booking(*_books(trail, kit, lane.name)), left, session)
    return review(trail, step.attempt, step.question, by)


def _books(trail: Trail, kit: Kit, lane: str) -> tuple[Callable[[Cost], None], Callable[[Cost | Unpriced], None]]:
    """How a call's worst is held before it is sent, and what it did cost is booked as soon as that is known."""
    request = trail.opened.request

    def hold(worst: Cost) -> None:
        kit.halt()  # before every call: an attempt may take many
        kit.ledger.append(Held(request.id, kit.clock.now(), request.actor, lane, worst.micros))

    def book(cost: Cost | Unpriced) -> None:
        kit.ledger.append(charged(cost, request.id, kit.clock.now(), request.actor, lane))

    return hold, book


def _lab(trail: Trail, kit: Kit) -> Lab:
    trees = kit.bench.trees if kit.bench else _desk(kit).trees
    sandbox = kit.bench.sandbox if kit.bench else None
    return Lab(trees, sandbox, kit.clock, kit.watch, float(trail.opened.policy.verification.timeout_seconds))


def _bench(kit: Kit) -> Bench:
    assert kit.bench is not None, "`can` was not asked"
    return kit.bench


def _desk(kit: Kit) -> Desk:
    assert kit.desk is not None, "`can` was not asked"
    return kit.desk
