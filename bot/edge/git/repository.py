"""A user's repository: found, asked for commits and changes, and left as it was."""

import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.edge.git.plumbing import PLAIN, Done, Git, bare, environment
from bot.ports import Denied

TRUST = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
"""The user's own list of trusted folders is not read; what we ask of a repository runs nothing in it, whoever owns it."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A user's repository: read, and given a branch; its index, work tree, hooks, filters and configuration stay untouched."""

    root: Path
    git_dir: Path
    common_dir: Path
    objects: Path
    head: str
    branch: str | None
    """None where HEAD is detached."""
    path: str
    """The PATH under which git is found."""

    @property
    def git(self) -> Git:
        return Git(self.git_dir, environment(self.path, **TRUST))

    def resolve(self, ref: str) -> str:
        """The full hash of the commit that a name means."""
        done = self.git.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        found = done.out.decode().strip()
        if done.code or not found:
            shallow = (self.common_dir / "shallow").exists()
            hint = "this is a shallow clone: `git fetch --unshallow`" if shallow else "`git branch -a` lists what there is"
            raise Denied(f"there is no commit `{ref}` here; {hint}")
        return found

    def knows(self, ref: str) -> bool:
        """Whether a full name of a reference means a commit."""
        return self.git.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}").code == 0

    def dirty(self) -> bool:
        """Whether tracked files seem to differ from HEAD. Advisory: it runs no filter, so what a filter stores may seem to.

        All is asked of a copy of the index, in a git directory of our own, which configures nothing: not even a refresh writes to
        the user's index, and an attribute may name a filter there that nobody has defined.
        """
        with tempfile.TemporaryDirectory(prefix="route-agent-") as folder:
            index = Path(folder) / "index"
            source = self.git_dir / "index"
            if not source.exists():
                return False
            index.write_bytes(source.read_bytes())
            own = bare(Path(folder) / "git", self.objects, self.path)
            env = {"GIT_INDEX_FILE": str(index), "GIT_WORK_TREE": str(self.root)}
            staged = own.run("diff-index", "--cached", "--quiet", "--ignore-submodules", self.head, env=env)
            if staged.code == 1 or not _changed(own, env):
                return staged.code == 1
            # Times differ after `cp -r` as well; only contents say whether something was changed.
            own.run("-c", "core.bare=false", "update-index", "-q", "--refresh", "--ignore-submodules", env=env)
            return _changed(own, env)

    def parted(self, base: str) -> str:
        """The commit at which HEAD left `base`; `base` itself where the two have nothing in common."""
        found = self.git.run("merge-base", base, self.head)
        return found.out.decode().split("\n")[0] if found.code == 0 else base


def _changed(own: Git, env: Mapping[str, str]) -> bool:
    return own.run("-c", "core.bare=false", "diff-files", "--quiet", "--ignore-submodules", env=env).code == 1


def find(folder: Path, path: str) -> Repository:
    """The repository that a folder lies in. Raises `Denied` with what is wrong and what to do."""
    if not folder.is_dir():
        raise Denied(f"{folder} is no folder; give one with --repo")
    words = (
        "rev-parse",
        "--is-bare-repository",
        "--absolute-git-dir",
        "--path-format=absolute",
        "--git-common-dir",
        "--git-path",
        "objects",
    )
    trust = environment(path, **TRUST)
    done = _ask(folder, trust, *words)
    if done.code:
        raise Denied(f"{folder} is not in a git repository; go into one, or give one with --repo")
    is_bare, git_dir, common, objects = done.out.decode(errors="surrogateescape").splitlines()[:4]
    if is_bare == "true":
        raise Denied(f"{folder} is a bare repository, which has no files to work on; clone it and use the clone")
    top = _ask(folder, trust, "rev-parse", "--show-toplevel")
    if top.code:
        raise Denied(f"{folder} is inside a git directory; go to the work tree")
    head = _ask(folder, trust, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if head.code:
        raise Denied(f"{folder} has no commit yet; make one, since a patch is made on a commit")
    name = _ask(folder, trust, "symbolic-ref", "--quiet", "--short", "HEAD")
    return Repository(
        root=Path(top.out.decode(errors="surrogateescape").removesuffix("\n")),
        git_dir=Path(git_dir),
        common_dir=Path(common),
        objects=Path(objects).resolve(),
        head=head.out.decode().strip(),
        branch=name.out.decode(errors="surrogateescape").strip() or None,
        path=path,
    )


def _ask(folder: Path, env: Mapping[str, str], *words: str) -> Done:
    """One question to git inside a stranger's repository: plumbing that runs no hook, filter or monitor."""
    try:
        done = subprocess.run(["git", *PLAIN, *words], cwd=folder, env=dict(env), capture_output=True, check=False)
    except FileNotFoundError:
        raise Denied("git was not found on PATH; install it") from None
    return Done(done.returncode, done.stdout, done.stderr.decode(errors="replace").strip())
