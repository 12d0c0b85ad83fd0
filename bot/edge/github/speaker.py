"""GitHub, spoken to: one comment for each command, and a reaction."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from github.GithubException import UnknownObjectException

from bot.core.forge import Comment, Reaction
from bot.core.instant import written
from bot.edge.github.client import Ambiguous, Hub, sorted_out
from bot.edge.github.reader import Reader
from bot.ports import Answered, Denied

MOST = 64_000
"""Characters; GitHub refuses a comment above 65,536."""
BESIDE = timedelta(minutes=10)
"""By how much a comment may be older than one of ours whose maker had not seen it."""
CUT = "\n\n(cut: a comment holds no more)\n"


@dataclass(frozen=True, slots=True)
class Speaker:
    hub: Hub
    _known: dict[str, Comment | None] = field(default_factory=dict, repr=False)
    """What is known of a comment by its marker, None for that there is none: it need not be looked up."""
    _made: dict[str, Comment] = field(default_factory=dict, repr=False)
    """Of what was made here, and was not yet looked at from the side."""

    def expect(self, marker: str, found: Comment | None) -> None:
        self._known[marker] = found

    def react(self, number: int, comment: int | None, content: Reaction) -> None:
        with sorted_out(f"reacting on #{number}", "issues: write"):
            issue = self.hub.repo.get_issue(number)
            if comment is None:
                issue.create_reaction(content)
            else:
                # no lazy comment in PyGithub: the address is all that a reaction needs
                url = f"{self.hub.repo.url}/issues/comments/{comment}/reactions"
                self.hub.github.requester.requestJsonAndCheck("POST", url, input={"content": content})

    def say(self, number: int, marker: str, login: str, body: str) -> int:
        """A write whose answer got lost is looked up before it is made again: there is never a second comment."""
        text = shortened(body)
        reader = Reader(self.hub)
        known = marker in self._known
        found = self._known.pop(marker) if known else reader.comment(number, marker, login)
        if found is None:
            return self._make(number, marker, login, text).id
        try:
            id_ = self._write(number, found, text)
        except Denied:
            if not known:
                raise
            id_ = self._write(number, reader.comment(number, marker, login), text)  # somebody has deleted it since
        except Ambiguous:
            again = reader.comment(number, marker, login)
            id_ = again.id if again and again.body == text else self._write(number, again, text)
        self._known[marker] = Comment(id_, text)
        return id_

    def _make(self, number: int, marker: str, login: str, text: str) -> Comment:
        """The first time. A job that began at the same moment may have made one of its own meanwhile: then that one is there."""
        try:
            made = self._new(number, text)
        except Ambiguous:
            there = _marked(Reader(self.hub).comments(number, login), marker)
            made = next((each for each in there if each.body == text), None) or self._new(number, text)
        self._known[marker] = self._made[marker] = made
        return made

    def _new(self, number: int, text: str) -> Comment:
        with sorted_out(f"commenting on #{number}", "issues: write"):
            found = self.hub.repo.get_issue(number).create_comment(text)
            return Comment(int(found.id), text, written(found.created_at))

    def alone(self, number: int, marker: str, login: str) -> tuple[Comment, ...] | None:
        """GitHub keeps no two jobs from commenting at once, so both look again afterwards, and the older comment stays."""
        mine = self._made.pop(marker, None)
        if mine is None:
            return None
        there = Reader(self.hub).comments(number, login, written(datetime.fromisoformat(mine.at) - BESIDE))
        marked = _marked(there, marker) or [mine]
        self.remove(tuple(each.id for each in marked[1:]))
        if marked[0].body != mine.body:  # which names the workflow run; GitHub may have made ours and not said so at first
            raise Answered
        self._known[marker] = marked[0]
        return there

    def remove(self, comments: tuple[int, ...]) -> None:
        for each in comments:
            with sorted_out("taking back a comment", "issues: write"), suppress(UnknownObjectException):  # its own job was quicker
                self.hub.github.requester.requestJsonAndCheck("DELETE", f"{self.hub.repo.url}/issues/comments/{each}")

    def _write(self, number: int, found: Comment | None, text: str) -> int:
        if found is None:
            return self._new(number, text).id
        with sorted_out(f"commenting on #{number}", "issues: write"):
            if found.body != text:
                url = f"{self.hub.repo.url}/issues/comments/{found.id}"
                self.hub.github.requester.requestJsonAndCheck("PATCH", url, input={"body": text})
            return found.id


def _marked(comments: tuple[Comment, ...], marker: str) -> list[Comment]:
    """Those that begin with it, the oldest first."""
    return sorted((each for each in comments if each.body.startswith(marker)), key=lambda each: each.id)


def shortened(body: str) -> str:
    """Within the limit; a code block that the cut leaves open is closed."""
    if len(body) <= MOST:
        return body
    kept = body[:MOST].rpartition("\n")[0]
    open_fence = ""
    for row in kept.split("\n"):
        ticks = len(row) - len(row.lstrip("`"))
        if open_fence:
            open_fence = "" if ticks >= len(open_fence) and not row.strip("`").strip() else open_fence
        elif ticks >= 3:
            open_fence = "`" * ticks
    return kept + (f"\n{open_fence}" if open_fence else "") + CUT
