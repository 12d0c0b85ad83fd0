"""What a story about GitHub has to look at before it may end."""

import pytest

from tests.edge.github.adapter import hub


def test_a_story_must_look_at_branches_and_pull_requests_of_any_name_and_at_what_was_deleted(world, shop):
    github = hub(world)
    github.repo.create_git_ref("refs/heads/rogue", str(shop.tip("main")))
    with pytest.raises(AssertionError, match="branch octo/shop rogue"):
        world.finish()
    world.branches(shop)
    world.finish()
    github.repo.create_pull("main", "rogue", title="x", body="y")
    with pytest.raises(AssertionError, match="pull octo/shop"):
        world.finish()
    world.pulls(shop)
    world.commit(shop, "precious", {"a.txt": "1\n"})
    github.github.requester.requestJsonAndCheck("DELETE", f"{github.repo.url}/git/refs/heads/precious")
    with pytest.raises(AssertionError, match="deleted precious"):
        world.finish()
