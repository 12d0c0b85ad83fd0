"""GitHub, spoken to: one comment for each command, and a reaction."""

from dataclasses import dataclass, field

from bot.core.forge import Comment, Reaction
from bot.edge.github.client import Ambiguous, Hub, sorted_out
from bot.edge.github.reader import Reader
from bot.ports import Denied

MOST = 64_000
"""Characters; GitHub refuses a comment above 65,536."""
CUT = "\n\n(cut: a comment holds no more)\n"


@dataclass(frozen=True, slots=True)
class Speaker:
    hub: Hub
    _known: dict[str, Comment | None] = field(default_factory=dict, repr=False)
    """What is known of a comment by its marker, None for that there is none: it need not be looked up."""

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
        try:
            id_ = self._write(number, found, text)
        except Denied:
            if not known or found is None:
                raise
            id_ = self._write(number, reader.comment(number, marker, login), text)  # somebody has deleted it since
        except Ambiguous:
            again = reader.comment(number, marker, login)
            id_ = again.id if again and again.body == text else self._write(number, again, text)
        self._known[marker] = Comment(id_, text)
        return id_

    def _write(self, number: int, found: Comment | None, text: str) -> int:
        with sorted_out(f"commenting on #{number}", "issues: write"):
            if found is None:
                return int(self.hub.repo.get_issue(number).create_comment(text).id)
            if found.body != text:
                url = f"{self.hub.repo.url}/issues/comments/{found.id}"
                self.hub.github.requester.requestJsonAndCheck("PATCH", url, input={"body": text})
            return found.id


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
