"""A patch on a branch, by the Git Data API: no checkout, no push, no hook, never by force."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from github.GitCommit import GitCommit
from github.GithubException import GithubException
from github.GitTree import GitTree
from github.InputGitTreeElement import InputGitTreeElement

from bot.core.clean import line
from bot.core.patch import BRANCH, parse
from bot.edge.github.client import Ambiguous, Hub, sorted_out
from bot.edge.github.reader import tip
from bot.ports import Denied, Layer, Trees, Unavailable

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Branches:
    """`trees` reads the commit that is patched: what is sent is what its files become."""

    hub: Hub
    trees: Trees
    _made: dict[tuple[str, tuple[Layer, ...], str], tuple[str, ...]] = field(default_factory=dict, repr=False)
    """What this process has put where: to be asked for it again takes no call."""

    def push(self, sha: str, layers: tuple[Layer, ...], branch: str, when: str) -> tuple[str, ...]:  # noqa: ARG002 - GitHub dates it
        """The commits' hashes. A branch that holds these very trees already is taken as it is; GitHub says where there is one."""
        if not BRANCH.match(branch):
            raise Denied(f"`{line(branch, 80)}` is no name for a branch of ours")
        key = (sha, layers, branch)
        if key not in self._made:
            self._made[key] = self._pushed(sha, layers, branch)
        return self._made[key]

    def _pushed(self, sha: str, layers: tuple[Layer, ...], branch: str) -> tuple[str, ...]:
        trees = _twice(lambda: self._trees(sha, layers))
        made: list[str] = []
        for layer, tree in zip(layers, trees, strict=True):
            parent = made[-1] if made else sha
            made.append(_twice(partial(self._commit, layer.message, tree, parent)))
        try:
            self._point(branch, made[-1])
            self.hub.made.add(made[-1])
        except (Ambiguous, _Taken):
            if (there := self._there(branch, sha, trees)) is not None:
                return there
            self._point(branch, made[-1])
        return tuple(made)

    def drop(self, branch: str) -> None:
        for key in [key for key in self._made if key[2] == branch]:
            del self._made[key]
        drop(self.hub, branch)

    def _trees(self, sha: str, layers: tuple[Layer, ...]) -> tuple[GitTree, ...]:
        with sorted_out("writing the patch's files", "contents: write"):
            base = GitTree(self.hub.github.requester, {}, {"sha": self.trees.open(sha).key()})  # its hash is all that is needed
            return tuple(self.hub.repo.create_git_tree(self._elements(sha, layer.diff), base) for layer in layers)

    def _elements(self, sha: str, diff: str) -> list[InputGitTreeElement]:
        tree = self.trees.open(sha, diff)
        found: list[InputGitTreeElement] = []
        for file in parse(diff).diff.files:
            if file.kind == "deleted":
                found.append(InputGitTreeElement(file.path, "100644", "blob", sha=None))
                continue
            content, mode = tree.read(file.path), tree.mode(file.path)
            try:
                found.append(InputGitTreeElement(file.path, mode, "blob", content=content.decode()))
            except UnicodeDecodeError:
                found.append(InputGitTreeElement(file.path, mode, "blob", sha=self._blob(content)))
        return found

    def _blob(self, content: bytes) -> str:
        return str(self.hub.repo.create_git_blob(b64encode(content).decode(), "base64").sha)

    def _commit(self, message: str, tree: GitTree, parent: str) -> str:
        """Without author or committer: so GitHub signs it itself."""
        above = GitCommit(self.hub.github.requester, {}, {"sha": parent})
        with sorted_out("writing the commit", "contents: write"):
            return str(self.hub.repo.create_git_commit(message, tree, [above]).sha)

    def _point(self, branch: str, sha: str) -> None:
        with sorted_out(f"making the branch {branch}", "contents: write"):
            try:
                self.hub.repo.create_git_ref(f"refs/heads/{branch}", sha)
            except GithubException as error:
                if error.status == 422 and "already exists" in str(error.message or error.data).lower():
                    raise _Taken(f"GitHub says that there is a branch {branch}, and that there is none") from None
                raise

    def _there(self, branch: str, base: str, trees: tuple[GitTree, ...]) -> tuple[str, ...] | None:
        """The branch's commits, where they are what would be made now. Raises `Denied` where they are something else."""
        top = tip(self.hub, branch)
        if top is None:
            return None
        found: list[str] = []
        with sorted_out(f"reading the branch {branch}", "contents: read"):
            sha = top
            for tree in reversed(trees):
                commit = self.hub.repo.get_git_commit(sha)
                if commit.tree.sha != tree.sha or len(commit.parents) != 1:
                    raise Denied(f"the branch {branch} is there already and holds something else; delete it, or give a new command")
                found.insert(0, sha)
                sha = commit.parents[0].sha
        if sha != base:
            raise Denied(f"the branch {branch} is there already, on another commit; delete it, or give a new command")
        return tuple(found)


def drop(hub: Hub, branch: str) -> None:
    """Delete a branch of ours; one that is gone is fine."""
    if not BRANCH.match(branch):
        raise Denied(f"`{line(branch, 80)}` is no name for a branch of ours")
    _twice(lambda: _deleted(hub, branch))


def _deleted(hub: Hub, branch: str) -> None:
    with sorted_out(f"deleting the branch {branch}", "contents: write"):
        try:
            hub.github.requester.requestJsonAndCheck("DELETE", f"{hub.repo.url}/git/refs/heads/{branch}")
        except GithubException as error:
            if error.status not in (404, 422):  # gone already
                raise


class _Taken(Unavailable):
    """There is a branch of that name: to be looked at, and where it then is not there, GitHub contradicts itself."""


def _twice(write: Callable[[], Made]) -> Made:
    """What may be done again: the same content is the same object, a commit that nothing points at is nothing, and gone is gone."""
    try:
        return write()
    except Ambiguous:
        return write()
