"""The money of all runs of a repository: one small file a month on the ledger's branch, changed by compare-and-swap alone.

A month's file, since the caps of a day, a person and a month are then held by one and the same swap.
"""

import base64
from dataclasses import dataclass

from github.GithubException import GithubException
from github.InputGitTreeElement import InputGitTreeElement

from bot.core.budget import Wish, grant, settlement
from bot.core.ledger import LedgerError, Record, decode, encode
from bot.core.policy import Budget
from bot.core.route import Refusal
from bot.core.spend import Movement
from bot.edge.github.client import Ambiguous, Hub, sorted_out
from bot.ports import Denied, Unavailable

TRIES = 8
"""Each lost swap means that another run has won one."""
NEEDS = "contents: write"
MESSAGE = "route-agent: money set aside and spent [skip ci]"


@dataclass(frozen=True, slots=True)
class _File:
    """What the branch holds: the lines, and the hash by which the file is swapped; None where there is no file yet."""

    text: str
    sha: str | None


@dataclass(frozen=True, slots=True)
class Spending:
    hub: Hub
    branch: str

    def reserve(self, budget: Budget, wish: Wish) -> int | Refusal:
        path = _path(wish.at)
        for _ in range(TRIES):
            there = self._read(path)
            found = grant(budget, wish, self._movements(path, there.text))
            if isinstance(found, Refusal) or found.new is None:
                return found if isinstance(found, Refusal) else found.left
            if self._swap(path, there, found.new):
                return found.left
        raise Unavailable(f"other runs keep changing {path} on {self.branch}, so nothing could be set aside for this one")

    def settle(self, wish: Wish) -> None:
        """In the month of the reservation, which may be the one before."""
        for path in (_path(wish.at), _path(_before(wish.at))):
            for _ in range(TRIES):
                there = self._read(path)
                line = settlement(wish, self._movements(path, there.text))
                if line is None:
                    break
                if self._swap(path, there, line):
                    return

    def _movements(self, path: str, text: str) -> list[Movement]:
        made: list[Movement] = []
        for number, row in enumerate(text.splitlines(), 1):
            try:
                item = decode(row)
            except LedgerError as error:
                raise Denied(f"{path}:{number} on the branch {self.branch} is no ledger line ({error}); mend it") from None
            if not isinstance(item, Record):
                made.append(item)
        return made

    def _read(self, path: str) -> _File:
        with sorted_out(f"reading {path} on {self.branch}", "contents: read"):
            try:
                found = self.hub.repo.get_contents(path, ref=self.branch)
            except GithubException as error:
                if error.status == 404:
                    return _File("", None)
                raise
            if isinstance(found, list):
                raise Denied(f"{path} on the branch {self.branch} is a folder; remove it")
            content = found.content if found.encoding == "base64" else self.hub.repo.get_git_blob(found.sha).content
            return _File(base64.b64decode(content).decode(errors="replace"), found.sha)

    def _swap(self, path: str, there: _File, line: Movement) -> bool:
        """Whether the line is on the branch now. Where that is unknown, the next look tells: no line is written twice."""
        text = f"{there.text}{encode(line)}\n"
        try:
            with sorted_out(f"writing {path} on the branch {self.branch}", NEEDS):
                try:
                    return self._write(path, text, there.sha)
                except GithubException as error:
                    if error.status in (409, 422):  # somebody else was quicker
                        return False
                    raise
        except Ambiguous:
            return False

    def _write(self, path: str, text: str, sha: str | None) -> bool:
        repo = self.hub.repo
        if sha is not None:
            repo.update_file(path, MESSAGE, text, sha, branch=self.branch)
            return True
        try:
            repo.create_file(path, MESSAGE, text, branch=self.branch)
        except GithubException as error:
            if error.status != 404:
                raise
            self._begin(path, text)
        return True

    def _begin(self, path: str, text: str) -> None:
        """A branch that shares nothing with the code: no workflow of the repository lies on it."""
        repo = self.hub.repo
        tree = repo.create_git_tree([InputGitTreeElement(path, "100644", "blob", content=text)])
        repo.create_git_ref(f"refs/heads/{self.branch}", repo.create_git_commit(MESSAGE, tree, []).sha)


def _path(at: str) -> str:
    return f"spend/{at[:7]}.jsonl"


def _before(at: str) -> str:
    """Any instant of the month before."""
    year, month = int(at[:4]), int(at[5:7])
    return f"{year - 1}-12" if month == 1 else f"{year}-{month - 1:02}"
