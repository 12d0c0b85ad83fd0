"""From a request to an open Trail: facts, checks, the base run, signals, score and route; nothing is paid for here."""

from dataclasses import dataclass, replace

from bot.core import locate
from bot.core.budget import Wish
from bot.core.checks import Check, Run
from bot.core.clean import line
from bot.core.cost import Price, Unpriced, Usage
from bot.core.diff import Diff
from bot.core.entries import LanePrice, Opened
from bot.core.facts import Facts, Failing, Located, NotApplicable, NotRun, Place, Unreadable
from bot.core.patch import protecting
from bot.core.policy import Policy
from bot.core.request import Request
from bot.core.route import Refusal, choose
from bot.core.score import weigh
from bot.core.signals import observe
from bot.core.stuck import sentences
from bot.core.taskclass import classify
from bot.execute import baseline
from bot.lab import Lab
from bot.ports import Bench, Kit, Model, Sandbox, Tree
from bot.scout import found_checks, located_in

NOTHING = Usage()
SETUP_SECONDS = 1_800.0


@dataclass(frozen=True, slots=True)
class CiFacts:
    """What is known of the repository's CI before anything is paid: which workflows would judge a patch, and what fails now."""

    checks: tuple[Check, ...]
    """One for each workflow; `run` is its file."""
    failing: Failing | NotApplicable | Unreadable
    runs: tuple[Run, ...]
    """The failing checks with what they printed, for the lanes to read."""
    trouble: str = ""
    """Why these workflows cannot judge a patch."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with the change it is about, if it is about one."""

    request: Request
    policy: Policy
    diff: Diff | NotApplicable | Unreadable
    ci: CiFacts | None = None
    """None where checks run here."""


def wish(request: Request, kit: Kit, brought: Usage = NOTHING) -> Wish:
    """What the run asks of the purse.

    `brought` is what the run's Trail says of itself: a ledger of this job alone does not know the job before. What was taken over
    from a job that was cut off is on that one's account.
    """
    known = kit.ledger.spent(request.id)
    spent = None if known is None or brought.unpriced else max(known, brought.micros)
    return Wish(request.id, request.actor, kit.clock.now(), kit.by, spent, kit.over)


def _share(asked: Asked, kit: Kit) -> Refusal | None:
    """Set the run's share of the budget aside, or say why there is none."""
    if asked.policy.routing.shadow:
        return None
    found = kit.purse.reserve(asked.policy.budget, wish(asked.request, kit))
    return found if isinstance(found, Refusal) else None


def explain(asked: Asked, kit: Kit, bench: Bench) -> Opened:
    """What `hear` would find, without running a check: the number of failing tests stays open."""
    return _priced(_explained(asked, kit, bench), bench.model)


def _explained(asked: Asked, kit: Kit, bench: Bench) -> Opened:
    start = kit.clock.seconds()
    tree = bench.trees.open(asked.request.base)
    if asked.ci is not None:
        return _by_ci(asked, asked.ci, kit, tree, start, bench.model, pays=False)
    checks = found_checks(asked.policy, tree)
    failing = NotRun("checks are not run to explain") if checks else NotApplicable("there are no checks")
    refusal = _refusal(asked, checks, tree) or _unpriced(asked.policy, bench.model)
    return _opened(asked, kit, tree, checks, (), failing, refusal, start)


def hear(asked: Asked, kit: Kit, bench: Bench) -> Opened:
    """Everything that is known before a model is paid, and the route that follows; or the reason to go no further."""
    opened = _priced(_heard(asked, kit, bench), bench.model)
    if isinstance(opened.route, Refusal) or asked.policy.routing.shadow:
        return opened
    return replace(opened, standing=kit.ledger.standing(kit.clock.now()))


