"""The dashboard, kept up to date: by the clock, with no model and no checkout, from the ledger's branch alone."""

import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot import page
from bot.core.clean import line
from bot.core.past.dashboard import Notice
from bot.core.past.report import report
from bot.core.past.survey import books
from bot.core.policy import LedgerPart
from bot.core.policyfile import read
from bot.edge.actions import Step
from bot.edge.git.fetch import remote
from bot.edge.github.board import Board
from bot.edge.github.client import Hub
from bot.edge.github.reader import Reader
from bot.edge.github.setup import Setup
from bot.edge.github.shelf import Shelf
from bot.ledgers import fetched
from bot.ports import Clock, Renderer


@dataclass(frozen=True, slots=True)
class Branch:
    """Where the ledger lies, and what the policy lets a day cost, in micro-dollars; None where there is no policy."""

    name: str
    per_day: int | None


@dataclass(frozen=True, slots=True)
class Wired:
    """What the dashboard is made with."""

    step: Step
    hub: Hub
    render: Renderer
    clock: Clock


def shown(wired: Wired) -> tuple[str, str]:
    """The report as Markdown for the job's summary; empty where there is no ledger yet. And how the ledger's branch stands.

    Raises `PolicyError` for a policy that cannot be read, `Denied` or `Unavailable`.
    """
    branch = _branch(wired)
    tip = Reader(wired.hub).tip(branch.name)
    if tip is None:
        return "", f"there is no branch `{line(branch.name, 80)}` yet: no run has left a record"
    with tempfile.TemporaryDirectory(prefix="route-agent-", ignore_cleanup_errors=True) as folder:
        url = f"{wired.step.server}/{wired.hub.name}.git"
        store = remote(Path(folder) / "store", url, wired.step.token, wired.step.path)
        now = datetime.fromisoformat(wired.clock.now())
        made = report(books([fetched(store, tip)], now), (f"{wired.hub.name}: {branch.name}",), now, branch.per_day)
    return page.markdown(made, wired.render), f"{made.runs} runs on `{line(branch.name, 80)}`"


def posted(wired: Wired, text: str) -> Notice:
    """The same on the issue. Raises `Denied` or `Unavailable`."""
    found = page.dashboard(text, wired.clock.now(), wired.step.url, wired.render)
    return Board(wired.hub, Reader(wired.hub).me()).keep(found)


def _branch(wired: Wired) -> Branch:
    """As the policy on the default branch says; as it is where nobody says otherwise, if there is none."""
    path = wired.step.policy
    found = Shelf(wired.hub, Setup(wired.hub).about().default_branch).read(path)
    if found.sha is None:
        return Branch(LedgerPart().branch, None)
    policy = read(found.text.encode(), path)
    return Branch(policy.ledger.branch, policy.budget.per_day_usd)
