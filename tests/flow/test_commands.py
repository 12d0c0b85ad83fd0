"""Commands beside `fix`, and what happens when they meet a run at work. Real PyGithub, git and HTTP."""

from collections.abc import Callable

from bot.core.ledger import decode
from bot.core.notes import read
from tests.fakes.hosted import ME, Hurried, Job
from tests.fakes.repos import BAD, DONE, GOOD
from tests.fakes.shops import TEST
from tests.fakes.world import Issue, Repo, Run, World
from tests.fakes.world.runs import Scripted
from tests.flow.test_door import PROVED, commented, of


class Meanwhile(Hurried):
    """Something happens once the job has waited for so many seconds."""

    def __init__(self, do: Callable[[], object], after: float = 0.0) -> None:
        super().__init__()
        self.do: Callable[[], object] | None = do
        self.after = after

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if self.do and self.slept >= self.after:
            do, self.do = self.do, None
            do()


def seen(world: World, shop: Repo, issue: Issue) -> list[str]:
    """Everything that stands on the thread, and nothing else left to look at."""
    world.reacted(shop, issue)
    world.branches(shop)
    world.pulls(shop)
    world.runs(shop)
    return world.said(issue, ME)


# ---- stop and status ---------------------------------------------------------------------------------------------


def test_stop_ends_a_run_that_waits_for_ci_and_neither_waits_for_the_other(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = lambda *_: None  # CI never gets to its end
    told: list[str] = []

    def stop() -> None:
        told.append(str(commented(world, shop, issue, tmp_path / "stop", "/agent stop", by="cid").act("gate").state))

    job = commented(world, shop, issue, tmp_path / "job")
    job.clock = Meanwhile(stop)
    ended = job.act()

    assert told == ["explained"]
    assert (ended.state, ended.why) == ("stopped", "ended by `/agent stop`")
    assert of(ended).result == "stopped"
    assert of(ended).cost_micros
    (run,) = world.runs(shop)
    assert run.conclusion == "cancelled"
    first, second = seen(world, shop, issue)
    assert "### route-agent: stopped" in first
    assert "ended by `/agent stop`" in first
    assert f"issuecomment-{issue.comments[1].id}" in second


def test_stop_ends_a_run_before_its_next_step_and_buys_nothing_more(world, models, shop, issue, tmp_path):
    job = commented(world, shop, issue, tmp_path / "job")
    assert job.act("gate").state == "routing"
    commented(world, shop, issue, tmp_path / "stop", "/agent stop").act("gate")
    ended = job.act()
    assert ended.state == "stopped", ended
    assert models.requests == []
    assert [read(body).state for body in seen(world, shop, issue)] == ["stopped", "explained"]  # type: ignore[union-attr]  # ours


def test_stop_where_nothing_is_at_work_says_so(world, shop, issue, tmp_path):
    ended = commented(world, shop, issue, tmp_path / "job", "/agent stop").act("gate")
    assert ended.state == "explained"
    (said,) = seen(world, shop, issue)
    assert "Nothing is at work here" in said


def test_status_tells_every_command_of_the_thread_even_a_closed_one(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    commented(world, shop, issue, tmp_path / "one").act()
    waiting = commented(world, shop, issue, tmp_path / "two", "/agent fix it another way")
    assert waiting.act("gate").state == "routing"
    shop.runs[77] = Run(77, "route-agent.yml", "main", "", {}, "in_progress")
    issue.state = "closed"
    assert commented(world, shop, issue, tmp_path / "status", "/agent status").act("gate").state == "explained"
    said = seen(world, shop, issue)[-1]
    (pull,) = world.pulls(shop)
    assert f"| accepted | `fast` | #{pull.number} |" in said
    assert "| reading |" in said
    assert "`ann`" in said


# ---- retry -------------------------------------------------------------------------------------------------------


def test_retry_after_changes_requested_starts_one_lane_up_with_the_review_as_data(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED, PROVED)
    commented(world, shop, issue, tmp_path / "one").act()
    (pull,) = world.pulls(shop)
    world.review(pull, "cid", "CHANGES_REQUESTED", "Not for text, <!-- hidden --> please.", shop__add="and say why")
    world.review(pull, "bob", "CHANGES_REQUESTED", "a stranger's wish")
    models.script("m-strong", [GOOD, TEST, DONE])

    ended = commented(world, shop, issue, tmp_path / "two", "/agent retry").act()

    assert ended.state == "accepted", ended
    assert [attempt.lane for attempt in of(ended).attempts] == ["strong"]
    told = next(str(body) for body in models.requests if body["model"] == "m-strong")
    assert "cid reviewed an earlier patch and asks for changes: Not for text," in told
    assert "shop/add.py:1" in told
    assert "and say why" in told
    assert "hidden" not in told
    assert "a stranger's wish" not in told
    seen(world, shop, issue)


def test_strangers_crowd_no_review_out_and_a_deleted_comment_stops_no_run(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED, PROVED)
    commented(world, shop, issue, tmp_path / "one").act()
    (pull,) = world.pulls(shop)
    world.review(pull, "cid", "CHANGES_REQUESTED", "Not for text, please.")
    for number in range(7):
        world.review(pull, f"stranger{number}", "CHANGES_REQUESTED", "no")
    models.script("m-strong", [GOOD, TEST, DONE])
    world.runner = lambda *_: None

    def gone() -> None:
        issue.comments.pop()
        Scripted(PROVED)(world, shop, max(world.runs(shop), key=lambda run: run.id))

    job = commented(world, shop, issue, tmp_path / "two", "/agent retry")
    job.clock = Meanwhile(gone)
    assert job.act().state == "accepted"
    assert "Not for text, please." in str(models.requests)
    assert "### route-agent: accepted" in seen(world, shop, issue)[-1]


def test_retry_on_the_bot_s_own_pull_request_knows_the_run_that_opened_it(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED, PROVED)
    commented(world, shop, issue, tmp_path / "one").act()
    (pull,) = world.pulls(shop)
    models.script("m-strong", [{**GOOD, "old": "return a + b\n", "new": "return b + a\n"}, TEST, DONE])
    ended = commented(world, shop, pull, tmp_path / "two", "/agent retry").act()
    assert [attempt.lane for attempt in of(ended).attempts] == ["strong"], ended
    seen(world, shop, issue)
    seen(world, shop, pull)


def test_retry_with_nothing_to_try_again_says_what_begins(world, shop, issue, tmp_path):
    ended = commented(world, shop, issue, tmp_path / "job", "/agent retry").act()
    assert ended.state == "refused"
    (said,) = seen(world, shop, issue)
    assert "`/agent fix` begins" in said


def test_retry_may_name_its_lane(world, models, shop, issue, tmp_path):
    models.script("m-fast", [BAD, DONE, GOOD, TEST, DONE])
    models.script("m-strong", [BAD, DONE])
    red = {"base": "success", "tests-only": "success", "patched": "failure"}
    world.runner = Scripted(red, red, red, red, PROVED)
    assert commented(world, shop, issue, tmp_path / "one").act().state == "not_fixed"
    ended = commented(world, shop, issue, tmp_path / "two", "/agent retry lane=fast").act()
    assert [attempt.lane for attempt in of(ended).attempts] == ["fast"], ended
    seen(world, shop, issue)


# ---- where and how often ------------------------------------------------------------------------------------------


def test_a_command_beside_a_line_is_told_where_to_write_it(world, shop, tmp_path):
    pull = world.pull(shop, "topic", {"shop/add.py": "x = 1\n"}, "A change", by="ann")
    job = Job(world, tmp_path / "job", "pull_request_review_comment", world.remark(shop, pull, "ann", "/agent fix this"))
    ended = job.act("gate")
    assert ended.state == "explained", ended
    (said,) = seen(world, shop, pull)
    assert "beside a line" in said
    assert "`/agent" in said


def test_a_remark_that_is_no_command_and_one_of_a_stranger_are_left_alone(world, shop, tmp_path):
    pull = world.pull(shop, "topic", {"shop/add.py": "x = 1\n"}, "A change", by="ann")
    for by, body in (("ann", "/nice work"), ("bob", "/agent fix")):
        job = Job(world, tmp_path / by, "pull_request_review_comment", world.remark(shop, pull, by, body))
        assert job.act("gate").state is None
    assert seen(world, shop, pull) == []


def test_a_fix_that_waits_for_its_review_is_not_bought_again(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE, GOOD, TEST, DONE])
    world.runner = Scripted(PROVED, PROVED)
    commented(world, shop, issue, tmp_path / "one").act()
    (pull,) = world.pulls(shop)
    bought = len(models.requests)
    ended = commented(world, shop, issue, tmp_path / "two").act()
    assert ended.state == "refused"
    assert f"#{pull.number} offers a patch that is proved" in seen(world, shop, issue)[-1]
    assert len(models.requests) == bought
    pull.state, pull.merged = "closed", True
    merged = commented(world, shop, issue, tmp_path / "merged").act()
    assert (merged.state, len(models.requests)) == ("refused", bought)
    assert f"#{pull.number} was merged for this" in seen(world, shop, issue)[-1]
    pull.merged = False
    assert commented(world, shop, issue, tmp_path / "three").act().state == "accepted"
    seen(world, shop, issue)


def test_a_run_goes_on_where_nobody_can_be_heard(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = lambda *_: None

    def deaf() -> None:
        world.fail("GET", f"/issues/{issue.number}/comments", status=404)
        Scripted(PROVED)(world, shop, world.runs(shop)[0])

    job = commented(world, shop, issue, tmp_path / "job")
    job.clock = Meanwhile(deaf, after=20)
    assert job.act().state == "accepted"
    seen(world, shop, issue)


# ---- the record ----------------------------------------------------------------------------------------------------


def test_every_run_leaves_its_record_on_the_ledger_s_branch(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    ended = commented(world, shop, issue, tmp_path / "job").act()
    stopped = commented(world, shop, issue, tmp_path / "two", "/agent fix it another way")
    stopped.act("gate")
    commented(world, shop, issue, tmp_path / "stop", "/agent stop").act("gate")
    cut = stopped.act()
    seen(world, shop, issue)
    paths = shop.git("ls-tree", "-r", "--name-only", "route-agent-ledger", "records/").split()
    assert {decode(shop.file("route-agent-ledger", path) or "") for path in paths} == {of(ended), of(cut)}


def test_a_record_that_cannot_be_written_spoils_no_run_and_is_kept_in_the_job(world, models, shop, issue, tmp_path, capsys):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    world.fail("PUT", "/contents/records", status=403, times=2)
    job = commented(world, shop, issue, tmp_path / "job")
    ended = job.act()
    assert ended.state == "accepted"
    told = capsys.readouterr().err
    assert "it would buy once more what it has paid for" in told
    assert "the record is in the file `route-agent/ledger.jsonl`" in told
    lines = (job.folder / "workspace" / "route-agent" / "ledger.jsonl").read_text().splitlines()
    assert of(ended) in [decode(line) for line in lines]
    seen(world, shop, issue)