def _heard(asked: Asked, kit: Kit, bench: Bench) -> Opened:
    start = kit.clock.seconds()
    kit.watch("reading", f"commit {asked.request.base[:12]}")
    tree = bench.trees.open(asked.request.base)
    if asked.ci is not None:
        return _by_ci(asked, asked.ci, kit, tree, start, bench.model, pays=True)
    checks = found_checks(asked.policy, tree)
    refusal = _refusal(asked, checks, tree) or _unpriced(asked.policy, bench.model) or _share(asked, kit)
    runs: tuple[Run, ...] = ()
    if refusal is None and not asked.policy.routing.shadow:
        sandbox = bench.walls
        refusal = _prepare(asked.policy, tree, kit, sandbox)
        if refusal is None:
            lab = Lab(bench.trees, sandbox, kit.clock, kit.watch, float(asked.policy.verification.timeout_seconds))
            runs = baseline(tree, checks, lab)
            refusal = _unusable(checks, runs)
            if refusal is None:
                _warn(checks, runs, kit)
    failing = _failing(checks, runs) if runs else NotRun("no check was run")
    return _opened(asked, kit, tree, checks, runs, failing, refusal, start)


def _by_ci(asked: Asked, ci: CiFacts, kit: Kit, tree: Tree, start: float, model: Model, *, pays: bool) -> Opened:
    """Nothing is run here: what fails is what CI says of the commit."""
    refusal = _no_ci(ci) or _protected(asked, tree) or _unpriced(asked.policy, model)
    if refusal is None and pays:
        refusal = _share(asked, kit)
    return _opened(asked, kit, tree, ci.checks, ci.runs, ci.failing, refusal, start)


def _no_ci(ci: CiFacts) -> Refusal | None:
    if ci.trouble:
        return Refusal("no_ci", ci.trouble)
    why = (
        "nothing here can prove a patch: there is no workflow to run on it; put route-agent-verify.yml into .github/workflows, "
        "or name one that can be dispatched in verification.ci.workflows"
    )
    return None if ci.checks else Refusal("no_ci", why)


def _opened(
    asked: Asked,
    kit: Kit,
    tree: Tree,
    checks: tuple[Check, ...],
    runs: tuple[Run, ...],
    failing: Failing | NotApplicable | Unreadable | NotRun,
    refusal: Refusal | None,
    start: float,
) -> Opened:
    request, policy = asked.request, asked.policy
    located = located_in(tree, request.task)
    facts = Facts(asked.diff, located, failing, request.labels, request.task)
    signals = observe(facts, policy.signals)
    score = weigh(signals, policy.routing)
    task_class = classify(facts, signals)
    route = refusal or choose(signals, score.total, task_class, policy, request.asked_lane)
    return Opened(
        request=request,
        policy=policy,
        signals=signals,
        places=_places(facts),
        task_class=task_class,
        score=score,
        route=route,
        checks=checks,
        baseline=runs,
        at=kit.clock.now(),
        seconds=round(kit.clock.seconds() - start, 3),
        sandbox="none" if asked.ci or not kit.bench or not kit.bench.sandbox else kit.bench.sandbox.describe(),
        proof="ci" if asked.ci else "sandbox",
    )


def _priced(opened: Opened, model: Model) -> Opened:
    """With what each lane's tokens cost: whoever reads of the run later may have no prices at hand."""
    found = ((name, model.price(opened.policy.lane(name))) for name in opened.policy.lanes)
    return replace(opened, prices=tuple(LanePrice(name, price if isinstance(price, Price) else None) for name, price in found))


def _places(facts: Facts) -> tuple[Place, ...]:
    """What a lane is shown first: the files of the change, else what the text points at."""
    if isinstance(facts.diff, Diff):
        return tuple(Place(line(file.path), "part of the change") for file in facts.diff.files[: locate.MOST_PLACES])
    return facts.located.places if isinstance(facts.located, Located) else ()


