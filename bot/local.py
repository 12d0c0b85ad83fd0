"""The command line's main job: a task and a repository in; a branch, a report and a ledger line out."""

import getpass
import hashlib
import os
import random
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.core import account, ledger
from bot.core.clean import visible
from bot.core.cost import Unpriced, dollars
from bot.core.detect import as_policy
from bot.core.diff import Diff, DiffError
from bot.core.diff import parse as parse_diff
from bot.core.facts import NotApplicable, Unreadable
from bot.core.ledger import Record
from bot.core.policy import Lane, Policy
from bot.core.policyfile import read as read_policy
from bot.core.policyfile import unheeded
from bot.core.request import Request
from bot.core.route import Refusal
from bot.core.score import in_words
from bot.core.trail import Opened, Trail
from bot.edge.chat.adapter import Chat, Timing
from bot.edge.git.plumbing import MAIL, WHO
from bot.edge.git.repository import Repository, find
from bot.edge.git.trees import Branches, Trees
from bot.edge.prices import price
from bot.edge.render import Templates
from bot.edge.sandbox import box
from bot.edge.store import Lines, Runs
from bot.edge.terminal import Progress
from bot.flow import run
from bot.hear import Asked, explain, hear, lane_at
from bot.ports import Bench, Denied, Desk, Kit, Model, Renderer

POLICY = ".github/route-agent.yml"
SETUP_NAMES = (
    "PIP_",
    "UV_",
    "npm_config_",
    "SSL_CERT_",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
)
"""What set-up commands may see of the caller's environment: how packages are reached, nothing else."""
MOST_TASK = 200_000


class Wall:
    """The clock on the wall."""

    def now(self) -> str:
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def seconds(self) -> float:
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class Outside:
    """What the caller's process has: its environment, and where its texts go."""

    env: Mapping[str, str]
    templates: Path
    progress: Progress
    runs: Callable[[Path], Runs] = Runs
    """Where Trails are kept between steps, given a folder."""

    @property
    def render(self) -> Renderer:
        return Templates(self.templates)

    def model(self) -> Model:
        timing = Timing(time.monotonic, time.sleep, random.random)
        return Chat(self.env, price, self.render, timing, lambda text: self.progress("asking", text))


@dataclass(frozen=True, slots=True)
class Desired:
    """One main job, as the command line or the demo asks for it."""

    repo: Path
    task: str
    policy: bytes | None
    """A policy of the caller's; the one committed in HEAD where there is none."""
    policy_name: str
    labels: tuple[str, ...] = ()
    lane: str | None = None
    base: str | None = None
    diff: str | None = None
    ledger: Path | None = None
    sandbox: bool = True


def desired(words: Namespace) -> Desired:
    """From what was typed. Raises `Denied` for files that cannot be read."""
    task = _file(words.issue_file, "--issue-file").decode(errors="replace") if words.issue_file else words.task
    if not task.strip() or len(task) > MOST_TASK:
        raise Denied(f"the task is empty or longer than {MOST_TASK} characters; say in a sentence or two what is wanted")
    diff = None
    if words.diff is not None:
        raw = sys.stdin.buffer.read() if words.diff == "-" else _file(words.diff, "--diff")
        diff = raw.decode(errors="surrogateescape")
    return Desired(
        repo=Path(words.repo),
        task=task,
        policy=_file(words.policy, "--policy") if words.policy else None,
        policy_name=words.policy or POLICY,
        labels=tuple(words.label),
        lane=words.lane,
        base=words.base,
        diff=diff,
        ledger=Path(words.ledger) if getattr(words, "ledger", None) else None,
        sandbox=not words.no_sandbox,
    )


