"""A run that ends before its time: its record has all that was paid for it, and no branch is left without one."""

import itertools
from contextlib import suppress
from dataclasses import replace

import pytest

from bot.core.handover import pack, unpack
from bot.core.ledger import Begun, decode, encode
from bot.hosted import close
from bot.ports import Denied, Unavailable
from tests.fakes import shops
from tests.fakes.hosted import GATE, PROPOSE, WORK, Hurried, Job
from tests.fakes.repos import BAD, DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.shops import TEST
from tests.fakes.world import Issue, Repo, World
from tests.fakes.world.http import Fault
from tests.fakes.world.runs import Scripted
from tests.flow.beside import LEDGER, cut_off, records, settled
from tests.flow.review.verdicts import FINE
from tests.flow.test_commands import Meanwhile, seen
from tests.flow.test_door import PROVED, RED, commented, last
from tests.flow.test_unkept import refusing


def ours(world: World, shop: Repo) -> list[str]:
    return [name for name in world.branches(shop) if name.startswith("route-agent/")]


def judged(world: World, models: Server, shop: Repo) -> None:
    """A verifier looks at what the first lane makes."""
    judge = f'  verifier: {{provider: vllm, model: m-judge, base_url: "{models.url}", price: {{input: 1, output: 2}}}}'
    policy = shops.POLICY.format(url=models.url).replace("routing:", f"{judge}\nrouting:", 1)
    world.commit(shop, "main", {".github/route-agent.yml": policy})
    models.script("m-fast", [GOOD, TEST, DONE])
    models.script("m-judge", [FINE])


@pytest.fixture
def pull(world: World, shop: Repo) -> Issue:
    return world.pull(shop, "topic", {"shop/extra.py": "x = 1\n"}, "add(2, 2) gives 5", "see shop/add.py")


@pytest.mark.parametrize("told", [False, True])
def test_a_pull_request_that_has_moved_on_ends_the_run_that_was_cut_off_on_it(world, models, shop, pull, tmp_path, told):
    """Run again, it is turned away at the door; what it has paid for and pushed has an end all the same."""
    models.script("m-fast", [GOOD, TEST, DONE])
    job = commented(world, shop, pull, tmp_path / "job")
    if told:  # it came to its end, but for the word that says so
        world.runner = Scripted(PROVED)
        models.meanwhile = lambda model: world.fail("PATCH", "/issues/comments/", times=50)
        with pytest.raises(Unavailable):
            job.act()
    else:
        world.fail("POST", "/dispatches", times=2)
        world.fail("GET", "/actions/runs$", times=8)
        assert job.act().state == "error"
    world.faults.clear()
    models.meanwhile = lambda model: None
    world.commit(shop, "topic", {"shop/extra.py": "x = 2\n"})

    job.attempt = "2"
    ended = job.act()

    (record,) = records(shop)
    assert ended.state == ("accepted" if told else "stopped"), ended
    assert (record.result, record.cost_micros) == ("pass" if told else "stopped", 3 * 1_200)
    assert ("pull request has moved on" in last(world, pull)) is not told
    assert ours(world, shop) == ([record.branch] if told else [])
    seen(world, shop, pull)


def test_a_job_that_is_cut_off_while_it_ends_what_an_earlier_one_began_is_closed_by_its_last_phase(
    world, models, shop, pull, tmp_path, monkeypatch
):
    """The earlier one's machine went away; this one, on another, did not come to its last word."""
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = lambda *_: None
    job = commented(world, shop, pull, tmp_path / "job")
    job.clock = Meanwhile(gone)
    with pytest.raises(KeyboardInterrupt):
        job.act()
    world.commit(shop, "topic", {"shop/extra.py": "x = 2\n"})
    second = replace(job, folder=tmp_path / "second", clock=Hurried(), attempt="2")
    world.fail("PATCH", "/issues/comments/", times=50)
    with pytest.raises(Unavailable):
        second.act()
    world.faults.clear()
    assert "### route-agent: stopped" not in last(world, pull)
    for name, value in second.env().items():
        monkeypatch.setenv(name, value)
    assert close() == 0
    assert "### route-agent: stopped" in last(world, pull)
    assert [record.result for record in records(shop)] == ["stopped"]
    assert ours(world, shop) == []
    seen(world, shop, pull)


def gone() -> None:
    raise KeyboardInterrupt


def test_a_review_that_the_job_with_the_key_has_paid_for_counts_where_the_next_job_never_comes_to_it(
    world: World, models: Server, shop: Repo, issue: Issue, tmp_path
):
    judged(world, models, shop)
    payload = world.comment(shop, issue, "ann", "/agent fix")
    gate = Job(world, tmp_path / "gate", "issue_comment", payload, scopes=GATE).packed("gate")
    made = Job(world, tmp_path / "propose", "issue_comment", payload, scopes=PROPOSE).packed("propose", handover=gate["handover"])
    assert [body["model"] for body in models.requests] == ["m-fast"] * 3 + ["m-judge"]
    commented(world, shop, issue, tmp_path / "stop", "/agent stop").act("gate")

    job = Job(world, tmp_path / "apply", "issue_comment", payload)
    ended = job.act("apply", handover=made["handover"], before=gate["handover"])

    assert ended.state == "stopped", ended
    (record,) = records(shop)
    assert record.cost_micros == 4 * 1_200
    assert ours(world, shop) == []
    seen(world, shop, issue)


class Cut(Hurried):
    """The runner cancels the job while it waits."""

    def sleep(self, seconds: float) -> None:
        raise KeyboardInterrupt


