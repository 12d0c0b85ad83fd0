"""What has to hold after every schedule. Each looks at the world alone, and says what is wrong in words."""

from collections import Counter
from collections.abc import Callable

from bot.core.audit import AGAIN
from bot.core.ledger import LedgerError, Record, decode
from bot.core.notes import Note, read
from bot.core.outcome import origin
from bot.core.spend import Account, Movement, accounts
from bot.core.state import ended
from tests.chaos.play import Schedule, notes
from tests.chaos.refs import LEDGER
from tests.fakes import canaries


def said(played: Schedule) -> list[Note]:
    return notes(played.thread, played.setting.login)


def _ledger(played: Schedule, folder: str) -> dict[str, str]:
    if played.shop.tip(LEDGER) is None:
        return {}
    paths = played.shop.git("ls-tree", "-r", "--name-only", LEDGER, f"{folder}/").split()
    return {path: played.shop.file(LEDGER, path) or "" for path in paths}


def records(played: Schedule) -> list[Record]:
    found = [decode(text) for text in _ledger(played, "records").values()]
    return [each for each in found if isinstance(each, Record)]


def money(played: Schedule) -> tuple[Account, ...]:
    rows = [decode(row) for text in _ledger(played, "spend").values() for row in text.splitlines()]
    return accounts(row for row in rows if isinstance(row, Movement))


# ---- what has to hold --------------------------------------------------------------------------------------------


def one_comment(played: Schedule) -> list[str]:
    counted = Counter(note.command for note in said(played))
    return [f"{command} has {number} comments" for command, number in counted.items() if number > 1]


def strangers_are_not_answered(played: Schedule) -> list[str]:
    theirs = {flow.command for flow in played.flows if flow.by != "ann"}
    return [f"{note.command} of a stranger is answered" for note in said(played) if note.command in theirs]


def at_its_end(played: Schedule) -> list[str]:
    return [f"run {flow.run} for {flow.command} is not at its end" for flow in played.flows if not played.answered(flow)]


def never_forced(played: Schedule) -> list[str]:
    return list(played.refs.broken)


def branches_have_records(played: Schedule) -> list[str]:
    """Its name says of which run it is."""
    known = {record.id for record in records(played)}
    ours = {name: origin(name) for name in played.shop.branches() if name.startswith("route-agent/")}
    return [f"the branch {name} is of no run that has a record" for name, of in ours.items() if of is None or of.run not in known]


def one_record(played: Schedule) -> list[str]:
    counted = Counter(record.id for record in records(played))
    return [f"{number} records of {run}" for run, number in counted.items() if number > 1]


def comment_and_record_agree(played: Schedule) -> list[str]:
    """What ended with a record is told as that, and what is told as accepted has one."""
    told = {note.command: note for note in said(played)}
    kept = {record.id: record for record in records(played) if not record.audits}
    wrong = [
        f"{run} is told as {told[run].state if run in told else 'nothing'}, and recorded as {record.result}"
        for run, record in kept.items()
        if run not in told or told[run].state not in (ended(record.result), "error" if record.result == "stopped" else "")
    ]
    bare = [note.command for note in told.values() if note.state == "accepted" and note.command not in kept]
    return wrong + [f"{run} is told as accepted, and has no record" for run in bare]


def accepted_is_true(played: Schedule) -> list[str]:
    """What is recorded as a pass is on its branch as CI found it green, and offered where the policy says so, by us or people."""
    wrong = []
    offered = {one.head[1] for one in played.shop.issues.values() if one.head}
    denied = any(seen.line.startswith("POST /repos/octo/shop/pulls ") and seen.status >= 400 for seen in played.world.journal)
    for record in records(played):
        if record.result != "pass" or record.audits:
            continue
        if record.commit not in played.ci.green:
            wrong.append(f"{record.id} is recorded as a pass, and CI was not green on {record.commit}")
        if played.shop.tip(record.branch or "") != record.commit:
            wrong.append(f"{record.id} is recorded as a pass, and its branch {record.branch} is not at {record.commit}")
        there = record.branch in offered or (denied and not record.pull_request_open and _told(played, record.pull_request))
        if played.setting.offer != "branch" and not played.setting.pull and not there:
            wrong.append(f"{record.id} is recorded as a pass, and nothing offers {record.branch}")
    return wrong


def _told(played: Schedule, address: str | None) -> bool:
    """Whether people can read on the thread where to open what GitHub does not let us open."""
    return address is not None and any(address in comment.body for comment in played.thread.comments)


def one_pull_request(played: Schedule) -> list[str]:
    """For each run; what is open offers what was proved, or waits for a person."""
    ours = [(each, each.head[1]) for each in played.shop.issues.values() if each.head and each.head[1].startswith("route-agent/")]
    counted = Counter(branch for _, branch in ours)
    wrong = [f"{number} pull requests from {branch}" for branch, number in counted.items() if number > 1]
    fine = {record.branch for record in records(played) if record.result in ("pass", "needs_approval", "ci_timeout")}
    open_ = [(each, branch) for each, branch in ours if each.state == "open" and branch not in fine]
    return wrong + [f"#{each.number} is open, and the patch on {branch} is not proved" for each, branch in open_]


