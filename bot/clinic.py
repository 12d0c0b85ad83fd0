"""The check-up, wired: this machine, its git, walls and models, and GitHub where a runner passes its token in."""

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot import tell
from bot.arguments import POLICY, Desired
from bot.checkup import Checkup, Means, report
from bot.core import health
from bot.core.clean import secret_name
from bot.core.health import Item, Report, Unknown
from bot.core.jobs import VERIFY
from bot.core.policy import Policy
from bot.core.policyfile import read as read_policy
from bot.core.strict import document
from bot.doctor import examine, judged
from bot.edge import actions
from bot.edge.actions import Step, harmless
from bot.edge.catalog import Catalog
from bot.edge.git.plumbing import Git, environment
from bot.edge.git.repository import Repository, find
from bot.edge.git.trees import Trees
from bot.edge.github.client import connect
from bot.edge.github.setup import Setup
from bot.edge.limit import within
from bot.edge.sandbox import box
from bot.edge.store import Lines
from bot.permits import examine_hosting
from bot.ports import Books, Checkout, Denied, Tree, Unavailable, Watcher
from bot.shop import Outside, Wall, actor, committed

TOKEN_INPUT = "INPUT_GITHUB-TOKEN"  # noqa: S105 - a name


@dataclass(slots=True)
class Site:
    """The place where a run would work. What hangs on the repository is unknown where there is none."""

    folder: Path
    policy_file: str | None
    env: Mapping[str, str] = field(repr=False)
    scratch: Path
    templates: Path
    _repository: Repository | None = None
    _trees: Trees | None = None

    @property
    def _path(self) -> str:
        return self.env.get("PATH", os.defpath)

    def git(self) -> str:
        return Git(self.scratch, environment(self._path))("version").decode(errors="replace")

    def checkout(self) -> Checkout:
        self._repository = found = find(self.folder.absolute(), self._path)
        self._trees = Trees(self.scratch, found.objects, found.path)
        return Checkout(str(found.root), found.head, found.branch)

    def policy(self) -> Policy:
        if self.policy_file is None:
            return committed(Desired(self.folder, "", None, POLICY), *self._there())
        try:
            data = Path(self.policy_file).read_bytes()
        except OSError as error:
            raise Denied(f"--policy {self.policy_file} cannot be read: {error.strerror}; give the policy's path") from None
        return read_policy(data, self.policy_file)

    def tree(self) -> Tree:
        repository, trees = self._there()
        return trees.open(repository.head)

    def finds(self, program: str) -> bool:
        root = self._repository.root if self._repository else self.folder.absolute()
        if "/" in program:
            return (root / program).is_file()
        own = [str(root / folder) for folder in (".venv/bin", "venv/bin", "node_modules/.bin")]
        return program == "python" or shutil.which(program, path=os.pathsep.join([*own, self._path])) is not None

    def shipped(self) -> str:
        return (self.templates / "workflows" / VERIFY).read_text(encoding="utf-8")

    def sandbox(self) -> str:
        home = box.Home(
            root=self._repository.root if self._repository else self.folder.absolute(),
            search=tuple(part for part in self._path.split(":") if part),
            home=Path(self.env.get("HOME", "/root")),
            scratch=self.scratch,
            setup_environment={},
        )
        made = box.find(home)
        made.probe()
        return made.describe()

    def ledger(self) -> Books:
        path = self._there()[0].common_dir / "route-agent" / "ledger.jsonl"
        lines = Lines(path)
        lines.ready()
        return Books(str(path), lines, lines)

    def close(self) -> None:
        if self._trees is not None:
            self._trees.close()

    def _there(self) -> tuple[Repository, Trees]:
        if self._repository is None or self._trees is None:
            raise Unavailable("there is no repository to look into")
        return self._repository, self._trees


@dataclass(frozen=True, slots=True)
class Guarded:
    """Progress in the log of a job, which obeys commands: the policy's words reach it, too."""

    progress: Watcher

    def __call__(self, step: str, detail: str) -> None:
        self.progress(step, harmless(detail, ()))


@contextmanager
def _site(folder: Path, policy_file: str | None, outside: Outside) -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="route-agent-", ignore_cleanup_errors=True) as scratch:
        site = Site(folder, policy_file, outside.env, Path(scratch), outside.templates)
        try:
            yield site
        finally:
            site.close()


def examined(folder: Path, policy_file: str | None, outside: Outside, *, offline: bool) -> Report:
    """Look at everything, and at GitHub where this is a job of its Actions."""
    runner = _runner(outside.env)
    keys = {**outside.env, **(runner.keys if isinstance(runner, Step) else {})}
    with _site(folder, policy_file, outside) as site:
        given = replace(outside, env=keys)
        watch: Watcher = outside.progress if runner is None else Guarded(outside.progress)
        means = Means(site, given.model(), Catalog(given.keys), keys, Wall(), within, watch, actor())
        try:
            checkup = examine(means, offline=offline)
            if runner is not None:
                _on_github(checkup, runner, keys)
        finally:
            outside.progress.end()
    return report(checkup, _secrets(checkup, keys))


def printed(found: Report, outside: Outside, *, as_json: bool) -> str:
    """What goes to standard output; in a job of Actions that is a log which obeys commands."""
    text = document(found) if as_json else tell.checkup(found, outside.render)
    return harmless(text, ()) if _in_actions(outside.env) else text


def _secrets(checkup: Checkup, keys: Mapping[str, str]) -> tuple[str, ...]:
    """What is never to be shown: by the variable's name, and by what the policy says of it."""
    named = {lane.key_name for lane in judged(checkup.policy)} if checkup.policy else set()
    return tuple(value.strip() for name, value in keys.items() if name in named or secret_name(name))


# ---- GitHub ------------------------------------------------------------------------------------------------------


def _in_actions(env: Mapping[str, str]) -> bool:
    return env.get("GITHUB_ACTIONS") == "true"


def _runner(env: Mapping[str, str]) -> Step | Item | None:
    """The step that this is; an item where a runner says too little of it; None elsewhere."""
    if not _in_actions(env):
        return None
    token = env.get(TOKEN_INPUT, "").strip() or env.get("GITHUB_TOKEN", "").strip()
    if not token:
        return Unknown("github.token", "none was given, so nothing of GitHub was looked at; set GITHUB_TOKEN in `env:` of the step")
    try:
        return actions.step({**env, TOKEN_INPUT: token})
    except Denied as error:
        return health.told("github.token", str(error), "run it as a step of a workflow")


def _on_github(checkup: Checkup, runner: Step | Item, env: Mapping[str, str]) -> None:
    if not isinstance(runner, Step):
        checkup.items.append(runner)
        return
    logging.getLogger("github").setLevel(logging.CRITICAL)  # what is refused is an item here, and no line of PyGithub's own
    hub = connect(runner.api, runner.server, runner.token, env.get("GITHUB_REPOSITORY", ""))
    examine_hosting(checkup, Setup(hub), runner.token)
