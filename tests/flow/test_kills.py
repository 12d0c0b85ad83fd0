"""The machine goes away after any call of a run; the job is run again, and the world is as if nothing had happened."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.core.ledger import Record, decode
from bot.core.spend import Movement, Reserved, accounts
from bot.hosted import close
from tests.fakes import shops
from tests.fakes.hosted import ME, Job
from tests.fakes.repos import BAD, DONE, GOOD
from tests.fakes.server import Answer, Server
from tests.fakes.shops import TEST
from tests.fakes.world import World
from tests.fakes.world.runs import Scripted
from tests.flow.review.verdicts import FINE
from tests.flow.test_door import PROVED, RED

OTHERWISE = {**GOOD, "new": "b + a"}
PRICE = {"m-fast": 1_200, "m-judge": 1_200, "m-strong": 12_000}
"""Micro-dollars of one call, as the policy of these stories prices 1,000 tokens in and 100 out."""
PARTS = 4
"""Each kind of story is cut up, so that workers share it."""


@dataclass(frozen=True)
class Story:
    """What the lanes say, at first and after a restart, and what CI says of each branch."""

    fast: list[Answer]
    strong: list[Answer]
    judge: list[Answer]
    ci: tuple[dict[str, str], ...]
    lanes: tuple[str, ...]
    patches: int
    """How many of them make one, which CI is asked about."""

    @property
    def requests(self) -> int:
        return len(self.fast) + len(self.strong) + len(self.judge)


AT_ONCE = Story([GOOD, TEST, DONE], [], [FINE], (PROVED,), ("fast",), 1)
ESCALATED = Story([BAD, DONE], [GOOD, TEST, DONE], [], (RED, RED, PROVED), ("fast", "strong"), 2)
NO_PATCH = Story([{"action": "give_up", "reason": "no idea"}], [GOOD, TEST, DONE], [], (PROVED,), ("fast", "strong"), 1)
JUDGE = '  verifier: {{provider: openai_compatible, model: m-judge, base_url: "{url}", price: {{input: 1, output: 2}}}}'


def forked(work: Callable[[], object], world: World, left: int) -> int:
    """Do it in a process of its own, which is killed when so many of its requests have been done, 0 for never; its exit code."""
    child = os.fork()
    if child == 0:
        os.setsid()
        code = 1
        try:
            work()
            code = 0
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    world.left, world.victim = left, child if left else None
    _, status = os.waitpid(child, 0)
    world.victim = None
    return os.waitstatus_to_exitcode(status)


@contextmanager
def place(story: Story, folder: Path) -> Iterator[tuple[World, Server, Job]]:
    with Server() as models, World(folder / "world") as world:
        policy = shops.POLICY.replace("routing:", f"{JUDGE}\nrouting:", 1) if story.judge else shops.POLICY
        files = shops.files(models.url, more={".github/route-agent.yml": policy.format(url=models.url)})
        shop = world.repo("octo/shop", files, ann="write")
        issue = world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")
        world.runner = Scripted(*story.ci)
        models.script("m-fast", list(story.fast))
        models.script("m-strong", list(story.strong))
        models.script("m-judge", list(story.judge))
        payload = world.comment(shop, issue, "ann", "/agent fix")
        job = Job(world, folder / "first", "issue_comment", payload)
        job.env()  # its token is known to this side, too
        yield world, models, job


def closed(job: Job) -> None:
    """The last phase of the same step, on the same machine."""
    os.environ.update(job.env())
    close()


def again(world: World, models: Server, first: Job, story: Story) -> Job:
    """The job run again on another machine; a model that had not been asked before now answers differently."""
    asked = {str(body["model"]) for body in models.requests}
    if "m-fast" not in asked:
        models.script("m-fast", [OTHERWISE if one is GOOD else one for one in story.fast])
    if "m-strong" not in asked:
        models.script("m-strong", [OTHERWISE if one is GOOD else one for one in story.strong])
    return Job(world, first.folder.parent / "second", first.name, first.payload, attempt="2")


def looked_at(world: World, models: Server, story: Story) -> None:
    """As after a run that nothing disturbed."""
    shop = world.repos["octo/shop"]
    issue = shop.issues[1]
    (said,) = world.said(issue, ME)
    assert "### route-agent: accepted" in said
    (pull,) = world.pulls(shop)
    assert pull.state == "open"
    (branch,) = [name for name in world.branches(shop) if name.startswith("route-agent/")]
    assert pull.head == (shop.name, branch)
    assert len(world.runs(shop)) == story.patches
    assert world.reacted(shop, issue) == {"eyes"}
    (path,) = shop.git("ls-tree", "-r", "--name-only", "route-agent-ledger", "records/").split()
    record = decode(shop.file("route-agent-ledger", path) or "")
    assert isinstance(record, Record)
    assert (record.result, tuple(each.lane for each in record.attempts)) == ("pass", story.lanes)
    assert len(models.requests) == story.requests, "what was paid for is not bought again"
    assert record.cost_micros == sum(PRICE[str(body["model"])] for body in models.requests), "and all of it is told"
    (month,) = shop.git("ls-tree", "-r", "--name-only", "route-agent-ledger", "spend/").split()
    money = [decode(row) for row in (shop.file("route-agent-ledger", month) or "").splitlines()]
    movements = [row for row in money if isinstance(row, Movement)]
    counted = sum(account.counted or 0 for account in accounts(movements))
    assert counted >= record.cost_micros, "a lost share counts whole"
    assert counted <= record.cost_micros + 1_000_000 * (sum(isinstance(row, Reserved) for row in money) - 1)
    world.finish()


def calls(story: Story, folder: Path) -> int:
    """How many requests a run makes that nothing disturbs."""
    with place(story, folder) as (world, models, job):
        assert forked(job.act, world, 0) == 0
        looked_at(world, models, story)
        return len(world.journal)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize(
    ("story", "last_phase"),
    [(ESCALATED, False), (AT_ONCE, True), (NO_PATCH, False)],
    ids=["machine gone", "last phase", "a lane without a patch"],
)
def test_a_run_killed_after_any_call_and_run_again_is_like_one_undisturbed(story, last_phase, part, tmp_path):
    total = calls(story, tmp_path / "undisturbed")
    for left in range(1 + part, total + 1, PARTS):
        with place(story, tmp_path / str(left)) as (world, models, job):
            assert forked(job.act, world, left) == -9, f"killed after request {left} of {total}"
            if last_phase:
                assert forked(lambda job=job: closed(job), world, 0) == 0  # type: ignore[misc]  # bound here and now
            assert forked(again(world, models, job, story).act, world, 0) == 0
            try:
                looked_at(world, models, story)
            except BaseException as error:
                error.add_note(f"killed after request {left} of {total}: {world.journal[left - 1].line}")
                raise