def nothing_else_is_said(played: Schedule) -> list[str]:
    """Every comment of the bot's is a command's, on the thread where that was given."""
    mine = [
        (number, comment.body)
        for number, one in played.shop.issues.items()
        for comment in one.comments
        if comment.user.login == played.setting.login
    ]
    return [f"on #{number}: {body[:100]}" for number, body in mine if number != played.thread.number or read(body) is None]


def within_caps(played: Schedule) -> list[str]:
    """By what the models are owed, not by what the ledger says. An audit has a share of its own; a clock may make two days."""
    owed, cap = played.models.owed, played.setting
    share = cap.per_run * (2 if cap.audit and cap.shape != "split" else 1)
    wrong = [f"{run} has spent {spent} of {share}" for run, spent in owed.items() if spent > share]
    days = {account.run.removesuffix(AGAIN): account.day for account in money(played)}
    for length, caps in ((10, (cap.per_day, cap.per_actor)), (7, (cap.per_month,))):
        spent: Counter[str] = Counter()
        for run, micros in owed.items():
            spent[days.get(run, "")[:length]] += micros
        if len({account.day[:length] for account in money(played)}) == len(spent) == 1:
            wrong += [f"{spent.total()} is spent of {most}" for most in caps if most is not None and spent.total() > most]
    return wrong


def counted_in_full(played: Schedule) -> list[str]:
    """The branch counts no less than what is owed."""
    counted: Counter[str] = Counter()
    for account in money(played):
        counted[account.run.removesuffix(AGAIN)] += account.counted or 0
    return [f"{run} owes {owed}, and {counted[run]} is counted" for run, owed in played.models.owed.items() if owed > counted[run]]


def recorded_in_full(played: Schedule) -> list[str]:
    """A record says no less than its run has cost, audit and all, as far as its jobs have come to say that.

    The split workflow's second job asks no model, and knows of no other run that paid for the same command in vain. An audit
    whose job was killed has no record: what it has spent is in its account alone.
    """
    if played.setting.shape == "split":
        return []
    silent = {account.run.removesuffix(AGAIN) for account in money(played) if account.settled == "open"}
    told: dict[str, list[int | None]] = {}
    kept = records(played)
    for record in kept:
        told.setdefault(record.audits or record.id, []).append(record.cost_micros)
    recorded = {record.id for record in kept}
    for account in money(played):
        audited = account.run.removesuffix(AGAIN)
        if account.run.endswith(AGAIN) and account.run not in recorded and audited in told:
            told[audited].append(account.counted)
    return [
        f"{run} owes {played.models.owed[run]}, and {costs} is recorded"
        for run, costs in told.items()
        if run not in silent and None not in costs and sum(cost or 0 for cost in costs) < played.models.owed.get(run, 0)
    ]


def only_appended(played: Schedule) -> list[str]:
    """No line of money is ever changed, and no record once it is one."""
    if played.shop.tip(LEDGER) is None:
        return []
    rows = played.shop.git("log", "--numstat", "--format=", LEDGER, "--", "spend").splitlines()
    wrong = [f"a line of money was taken away: {row}" for row in rows if row and row.split("\t")[1] != "0"]
    for path in _ledger(played, "records"):
        wrong += _rewritten(played, path)
    return wrong


def _rewritten(played: Schedule, path: str) -> list[str]:
    commits = played.shop.git("log", "--reverse", "--format=%H", LEDGER, "--", path).split()
    texts = [played.shop.file(commit, path) or "" for commit in commits]
    at = next((n for n, text in enumerate(texts) if _is_record(text)), len(texts))
    return [f"the record {path} was written over"] if len(set(texts[at:])) > 1 else []


def _is_record(text: str) -> bool:
    try:
        return isinstance(decode(text), Record)
    except LedgerError:
        return False


def no_secret(played: Schedule) -> list[str]:
    """In nothing that was sent, said, printed, stored or pushed, however it is written; also where no branch leads any more."""
    return canaries.leaks(played.world.emitted())


def served(played: Schedule) -> list[str]:
    """Nothing was asked for that this GitHub does not serve."""
    return [f"not served: {seen.line}" for seen in played.world.journal if seen.status in (501, 599)]


def no_bug(played: Schedule) -> list[str]:
    """A job ends well, by a no or a silence that it names, or by being killed."""
    return list(played.broken)


HOLDS: tuple[Callable[[Schedule], list[str]], ...] = (
    one_comment,
    strangers_are_not_answered,
    at_its_end,
    never_forced,
    branches_have_records,
    one_record,
    comment_and_record_agree,
    accepted_is_true,
    nothing_else_is_said,
    one_pull_request,
    within_caps,
    counted_in_full,
    recorded_in_full,
    only_appended,
    no_secret,
    served,
    no_bug,
)


def wrong(played: Schedule) -> list[str]:
    return [f"{hold.__name__}: {each}" for hold in HOLDS for each in hold(played)]
