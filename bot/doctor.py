"""The check-up: everything that a run needs is looked at, each thing within its own time, and nothing hides the next."""

from bot.checkup import LOOK, Checkup, Means
from bot.core import health
from bot.core.clean import line
from bot.core.health import Ok, Problem, Skipped, Unknown
from bot.core.lane import Lane
from bot.core.policy import VERIFIER, Policy
from bot.ports import Books, Tree
from bot.scout import detected, found_checks
from bot.trial import settle, try_out

SANDBOX = 30.0
"""Seconds for the walls to stand."""


def examine(means: Means, *, offline: bool) -> Checkup:
    """Look at everything but GitHub."""
    stamp = "".join(letter for letter in means.clock.now().lower() if letter.isalnum())
    checkup = Checkup(means, f"doctor-{stamp}", offline)
    _repository(checkup)
    policy = checkup.policy = _policy(checkup)
    books = _place(checkup, policy)
    if policy is None:
        checkup.items.append(Unknown("models", "the policy does not load, so lanes and verifier are not known"))
        return checkup
    for lane in judged(policy):
        try_out(checkup, lane, policy, books)
    if books is not None:
        checkup.look("settled", LOOK, lambda: settle(checkup, books))
    checkup.items += (Skipped("models"),) if offline else health.independent(checkup.ran)
    return checkup


def judged(policy: Policy) -> tuple[Lane, ...]:
    """The lanes, cheapest first, and the verifier as if it were one."""
    lanes = tuple(policy.lane(name) for name in policy.lanes)
    return (*lanes, Lane(name=VERIFIER, **dict(policy.models[VERIFIER]))) if VERIFIER in policy.models else lanes


# ---- the place ---------------------------------------------------------------------------------------------------


def _repository(checkup: Checkup) -> None:
    site = checkup.means.site
    if (version := checkup.look("git", LOOK, site.git)) is not None:
        checkup.items.append(Ok("git", version))
    if (found := checkup.look("repository", LOOK, site.checkout)) is not None:
        where = f"on {found.branch}" if found.branch else "detached"
        checkup.items.append(Ok("repository", f"{found.root}, HEAD {found.head[:12]} {where}"))


def _policy(checkup: Checkup) -> Policy | None:
    policy = checkup.look("policy", LOOK, checkup.means.site.policy)
    if policy is not None:
        verifier = " and a verifier" if VERIFIER in policy.models else ""
        checkup.items.append(Ok("policy", f"complete and well-formed; lanes {', '.join(policy.lanes)}{verifier}"))
    return policy


def _place(checkup: Checkup, policy: Policy | None) -> Books | None:
    """Walls, checks and ledger; gives the books where they can be written to."""
    site = checkup.means.site
    if (walls := checkup.look("sandbox", SANDBOX, site.sandbox)) is not None:
        checkup.items.append(Ok("sandbox", walls))
    if (tree := checkup.look("checks", LOOK, site.tree)) is not None:
        _checks(checkup, tree, policy)
    books = checkup.look("ledger", LOOK, site.ledger)
    if books is None:
        return None
    checkup.items.append(Ok("ledger", f"{books.path} can be written to"))
    return books


def _checks(checkup: Checkup, tree: Tree, policy: Policy | None) -> None:
    found = checkup.look("checks", LOOK, lambda: found_checks(policy, tree) if policy else detected(tree))
    if found is None:
        return
    said = "; ".join(f"{check.name} ({check.kind}): {line(check.run, 80)}, from {check.source}" for check in found)
    if not any(check.kind == "tests" for check in found):
        none = f"no check of kind `tests`, so nothing can prove a patch{f': {said}' if said else ''}"
        checkup.items.append(Problem("checks", none, "name a test command in verification.checks"))
    else:
        checkup.items.append(Ok("checks", said))
