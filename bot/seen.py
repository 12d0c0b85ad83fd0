"""A repository as `init` finds it: what is committed, and where it lies. Nothing of it is run."""

from dataclasses import dataclass

from bot.core import cifiles, setup, verifying
from bot.core.checks import Check
from bot.core.detect import MOST, detect
from bot.core.nested import nested
from bot.core.remote import Remote
from bot.core.remote import parse as parse_remote
from bot.core.rights import MOST_WORKFLOW
from bot.edge.git.repository import Repository
from bot.ports import Tree

AGENT, VERIFY = f"{cifiles.FOLDER}route-agent.yml", f"{cifiles.FOLDER}route-agent-verify.yml"
SELFTEST = f"{cifiles.FOLDER}route-agent-selftest.yml"
"""What `init` writes, besides the policy."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a repository holds, as committed."""

    files: tuple[str, ...]
    checks: tuple[Check, ...]
    nested: tuple[Check, ...]
    """Of folders below the top, which no check runs as they are meant."""
    set_up: setup.SetUp
    verifying: verifying.Verifying
    ci: tuple[cifiles.CiFile, ...]
    left_out: tuple[str, ...]
    toolchains: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where it lies: its remote, and the branch that counts."""

    remote: Remote
    branch: str
    branch_by: str


def see(tree: Tree, repository: Repository) -> Seen:
    files = tree.files()

    def small(path: str, most: int) -> bytes | None:
        done = repository.git.run("cat-file", "-s", f"{repository.head}:{path}")
        return tree.read(path) if done.code == 0 and int(done.out) <= most else None

    def text(path: str) -> str | None:
        found = small(path, MOST)
        return found.decode(errors="replace") if found is not None else None

    found = detect(files, text)
    checks = tuple(filter(setup.writable, found))
    known = frozenset(files)
    tops: dict[str, str] = {name: text(name) or "" for name in ("pyproject.toml", "package.json") if name in known}
    python = any(path.endswith(".py") for path in files)
    ci = cifiles.names(files, frozenset((AGENT, VERIFY, SELFTEST)))[: cifiles.MOST_FILES + 1]
    workflows = {path: small(path, MOST_WORKFLOW) or b"#" * MOST_WORKFLOW for path in ci}
    set_up = setup.set_up(known, tops, checks)
    return Seen(
        files,
        checks,
        tuple(filter(setup.writable, nested(files, text, found))),
        set_up,
        verifying.fitting(known, tops.get("package.json", ""), checks, set_up, python=python),
        cifiles.look(workflows),
        tuple(check.name for check in found if not setup.writable(check)),
        cifiles.toolchains(workflows),
    )


def place(repository: Repository) -> Place:
    def asked(*words: str) -> str:
        done = repository.git.run(*words)
        return done.out.decode(errors="replace").strip() if done.code == 0 else ""

    remote = parse_remote(asked("config", "--get", "remote.origin.url"))
    head = asked("symbolic-ref", "--short", "--quiet", "refs/remotes/origin/HEAD").removeprefix("origin/")
    branches = asked("for-each-ref", "--format=%(refname:short)", "refs/heads/main", "refs/heads/master").split()
    return Place(remote, *setup.default_branch(head, branches, repository.branch))
