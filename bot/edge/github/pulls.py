"""Pull requests: one for each branch of ours, or the page on which a person opens it."""

from dataclasses import dataclass
from urllib.parse import quote

from github.GithubException import GithubException

from bot.core.clean import line
from bot.core.forge import Pull
from bot.core.patch import BRANCH
from bot.edge.github.client import Ambiguous, Hub, sorted_out
from bot.edge.github.reader import Reader
from bot.edge.github.speaker import shortened
from bot.ports import Denied, Offer, Opening


@dataclass(frozen=True, slots=True)
class PullRequests:
    hub: Hub

    def of(self, pull: Pull | None, into: str, me: str) -> "Pulls":
        return Pulls(self.hub, pull, into, me)


@dataclass(frozen=True, slots=True)
class Pulls:
    """For one thread: into a pull request's own branch, or into the default one."""

    hub: Hub
    pull: Pull | None
    into: str
    me: str
    """As whom they are opened: what somebody else has opened from a branch of ours is not ours to close."""

    def moved(self, base: str) -> bool:
        return self.pull is not None and Reader(self.hub).pull(self.pull.number).head_sha != base

    def withdraw(self, branch: str) -> None:
        if not BRANCH.match(branch):
            raise Denied(f"`{line(branch, 80)}` is no name for a branch of ours")
        owner = self.hub.name.partition("/")[0]
        with sorted_out("closing the pull request", "pull-requests: write"):
            for found in self.hub.repo.get_pulls(state="open", head=f"{owner}:{branch}"):
                if found.user.login == self.me:
                    found.edit(state="closed")

    def offer(self, opening: Opening) -> Offer:
        """The one that is there is found only where GitHub says so: as a rule there is none, and to look is a call."""
        try:
            return self._open(opening, draft=opening.draft)
        except Ambiguous:
            return self._there(opening) or self._open(opening, draft=opening.draft)

    def _there(self, opening: Opening) -> Offer | None:
        """The open one of the branch, told to say this."""
        owner = self.hub.name.partition("/")[0]
        with sorted_out("looking for the pull request", "pull-requests: write"):
            found = next(iter(self.hub.repo.get_pulls(state="open", head=f"{owner}:{opening.branch}")), None)
            if found is None:
                return None
            body = shortened(opening.body)
            if (found.title, found.body) != (opening.title, body):
                found.edit(title=opening.title, body=body)
            if found.draft and not opening.draft:
                found.mark_ready_for_review()
            return Offer(found.html_url, open=True)

    def _open(self, opening: Opening, *, draft: bool) -> Offer:
        with sorted_out("opening the pull request", "pull-requests: write"):
            try:
                made = self.hub.repo.create_pull(
                    self.into, opening.branch, title=opening.title, body=shortened(opening.body), draft=draft
                )
            except GithubException as error:
                said = f"{error.message} {error.data}".lower()  # GitHub says which of many things failed in the data alone
                if draft and not opening.early and error.status == 422 and "draft" in said:  # not on every plan
                    return self._open(opening, draft=False)
                if error.status == 422 and "already exists" in said and (there := self._there(opening)) is not None:
                    return there
                if error.status == 403 and "rate limit" not in said:
                    return Offer(self._page(opening.branch), open=False)
                raise
            return Offer(made.html_url, open=True)

    def _page(self, branch: str) -> str:
        into, branch = quote(self.into), quote(branch)
        return f"{self.hub.server}/{self.hub.name}/compare/{into}...{branch}?expand=1"