def _prepare(policy: Policy, tree: Tree, kit: Kit, sandbox: Sandbox) -> Refusal | None:
    setup = policy.verification.setup
    if setup:
        kit.watch("preparing", "; ".join(setup))
    why = failed_setup(sandbox.prepare(tree, setup, SETUP_SECONDS))
    return Refusal("setup_failed", why) if why else None


def failed_setup(run: Run | None) -> str:
    """Why the checks have no environment; empty where they have one."""
    if run is None or (run.exit_code == 0 and not run.timed_out):
        return ""
    how = "did not end in time" if run.timed_out else f"ended with exit code {run.exit_code}"
    command = line(run.check.strip().replace("\n", " \u23ce "), 80)
    said = f"verification.setup: `{command}` {how} on the base: {_last(run, 3)}"
    return f"{said}; mend that command in the policy, or what it needs of the network and of packages"


def _failing(checks: tuple[Check, ...], runs: tuple[Run, ...]) -> Failing | NotApplicable:
    tests = {check.name for check in checks if check.kind == "tests"}
    reports = [run.report for run in runs if run.check in tests and run.report]
    if not reports:
        return NotApplicable("no check reports tests")
    return Failing(tuple(name for report in reports for name in report.failed))


# ---- why not -----------------------------------------------------------------------------------------------------


def _refusal(asked: Asked, checks: tuple[Check, ...], tree: Tree) -> Refusal | None:
    if not checks:
        return Refusal("no_checks", "nothing here can prove a patch: no test command was found; name one in verification.checks")
    return _protected(asked, tree)


def _protected(asked: Asked, tree: Tree) -> Refusal | None:
    about = tuple(path for file in asked.diff.files for path in file.paths) if isinstance(asked.diff, Diff) else ()
    if not about:  # what a word points at is a guess; what a person names is not, whether it is there yet or not
        text = asked.request.task
        about = (*(place.path for place in locate.named(text, tree.files())), *locate.paths_in(text))
    if about:
        rules = {path: protecting(path, asked.policy.protect.paths) for path in about}
        if all(rules.values()):
            path, rule = next(iter(rules.items()))
            return Refusal("protected", f"this is about {line(path)}, which no patch may touch (`{rule}`); a person has to do it")
    return None


def _unpriced(policy: Policy, model: Model) -> Refusal | None:
    """With a budget set, and one is always set, a lane whose cost nobody knows cannot be kept within it."""
    found = [model.price(policy.lane(name)) for name in policy.lanes]
    unknown = [price.why for price in found if isinstance(price, Unpriced)]
    return Refusal("unpriced", "; ".join(unknown)) if unknown else None


def _unusable(checks: tuple[Check, ...], runs: tuple[Run, ...]) -> Refusal | None:
    """Checks that do not run on the base say nothing of a patch; it is better to say so before anything is paid."""
    tests = {check.name: check for check in checks if check.kind == "tests"}
    broken = [run for run in runs if run.check in tests and run.report is None and run.exit_code != 0]
    if not tests:
        return Refusal("no_tests", "nothing here can prove a patch: no check of kind `tests`; name one in verification.checks")
    if len(broken) < len(tests):
        return None
    run = broken[0]
    return Refusal(
        "unusable_checks",
        f"`{tests[run.check].run}` does not run on the base (exit code {run.exit_code}: {_last(run)}); "
        "mend it, or say in verification.setup what it needs",
    )


def _warn(checks: tuple[Check, ...], runs: tuple[Run, ...], kit: Kit) -> None:
    """A task may be about just that, so it is no refusal; but who pays should know what the money cannot buy."""
    remedy = "unless the task is about that, no patch can be proved by it: say in verification.setup what it needs"
    for sentence in sentences(checks, runs):
        kit.watch("base", f"{sentence}; {remedy}")


def _last(run: Run, rows: int = 1) -> str:
    """The last rows that say something."""
    said = [row.strip() for row in run.tail.splitlines() if row.strip()][-rows:]
    return " \u23ce ".join(line(row, 160) for row in said) or "it printed nothing"
