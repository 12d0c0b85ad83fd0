"""A pull request that changes the policy: what the recorded runs say of it, on one comment and in the job's summary.

The proposed file is a stranger's: it is asked for as text at the commit of the event, and parsed strictly. Nothing of the pull
request is checked out or run. Which ledger is read, the policy on the default branch says.
"""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot import tell
from bot.core.clean import line
from bot.core.event import Proposed
from bot.core.notes import REPLAY
from bot.core.past.lines import Fault, Line
from bot.core.past.replay import replay
from bot.core.policy import LedgerPart, Policy
from bot.core.policyfile import PolicyError, read
from bot.edge.actions import Step
from bot.edge.git.fetch import remote
from bot.edge.github.client import Hub, connect
from bot.edge.github.reader import Reader
from bot.edge.github.shelf import Shelf
from bot.edge.github.speaker import Speaker
from bot.edge.render import Templates
from bot.ledgers import fetched
from bot.office import Redacted
from bot.ports import Denied, Renderer, Unavailable


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said of it. `why` is for the log, `unsaid` why there is no comment; `broken` where the policy must not be merged."""

    text: str
    why: str
    broken: bool = False
    unsaid: str = ""


def answered(event: Proposed, step: Step, templates: Path) -> Answer:
    """Answer it, and comment where this job's token may. Raises `Denied` or `Unavailable` where the repository cannot be read."""
    hub = connect(step.api, step.server, step.token, event.repo.full_name)
    found = _answer(event, step, hub, Redacted(Templates(templates), step.secrets))
    try:
        Speaker(hub).say(event.number, REPLAY, Reader(hub).me(), f"{REPLAY}\n{found.text}")
    except (Denied, Unavailable) as error:  # of a fork's pull request the token may only read
        return Answer(found.text, found.why, found.broken, f"{error}; what there is to say is in this job's summary")
    return found


def _answer(event: Proposed, step: Step, hub: Hub, render: Renderer) -> Answer:
    path, default = step.policy, event.repo.default_branch
    proposed = Shelf(hub, event.head).read(path)
    if proposed.sha is None:
        return Answer(tell.withdrawn(path, render), f"the pull request leaves no {line(path)}")
    try:
        new = read(proposed.text.encode(), path)
    except PolicyError as error:
        return Answer(tell.unreadable(error, render), str(error), broken=True)
    old = _present(hub, default, path)
    ledger = (old.ledger if old else LedgerPart()).branch
    with tempfile.TemporaryDirectory(prefix="route-agent-", ignore_cleanup_errors=True) as folder:
        found = replay(_lines(Path(folder), step, event, hub, ledger), new, datetime.now(UTC), old=old)
    text = tell.replayed(found, f"{path} of {event.head[:12]}", f"that of {default}" if old else "", render)
    return Answer(text, f"{found.switched} of {found.runs} recorded runs would start in another lane")


def _present(hub: Hub, default: str, path: str) -> Policy | None:
    """The policy that is in force; None where there is none that can be obeyed."""
    there = Shelf(hub, default).read(path)
    try:
        return read(there.text.encode(), path) if there.sha else None
    except PolicyError:
        return None


def _lines(folder: Path, step: Step, event: Proposed, hub: Hub, branch: str) -> tuple[Iterable[Line | Fault], ...]:
    """The ledger's branch, fetched once and without its history; nothing where there is none yet."""
    tip = Reader(hub).tip(branch)
    if tip is None:
        return ()
    store = remote(folder / "store", f"{step.server}/{event.repo.full_name}.git", step.token, step.path)
    return (fetched(store, tip),)