def _file(name: str, flag: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise Denied(f"{flag} {name} cannot be read: {error.strerror}") from None


@dataclass(frozen=True, slots=True)
class Shop:
    """A repository opened for one main job."""

    repository: Repository
    asked: Asked
    kit: Kit
    bench: Bench
    runs: Runs
    ledger: Lines


@contextmanager
def shop(wanted: Desired, outside: Outside, model: Model) -> Iterator[Shop]:
    """Open the repository; whatever was put up for the job is gone afterwards."""
    repository = find(wanted.repo.absolute(), outside.env.get("PATH", os.defpath))
    with tempfile.TemporaryDirectory(prefix="route-agent-", ignore_cleanup_errors=True) as folder:
        trees = Trees(Path(folder), repository.objects, repository.path)
        try:
            yield _shop(wanted, outside, model, repository, trees, Path(folder))
        finally:
            trees.close()


def _shop(wanted: Desired, outside: Outside, model: Model, repository: Repository, trees: Trees, scratch: Path) -> Shop:
    own = repository.common_dir / "route-agent"
    lines, runs = Lines(wanted.ledger or own / "ledger.jsonl"), outside.runs(own / "runs")
    policy = _policy(wanted, repository, trees)
    for note in unheeded(policy):
        outside.progress("policy", f"not obeyed yet: {note}")
    if repository.dirty():
        outside.progress("reading", "uncommitted changes are not part of this: the patch is made on HEAD")
    sandbox = _sandbox(wanted, outside, repository, scratch)
    bench = Bench(trees, sandbox, model, outside.render)
    branches = Branches(trees, repository.git, repository.objects, WHO, MAIL)
    kit = Kit(lines, runs, Wall(), outside.progress, bench, Desk(branches, outside.render))
    asked = Asked(_request(wanted, repository, policy), policy, _change(wanted, repository))
    return Shop(repository, asked, kit, bench, runs, lines)


def _policy(wanted: Desired, repository: Repository, trees: Trees) -> Policy:
    if wanted.policy is not None:
        return read_policy(wanted.policy, wanted.policy_name)
    try:
        data = trees.open(repository.head).read(POLICY)
    except KeyError:
        there = (repository.root / POLICY).is_file()
        mend = (
            f"commit it, or pass --policy {POLICY}"
            if there
            else "docs/policy.md has a minimal one; write it there, or pass --policy FILE"
        )
        raise Denied(f"there is no {POLICY} in HEAD ({repository.head[:12]}); {mend}") from None
    return read_policy(data, POLICY)


def _sandbox(wanted: Desired, outside: Outside, repository: Repository, scratch: Path) -> box.Box:
    env = outside.env
    home = box.Home(
        root=repository.root,
        search=tuple(part for part in repository.path.split(":") if part),
        home=Path(env.get("HOME", "/root")),
        scratch=scratch,
        setup_environment={name: value for name, value in env.items() if name.startswith(SETUP_NAMES)},
    )
    made = box.find(home) if wanted.sandbox else box.Bare(home, Path())
    made.probe()
    return made


def _change(wanted: Desired, repository: Repository) -> Diff | NotApplicable | Unreadable:
    text = wanted.diff
    if wanted.base is not None:
        text = repository.change(repository.resolve(wanted.base))
    if text is None:
        return NotApplicable("the task comes without a change")
    try:
        return parse_diff(text)
    except DiffError as error:
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
    return Request(key, repository.root.name, None, _actor(), task, wanted.labels, repository.head, wanted.lane)


def _actor() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


# ---- the job -----------------------------------------------------------------------------------------------------


def fix(wanted: Desired, outside: Outside, model: Model) -> tuple[Record, Trail]:
    """Run the main job to its end. ^C leaves the repository as it was, and the ledger with what was spent."""
    with shop(wanted, outside, model) as place:
        for name in place.asked.policy.lanes:
            model.ready(place.asked.policy.lane(name))
        trail = _begun(place) or Trail(hear(_fresh(place), place.kit, place.bench))
        try:
            trail = run(trail, place.kit)
        except BaseException as error:
            _interrupted(place, trail.opened.request.id, error)
            raise
        finally:
            outside.progress.end()
        return ledger.record(trail, place.ledger.spent(run=trail.opened.request.id)), trail


def _candidates(place: Shop) -> Iterator[Request]:
    """The request's key, and the keys of its repetitions."""
    request = place.asked.request
    yield request
    for number in range(2, 1_000):
        yield Request(f"{request.id}-{number}", *(getattr(request, name) for name in Request.__slots__ if name != "id"))


def _begun(place: Shop) -> Trail | None:
    """A run of this very command that was cut off."""
    for request in _candidates(place):
        trail = place.runs.find(request.id)
        if trail is None:
            return None
        if not trail.finished:
            place.kit.watch("resuming", f"run {request.id}, cut off after {len(trail.entries)} steps")
            place.bench.sandbox.prepare(place.bench.trees.open(request.base), trail.opened.policy.verification.setup, 1_800)
            return trail
    return None


def _fresh(place: Shop) -> Asked:
    request = next(request for request in _candidates(place) if place.runs.find(request.id) is None)
    return Asked(request, place.asked.policy, place.asked.diff)


def _interrupted(place: Shop, id_: str, error: BaseException) -> None:
    trail = place.runs.find(id_)
    if trail is not None and not trail.finished:
        why = "interrupted" if isinstance(error, KeyboardInterrupt) else f"cut off: {type(error).__name__}"
        place.ledger.append(ledger.record(trail, place.ledger.spent(run=id_), why))


def report(record: Record, render: Renderer) -> str:
    cost = "unknown" if record.cost_micros is None else dollars(record.cost_micros)
    return render(
        "terminal/report.j2",
        record=record,
        classifier=account.classifier(record.signals),
        lane="none" if isinstance(record.route, Refusal) else record.route.lane,
        verification=" && ".join(check.run for check in record.checks) or "none",
        cost=cost,
    )


def comment(record: Record, render: Renderer) -> str:
    """What a reviewer reads on the issue."""
    route = None if isinstance(record.route, Refusal) else record.route
    return render(
        "comments/final.md.j2",
        record=record,
        sum=in_words(record.score),
        lane=route.lane if route else "",
        because=route.because if route else (),
        cost="unknown" if record.cost_micros is None else f"${dollars(record.cost_micros)}",
        costs=account.spent_by_lane(record),
        marks={"passed": "✅", "failed": "❌", "not_run": "○", "not_applicable": "·"},
    )


# ---- explain -----------------------------------------------------------------------------------------------------


def explained(wanted: Desired, outside: Outside, model: Model) -> tuple[Opened, str]:
    with shop(wanted, outside, model) as place:
        opened = explain(place.asked, place.kit, place.bench)
        outside.progress.end()
        return opened, _explanation(opened, outside.render, model)


def _explanation(opened: Opened, render: Renderer, model: Model) -> str:
    refusal = opened.route if isinstance(opened.route, Refusal) else None
    found = opened.checks and all(check.source != "verification.checks" for check in opened.checks)
    lanes = tuple(opened.policy.lane(name) for name in opened.policy.lanes)
    return render(
        "terminal/explain.j2",
        opened=opened,
        readings=[account.reading(signal.reading) for signal in opened.signals],
        sum=in_words(opened.score),
        open_question="the number of failing tests is not known yet",
        refusal=refusal,
        route=opened.route,
        highest_lane="" if refusal else lane_at(opened, opened.score.highest),
        found=as_policy(opened.checks) if found else "",
        lanes=[(lane, _price_words(lane, model)) for lane in lanes],
        unheeded=unheeded(opened.policy),
    )


def _price_words(lane: Lane, model: Model) -> str:
    found = model.price(lane)
    if isinstance(found, Unpriced):
        return f"price unknown: {found.why}"
    return f"${dollars(found.input)} in, ${dollars(found.output)} out for a million tokens"
