"""The adapter over the real PyGithub, against a GitHub that remembers and can fail on demand."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from bot.core.patch import part
from bot.edge.git.fetch import Fetched, Remote, fetched
from bot.edge.github.client import Hub, Polled, connect
from bot.edge.github.pulls import PullRequests
from bot.edge.github.reader import Reader
from bot.edge.github.speaker import MOST, Speaker, shortened
from bot.edge.github.workflows import Workflows
from bot.edge.github.writer import Branches
from bot.ports import Denied, Layer, Opening, Unavailable
from tests.fakes import repos, shops
from tests.fakes.hosted import ME
from tests.fakes.world import Repo, World
from tests.fakes.world.runs import Scripted

MARK, BRANCH = "<!-- route-agent:c9 -->", "route-agent/1/c9-1"
VERIFY = shops.VERIFY
INPUTS = {"base": "b", "tests-only": "", "patched": "p", "request": "c9"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path / "world") as made:
        made.token("ghs_all", ME)
        yield made


@pytest.fixture
def shop(world: World) -> Repo:
    return world.repo("octo/shop", shops.files("http://127.0.0.1:9/v1"), ann="write", mia="maintain")


def hub(world: World, token: str = "ghs_all") -> Hub:  # noqa: S107 - of a server on this machine
    return connect(world.api, world.url, token, "octo/shop", 0)


def watched(of: Hub) -> Workflows:
    return Workflows(of, Polled(of))


@pytest.fixture
def sources(world: World, shop: Repo, tmp_path: Path) -> Iterator[Fetched]:
    (tmp_path / "own").mkdir()
    with fetched(tmp_path / "own", f"{world.url}/octo/shop.git", "ghs_all", repos.PATH) as made:
        yield made


# ---- one comment ---------------------------------------------------------------------------------------------------


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


# ---- who -----------------------------------------------------------------------------------------------------------


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


# ---- checks --------------------------------------------------------------------------------------------------------


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


# ---- branches ------------------------------------------------------------------------------------------------------


def layers(sources: Fetched, sha: str) -> tuple[Layer, ...]:
    tree = sources.open(sha)
    tree.write("shop/add.py", b"def add(a, b):\n    return a + b\n")
    tree.write("tests/test_latin.py", b"# caf\xe9\n")
    tree.write("tests/test_new.py", b"x = 1\r\n")
    tree.delete("shop/__init__.py")
    whole = tree.diff()
    return Layer(part(whole, lambda path: path.startswith("tests/")), "tests [x]"), Layer(whole, "all")


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


# ---- runs and pull requests ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [None, {}, {"after": True}, {"after": True, "drop": True}])
def test_a_workflow_is_started_once_for_a_commit(world, shop, fault):
    sha = world.commit(shop, BRANCH, {"a.txt": "1\n"})
    world.runner = Scripted(*[{"patched": "success"}] * 2)
    if fault is not None:
        world.fail("POST", "/dispatches$", **fault)
    ci = watched(hub(world))
    run = ci.start(VERIFY, BRANCH, sha, INPUTS)
    assert ci.start(VERIFY, BRANCH, sha, INPUTS) == run
    assert [made.inputs for made in world.runs(shop)] == [INPUTS]
    seen = ci.look(run)
    assert (seen.sha, seen.status, seen.conclusion, seen.seconds) == (sha, "completed", "success", 60.0)
    assert [(job.name, job.conclusion, [step.name for step in job.steps]) for job in seen.jobs] == [
        ("patched", "success", ["set up", "test", "report"])
    ]
    assert ci.tail(seen.jobs[0].id) == "E   assert 5 == 4"
    assert not ci.moved(BRANCH, sha)
    assert ci.moved(BRANCH, "f" * 40)


def test_a_workflow_that_cannot_be_started_by_hand_is_said_with_the_remedy(world, shop):
    path = ".github/workflows/ci.yml"
    world.commit(shop, "main", {path: "on: push\njobs: {}\n"})
    sha = world.commit(shop, BRANCH, {"a.txt": "1\n"})
    assert Reader(hub(world)).dispatchable(path)
    with pytest.raises(Denied, match="on: workflow_dispatch"):
        watched(hub(world)).start(path, BRANCH, sha, {})
    assert not Reader(hub(world)).dispatchable(".github/workflows/none.yml")
    shop.disabled.add("ci.yml")
    assert not Reader(hub(world)).dispatchable(path)


OPENING = Opening(BRANCH, "a title", "Refs #1", draft=True)


@pytest.mark.parametrize("fault", [None, {}, {"after": True}, {"after": True, "drop": True}])
def test_a_pull_request_is_opened_once(world, shop, fault):
    world.commit(shop, BRANCH, {"a.txt": "1\n"})
    if fault is not None:
        world.fail("POST", "/pulls$", **fault)
    pulls = PullRequests(hub(world)).of(None, "main")
    offer = pulls.offer(OPENING)
    assert pulls.offer(OPENING) == offer
    (made,) = world.pulls(shop)
    assert offer.open
    assert offer.url == f"{world.url}/octo/shop/pull/{made.number}"


def test_where_it_may_not_be_opened_there_is_a_page_for_a_person(world, shop):
    world.commit(shop, BRANCH, {"a.txt": "1\n"})
    world.token("ghs_shy", ME, may_open_pulls=False)
    offer = PullRequests(hub(world, "ghs_shy")).of(None, "main").offer(OPENING)
    assert not offer.open
    assert offer.url == f"{world.url}/octo/shop/compare/main...{BRANCH}?expand=1"


# ---- what a review by mutation found without a test ------------------------------------------------------------------


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


def test_a_branch_on_another_base_is_left_alone_though_its_tree_is_the_same(world, shop, sources):
    base = str(shop.tip("main"))
    (layer,) = layers(sources, base)[1:]
    writer = Branches(hub(world), sources)
    writer.push(base, (layer,), BRANCH, "")
    other = world.commit(shop, "main", {}, "an empty one")
    with pytest.raises(Denied, match="on another commit"):
        writer.push(other, (layer,), BRANCH, "")


def test_a_run_that_is_listed_late_is_waited_for_and_not_started_twice(world, shop):
    sha = world.commit(shop, BRANCH, {"a.txt": "1\n"})
    world.runner = Scripted(*[{"patched": "success"}] * 2)
    world.lists_late = 3
    world.fail("POST", "/dispatches$", after=True)
    watched(hub(world)).start(VERIFY, BRANCH, sha, INPUTS)
    assert len(world.runs(shop)) == 1


def test_a_run_of_another_workflow_on_the_commit_is_not_ours(world, shop):
    other = ".github/workflows/other.yml"
    world.commit(shop, "main", {other: "on: workflow_dispatch\njobs: {}\n"})
    sha = world.commit(shop, BRANCH, {"a.txt": "1\n"})
    world.runner = Scripted(*[{"patched": "success"}] * 2)
    ci = watched(hub(world))
    assert ci.start(other, BRANCH, sha, {}) != ci.start(VERIFY, BRANCH, sha, INPUTS)
    assert len(world.runs(shop)) == 2


def test_a_read_that_meets_a_limit_without_a_date_is_asked_again_and_a_write_is_not(world, shop):
    world.fail("GET", "/permission", status=429)
    assert Reader(hub(world)).permission("ann") == "write"
    issue = world.issue(shop, "T")
    world.fail("POST", "/comments$", status=429)
    with pytest.raises(Unavailable, match="rate limit"):
        Speaker(hub(world)).say(issue.number, MARK, ME, f"{MARK}\nx")
    assert len(world.sent("POST", "/comments")) == 1


def test_where_drafts_are_not_to_be_had_a_plain_pull_request_is_opened(world, shop):
    world.commit(shop, BRANCH, {"a.txt": "1\n"})
    world.drafts = False
    assert PullRequests(hub(world)).of(None, "main").offer(OPENING).open
    (made,) = world.pulls(shop)
    assert not made.draft


def test_a_pull_request_that_somebody_closed_is_not_offered_as_open(world, shop):
    world.commit(shop, BRANCH, {"a.txt": "1\n"})
    pulls = PullRequests(hub(world)).of(None, "main")
    first = pulls.offer(OPENING)
    world.pulls(shop)[0].state = "closed"
    assert pulls.offer(OPENING).url != first.url


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


# ---- what fetching gives away --------------------------------------------------------------------------------------


class _Away(BaseHTTPRequestHandler):
    """Sends whoever asks to another host, and notes what it was asked with."""

    def do_GET(self) -> None:
        self.server.seen.append(self.headers.get("authorization", ""))  # type: ignore[attr-defined]
        self.send_response(302 if self.server.to else 404)  # type: ignore[attr-defined]
        if self.server.to:  # type: ignore[attr-defined]
            self.send_header("location", f"{self.server.to}{self.path}")  # type: ignore[attr-defined]
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def listening(to: str) -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Away) as server:
        server.to, server.seen = to, []  # type: ignore[attr-defined]
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_server_that_sends_git_elsewhere_is_not_followed_and_the_token_stays(tmp_path):
    with listening("") as other, listening(f"http://127.0.0.1:{other.server_port}") as first:
        url = f"http://127.0.0.1:{first.server_port}/octo/shop.git"
        (tmp_path / "own").mkdir()
        with fetched(tmp_path / "own", url, "ghs_secret", repos.PATH) as made, pytest.raises((Denied, Unavailable)):
            made.tree("a" * 40)
        assert first.seen, "it was asked"  # type: ignore[attr-defined]
        assert all(seen.startswith("Basic ") for seen in first.seen)  # type: ignore[attr-defined]
        assert other.seen == []  # type: ignore[attr-defined]


def test_the_token_is_for_one_address_and_no_other_protocol_is_spoken():
    settings = Remote("https://github.example/octo/shop.git", "ghs_secret", None)._credentials()  # type: ignore[arg-type]
    named = {settings[f"GIT_CONFIG_KEY_{n}"]: settings[f"GIT_CONFIG_VALUE_{n}"] for n in range(int(settings["GIT_CONFIG_COUNT"]))}
    assert [name for name, value in named.items() if "Basic" in value] == ["http.https://github.example/octo/shop.git.extraHeader"]
    assert (named["protocol.allow"], named["protocol.https.allow"], named["http.followRedirects"]) == ("never", "always", "false")


def test_a_server_that_calls_itself_by_another_name_is_said_to(world, shop):
    world.runner = Scripted({"patched": "success"})
    world.commit(shop, BRANCH, {"a.txt": "a"})
    sha = str(shop.tip(BRANCH))
    run = watched(hub(world)).start(VERIFY, BRANCH, sha, INPUTS)
    alias = connect(world.api.replace("127.0.0.1", "localhost"), world.url, "ghs_all", "octo/shop", 0)
    with pytest.raises(Denied, match=r"names another server than GITHUB_API_URL does \(127\.0\.0\.1\)"):
        watched(alias).look(run)
