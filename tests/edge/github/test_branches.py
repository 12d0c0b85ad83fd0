"""A patch as commits on a branch of our own, made once and byte for byte."""

import pytest

from bot.edge.git.fetch import fetched
from bot.edge.github.writer import Branches
from bot.ports import Denied, Unavailable
from tests.edge.github.adapter import BRANCH, hub, layers
from tests.fakes import repos


@pytest.mark.parametrize("fault", [None, {}, {"after": True}, {"after": True, "drop": True}])
def test_a_patch_is_two_commits_on_one_branch_made_once_and_byte_for_byte(world, shop, sources, fault):
    base = str(shop.tip("main"))
    if fault is not None:
        world.fail("POST", "/git/refs$", **fault)
    writer = Branches(hub(world), sources)

    made = writer.push(base, layers(sources, base), BRANCH, "")

    assert writer.push(base, layers(sources, base), BRANCH, "") == made, "doing it again changes nothing"
    tests, whole = made
    assert shop.tip(BRANCH) == whole
    assert shop.git("rev-parse", f"{whole}~1", f"{tests}~1").split() == [tests, base]
    assert shop.git("diff", "--name-status", base, tests) == "A\ttests/test_latin.py\nA\ttests/test_new.py"
    assert shop.git("diff", "--name-status", tests, whole) == "D\tshop/__init__.py\nM\tshop/add.py"
    assert repos.blob(shop.path, f"{whole}:tests/test_latin.py") == b"# caf\xe9\n"
    assert repos.blob(shop.path, f"{whole}:tests/test_new.py") == b"x = 1\r\n"


def test_a_branch_that_holds_something_else_is_left_alone(world, shop, sources):
    """Complaint 18: a branch was pushed over by force."""
    base = str(shop.tip("main"))
    other = world.commit(shop, BRANCH, {"a.txt": "theirs\n"})
    with pytest.raises(Denied, match="holds something else"):
        Branches(hub(world), sources).push(base, layers(sources, base), BRANCH, "")
    assert shop.tip(BRANCH) == other


def test_where_github_says_that_a_branch_is_there_and_that_it_is_not_the_same_job_may_go_on_later(world, shop, sources):
    base = str(shop.tip("main"))
    made = Branches(hub(world), sources).push(base, layers(sources, base), BRANCH, "")
    world.fail("GET", "/git/ref/heads/route-agent", status=409)
    with pytest.raises(Unavailable, match="GitHub says that there is a branch route-agent/1/c9-1, and that there is none"):
        Branches(hub(world), sources).push(base, layers(sources, base), BRANCH, "")
    assert Branches(hub(world), sources).push(base, layers(sources, base), BRANCH, "")
    assert shop.tip(BRANCH) == made[-1]


def test_only_branches_of_our_own_are_made_or_deleted(world, shop, sources):
    writer, base = Branches(hub(world), sources), str(shop.tip("main"))
    for name in ("main", "route-agent/../main", "route-agent/1/c9-1\nx"):
        with pytest.raises(Denied, match="no name for a branch of ours"):
            writer.drop(name)
        with pytest.raises(Denied, match="no name for a branch of ours"):
            writer.push(base, layers(sources, base), name, "")
    writer.drop(BRANCH)  # one that is gone is fine
    assert shop.branches() == ["main"]


def test_a_commit_that_is_gone_and_a_token_that_may_not_read_say_so(world, shop, sources, tmp_path):
    with pytest.raises(Denied, match=r"not on 127\.0\.0\.1:\d+ any more"):
        sources.open("f" * 40)
    with (
        fetched(tmp_path / "no", f"{world.url}/octo/shop.git", "ghs_wrong", repos.PATH) as made,
        pytest.raises(Denied, match="contents: read"),
    ):
        made.open(str(shop.tip("main")))


def test_a_branch_on_another_base_is_left_alone_though_its_tree_is_the_same(world, shop, sources):
    base = str(shop.tip("main"))
    (layer,) = layers(sources, base)[1:]
    writer = Branches(hub(world), sources)
    writer.push(base, (layer,), BRANCH, "")
    other = world.commit(shop, "main", {}, "an empty one")
    with pytest.raises(Denied, match="on another commit"):
        writer.push(other, (layer,), BRANCH, "")
