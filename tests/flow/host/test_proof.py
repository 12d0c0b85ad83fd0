"""Stories of the host action: checks run behind real walls, and what is proved there is offered without CI."""

from typing import Any

from tests.fakes import repos
from tests.fakes.repos import BAD, DONE, GOOD
from tests.fakes.server import Answer, Server
from tests.fakes.shops import TEST
from tests.flow.host.hosting import TESTS, commented, ours, policy
from tests.flow.test_door import last, of


def test_a_patch_that_the_checks_prove_behind_walls_is_offered_and_ci_is_neither_asked_nor_started(
    world, models, shop, issue, tmp_path
):
    models.script("m-fast", [GOOD, TEST, DONE])

    ended = commented(world, shop, issue, tmp_path / "job").act()

    assert ended.state == "accepted", ended
    (pull,) = world.pulls(shop)
    assert (pull.base, pull.head) == ("main", (shop.name, of(ended).branch))
    (branch,) = ours(world, shop)
    assert shop.git("log", "--format=%s", f"main..{branch}") == "add(2, 2) gives 5", "one commit"
    assert "Proved by route-agent" in shop.git("log", "-1", "--format=%B", branch)
    assert world.runs(shop) == []
    asked = " ".join(seen.path for seen in world.journal)
    assert not [word for word in ("check-runs", "/status", "/actions/") if word in asked]


def test_the_comment_and_the_pull_request_say_what_was_proved_where(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    ended = commented(world, shop, issue, tmp_path / "job").act()
    said, (pull,) = last(world, issue), world.pulls(shop)
    assert of(ended).sandbox.startswith("bubblewrap ")
    for text in (said, pull.body):
        assert f"`{TESTS}` on the " in text
        assert f"in a sandbox (`{of(ended).sandbox}`) without network" in text
        assert "CI has not judged it" in text
        assert "started by hand" not in text
    assert "fails without the change and passes with it" in said
    ours(world, shop)


def test_what_the_checks_say_of_the_fast_lanes_patch_is_read_by_the_strong_lane(world, models, shop, issue, tmp_path):
    models.script("m-fast", [BAD, DONE])
    models.script("m-strong", [GOOD, TEST, DONE])
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "accepted", ended
    assert [attempt.lane for attempt in of(ended).attempts] == ["fast", "strong"]
    assert "AssertionError: \\'4\\' != 4" in str(models.requests[-1]["messages"])
    assert len(ours(world, shop)) == 1
    world.pulls(shop)


def test_the_commit_is_judged_and_set_up_and_never_what_lies_in_the_workspace(world, models, issue_of, tmp_path):
    setup = "mkdir -p .venv && find . -name '*.py' | sort > .venv/seen && pwd >> .venv/seen"
    shop, issue = issue_of(policy(models.url, f"cat .venv/seen; {TESTS}", setup))
    workspace = tmp_path / "job" / "workspace"
    repos.make(workspace, {"tests/test_evil.py": "raise SystemExit(9)\n", "evil.py": "", "shop/add.py": "x = 1\n"})
    (workspace / ".venv").mkdir()
    models.script("m-fast", [GOOD, TEST, DONE])

    ended = commented(world, shop, issue, tmp_path / "job").act()

    assert ended.state == "accepted", ended
    assert ended.trail is not None
    (run,) = ended.trail.opened.baseline
    files = {name for name in repos.SHOP if name.endswith(".py")}
    head = run.tail.split("test_kind")[0].split()
    assert {name.removeprefix("./") for name in head[:-1]} == files
    assert head[-1].startswith(str(tmp_path / "job" / "temp"))
    assert head[-1].endswith("/shop"), "the folder has the repository's name"
    assert ours(world, shop)
    assert world.pulls(shop)


def test_a_pull_request_that_moved_on_meanwhile_gets_no_branch(world, shop, tmp_path):
    pull = world.pull(shop, "topic", {"shop/extra.py": "x = 1\n"}, "More sums", "add(2, 2) gives 5, see shop/add.py")

    class Pushing(Server):
        def answer(self, body: dict[str, Any]) -> Answer:
            if not self.requests:
                world.commit(shop, "topic", {"shop/extra.py": "x = 2\n"})
            return super().answer(body)

    with Pushing() as models:
        world.commit(shop, "main", {".github/route-agent.yml": policy(models.url)})
        models.script("m-fast", [GOOD, TEST, DONE])
        ended = commented(world, shop, pull, tmp_path / "job").act()

    assert ended.state == "stopped", ended
    assert "has moved on from" in last(world, pull)
    assert (ours(world, shop), world.pulls(shop)) == ([], [])
