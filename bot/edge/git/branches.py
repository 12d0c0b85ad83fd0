"""A patch on a branch of a user's repository, by plumbing alone: index, work tree, hooks and filters rest."""

from dataclasses import dataclass
from pathlib import Path

from bot.core.patch import BRANCH
from bot.edge.git.plumbing import Git
from bot.edge.git.trees import Trees
from bot.ports import Denied, Layer


@dataclass(frozen=True, slots=True)
class Branches:
    """The writer port over a local repository."""

    trees: Trees
    git: Git
    """On the user's own git directory; asked for one reference, and nothing else."""
    objects: Path
    who: str
    mail: str

    def push(self, sha: str, layers: tuple[Layer, ...], branch: str, when: str) -> tuple[str, ...]:
        """The commits' hashes. The same arguments make the same commits; a branch that stands elsewhere is left alone."""
        ref = _ref(branch)
        made: list[str] = []
        for layer in layers:
            parent = made[-1] if made else sha
            made.append(self.trees.commit(sha, layer, parent, when, (self.who, self.mail), self.objects))
        commit = made[-1]
        there = self.git.run("rev-parse", "--verify", "--quiet", ref)
        if there.code == 0:
            if there.out.decode().strip() == commit:
                return tuple(made)
            raise Denied(f"the branch {branch} is there already and holds something else; delete it or rename it")
        self.git("update-ref", ref, commit, "0" * len(commit))
        return tuple(made)

    def drop(self, branch: str) -> None:
        self.git("update-ref", "-d", _ref(branch))


def _ref(branch: str) -> str:
    if not BRANCH.match(branch):
        raise Denied(f"`{branch}` is no name for a branch of ours")
    return f"refs/heads/{branch}"
