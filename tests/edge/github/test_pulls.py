"""Pull requests, opened once, as drafts where there are any."""

import pytest

from bot.edge.github.pulls import PullRequests
from tests.edge.github.adapter import BRANCH, OPENING, hub
from tests.fakes.hosted import ME


@pytest.mark.parametrize("fault", [None, {}, {"after": True}, {"after": True, "drop": True}])
def test_a_pull_request_is_opened_once(world, shop, fault):
    world.commit(shop, BRANCH, {"a.txt": "1\n"})
    if fault is not None:
        world.fail("POST", "/pulls$", **fault)
    pulls = PullRequests(hub(world)).of(None, "main", ME)
    offer = pulls.offer(OPENING)
    assert pulls.offer(OPENING) == offer
    (made,) = world.pulls(shop)
    assert offer.open
    assert offer.url == f"{world.url}/octo/shop/pull/{made.number}"


def test_where_it_may_not_be_opened_there_is_a_page_for_a_person(world, shop):
    world.commit(shop, BRANCH, {"a.txt": "1\n"})
    world.token("ghs_shy", ME, may_open_pulls=False)
    offer = PullRequests(hub(world, "ghs_shy")).of(None, "main", ME).offer(OPENING)
    assert not offer.open
    assert offer.url == f"{world.url}/octo/shop/compare/main...{BRANCH}?expand=1"


def test_where_drafts_are_not_to_be_had_a_plain_pull_request_is_opened(world, shop):
    world.commit(shop, BRANCH, {"a.txt": "1\n"})
    world.drafts = False
    assert PullRequests(hub(world)).of(None, "main", ME).offer(OPENING).open
    (made,) = world.pulls(shop)
    assert not made.draft


def test_a_pull_request_that_somebody_closed_is_not_offered_as_open(world, shop):
    world.commit(shop, BRANCH, {"a.txt": "1\n"})
    pulls = PullRequests(hub(world)).of(None, "main", ME)
    first = pulls.offer(OPENING)
    world.pulls(shop)[0].state = "closed"
    assert pulls.offer(OPENING).url != first.url


@pytest.mark.parametrize(("me", "state"), [(ME, "closed"), ("ann", "open")])
def test_a_pull_request_is_withdrawn_by_who_has_opened_it_alone(world, shop, me, state):
    """`ann` stands for us here: what the other login has opened from a branch of ours is not ours to close."""
    world.commit(shop, BRANCH, {"a.txt": "1\n"})
    PullRequests(hub(world)).of(None, "main", ME).offer(OPENING)
    PullRequests(hub(world)).of(None, "main", me).withdraw(BRANCH)
    (made,) = world.pulls(shop)
    assert made.state == state
