"""What is red at a commit: check runs and statuses, with what they say and the ends of their logs."""

from itertools import islice

from github.CheckRun import CheckRun
from github.CommitStatus import CommitStatus
from github.GithubException import UnknownObjectException

from bot.core.clean import line
from bot.core.forge import Checks, FailedCheck
from bot.edge.github.client import Hub, sorted_out
from bot.edge.github.logs import tail
from bot.ports import Denied, Unavailable

RED = frozenset({"failure", "timed_out", "startup_failure"})
MOST_ANNOTATIONS, MOST_LOGS = 20, 3
ACTIONS = "github-actions"


def failing(hub: Hub, sha: str) -> Checks:
    """Check runs and statuses. A token that may not read them knows nothing, which is not the same as nothing red."""
    try:
        runs, statuses = _runs(hub, sha), _statuses(hub, sha)
    except Denied as error:
        return Checks(0, (), str(error))
    red = [run for run in runs if run.conclusion in RED]
    failed = tuple(_failed(hub, run, with_log=number < MOST_LOGS) for number, run in enumerate(red))
    told = tuple(FailedCheck(name, "", None, (line(said, 300),) if said else (), "") for name, said in statuses if said is not None)
    return Checks(len(runs) + len(statuses), failed + told)


def _runs(hub: Hub, sha: str) -> tuple[CheckRun, ...]:
    """The newest of each app and name that has ended."""
    with sorted_out("reading the commit's checks", "checks: read"):
        found = list(hub.repo.get_commit(sha).get_check_runs(filter="latest"))
    newest: dict[tuple[str, str], CheckRun] = {}
    for run in sorted(found, key=lambda run: run.id):
        newest[run.app.slug or "" if run.app else "", run.name] = run
    return tuple(run for run in newest.values() if run.status == "completed" and run.conclusion is not None)


def _statuses(hub: Hub, sha: str) -> tuple[tuple[str, str | None], ...]:
    """Each status context that has ended, with what it says where it is red. Every page: the combined answer holds thirty."""
    newest: dict[str, CommitStatus] = {}
    with sorted_out("reading the commit's statuses", "statuses: read"):
        try:
            for status in hub.repo.get_commit(sha).get_statuses():  # newest first
                newest.setdefault(status.context, status)
        except UnknownObjectException:
            return ()
    ended = [status for status in newest.values() if status.state != "pending"]
    return tuple((s.context, (s.description or "red") if s.state in ("failure", "error") else None) for s in ended)


def _failed(hub: Hub, run: CheckRun, *, with_log: bool) -> FailedCheck:
    app = (run.app.slug or "") if run.app else ""
    job = run.id if app == ACTIONS else None  # a job of Actions and its check run have one id
    log = ""
    if job is not None and with_log:
        try:
            log = tail(hub, job)
        except (Denied, Unavailable) as error:
            log = f"(the log could not be read: {line(str(error))})"
    return FailedCheck(run.name, app, job, _annotations(run), log)


def _annotations(run: CheckRun) -> tuple[str, ...]:
    with sorted_out("reading a check's annotations", "checks: read"):
        try:
            found = list(islice(run.get_annotations(), MOST_ANNOTATIONS))
        except UnknownObjectException:
            return ()
    return tuple(line(f"{note.path}:{note.start_line}: {note.message or ''}", 300) for note in found)
