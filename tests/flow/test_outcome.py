"""What becomes of a patch, noted on the ledger's branch. Real PyGithub, git and HTTP."""

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from bot.core.event import Judged
from bot.core.ledger import decode
from bot.core.outcome import Origin, Outcome, origin
from bot.core.payload import EventError
from bot.edge.git.fetch import remote
from bot.edge.github.client import connect
from bot.first import look
from bot.outcome import noted
from tests.fakes.hosted import Job
from tests.fakes.repos import DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.shops import TEST
from tests.fakes.world import Issue, Repo, World
from tests.fakes.world.runs import Scripted
from tests.flow.test_door import PROVED, commented, of

POLICY = ".github/route-agent.yml"
OUTCOME = "contents:write pull-requests:read"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path / "world") as made:
        yield made


@pytest.fixture
def pull(world: World, models: Server, shop: Repo, tmp_path: Path) -> Issue:
    """A pull request of a run that was accepted."""
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    issue = world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert of(ended).result == "pass"
    return world.pulls(shop)[0]


def told(
    world: World, folder: Path, name: str, payload: Mapping[str, Any], scopes: str = "contents:write pull-requests:read"
) -> str:
    job = Job(world, folder, name, payload, scopes=scopes)
    event = look(job.env())
    assert isinstance(event, Judged), event
    token = world.token(f"ghs_{scopes}".replace(" ", ""), "github-actions[bot]", scopes)
    hub, now = connect(world.api, world.url, token, "octo/shop", 0), datetime.now(UTC)
    with TemporaryDirectory() as store:
        return noted(event, hub, POLICY, remote(Path(store), f"{world.url}/octo/shop.git", token, os.environ["PATH"]), now)


def outcomes(shop: Repo) -> list[Outcome]:
    paths = shop.git("ls-tree", "-r", "--name-only", "route-agent-ledger", "outcomes/").split()
    found = [decode(shop.file("route-agent-ledger", path) or "") for path in paths]
    return [item for item in found if isinstance(item, Outcome)]


def test_a_merge_as_it_was_proved_is_noted_once_however_often_it_is_told(world, shop, pull, tmp_path):
    payload = world.closed(shop, pull, "ann", merged=True)
    for n in range(2):
        said = told(world, tmp_path / str(n), "pull_request", payload)
    assert said.endswith("merged, as it was proved")
    begun = origin(str(pull.head[1]))
    assert begun is not None
    assert outcomes(shop) == [Outcome(begun.run, payload["pull_request"]["closed_at"], "merged", "ann", pull.number, 0)]


def test_a_merge_after_changes_by_hand_says_how_many_lines(world, shop, pull, tmp_path):
    branch = str(pull.head[1])
    world.commit(shop, branch, {"shop/add.py": "def add(a, b):\n    # by hand\n    return a + b\n"})
    said = told(world, tmp_path / "job", "pull_request", world.closed(shop, pull, "ann", merged=True))
    (found,) = outcomes(shop)
    assert found.lines == 1
    assert "1 lines changed by hand" in said


def test_what_is_merged_in_from_the_default_branch_is_nobody_s_hand(world, shop, pull, tmp_path):
    branch = str(pull.head[1])
    world.commit(shop, "main", {"shop/other.py": "x = 1\n" * 50})
    tree = shop.git("merge-tree", "--write-tree", branch, "main")
    merge = shop.git("commit-tree", tree, "-p", branch, "-p", "main", "-m", "Merge main")
    shop.git("update-ref", f"refs/heads/{branch}", merge)
    said = told(world, tmp_path / "job", "pull_request", world.closed(shop, pull, "ann", merged=True))
    assert [found.lines for found in outcomes(shop)] == [0], said


def test_a_self_test_s_branch_is_no_run_s():
    assert origin("route-agent/3/d9-0") is None


def test_closed_unmerged_and_changes_requested_are_told_apart(world, shop, pull, tmp_path):
    told(
        world, tmp_path / "review", "pull_request_review", world.reviewed(shop, pull, "ann", "CHANGES_REQUESTED"), "contents:write"
    )
    told(world, tmp_path / "close", "pull_request", world.closed(shop, pull, "ann", merged=False))
    assert sorted((found.what, found.lines) for found in outcomes(shop)) == [("changes_requested", None), ("closed", None)]


