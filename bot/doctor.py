"""The check-up: everything that a run needs is looked at, each thing within its own time, and nothing hides the next."""

from bot.checkup import LOOK, Checkup, Means
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
        checkup.items += [health.told("policy", note, "write its name") for note in unfilled(policy)]
    return policy


def _place(checkup: Checkup, policy: Policy | None) -> Books | None:
    """Walls, checks and ledger; gives the books where they can be written to."""
    site = checkup.means.site
    if (walls := checkup.look("sandbox", SANDBOX, site.sandbox)) is not None:
        checkup.items.append(Ok("sandbox", walls))
    if (tree := checkup.look("checks", LOOK, site.tree)) is not None:
        _checks(checkup, tree, policy)
        _wiring(checkup, tree, policy)
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
        return
    sets_up = bool(policy and policy.verification.setup)
    gone = checkup.look("checks", LOOK, lambda: [check for check in found if not _there(checkup, check)])
    if gone is not None:
        checkup.items += [_gone(check, sets_up=sets_up) for check in gone] or [Ok("checks", f"{said}; not run")]


def _there(checkup: Checkup, check: Check) -> bool:
    name = program(check.run)
    return not name or checkup.means.site.finds(name)


def _gone(check: Check, *, sets_up: bool) -> Item:
    what = f"`{program(check.run)}` of check {check.name} ({line(check.run, 80)}) is not found here"
    if sets_up:
        return Unknown("checks", f"{what}; whether verification.setup brings it shows only in a run")
    return Problem("checks", what, "mend verification.checks, or name what installs it in verification.setup")


def _wiring(checkup: Checkup, tree: Tree, policy: Policy | None) -> None:
    """What of GitHub's half lies in HEAD, and which globs match nothing there."""
    shipped = checkup.means.site.shipped()
    wanted = policy.verification.ci.workflows if policy else ()
    checkup.items += checkup.look("workflows", LOOK, lambda: wiring(_workflows(tree), wanted, shipped)) or ()
    notes = checkup.look("globs", LOOK, lambda: unmatched(globs(policy) if policy else (), tree.files())) or ()
    checkup.items += [Unknown("globs", f"{note} (in HEAD)") for note in notes]


def _workflows(tree: Tree) -> tuple[Workflow, ...]:
    def text(path: str) -> str | None:
        found = tree.read(path)
        return found.decode(errors="replace") if len(found) <= MOST_WORKFLOW else None

    return tuple(Workflow(path, active=True, text=text(path)) for path in tree.files() if path.startswith(f"{WORKFLOWS}/"))
