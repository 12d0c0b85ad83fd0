"""What GitHub lets this token and this repository do, asked for by reads alone."""

from base64 import b64decode
from dataclasses import dataclass
from itertools import islice
from urllib.parse import quote

from bot.core.areas import WORKFLOWS
from bot.core.rights import MOST_WORKFLOW, About, Area, Protection, Workflow
from bot.edge.github.client import Hub, asked, sorted_out
from bot.edge.github.contexts import protection
from bot.edge.github.reader import Reader
from bot.ports import Denied

MOST_FILES = 30
"""Workflow files that are looked into; the rest is listed alone."""


@dataclass(frozen=True, slots=True)
class Setup:
    hub: Hub

    def me(self) -> str:
        return Reader(self.hub).me()

    def about(self) -> About:
        with sorted_out("reading the repository", "metadata: read"):
            return About(str(self.hub.repo.default_branch), bool(self.hub.repo.private))

    def look(self, area: Area, branch: str) -> None:
        if area == "contents":
            self._tip(branch)
            return
        path = {"issues": "issues", "pull-requests": "pulls", "actions": "actions/workflows"}.get(area)
        if path is None:
            sha = self._tip(branch)
            path = f"commits/{sha}/check-runs" if area == "checks" else f"statuses/{sha}"
        with sorted_out(f"reading {area}", f"{area}: read"):
            asked(self.hub, path, per_page="1")

    def _tip(self, branch: str) -> str:
        found = Reader(self.hub).tip(branch)
        if found is None:
            raise Denied(f"the branch {branch} has no commit")
        return found

    def workflows(self, branch: str) -> tuple[Workflow, ...]:
        with sorted_out("reading the workflows", "actions: read"):
            found = [(str(w.path), w.state == "active") for w in self.hub.repo.get_workflows()]
        own = sorted((path, active) for path, active in found if path.startswith(f"{WORKFLOWS}/"))
        read = [Workflow(path, active, self._text(path, branch)) for path, active in islice(own, MOST_FILES)]
        return (*read, *(Workflow(path, active, None) for path, active in own[MOST_FILES:]))

    def _text(self, path: str, branch: str) -> str | None:
        """The file on a branch; None where it is not there, too long, or may not be read."""
        try:
            with sorted_out("reading a workflow", "contents: read"):
                found = asked(self.hub, f"contents/{quote(path)}", ref=branch)
        except Denied:
            return None
        content = found.get("content") if isinstance(found, dict) else None
        if not isinstance(content, str) or len(content) > 2 * MOST_WORKFLOW:
            return None
        try:
            return b64decode(content).decode(errors="replace")
        except ValueError:
            return None

    def may_open_pulls(self) -> bool | None:
        try:
            with sorted_out("reading the settings for workflows"):
                found = asked(self.hub, "actions/permissions/workflow")
        except Denied:  # the usual answer: it takes `administration: read`, which no workflow's token can have
            return None
        said = found.get("can_approve_pull_request_reviews") if isinstance(found, dict) else None
        return said if isinstance(said, bool) else None

    def protection(self, branch: str) -> Protection:
        known, wanted = protection(self.hub, branch)
        return Protection(known, tuple(each.name for each in wanted))
