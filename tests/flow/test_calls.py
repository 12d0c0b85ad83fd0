"""What a command asks of GitHub, counted: the figures that docs/running-at-scale.md computes with."""

import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.scale import APP_MOST, COUNTED, FIX, WORST, Calls, installation
from tests.fakes.hosted import Hurried, Job
from tests.fakes.repos import BAD, DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.shops import TEST
from tests.fakes.world import Issue, Repo, World
from tests.fakes.world.http import Seen
from tests.fakes.world.runs import Scripted
from tests.flow.test_commands import Meanwhile, seen
from tests.flow.test_door import PROVED, RED, commented


def counted(journal: list[Seen]) -> Calls:
    """Of what GitHub was asked, what counts, by the limit that it counts against."""
    counts = [one for one in journal if one.counts]
    rest = [one for one in counts if one.path != "/api/graphql"]
    return Calls(len(rest), len([one for one in rest if one.method != "GET"]), len(counts) - len(rest))


def turned_away(job: Callable[..., Job], world: World, shop: Repo, models: Server) -> None:
    job("/agent fix", by="bob").act("gate")


def explained(job: Callable[..., Job], world: World, shop: Repo, models: Server) -> None:
    assert job("/agent explain").act("gate").state == "explained"


def fixed(job: Callable[..., Job], world: World, shop: Repo, models: Server) -> None:
    """CI takes five minutes."""
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = lambda *_: None
    both(job, Meanwhile(lambda: Scripted(PROVED)(world, shop, world.runs(shop)[0]), after=300))


def escalated(job: Callable[..., Job], world: World, shop: Repo, models: Server) -> None:
    """The first lane's patch is red, and is run once more in case that was chance."""
    models.script("m-fast", [BAD, TEST, DONE])
    models.script("m-strong", [GOOD, TEST, DONE])
    world.runner = Scripted(RED, RED, PROVED)
    both(job, Hurried())


def both(job: Callable[..., Job], clock: Hurried) -> None:
    """The gate's job and the one that works."""
    work = job("/agent fix")
    work.clock = clock
    gate = work.packed("gate")
    assert work.act("auto", handover=gate["handover"]).state == "accepted"


STORIES = dict(zip(COUNTED, (turned_away, explained, fixed, escalated), strict=True))


@pytest.mark.parametrize("name", STORIES)
def test_a_command_makes_the_calls_that_the_documents_compute_with(
    world: World, models: Server, shop: Repo, issue: Issue, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
):
    commented(world, shop, issue, tmp_path / "before").act("gate")  # the ledger's branch is there
    before, left = len(world.journal), world.limit_left

    def job(body: str, by: str = "ann") -> Job:
        return commented(world, shop, issue, tmp_path / "work", body, by)

    STORIES[name](job, world, shop, models)
    seen(world, shop, issue)
    found = counted(world.journal[before:])
    assert found.rest + found.graphql == left - world.limit_left
    kinds = Counter(f"{one.method} {re.sub(r'[0-9a-f]{40}|[0-9]+', '…', one.path)}" for one in world.journal[before:] if one.counts)
    table = "".join(f"  {count:3d} {kind}\n" for kind, count in kinds.most_common())
    with capsys.disabled():
        sys.stdout.write(f"\n{name}: {found}, and where they go:\n{table}")
    assert found == COUNTED[name]


def test_an_app_has_more_for_each_repository_past_twenty_up_to_a_limit():
    assert [installation(count) for count in (1, 20, 21, 170, 171, 1_000)] == [5_000, 5_000, 5_050, 12_500, APP_MOST, APP_MOST]


def test_a_fix_that_is_proved_at_once_stays_below_thirty():
    assert COUNTED[FIX].rest <= 30 < COUNTED[WORST].rest
