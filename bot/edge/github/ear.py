"""GitHub, listened to while a run is at work; a request counts only where there is something new."""

from dataclasses import dataclass, field

from bot.core.forge import Comment
from bot.edge.github.client import Hub, sorted_out


@dataclass(slots=True)
class Ear:
    """`since` is ISO 8601, UTC; GitHub leaves out what was last edited before."""

    hub: Hub
    number: int
    login: str
    since: str
    _tag: str = field(default="", repr=False)
    _heard: tuple[Comment, ...] = field(default=(), repr=False)

    def comments(self) -> tuple[Comment, ...]:
        """Our own comments, the first hundred; the same ones again where GitHub says that nothing has changed."""
        known = {"If-None-Match": self._tag} if self._tag else {}
        url = f"{self.hub.repo.url}/issues/{self.number}/comments"
        with sorted_out(f"listening on #{self.number}", "issues: read"):
            requester = self.hub.github.requester
            asked = {"since": self.since, "per_page": "100"}
            headers, found = requester.requestJsonAndCheck("GET", url, parameters=asked, headers=known)
        if not isinstance(found, list):  # 304: nothing has changed
            return self._heard
        mine = [each for each in found if (each.get("user") or {}).get("login") == self.login]
        self._tag = headers.get("etag", "")
        self._heard = tuple(Comment(each["id"], each["body"] or "", each["created_at"]) for each in mine)
        return self._heard
