"""What is read of GitHub: who may do what, checks, labels, and reads that fail."""

import pytest

from bot.edge.github.reader import Reader
from bot.edge.github.speaker import Speaker
from bot.edge.github.writer import Branches
from bot.ports import Denied, Unavailable
from tests.edge.github.adapter import BRANCH, MARK, hub, layers
from tests.fakes.hosted import ME


@pytest.mark.parametrize(
    ("login", "permission"), [("ann", "write"), ("mia", "maintain"), ("zoe", "read"), ("ghost", "none"), ("x[bot]", "none")]
)
def test_a_persons_permission_is_asked_for_live(world, shop, login, permission):
    world.user("zoe")
    assert Reader(hub(world)).permission(login) == permission


def test_a_permission_that_cannot_be_had_is_never_guessed(world, shop):
    world.fail("GET", "/permission", status=500, times=5)
    with pytest.raises(Unavailable, match="what ann may do: GitHub"):
        Reader(hub(world)).permission("ann")


def test_a_read_that_fails_in_passing_is_asked_again(world, shop):
    world.fail("GET", "/permission", status=502)
    assert Reader(hub(world)).permission("ann") == "write"


def test_a_used_up_rate_limit_is_said_and_not_waited_for(world, shop):
    world.limit_left = 0
    with pytest.raises(Unavailable, match="rate limit"):
        Reader(hub(world)).permission("ann")


def test_a_token_that_github_does_not_know_is_denied_with_what_to_do(world, shop):
    with pytest.raises(Denied, match="pass `github-token`"):
        Reader(hub(world, "ghs_other")).me()


def test_failing_checks_come_with_annotations_and_the_end_of_their_log(world, shop):
    sha = str(shop.tip("main"))
    world.check(shop, sha, "tests", "failure", "old")
    world.check(shop, sha, "tests", "failure", f"{'x' * 9_000}\nE   assert 5 == 4\n", annotations=(("a.py", 2, "wrong"),))
    world.check(shop, sha, "lint", "success")
    world.check(shop, sha, "slow", None)
    world.check(shop, sha, "scan", "failure", app="other-app")
    shop.statuses[sha] = [
        {"context": "legacy", "state": "error", "description": "red there"},
        {"context": "mended", "state": "failure"},
        *({"context": f"s{number}", "state": "success"} for number in range(120)),
        {"context": "mended", "state": "success"},
        {"context": "later", "state": "pending"},
    ]

    found = Reader(hub(world)).failing(sha)

    assert found.total == 125, "every page of the statuses is read"
    assert [(check.name, check.annotations) for check in found.failed] == [
        ("tests", ("a.py:2: wrong",)),
        ("scan", ()),
        ("legacy", ("red there",)),
    ]
    assert found.failed[0].log_tail.endswith("E   assert 5 == 4\n")
    assert len(found.failed[0].log_tail) == 4_000


def test_no_check_at_all_is_not_a_red_one(world, shop):
    assert Reader(hub(world)).failing(str(shop.tip("main"))).total == 0


def test_checks_that_may_not_be_read_are_unreadable_and_say_what_is_missing(world, shop):
    world.token("ghs_few", ME, "contents:read statuses:read")
    found = Reader(hub(world, "ghs_few")).failing(str(shop.tip("main")))
    assert "permissions: checks: read" in found.unreadable


def test_the_newest_label_of_that_name_by_that_person_is_the_command(world, shop):
    issue = world.issue(shop, "T")
    for by, name in (("ann", "agent:fix"), ("ann", "agent:fix"), ("mia", "agent:fix"), ("ann", "bug")):
        world.label(shop, issue, by, name)
    ids = [event["id"] for event in issue.events]
    assert Reader(hub(world)).labelled(issue.number, "agent:fix", "ann") == ids[1]
    assert Reader(hub(world)).labelled(issue.number, "agent:fix", "mia") == ids[2]
    assert Reader(hub(world)).labelled(issue.number, "other", "ann") is None


def test_two_commits_parted_where_git_says(world, shop):
    start = str(shop.tip("main"))
    topic = world.commit(shop, "topic", {"a.txt": "1\n"})
    main = world.commit(shop, "main", {"b.txt": "1\n"})
    assert Reader(hub(world)).merge_base(main, topic) == start


def test_a_role_that_an_organisation_made_up_counts_as_what_it_amounts_to(world, shop):
    world.user("ada")
    shop.collaborators["ada"] = "release-captain:write"
    assert Reader(hub(world)).permission("ada") == "write"


def test_a_pull_request_whose_fork_is_gone_has_no_repository(world, shop):
    pull = world.fork_pull(shop, "", {"a.txt": "1\n"}, "Mine", by="mallory")
    assert Reader(hub(world)).pull(pull.number).head_repo is None


@pytest.mark.parametrize("path", ["/git/trees$", "/git/commits$", "/git/blobs$"])
@pytest.mark.parametrize("after", [False, True])
def test_an_object_whose_answer_is_lost_is_written_again(world, shop, sources, path, after):
    base = str(shop.tip("main"))
    world.fail("POST", path, after=after)
    made = Branches(hub(world), sources).push(base, layers(sources, base), BRANCH, "")
    assert shop.tip(BRANCH) == made[-1]


def test_a_read_that_meets_a_limit_without_a_date_is_asked_again_and_a_write_is_not(world, shop):
    world.fail("GET", "/permission", status=429)
    assert Reader(hub(world)).permission("ann") == "write"
    issue = world.issue(shop, "T")
    world.fail("POST", "/comments$", status=429)
    with pytest.raises(Unavailable, match="rate limit"):
        Speaker(hub(world)).say(issue.number, MARK, ME, f"{MARK}\nx")
    assert len(world.sent("POST", "/comments")) == 1
