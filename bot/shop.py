"""A repository opened for one main job: its ledger and Trails, the sandbox, the kit, and what the person asked for."""

import getpass
import hashlib
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bot.arguments import POLICY, Desired
from bot.core.clean import sendable, visible
from bot.core.diff import Diff, DiffError
from bot.core.diff import parse as parse_diff
from bot.core.facts import NotApplicable, Unreadable
from bot.core.instant import written
from bot.core.keys import SEND_KEY, Keys, said, shown
from bot.core.policy import Policy
from bot.core.policyfile import read as read_policy
from bot.core.policyfile import unheeded
from bot.core.request import Request
from bot.core.route import unknown_lane
from bot.edge.git.branches import Branches
from bot.edge.git.plumbing import MAIL, WHO
from bot.edge.git.repository import Repository, find
from bot.edge.git.trees import Trees
from bot.edge.model.asking import Models, Timing
from bot.edge.prices import Prices
from bot.edge.render import Templates
from bot.edge.sandbox import box
from bot.edge.store import Lines, Runs
from bot.edge.terminal import Progress
from bot.hear import Asked
from bot.ports import UNOBSERVED, Bench, Denied, Desk, Kit, Model, Observer, Renderer


class Wall:
    """The clock on the wall."""

    def now(self) -> str:
        return written(datetime.now(UTC))

    def seconds(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Outside:
    """What the caller's process has: its environment, and where its texts go."""

    env: Mapping[str, str]
    templates: Path
    progress: Progress
    runs: Callable[[Path], Runs] = Runs
    """Where Trails are kept between steps, given a folder."""
    observer: Observer = UNOBSERVED

    @property
    def path(self) -> str:
        """Where git is found."""
        return self.env.get("PATH", os.defpath)

    @property
    def keys(self) -> Keys:
        """A repository's policy sends none where this environment does not say so."""
        try:
            return Keys(self.env, "to its own provider", said(self.env.get(SEND_KEY, "")))
        except ValueError as error:
            raise Denied(str(error)) from None

    @property
    def render(self) -> Renderer:
        return Templates(self.templates)

    def model(self) -> Model:
        timing = Timing(time.monotonic, time.sleep, random.random)
        return Models(self.keys, Prices(), self.render, timing, lambda text: self.progress("asking", text))


@dataclass(frozen=True, slots=True)
class Shop:
    """A repository opened for one main job."""

    repository: Repository
    asked: Asked
    kit: Kit
    bench: Bench
    runs: Runs
    ledger: Lines
    further: Callable[[], Kit]
    """A kit for a further run here."""


@contextmanager
def shop(wanted: Desired, outside: Outside, model: Model) -> Iterator[Shop]:
    """Open the repository; whatever was put up for the job is gone afterwards."""
    repository = find(wanted.repo.absolute(), outside.path)
    with tempfile.TemporaryDirectory(prefix="route-agent-", ignore_cleanup_errors=True) as folder:
        trees = Trees(Path(folder), repository.objects, repository.path)
        try:
            yield _shop(wanted, outside, model, repository, trees, Path(folder))
        finally:
            trees.close()


def _shop(wanted: Desired, outside: Outside, model: Model, repository: Repository, trees: Trees, scratch: Path) -> Shop:
    own = repository.common_dir / "route-agent"
    runs = outside.runs(own / "runs")
    lines = Lines(wanted.ledger or own / "ledger.jsonl", runs.over)
    policy = committed(wanted, repository, trees)
    if wanted.lane is not None and (unknown := unknown_lane(wanted.lane, policy.lanes)):
        raise Denied(f"--lane: {unknown}")
    for note in unheeded(policy, "sandbox"):
        outside.progress("policy", f"not obeyed yet: {note}")
    if policy.verification.setup and (lacking := shown(outside.env).lacking):
        outside.progress("set-up", lacking)
    if repository.dirty():
        outside.progress("reading", "uncommitted changes are not part of this: the patch is made on HEAD")
    sandbox = _sandbox(wanted, outside, repository, scratch)
    bench = Bench(trees, sandbox, model, outside.render)
    branches = Branches(trees, repository.git, repository.objects, WHO, MAIL)
    desk = Desk(branches, outside.render, trees)
    kit = partial(outside.observer.observed, Kit(lines, lines, runs, Wall(), outside.progress, bench=bench, desk=desk))
    asked = Asked(_request(wanted, repository, policy), policy, _change(wanted, repository, trees))
    return Shop(repository, asked, kit(), bench, runs, lines, kit)


def committed(wanted: Desired, repository: Repository, trees: Trees) -> Policy:
    """The caller's own policy, else the one committed in HEAD."""
    if wanted.policy is not None:
        return read_policy(wanted.policy, wanted.policy_name)
    try:
        data = trees.open(repository.head).read(POLICY)
    except KeyError:
        raise Denied(f"there is no {POLICY} in HEAD ({repository.head[:12]}); {_remedy(repository.root / POLICY)}") from None
    return read_policy(data, POLICY)


def _remedy(file: Path) -> str:
    if file.is_symlink():
        return f"what lies there is a link, which is not followed: commit a file, or pass --policy {POLICY}"
    return (
        f"commit it, or pass --policy {POLICY}"
        if file.is_file()
        else "`route-agent init` writes one, to commit; or pass --policy FILE"
    )


def _sandbox(wanted: Desired, outside: Outside, repository: Repository, scratch: Path) -> box.Box:
    env = outside.env
    home = box.Home(
        root=repository.root,
        search=tuple(part for part in repository.path.split(":") if part),
        home=Path(env.get("HOME", "/root")),
        scratch=scratch,
        setup_environment=shown(env).values,
    )
    made = box.find(home) if wanted.sandbox else box.Bare(home, Path())
    made.probe()
    return made


def _change(wanted: Desired, repository: Repository, trees: Trees) -> Diff | NotApplicable | Unreadable:
    text = wanted.diff
    if text is not None and not text.strip():  # of what made it nothing is known, and the change may be any
        raise Denied("--diff: there is nothing in it; give a unified diff, as `git diff` prints it, or leave --diff out")
    if wanted.base is not None:
        text = trees.change(repository.parted(repository.resolve(wanted.base)), repository.head)
    if text is None:
        return NotApplicable("the task comes without a change")
    try:
        return parse_diff(text)
    except DiffError as error:
        if wanted.diff is not None:
            raise Denied(f"--diff: {error}; give a unified diff, as `git diff` prints it") from None
        return Unreadable(f"the diff cannot be read: {error}")


def _request(wanted: Desired, repository: Repository, policy: Policy) -> Request:
    """The same command on the same commit under the same policy has the same key: that is how a killed run is found again."""
    task = visible(wanted.task)
    parts = (
        str(repository.root),
        repository.head,
        task,
        policy.model_dump_json(),
        wanted.lane,
        wanted.labels,
        wanted.diff,
        wanted.base,
    )
    key = hashlib.sha256(repr(parts).encode(errors="surrogateescape")).hexdigest()[:10]
    labels = tuple(map(sendable, wanted.labels))
    return Request(key, sendable(repository.root.name), None, actor(), task, labels, repository.head, wanted.lane)


def actor() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
