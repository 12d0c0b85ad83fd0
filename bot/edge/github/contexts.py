"""The checks that a branch requires, and those on a commit: of every app, as check runs and as statuses."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from github.GithubException import GithubException

from bot.core.clean import line
from bot.core.contexts import Seen, Wanted
from bot.edge.github.client import Hub, Polled, asked, sorted_out
from bot.ports import Denied, Unavailable

ACTIONS, ACTIONS_APP = "github-actions", 15_368
"""GitHub Actions' own app; a server of one's own may number it otherwise, and then a job is not taken for its check."""
MOST_PAGES, MOST_RUNS = 10, 20


def protection(hub: Hub, branch: str) -> tuple[bool, tuple[Wanted, ...]]:
    """Whether a branch is protected, and what it requires, by both of GitHub's ways: its own settings, and the rules of rulesets.

    The rules name the app that each check must come from; of the settings, who has no right to them sees the names at most.
    """
    name = quote(branch, safe="")
    with sorted_out("reading the branch's protection", "contents: read"):
        there = asked(hub, f"branches/{name}")
        try:
            rules = asked(hub, f"rules/branches/{name}", per_page="100")
        except GithubException as error:
            if error.status != 404:  # who may read the branch may read its rules: a server without the address has none
                raise
            rules = []
    rules = [rule for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []
    classic = _at(there, "protection", "required_status_checks", "contexts")
    found = [Wanted(str(context)) for context in classic] if isinstance(classic, list) else []
    for checks in (
        _at(there, "protection", "required_status_checks", "checks"),
        *(_at(rule, "parameters", "required_status_checks") for rule in rules),
    ):
        for check in checks if isinstance(checks, list) else ():
            app = _at(check, "integration_id") or _at(check, "app_id")
            found.append(Wanted(str(_at(check, "context") or "?"), app if isinstance(app, int) and app > 0 else None))
    apart = dict.fromkeys(found)  # of two that ask for a name, the one that asks for its app, too, decides
    strict = {each.name for each in apart if each.app is not None}
    wanted = tuple(each for each in apart if each.app is not None or each.name not in strict)
    return bool(rules) or _at(there, "protected") is True, wanted


@dataclass(frozen=True, slots=True)
class Contexts:
    hub: Hub
    polled: Polled

    def required(self, branch: str) -> tuple[Wanted, ...]:
        return protection(self.hub, branch)[1]

    def on(self, sha: str) -> tuple[Seen, ...]:
        """Every check and status of a commit. A person's token has no right to checks: it is shown the jobs of Actions instead."""
        try:
            checks = self._checks(sha)
        except Denied:
            checks = self._jobs(sha)
        return checks + self._statuses(sha)

    def gated(self, sha: str) -> bool:
        """Whether a workflow on the commit waits for a person to let it begin: it has no check yet."""
        return any("action_required" in (run.get("status"), run.get("conclusion")) for run in self._runs(sha))

    def _checks(self, sha: str) -> tuple[Seen, ...]:
        with sorted_out("reading the commit's checks", "checks: read"):
            found = self._pages(f"commits/{sha}/check-runs", "check_runs", filter="latest")
        return tuple(
            Seen(
                id=run["id"],
                name=run["name"],
                app=_at(run, "app", "id"),
                status=run["status"],
                conclusion=run["conclusion"],
                url=run.get("html_url") or "",
                job=run["id"] if _at(run, "app", "slug") == ACTIONS else None,  # a job of Actions and its check have one id
            )
            for run in found
        )

    def _jobs(self, sha: str) -> tuple[Seen, ...]:
        made: list[Seen] = []
        for run in self._runs(sha)[:MOST_RUNS]:
            with sorted_out(f"reading the jobs of run {run['id']}", "actions: read"):
                jobs = self._pages(f"actions/runs/{run['id']}/jobs", "jobs", filter="latest")
            for job in jobs:
                url, id_ = job.get("html_url") or "", int(job["id"])
                made.append(Seen(id_, job["name"], ACTIONS_APP, job["status"], job["conclusion"], url, id_))
        return tuple(made)

    def _runs(self, sha: str) -> list[dict[str, Any]]:
        with sorted_out("reading the commit's workflow runs", "actions: read"):
            found = self._pages("actions/runs", "workflow_runs", head_sha=sha)
        return [run for run in found if run.get("head_sha") == sha]

    def _statuses(self, sha: str) -> tuple[Seen, ...]:
        with sorted_out("reading the commit's statuses", "statuses: read"):
            found = self._pages(f"statuses/{sha}", "")
        apps = {login: self._app(login) for login in {_at(one, "creator", "login") for one in found} if login}
        return tuple(
            Seen(
                id=one["id"],
                name=one["context"],
                app=apps.get(_at(one, "creator", "login")),
                status="in_progress" if one["state"] == "pending" else "completed",
                conclusion=None if one["state"] == "pending" else one["state"],
                url=one.get("target_url") or "",
            )
            for one in found
        )

    def _app(self, login: str) -> int | None:
        """The app behind a bot's login: of a status GitHub says who sent it, and not from which app."""
        slug, bot, _ = login.partition("[bot]")
        if not bot:
            return None
        try:
            with sorted_out(f"asking which app {line(login, 60)} is"):
                found = self.polled.get(self.hub.repo.url.partition("/repos/")[0] + f"/apps/{quote(slug, safe='')}")
        except (Denied, Unavailable):
            return None
        app = _at(found, "id")
        return app if isinstance(app, int) else None

    def _pages(self, path: str, wrap: str, **query: str) -> list[dict[str, Any]]:
        return self.polled.pages(f"{self.hub.repo.url}/{path}", MOST_PAGES, wrap, **query)


def _at(found: Any, *keys: str) -> Any:
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found
