"""The dashboard on GitHub: one issue of our own, made once and then edited in place."""

import time
from dataclasses import dataclass
from typing import Any

from bot.core.past.dashboard import LABEL, MARK, TITLE, Notice
from bot.edge.github.client import Ambiguous, Hub, Polled, sorted_out
from bot.edge.github.speaker import shortened

MOST_PAGES = 50
"""Of a hundred issues each, that are gone through for one that has lost its label."""
NEEDS = "issues: write"


@dataclass(frozen=True, slots=True)
class Issue:
    number: int
    url: str
    body: str
    open: bool


@dataclass(frozen=True, slots=True)
class Board:
    """`login` is who this token is: what others wrote under our mark is none of ours, and is never written to."""

    hub: Hub
    login: str

    def keep(self, text: str) -> Notice:
        """Make the issue say this. One that is closed stays closed and as it is: somebody does not want it.

        Raises `Denied` or `Unavailable`; there is never a second issue for a write whose answer got lost.
        """
        body = shortened(f"{MARK}\n{text}")
        there = self._find()
        if there is None:
            return self._made(body)
        if not there.open:
            return Notice("closed", there.number, there.url)
        if there.body != body:
            with sorted_out(f"editing #{there.number}", NEEDS):
                self._send("PATCH", f"{self._issues}/{there.number}", {"body": body})
        return Notice("edited", there.number, there.url)

    @property
    def _issues(self) -> str:
        return f"{self.hub.repo.url}/issues"

    def _find(self) -> Issue | None:
        """By its label, then among all that are ours: a label can be taken away, and some servers list nothing by an app's name."""
        return self._among(labels=LABEL) or self._among(creator=self.login)

    def _among(self, **query: str) -> Issue | None:
        """The oldest of ours that carries the mark; an open one before a closed one."""
        with sorted_out("looking for the dashboard's issue", "issues: read"):
            rows = Polled(self.hub).pages(self._issues, MOST_PAGES, state="all", **query)
        mine = [_issue(row) for row in rows if self._ours(row)]
        return min(mine, key=lambda issue: (not issue.open, issue.number), default=None)

    def _ours(self, row: dict[str, Any]) -> bool:
        if "pull_request" in row or (row.get("user") or {}).get("login") != self.login:
            return False
        return (row.get("body") or "").replace("\r\n", "\n").startswith(f"{MARK}\n")

    def _made(self, body: str) -> Notice:
        try:
            with sorted_out("making the dashboard's issue", NEEDS):
                made = _issue(self._send("POST", self._issues, {"title": TITLE, "body": body, "labels": [LABEL]}))
        except Ambiguous:
            time.sleep(self.hub.lag)
            found = self._find()
            if found is None:
                raise
            made = found
        return Notice("made", made.number, made.url)

    def _send(self, method: str, url: str, body: dict[str, Any]) -> Any:
        return self.hub.github.requester.requestJsonAndCheck(method, url, input=body)[1]


def _issue(row: dict[str, Any]) -> Issue:
    return Issue(row["number"], row["html_url"], row.get("body") or "", row["state"] == "open")