def test_a_patch_that_is_taken_back_is_noted_when_the_revert_is_merged(world, shop, pull, tmp_path):
    branch = str(pull.head[1])
    back = world.pull(shop, f"revert-{pull.number}-{branch}", {"shop/add.py": "x = 1\n"}, "Revert it", by="ann")
    said = told(world, tmp_path / "closed", "pull_request", world.closed(shop, back, "ann", merged=False))
    assert "was not merged" in said
    assert outcomes(shop) == []
    said = told(world, tmp_path / "merged", "pull_request", world.closed(shop, back, "ann", merged=True))
    begun = origin(branch)
    assert begun is not None
    assert said == f"run {begun.run}: reverted"
    assert [(found.run, found.what, found.pull, found.lines) for found in outcomes(shop)] == [
        (begun.run, "reverted", back.number, None)
    ]


def test_what_a_bot_closes_is_no_word_on_the_patch(world, shop, pull, tmp_path):
    world.user("agent[bot]", "Bot")
    said = told(world, tmp_path / "job", "pull_request", world.closed(shop, pull, "agent[bot]", merged=False))
    assert "no person's word" in said
    assert outcomes(shop) == []


def test_a_stranger_s_review_is_a_remark(world, shop, pull, tmp_path):
    said = told(world, tmp_path / "job", "pull_request_review", world.reviewed(shop, pull, "bob", "changes_requested"))
    assert "bob may not write here" in said
    assert outcomes(shop) == []


@pytest.mark.parametrize("state", ["approved", "commented"])
def test_other_reviews_are_nothing(world, shop, pull, tmp_path, state):
    job = Job(world, tmp_path / "job", "pull_request_review", world.reviewed(shop, pull, "ann", state))
    assert isinstance(look(job.env()), str)


def test_pull_requests_of_others_and_of_forks_are_nothing(world, shop, tmp_path):
    own = world.pull(shop, "topic", {"a.py": "x = 1\n"}, "Mine", by="ann")
    for name in ("revert-0-route-agent/1/c2-1", "revert-3-topic"):
        odd = world.pull(shop, name, {"a.py": "x = 1\n"}, "Odd", by="ann")
        job = Job(world, tmp_path / name.replace("/", "-"), "pull_request", world.closed(shop, odd, "ann", merged=True))
        assert look(job.env()) == "the pull request is not of this bot"
    fork = world.pull(shop, "route-agent/1/c9-1", {"a.py": "x = 1\n"}, "Look-alike", by="bob")
    fork.head = ("bob/shop", "route-agent/1/c9-1")
    for number, each in enumerate((own, fork)):
        job = Job(world, tmp_path / str(number), "pull_request", world.closed(shop, each, "ann", merged=True))
        assert look(job.env()) == "the pull request is not of this bot"


def test_an_outcome_without_a_record_is_kept_all_the_same(world, shop, tmp_path):
    odd = world.pull(shop, "route-agent/4/c77-1", {"a.py": "x = 1\n"}, "Of a run long ago", by="ann")
    said = told(world, tmp_path / "job", "pull_request", world.closed(shop, odd, "ann", merged=True))
    assert "the ledger has no record of it" in said
    assert [(found.run, found.lines) for found in outcomes(shop)] == [("c77", None)]


@pytest.mark.parametrize("branch", ["route-agent/3/c9", "route-agent/0/c9-1", "route-agent/3/../c9-1", "x/route-agent/3/c9-1"])
def test_only_names_that_we_give_are_ours(branch):
    assert origin(branch) is None
    assert origin("route-agent/3/c9-2") == Origin(3, "c9")


@pytest.mark.parametrize("field", [("closed_at", "../../x"), ("created_at", "2026-13"), ("sha", "main"), ("sha", "../../pulls")])
def test_what_becomes_a_part_of_a_path_has_its_shape(world, shop, pull, tmp_path, field):
    payload = world.closed(shop, pull, "ann", merged=True)
    name, value = field
    (payload["pull_request"]["head"] if name == "sha" else payload["pull_request"])[name] = value
    with pytest.raises(EventError, match=name):
        look(Job(world, tmp_path / "job", "pull_request", payload).env())
