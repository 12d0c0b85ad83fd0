"""GitHub, read: people, threads, commits and their checks. Every answer is asked for live."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args
from urllib.parse import quote

from github.File import File
from github.GithubException import GithubException, UnknownObjectException

from bot.core.clean import line
from bot.core.forge import Checks, Comment, Permission, Pull, Remark, Review, Thread
from bot.core.instant import written
from bot.edge.github.client import PAGE, Hub, asked, graph, sorted_out
from bot.edge.github.redchecks import failing
from bot.ports import Denied, Unavailable

_DECIDES = frozenset({"APPROVED", "CHANGES_REQUESTED", "DISMISSED"})
"""States of a review that replace an earlier one of the same person's; a remark alone does not."""


@dataclass(frozen=True, slots=True)
class Reader:
    hub: Hub

    def me(self) -> str:
        """By GraphQL, which answers every kind of token; the REST endpoint for it refuses a workflow's own, and is asked second."""
        with sorted_out("asking who this token is"):
            data = graph(self.hub, "query { viewer { login } }", {})
            if data is None:
                _, user = self.hub.github.requester.requestJsonAndCheck("GET", "/user")
            else:
                user = data.get("viewer") or {}
            login = user.get("login")
        if not isinstance(login, str) or not login:
            raise Denied("GitHub does not say who this token is; pass another `github-token`")
        return login

    def permission(self, login: str) -> Permission:
        """By role name, which tells `maintain` from `write`. 404 means that GitHub knows no such collaborator."""
        try:
            with sorted_out(f"asking what {line(login, 60)} may do", "metadata: read"):
                found = self._role(login)
        except _NotThere:
            return "none"
        known = next((name for name in get_args(Permission) if name == found), None)
        return known or self._plain(login)

    def _role(self, login: str) -> str:
        try:
            return self.hub.repo.get_collaborator_role_name(quote(login, safe=""))
        except GithubException as error:
            if error.status == 404:
                raise _NotThere from None
            raise

    def _plain(self, login: str) -> Permission:
        """A role that the organisation made up: what it amounts to."""
        with sorted_out(f"asking what {line(login, 60)} may do", "metadata: read"):
            found = self.hub.repo.get_collaborator_permission(login)
        return next((name for name in get_args(Permission) if name == found), "none")

    def thread(self, number: int) -> Thread | None:
        with sorted_out(f"reading #{number}", "issues: read"):
            issue = self.hub.repo.get_issue(number)
            try:
                issue.complete()
            except GithubException as error:
                if error.status in (404, 410):
                    return None
                raise
            return Thread(
                number=issue.number,
                title=issue.title or "",
                body=issue.body or "",
                state=issue.state,
                locked=bool(issue.locked),
                author=issue.user.login if issue.user else "",
                labels=tuple(label.name for label in issue.labels),
                pull=issue.pull_request is not None,
            )

    def pull(self, number: int) -> Pull:
        with sorted_out(f"reading pull request #{number}", "pull-requests: read"):
            found = self.hub.repo.get_pull(number)
            return Pull(
                number=found.number,
                head_sha=found.head.sha,
                head_ref=found.head.ref,
                head_repo=found.head.repo.full_name if found.head.repo else None,
                base_ref=found.base.ref,
                state=found.state,
                draft=bool(found.draft),
                merged=bool(found.merged),
            )

    def tip(self, branch: str) -> str | None:
        return tip(self.hub, branch)

    def pushed(self, branch: str, sha: str) -> str:
        """A commit's own dates are whatever its author wrote; of the pushes GitHub keeps a list, newest first."""
        try:
            with sorted_out("reading who pushed when", "contents: read"):
                found = asked(self.hub, "activity", ref=f"refs/heads/{branch}", per_page=str(PAGE))
        except (Denied, Unavailable):
            return ""
        rows = (one for one in found if isinstance(one, dict)) if isinstance(found, list) else ()
        at = next((one.get("timestamp") for one in rows if one.get("after") == sha), None)
        return at if isinstance(at, str) else ""

    def merge_base(self, base: str, head: str) -> str:
        with sorted_out("comparing two commits", "contents: read"):
            found = self.hub.repo.compare(base, head, comparison_commits_per_page=1)
            return found.merge_base_commit.sha

    def lines_by_hand(self, base: str, proved: str, number: int) -> int | None:
        """How many lines of a pull request are others than those of the patch that was proved, wherever its branch stands by now.

        None where GitHub shows a part of either without its lines.
        """
        with sorted_out("comparing two commits", "contents: read"):
            ours = _lines(self.hub.repo.compare(base, proved).files)
        with sorted_out(f"reading the files of #{number}", "pull-requests: read"):
            theirs = _lines(self.hub.repo.get_pull(number).get_files())
        return None if ours is None or theirs is None else ((ours - theirs) + (theirs - ours)).total()

    def labelled(self, number: int, label: str, login: str) -> int | None:
        with sorted_out(f"reading the events of #{number}", "issues: read"):
            events = list(self.hub.repo.get_issue(number).get_events())
        mine = [
            event.id
            for event in events
            if event.event == "labeled" and event.label and event.label.name == label and event.actor and event.actor.login == login
        ]
        return max(mine, default=None)

    def at_work(self, run: str) -> bool:
        try:
            with sorted_out(f"reading run {line(run, 20)}", "actions: read"):
                try:
                    return str(self.hub.repo.get_workflow_run(int(run)).status) != "completed"
                except UnknownObjectException:
                    return False
        except (Denied, Unavailable):
            return True

    def dispatchable(self, workflow: str) -> bool:
        """Whether GitHub knows the file as a workflow that is switched on; what starts it is said when it is started."""
        try:
            with sorted_out(f"reading the workflow {line(workflow, 80)}", "actions: read"):
                found = self.hub.repo.get_workflow(workflow.rpartition("/")[2])
                return _state(found) == "active"
        except _NotThere:
            return False

    def comment(self, number: int, marker: str, login: str) -> Comment | None:
        """Through every page: a thread of ours can be a long one."""
        return next((found for found in self.comments(number, login) if found.body.startswith(marker)), None)

    def comments(self, number: int, login: str, since: str = "") -> tuple[Comment, ...]:
        """`since` is ISO 8601; GitHub leaves out what was last edited before."""
        with sorted_out(f"reading the comments of #{number}", "issues: read"):
            issue = self.hub.repo.get_issue(number)
            found = list(issue.get_comments(since=datetime.fromisoformat(since)) if since else issue.get_comments())
        mine = (each for each in found if each.user and each.user.login == login)
        return tuple(Comment(each.id, each.body or "", written(each.created_at)) for each in mine)

    def reviews(self, number: int) -> tuple[Review, ...]:
        with sorted_out(f"reading the reviews of #{number}", "pull-requests: read"):
            pull = self.hub.repo.get_pull(number)
            newest = {each.user.login: each for each in pull.get_reviews() if each.user and each.state in _DECIDES}
            wanted = {each.id: each for each in newest.values() if each.state == "CHANGES_REQUESTED"}
            remarks = [each for each in pull.get_review_comments() if each.pull_request_review_id in wanted] if wanted else []
        return tuple(
            Review(
                each.user.login,
                each.body or "",
                tuple(
                    Remark(one.path, one.line, one.diff_hunk or "", one.body or "")
                    for one in remarks
                    if one.pull_request_review_id == each.id
                ),
            )
            for each in wanted.values()
        )

    def failing(self, sha: str) -> Checks:
        return failing(self.hub, sha)


def _lines(files: Iterable[File]) -> Counter[tuple[str, str]] | None:
    """Every line that is added or taken away, with its file; None where one has no lines to show, like a binary file."""
    found: Counter[tuple[str, str]] = Counter()
    for file in files:
        if not file.patch and file.changes:
            return None
        found.update((file.filename, row) for row in (file.patch or "").split("\n") if row[:1] in ("+", "-"))
    return found


class _NotThere(Exception):
    """GitHub answers 404 to something that may well not be there."""


def _state(workflow: Any) -> str:
    try:
        return str(workflow.state)
    except UnknownObjectException:
        raise _NotThere from None


def tip(hub: Hub, branch: str) -> str | None:
    """The commit a branch points at."""
    with sorted_out(f"reading the branch {line(branch, 80)}", "contents: read"):
        try:
            return str(hub.repo.get_git_ref(f"heads/{branch}").object.sha)
        except UnknownObjectException:
            return None
        except GithubException as error:
            if error.status == 409:  # an empty repository
                return None
            raise
