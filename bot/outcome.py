"""What became of a patch, noted in the ledger: a job of its own, without a model and without a word on the thread."""

from contextlib import suppress
from datetime import datetime

from bot.core.clean import line
from bot.core.event import Judged
from bot.core.gate import RANKS
from bot.core.outcome import Outcome, origin
from bot.core.past.survey import books
from bot.core.past.taught import taught
from bot.core.policyfile import read
from bot.core.words import What
from bot.edge.git.fetch import Remote
from bot.edge.github.client import Hub
from bot.edge.github.reader import Reader
from bot.edge.github.records import Records
from bot.edge.github.shelf import Shelf
from bot.ledgers import fetched
from bot.ports import Denied


def noted(event: Judged, hub: Hub, policy_path: str, store: Remote, now: datetime) -> str:
    """Note it, have the lanes' standing follow from it, and say what was noted. Raises `Denied`, `Unavailable` or `PolicyError`."""
    back = event.takes_back
    begun = origin(back or event.branch)
    if back and event.what != "merged":
        return "a pull request that would take a patch back was not merged"
    if begun is None:
        return f"`{line(event.branch, 80)}` is no branch of a run"
    if event.what == "closed" and event.sender.kind != "User":
        return f"{line(event.sender.login, 60)} has closed it, which is no person's word on the patch"
    reader = Reader(hub)
    if event.what == "changes_requested" and RANKS.index(reader.permission(event.sender.login)) < RANKS.index("write"):
        return f"{event.sender.login} may not write here, so the review is a remark like any other"
    branch = event.repo.default_branch
    policy = Shelf(hub, branch).read(policy_path)
    if policy.sha is None:
        raise Denied(f"there is no {policy_path} on the default branch `{line(branch)}`")
    records = Records(Shelf(hub, read(policy.text.encode(), policy_path).ledger.branch))
    record = records.find(begun.run, event.opened_at)
    lines = None
    what: What = "reverted" if back else event.what
    if what == "merged" and record is not None and record.commit is not None:
        with suppress(Denied):  # a commit that is gone: then nobody can say
            lines = 0 if record.commit == event.head else reader.lines_by_hand(record.base, record.commit, event.number)
    records.add(Outcome(begun.run, event.at, what, event.sender.login, event.number, lines))
    if (tip := reader.tip(records.shelf.branch)) is not None:  # where it was just noted
        records.teach(taught(books([fetched(store, tip)], now).lives))  # anew: what lay there may be of anybody's making
    edited = "" if lines is None else ", as it was proved" if lines == 0 else f", {lines} lines changed by hand"
    return f"run {begun.run}: {what.replace('_', ' ')}{edited}" + ("" if record else "; the ledger has no record of it")
