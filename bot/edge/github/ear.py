"""GitHub, listened to while a run is at work; a look counts only where there is something new."""

from dataclasses import dataclass

from bot.core.forge import Comment
from bot.edge.github.client import Polled, sorted_out

MOST_PAGES = 20


@dataclass(frozen=True, slots=True)
class Ear:
    """`since` is ISO 8601, UTC; GitHub leaves out what was last edited before."""

    polled: Polled
    number: int
    login: str
    since: str

    def comments(self) -> tuple[Comment, ...]:
        """Those of this login: on every page, since strangers may fill the first."""
        url = f"{self.polled.hub.repo.url}/issues/{self.number}/comments"
        with sorted_out(f"listening on #{self.number}", "issues: read"):
            found = self.polled.pages(url, MOST_PAGES, since=self.since)
        mine = [each for each in found if (each.get("user") or {}).get("login") == self.login]
        return tuple(Comment(each["id"], each["body"] or "", each["created_at"]) for each in mine)