@pytest.mark.parametrize("attempt", ["1", "2"])
def test_the_last_phase_of_a_job_without_the_key_books_what_was_handed_to_it(
    world, models, shop, issue, tmp_path, monkeypatch, attempt
):
    """All of it: also a review that its Trail had not come to, and at whichever attempt."""
    judged(world, models, shop)
    payload = world.comment(shop, issue, "ann", "/agent fix")

    def job(name: str, scopes: str) -> Job:
        return Job(world, tmp_path / name, "issue_comment", payload, scopes=scopes, attempt=attempt)

    gate = job("gate", GATE).packed("gate")
    made = job("propose", PROPOSE).packed("propose", handover=gate["handover"])
    apply = job("apply", WORK)
    apply.clock = Cut()
    with pytest.raises(KeyboardInterrupt):
        apply.act("apply", handover=made["handover"], before=gate["handover"])
    assert settled(shop) == []
    for name, value in apply.env().items():
        monkeypatch.setenv(name, value)
    assert close() == 0
    assert settled(shop) == [4 * 1_200]
    ours(world, shop)
    seen(world, shop, issue)


def test_a_no_to_the_job_that_would_go_on_ends_what_the_one_before_it_has_begun(world, models, shop, issue, tmp_path):
    job = cut_off(world, models, shop, issue, tmp_path / "job")
    assert ours(world, shop)

    world.fail("PUT", "/contents/spend/", status=403)
    job.attempt = "2"
    assert job.act().state == "error"

    (record,) = records(shop)
    assert (record.result, record.cost_micros) == ("stopped", 3 * 1_200)
    assert ours(world, shop) == []
    assert "GitHub answers 403" in last(world, issue)
    seen(world, shop, issue)


def test_a_run_whose_last_word_is_refused_has_the_record_that_it_came_to(world, models, shop, issue, tmp_path):
    job = cut_off(world, models, shop, issue, tmp_path / "job")
    assert ours(world, shop)
    job.attempt = "2"
    world.runner = Scripted(PROVED)
    count = itertools.count()
    world.turn = lambda _, line: Fault("", "", 403, 1) if line.startswith("PATCH") and next(count) >= 2 else None
    with suppress(Denied):
        job.act()
    world.turn = lambda _token, _line: None
    (record,) = records(shop)
    assert (record.result, record.cost_micros) == ("pass", 3 * 1_200)
    assert ours(world, shop) == [record.branch]
    assert [pull.head for pull in world.pulls(shop)] == [("octo/shop", record.branch)]
    seen(world, shop, issue)


def test_what_is_accepted_stays_so_where_its_job_is_run_again_for_a_record_and_the_thread_has_moved_on(
    world, models, shop, pull, tmp_path
):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    job = commented(world, shop, pull, tmp_path / "job")
    refusing(world, r"^(PUT|POST) .*(records/|git/blobs)", after=1)  # what was paid could be kept, the record could not
    assert job.act().state == "accepted"
    said = last(world, pull)
    assert "accepted" in said
    world.turn = lambda _token, _line: None
    world.commit(shop, "topic", {"shop/extra.py": "x = 2\n"})

    job.attempt = "2"
    assert job.act().state is None

    assert last(world, pull) == said
    assert len(ours(world, shop)) == 1
    assert [made.state for made in world.pulls(shop)] == ["open"]
    seen(world, shop, pull)


def test_what_was_spent_beyond_what_is_kept_stands_in_the_record_of_a_run_that_may_not_go_on(world, models, shop, pull, tmp_path):
    """The job died within its second lane's attempt: what that has cost is on the branch with the money alone."""
    models.script("m-fast", [BAD, DONE])
    models.script("m-strong", [GOOD, TEST, DONE])
    world.runner = Scripted(RED, RED)
    job = commented(world, shop, pull, tmp_path / "job")

    def silence(model: str) -> None:
        if model == "m-strong" and not world.faults:
            world.fail("POST", "/git/trees", times=2)

    models.meanwhile = silence
    assert job.act().state == "error"
    models.meanwhile = lambda model: None
    world.faults.clear()
    world.commit(shop, "topic", {"shop/extra.py": "x = 2\n"})
    ledger = shop.git("ls-tree", "-r", "--name-only", LEDGER, "records/").split()
    kept = decode(shop.file(LEDGER, ledger[0]) or "")
    assert isinstance(kept, Begun)
    less = unpack(kept.trail)
    world.commit(shop, LEDGER, {ledger[0]: encode(replace(kept, trail=pack(replace(less, entries=less.entries[:1])))) + "\n"})

    job.attempt = "2"
    assert job.act().state == "stopped"
    (record,) = records(shop)
    assert record.cost_micros == settled(shop)[-1] == 2 * 1_200 + 3 * 12_000
    seen(world, shop, pull)


@pytest.mark.parametrize("what", ["garbage", "elsewhere"])
def test_what_lies_on_the_ledger_s_branch_is_believed_of_this_very_command_alone(world, models, shop, pull, tmp_path, what):
    job = cut_off(world, models, shop, pull, tmp_path / "job")
    assert ours(world, shop)
    job.attempt = "2"
    (path,) = shop.git("ls-tree", "-r", "--name-only", LEDGER, "records/").split()
    kept = decode(shop.file(LEDGER, path) or "")
    assert isinstance(kept, Begun)
    trail = unpack(kept.trail)
    request = replace(trail.opened.request, repo="evil/evil", number=99, actor="mallory")
    forged = pack(replace(trail, opened=replace(trail.opened, request=request))) if what == "elsewhere" else "garbage"
    world.commit(shop, LEDGER, {path: encode(replace(kept, trail=forged)) + "\n"})
    world.commit(shop, "topic", {"shop/extra.py": "x = 2\n"})
    assert job.act().state in ("superseded", "refused")
    assert records(shop) == []
    assert "moved on" in last(world, pull)
    seen(world, shop, pull)
    ours(world, shop)
