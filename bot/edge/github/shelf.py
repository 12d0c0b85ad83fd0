"""Files on the ledger's branch, each changed by compare-and-swap alone: two runs never write over one another."""

import base64
import random
import time
from dataclasses import dataclass

from github.GithubException import GithubException
from github.InputGitTreeElement import InputGitTreeElement

from bot.edge.github.client import Ambiguous, Hub, graph, sorted_out
from bot.ports import Denied, Unavailable

NEEDS = "contents: write"
TRIES = 12
"""Each lost swap means that another run has written, if to another file: the branch has moved."""
LONGEST = 20.0
"""Seconds between two swaps, at most."""


_FILE = (
    "query($owner: String!, $name: String!, $file: String!)"
    " { repository(owner: $owner, name: $name) { object(expression: $file) { ... on Blob { text } } } }"
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """What the branch holds at a path, and the hash by which it is swapped; None where there is no file yet."""

    text: str
    sha: str | None


@dataclass(frozen=True, slots=True)
class Shelf:
    hub: Hub
    branch: str

    def read(self, path: str) -> Leaf:
        with sorted_out(f"reading {path} on {self.branch}", "contents: read"):
            try:
                found = self.hub.repo.get_contents(path, ref=self.branch)
            except GithubException as error:
                if error.status == 404:
                    return Leaf("", None)
                raise
            if isinstance(found, list):
                raise Denied(f"{path} on the branch {self.branch} is a folder; remove it")
            content = found.content if found.encoding == "base64" else self.hub.repo.get_git_blob(found.sha).content
            return Leaf(base64.b64decode(content).decode(errors="replace"), found.sha)

    def read_twice(self, path: str) -> Leaf:
        """The same for whom a 404 that is not true costs money: it is believed when GitHub says it in another way, too."""
        found = self.read(path)
        if found.sha is None and self.peek(path) and (found := self.read(path)).sha is None:
            raise Unavailable(f"GitHub says that there is a {path} on {self.branch}, and that there is none")
        return found

    def peek(self, path: str) -> str:
        """What the branch holds there, empty where there is no such file. By GraphQL, whose limit is its own; not to swap by."""
        owner, _, name = self.hub.name.partition("/")
        asked = {"owner": owner, "name": name, "file": f"{self.branch}:{path}"}
        with sorted_out(f"reading {path} on {self.branch}", "contents: read"):
            data = graph(self.hub, _FILE, asked)
        if data is None:
            return self.read(path).text
        found = (data.get("repository") or {}).get("object") or {}
        return text if isinstance(text := found.get("text"), str) else ""

    def wait(self, lost: int) -> None:
        """After so many swaps that were lost, from 1: longer each time, and as chance says, lest those who lost meet again."""
        time.sleep(random.uniform(0, min(LONGEST, self.hub.lag * 2**lost)))  # noqa: S311 - no secret

    def swap(self, path: str, there: Leaf, text: str, message: str) -> Leaf | None:
        """What is on the branch now; None where somebody else was quicker, or nobody knows: the next look tells."""
        try:
            with sorted_out(f"writing {path} on the branch {self.branch}", NEEDS):
                try:
                    return Leaf(text, self._write(path, text, there.sha, f"route-agent: {message} [skip ci]"))
                except GithubException as error:
                    if error.status in (409, 422):  # somebody else was quicker
                        return None
                    raise
        except Ambiguous:
            return None

    def _write(self, path: str, text: str, sha: str | None, message: str) -> str | None:
        """The new file's hash, where GitHub says it."""
        repo = self.hub.repo
        if sha is not None:
            return repo.update_file(path, message, text, sha, branch=self.branch)["content"].sha
        try:
            return repo.create_file(path, message, text, branch=self.branch)["content"].sha
        except GithubException as error:
            if error.status != 404:
                raise
            self._begin(path, text, message)
        return None

    def _begin(self, path: str, text: str, message: str) -> None:
        """A branch that shares nothing with the code: no workflow of the repository lies on it."""
        repo = self.hub.repo
        tree = repo.create_git_tree([InputGitTreeElement(path, "100644", "blob", content=text)])
        repo.create_git_ref(f"refs/heads/{self.branch}", repo.create_git_commit(message, tree, []).sha)


def after(at: str) -> str:
    """Any instant of the month after: a clock that was fast has written there."""
    year, month = int(at[:4]), int(at[5:7])
    return f"{year + 1}-01" if month == 12 else f"{year}-{month + 1:02}"


def before(at: str) -> str:
    """Any instant of the month before."""
    year, month = int(at[:4]), int(at[5:7])
    return f"{year - 1}-12" if month == 1 else f"{year}-{month - 1:02}"
