"""The check-up: everything that a run needs is looked at, each thing within its own time, and nothing hides the next."""

from bot.core import health
from bot.core.areas import WORKFLOWS
from bot.core.checks import Check, program
from bot.core.clean import line
from bot.core.globs import unmatched
from bot.core.health import Item, Ok, Problem, Skipped, Unknown
from bot.core.lane import Lane
from bot.core.policy import VERIFIER, Policy
from bot.core.policyfile import globs, unfilled
from bot.core.rights import MOST_WORKFLOW, Workflow
from bot.core.wiring import wiring
from bot.ports import Books, Tree
from bot.scout import detected, found_checks
from bot.trial import settle, try_out
from bot.visit import LOOK, Means, Visit

SANDBOX = 30.0
"""Seconds for the walls to stand."""


def examine(means: Means, *, offline: bool) -> Visit:
    """Look at everything but GitHub."""
    stamp = "".join(letter for letter in means.clock.now().lower() if letter.isalnum())
    visit = Visit(means, f"doctor-{stamp}", offline)
    _repository(visit)
    policy = visit.policy = _policy(visit)
    books = _place(visit, policy)
    if policy is None:
        visit.items.append(Unknown("models", "the policy does not load, so lanes and verifier are not known"))
        return visit
    for lane in judged(policy):
        try_out(visit, lane, policy, books)
    if books is not None:
        visit.look("settled", LOOK, lambda: settle(visit, books))
    visit.items += (Skipped("models"),) if offline else health.independent(visit.ran)
    return visit


def judged(policy: Policy) -> tuple[Lane, ...]:
    """The lanes, cheapest first, and the verifier as if it were one."""
    lanes = tuple(policy.lane(name) for name in policy.lanes)
    return (*lanes, Lane(name=VERIFIER, **dict(policy.models[VERIFIER]))) if VERIFIER in policy.models else lanes


# ---- the place ---------------------------------------------------------------------------------------------------


def _repository(visit: Visit) -> None:
    site = visit.means.site
    if (version := visit.look("git", LOOK, site.git)) is not None:
        visit.items.append(Ok("git", version))
    if (found := visit.look("repository", LOOK, site.standing)) is not None:
        where = f"on {found.branch}" if found.branch else "detached"
        visit.items.append(Ok("repository", f"{found.root}, HEAD {found.head[:12]} {where}"))


def _policy(visit: Visit) -> Policy | None:
    policy = visit.look("policy", LOOK, visit.means.site.policy)
    if policy is not None:
        verifier = " and a verifier" if VERIFIER in policy.models else ""
        visit.items.append(Ok("policy", f"complete and well-formed; lanes {', '.join(policy.lanes)}{verifier}"))
        visit.items += [health.told("policy", note, "write its name") for note in unfilled(policy)]
    return policy


def _place(visit: Visit, policy: Policy | None) -> Books | None:
    """Walls, checks and ledger; gives the books where they can be written to."""
    site = visit.means.site
    if (walls := visit.look("sandbox", SANDBOX, site.sandbox)) is not None:
        visit.items.append(Ok("sandbox", walls))
    if (tree := visit.look("checks", LOOK, site.tree)) is not None:
        _checks(visit, tree, policy)
        _wiring(visit, tree, policy)
    books = visit.look("ledger", LOOK, site.ledger)
    if books is None:
        return None
    visit.items.append(Ok("ledger", f"{books.path} can be written to"))
    return books


def _checks(visit: Visit, tree: Tree, policy: Policy | None) -> None:
    found = visit.look("checks", LOOK, lambda: found_checks(policy, tree) if policy else detected(tree))
    if found is None:
        return
    said = "; ".join(f"{check.name} ({check.kind}): {line(check.run, 80)}, from {check.source}" for check in found)
    if not any(check.kind == "tests" for check in found):
        none = f"no check of kind `tests`, so nothing can prove a patch{f': {said}' if said else ''}"
        visit.items.append(Problem("checks", none, "name a test command in verification.checks"))
        return
    sets_up = bool(policy and policy.verification.setup)
    gone = visit.look("checks", LOOK, lambda: [check for check in found if not _there(visit, check)])
    if gone is not None:
        visit.items += [_gone(check, sets_up=sets_up) for check in gone] or [Ok("checks", f"{said}; not run")]


def _there(visit: Visit, check: Check) -> bool:
    name = program(check.run)
    return not name or visit.means.site.finds(name)


def _gone(check: Check, *, sets_up: bool) -> Item:
    what = f"`{program(check.run)}` of check {check.name} ({line(check.run, 80)}) is not found here"
    if sets_up:
        return Unknown("checks", f"{what}; whether verification.setup brings it shows only in a run")
    return Problem("checks", what, "mend verification.checks, or name what installs it in verification.setup")


def _wiring(visit: Visit, tree: Tree, policy: Policy | None) -> None:
    """What of GitHub's half lies in HEAD, and which globs match nothing there."""
    shipped = visit.means.site.shipped()
    wanted = policy.verification.ci.workflows if policy else ()
    visit.items += visit.look("workflows", LOOK, lambda: wiring(_workflows(tree), wanted, shipped)) or ()
    notes = visit.look("globs", LOOK, lambda: unmatched(globs(policy) if policy else (), tree.files())) or ()
    visit.items += [Unknown("globs", f"{note} (in HEAD)") for note in notes]


def _workflows(tree: Tree) -> tuple[Workflow, ...]:
    def text(path: str) -> str | None:
        found = tree.read(path)
        return found.decode(errors="replace") if len(found) <= MOST_WORKFLOW else None

    return tuple(Workflow(path, active=True, text=text(path)) for path in tree.files() if path.startswith(f"{WORKFLOWS}/"))
