"""One comment a command, and a reaction, whatever becomes of the answer."""

import time

import pytest

from bot.edge.github.client import connect
from bot.edge.github.reader import Reader
from bot.edge.github.speaker import MOST, Speaker, shortened
from tests.edge.github.adapter import MARK, hub
from tests.fakes.hosted import ME


@pytest.mark.parametrize("fault", [{}, {"after": True}, {"drop": True}, {"after": True, "drop": True}])
def test_a_comment_whose_answer_is_lost_is_made_once(world, shop, fault):
    """Complaint 11: a request that was sent again left a second comment."""
    issue = world.issue(shop, "T")
    world.fail("POST", r"/comments$", **fault)
    Speaker(hub(world)).say(issue.number, MARK, ME, f"{MARK}\nhello")
    assert world.said(issue, ME) == [f"{MARK}\nhello"]
    world.finish()


def test_the_comment_of_a_command_is_found_on_any_page_and_edited_in_place(world, shop):
    issue = world.issue(shop, "T")
    for number in range(150):
        world.comment(shop, issue, "zoe", f"{MARK} {number}")
    first = Speaker(hub(world)).say(issue.number, MARK, ME, f"{MARK}\none")
    second = Speaker(hub(world)).say(issue.number, MARK, ME, f"{MARK}\ntwo")
    assert first == second
    assert world.said(issue, ME) == [f"{MARK}\ntwo"], "somebody else's comment with the mark is not ours"


def test_a_comment_that_is_too_long_is_cut_and_its_code_block_closed(world, shop):
    issue, long = world.issue(shop, "T"), f"{MARK}\n````text\n" + "```\n" * 30_000
    assert len(shortened(long)) < 65_536
    Speaker(hub(world)).say(issue.number, MARK, ME, long)
    (said,) = world.said(issue, ME)
    assert len(said) < 65_536
    assert said.rstrip().endswith("````\n\n(cut: a comment holds no more)")
    assert shortened("x" * MOST) == "x" * MOST


def test_a_reaction_is_given_once_on_a_comment_and_on_an_issue(world, shop):
    issue = world.issue(shop, "T")
    number = world.comment(shop, issue, "ann", "/agent fix")["comment"]["id"]
    for _ in range(2):
        Speaker(hub(world)).react(issue.number, number, "eyes")
        Speaker(hub(world)).react(issue.number, None, "-1")
    assert issue.reactions == {str(number): {(ME, "eyes")}, "issue": {(ME, "-1")}}


def test_asking_who_the_token_is_makes_no_write_wait(world, shop):
    issue = world.issue(shop, "T")
    patient = connect(world.api, world.url, "ghs_all", "octo/shop", 30)
    start = time.monotonic()
    assert Reader(patient).me() == ME
    Speaker(patient).react(issue.number, None, "eyes")
    assert time.monotonic() - start < 15
