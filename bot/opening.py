"""Opens an office for one run of the action, and puts in order what one left that was cut off."""

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path

from bot.audit import swept
from bot.core.budget import Wish
from bot.core.event import Event
from bot.core.keys import Keys
from bot.edge.actions import OWN, Step
from bot.edge.git.fetch import fetched
from bot.edge.github.client import PAUSE, Polled, connect
from bot.edge.github.ear import Ear
from bot.edge.github.pulls import PullRequests
from bot.edge.github.reader import Reader
from bot.edge.github.records import Records
from bot.edge.github.shelf import Shelf
from bot.edge.github.speaker import Speaker
from bot.edge.github.spending import Spending
from bot.edge.github.workflows import Workflows
from bot.edge.github.writer import Branches, drop
from bot.edge.model.asking import Models, Timing
from bot.edge.prices import Prices
from bot.edge.render import Templates
from bot.edge.store import Lines, Runs
from bot.host import Ground, hosting
from bot.office import Log, Office, Redacted, by
from bot.ports import (
    Clock,
    Denied,
)


def doors(step: Step, repo: str) -> tuple[Reader, Speaker]:
    """GitHub to read and to speak to, and nothing else."""
    hub = connect(step.api, step.server, step.token, repo)
    return Reader(hub), Speaker(hub)


def settled_by_file(step: Step, repo: str, command: str, clock: Clock) -> None:
    """Settle the share of a run that was cut off by what its job had written down, calls without an answer at their worst.

    Raises `Denied` or `Unavailable`; what is not settled counts as spent.
    """
    own = step.workspace / OWN
    trail = Runs(own).find(command)
    if trail is None or trail.finished:
        return
    spent = Lines(own / "ledger.jsonl").spent(command)
    if step.attempt == "1" and spent is not None:  # of a later attempt the Trail holds what was taken over, too
        spent = None if trail.usage.unpriced else max(spent, trail.usage.micros)
    shelf = Shelf(connect(step.api, step.server, step.token, repo), trail.opened.policy.ledger.branch)
    Spending(shelf).settle(Wish(command, trail.opened.request.actor, clock.now(), by(step), spent))


def swept_by_file(step: Step, repo: str, run: str) -> None:
    """Delete the branches that a blind audit may have left whose job was cut off. Raises `Denied`."""
    trail = Runs(step.workspace / OWN).find(run)
    if trail is not None:
        swept(trail, partial(drop, connect(step.api, step.server, step.token, repo)))


def _swept(own: Path) -> Path:
    """Our folder in the workspace, without what somebody else may have left there: it is written for later steps alone."""
    if own.is_symlink():
        raise Denied(f"{OWN} in the workspace is a link; remove it")
    for stale in (*own.glob("*.json"), own / "ledger.jsonl"):
        stale.unlink(missing_ok=True)
    return own


@contextmanager
def office(
    step: Step, event: Event, templates: Path, clock: Clock, pause: float = PAUSE, host: Ground | None = None
) -> Iterator[Office]:
    """Open it; what was fetched is gone afterwards, Trail and ledger stay. `host`: what checks may use of this machine."""
    render = Redacted(Templates(templates), step.secrets)
    own = _swept(step.workspace / OWN)
    hub = connect(step.api, step.server, step.token, event.repo.full_name, pause)
    url = f"{step.server}/{event.repo.full_name}.git"
    with (
        tempfile.TemporaryDirectory(
            prefix="route-agent-", dir=host.scratch if host else None, ignore_cleanup_errors=True
        ) as folder,
        fetched(Path(folder), url, step.token, step.path) as sources,
    ):
        timing = Timing(clock.seconds, clock.sleep, random.random)
        yield Office(
            step=step,
            event=event,
            policy=step.policy,
            forge=Reader(hub),
            notices=Speaker(hub),
            writer=Branches(hub, sources),
            ci=Workflows(hub, Polled(hub)),
            pulls=PullRequests(hub),
            sources=sources,
            ear=partial(Ear, Polled(hub)),
            model=Models(Keys(step.keys, "anywhere", step.said), Prices(), render, timing, partial(Log(step), "asking")),
            render=render,
            ledger=Lines(own / "ledger.jsonl"),
            shelf=partial(Shelf, hub),
            records=cache(lambda branch: Records(Shelf(hub, branch))),
            runs=Runs(own),
            clock=clock,
            host=hosting(host, Path(folder), event.repo.full_name) if host else None,
        )
