"""`policy check`: everything there is to say of a policy file, and whether a run could begin with it."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from bot.arguments import POLICY
from bot.core.areas import WORKFLOWS
from bot.core.budget import unpayable
from bot.core.cost import Price, Unpriced
from bot.core.globs import unmatched
from bot.core.health import Ok, Problem
from bot.core.policy import Policy
from bot.core.policyfile import globs, idle, overheard, unfilled, unheeded
from bot.core.policyfile import read as read_policy
from bot.core.rights import MOST_WORKFLOW, Workflow, proving
from bot.edge.git.repository import Repository, find
from bot.edge.git.trees import Trees
from bot.edge.prices import Prices
from bot.edge.worktree import Worktree
from bot.ports import Denied
from bot.shop import Outside


@dataclass(frozen=True, slots=True)
class Proofread:
    """`refused` is why no run begins; `notes` are the rest that is worth knowing."""

    refused: tuple[str, ...]
    notes: tuple[str, ...]


def contents(file: str) -> bytes:
    """Raises `Denied` for a file that cannot be read."""
    try:
        return Path(file).read_bytes()
    except OSError as error:
        init = "; `route-agent init` writes one" if file == POLICY else "; give the policy's path"
        raise Denied(f"{file} cannot be read: {error.strerror}{init}") from None


def proofread(file: str, path: str) -> Proofread:
    """Look at a policy file, and at the repository that it lies in. Raises `PolicyError` for one that is not well-formed."""
    policy, prices = read_policy(contents(file), file), Prices()
    lanes = tuple(policy.lane(name) for name in policy.lanes)
    refused = [*unfilled(policy), *(found.why for found in map(prices.price, lanes) if isinstance(found, Unpriced))]
    notes = [*_unheeded(policy), *(f"not had as it is: {note}" for note in idle(policy))]
    notes += [f"a key stays here: {note}" for note in overheard(policy)]
    notes += unpayable(policy.budget, _known(policy, prices))
    notes += [f"models.{lane.name}.model: {slip}" for lane in lanes if (slip := prices.mistyped(lane))]
    try:
        repository = find(Path(file).absolute().parent, path)
    except Denied:
        return Proofread(tuple(refused), tuple(notes))  # it lies in no repository, which is no fault of its
    unstartable = _unstartable(policy, repository)
    if Path(file).resolve() == (repository.root / POLICY).resolve():
        refused += unstartable
    else:  # it may be meant for other repositories
        notes += [f"a run of this repository is refused under it: {why}" for why in unstartable]
    notes += [f"{note} (in HEAD)" for note in unmatched(globs(policy), _files(repository))]
    return Proofread(tuple(refused), tuple(notes))


def text(file: str, found: Proofread, outside: Outside) -> str:
    return outside.render("terminal/check.j2", file=file, found=found)


def _known(policy: Policy, prices: Prices) -> dict[str, Price]:
    """What each lane and the verifier cost, of those whose price is known."""
    lanes = (*map(policy.lane, policy.lanes), *((policy.verifier,) if policy.verifier else ()))
    found = ((lane.name, prices.price(lane)) for lane in lanes)
    return {name: price for name, price in found if isinstance(price, Price)}


def _unheeded(policy: Policy) -> list[str]:
    typed, hosted = unheeded(policy, "sandbox"), unheeded(policy, "ci")
    notes = [f"not obeyed yet: {note}" for note in typed if note in hosted]
    notes += [f"not obeyed on the command line: {note}" for note in typed if note not in hosted]
    notes += [f"not obeyed where CI proves patches, as with the docker action: {note}" for note in hosted if note not in typed]
    return notes + [f"not obeyed in the split workflow: {note}" for note in unheeded(policy, "split")]


def _unstartable(policy: Policy, repository: Repository) -> list[str]:
    """Workflows that the policy names and that cannot be started, as they lie beside it."""
    tree, found = Worktree(repository.root), []
    for name in policy.verification.ci.workflows:
        path = name if "/" in name else f"{WORKFLOWS}/{name}"
        data = None if ".." in path.split("/") else tree.read(path)
        there = () if data is None else (Workflow(path, active=True, text=data[: MOST_WORKFLOW + 1].decode(errors="replace")),)
        item = proving(path, there, "proof", "there")
        if not isinstance(item, Ok):
            found.append(f"verification.ci.workflows: {item.found}{f'; {item.remedy}' if isinstance(item, Problem) else ''}")
    return found


def _files(repository: Repository) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory(prefix="route-agent-", ignore_cleanup_errors=True) as folder:
        trees = Trees(Path(folder), repository.objects, repository.path)
        try:
            return trees.open(repository.head).files()
        finally:
            trees.close()
