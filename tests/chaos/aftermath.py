"""What has to hold after every schedule. Each looks at the world alone, and says what is wrong in words."""

from collections import Counter
from collections.abc import Callable

from bot.core.ledger import LedgerError, Record, decode
from bot.core.outcome import origin
from bot.core.spend import Account, Movement, accounts
from tests.chaos.play import Schedule, notes
from tests.chaos.refs import LEDGER
from tests.chaos.setting import CANARY


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
    counted = Counter(note.command for note in notes(played.thread))
    return [f"{command} has {number} comments" for command, number in counted.items() if number > 1]


def strangers_are_not_answered(played: Schedule) -> list[str]:
    theirs = {flow.command for flow in played.flows if flow.by != "ann"}
    return [f"{note.command} of a stranger is answered" for note in notes(played.thread) if note.command in theirs]


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


def accepted_is_true(played: Schedule) -> list[str]:
    """The comment, the record, the pull request and CI say the same of what is accepted."""
    kept = {record.id: record for record in records(played)}
    wrong = []
    for note in notes(played.thread):
        record = kept.get(note.command)
        if note.state == "accepted" and (record is None or record.result != "pass"):
            wrong.append(f"{note.command} is said to be accepted, and its record says {record.result if record else 'nothing'}")
    passed = [record for record in kept.values() if record.result == "pass" and not record.audits]
    red = [record for record in passed if record.commit not in played.ci.green]
    return wrong + [f"{record.id} is recorded as a pass, and CI was not green on {record.commit}" for record in red]


def one_pull_request(played: Schedule) -> list[str]:
    """For each run; what is open offers what was proved, or waits for a person."""
    ours = [(each, each.head[1]) for each in played.shop.issues.values() if each.head and each.head[1].startswith("route-agent/")]
    counted = Counter(branch for _, branch in ours)
    wrong = [f"{number} pull requests from {branch}" for branch, number in counted.items() if number > 1]
    passed = {record.branch for record in records(played) if record.result == "pass"}
    open_ = [(each, branch) for each, branch in ours if each.state == "open" and branch not in passed]
    return wrong + [f"#{each.number} is open, and the patch on {branch} is not proved" for each, branch in open_]


def within_caps(played: Schedule) -> list[str]:
    """By what the models are owed, not by what the ledger says. An audit has a share of its own."""
    found, cap = played.models.owed, played.setting
    wrong = []
    for run, owed in found.items():
        share = cap.per_run * (2 if cap.audit and not cap.split else 1)
        if owed > share:
            wrong.append(f"{run} has spent {owed} of {share}")
    if not cap_moves(played):
        wrong += [f"a day's cap of {cap.per_day} is passed: {sum(found.values())}"] if sum(found.values()) > cap.per_day else []
        if cap.per_actor and sum(found.values()) > cap.per_actor:
            wrong.append(f"an actor's cap of {cap.per_actor} is passed: {sum(found.values())}")
    return wrong


def cap_moves(played: Schedule) -> bool:
    """Whether some clock was set to another day, so that there is more than one day's cap."""
    return len({account.day for account in money(played)}) > 1


def counted_in_full(played: Schedule) -> list[str]:
    """The branch counts no less than what is owed."""
    counted: Counter[str] = Counter()
    for account in money(played):
        counted[account.run.removesuffix("-again")] += account.counted or 0
    return [f"{run} owes {owed}, and {counted[run]} is counted" for run, owed in played.models.owed.items() if owed > counted[run]]


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
    """In nothing that the bot said, printed, stored or pushed."""
    secrets = [CANARY, *(job.token for flow in played.flows for job in flow.every)]
    places = {f"comment on #{number}": f"{comment.body}" for number, one in played.shop.issues.items() for comment in one.comments}
    places |= {f"#{number}": f"{one.title}\n{one.body}" for number, one in played.shop.issues.items()}
    places |= {f"inputs of run {run.id}": str(run.inputs) for run in played.shop.runs.values()}
    for flow in played.flows:
        for job in flow.every:
            for path in job.folder.rglob("*"):
                if path.is_file() and path.name != "event.json":
                    places[str(path.relative_to(played.folder))] = path.read_text(errors="replace")
    places["git objects"] = played.shop.git("log", "--all", "-p", "--format=%B%an%ae%cn%ce%D")
    return [f"a secret in {where}" for where, text in places.items() for secret in secrets if secret in text]


def served(played: Schedule) -> list[str]:
    """Nothing was asked for that this GitHub does not serve."""
    return [f"not served: {seen.line}" for seen in played.world.journal if seen.status in (501, 599)]


def no_bug(played: Schedule) -> list[str]:
    """A job ends well, by a no or a silence that it names, or by being killed."""
    wrong = []
    for flow in played.flows:
        for job in flow.every:
            log = job.folder / "log"
            text = log.read_text(errors="replace") if log.exists() else ""
            if "Error:" in text and "Traceback" in text:
                wrong.append(f"{job.folder.name}: {text[-600:]}")
    return wrong


HOLDS: tuple[Callable[[Schedule], list[str]], ...] = (
    one_comment,
    strangers_are_not_answered,
    at_its_end,
    never_forced,
    branches_have_records,
    one_record,
    accepted_is_true,
    one_pull_request,
    within_caps,
    counted_in_full,
    only_appended,
    no_secret,
    served,
    no_bug,
)


def wrong(played: Schedule) -> list[str]:
    return [f"{hold.__name__}: {each}" for hold in HOLDS for each in hold(played)]
