"""The check-up: everything that a run needs is looked at, each thing within its own time, and nothing hides the next."""

from bot.core import health
from bot.core.clean import line
from bot.core.health import Ok, Problem, Skipped, Unknown
from bot.core.lane import Lane
from bot.core.policy import VERIFIER, Policy
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
    if (found := visit.look("repository", LOOK, site.checkout)) is not None:
        where = f"on {found.branch}" if found.branch else "detached"
        visit.items.append(Ok("repository", f"{found.root}, HEAD {found.head[:12]} {where}"))


def _policy(visit: Visit) -> Policy | None:
    policy = visit.look("policy", LOOK, visit.means.site.policy)
    if policy is not None:
        verifier = " and a verifier" if VERIFIER in policy.models else ""
        visit.items.append(Ok("policy", f"complete and well-formed; lanes {', '.join(policy.lanes)}{verifier}"))
    return policy


def _place(visit: Visit, policy: Policy | None) -> Books | None:
    """Walls, checks and ledger; gives the books where they can be written to."""
    site = visit.means.site
    if (walls := visit.look("sandbox", SANDBOX, site.sandbox)) is not None:
        visit.items.append(Ok("sandbox", walls))
    if (tree := visit.look("checks", LOOK, site.tree)) is not None:
        _checks(visit, tree, policy)
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
    else:
        visit.items.append(Ok("checks", said))
