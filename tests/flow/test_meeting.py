"""Commands that meet a run at work on the same thread. Real PyGithub, git and HTTP."""

from bot.core.notes import read
from tests.fakes.repos import DONE, GOOD
from tests.fakes.shops import TEST
from tests.fakes.world.runs import Scripted
from tests.flow.beside import at_work, settled
from tests.flow.test_commands import Meanwhile, seen
from tests.flow.test_door import PROVED, commented


def test_a_fix_while_another_is_at_work_waits_for_a_new_word(world, models, shop, issue, tmp_path):
    assert commented(world, shop, issue, tmp_path / "one").act("gate").state == "routing"
    at_work(shop, 77)
    second = commented(world, shop, issue, tmp_path / "two", "/agent fix it another way")
    second.run = "78"
    ended = second.act("gate")
    assert ended.state == "refused"
    assert "A command that ann gave here is at work" in seen(world, shop, issue)[-1]
    shop.runs[77].status = "completed"  # its job is gone, whatever its comment says
    third = commented(world, shop, issue, tmp_path / "three", "/agent fix it another way")
    third.run = "79"
    assert third.act("gate").state == "routing"
    seen(world, shop, issue)


def test_of_two_that_no_gate_saw_beside_each_other_the_later_one_ends_and_has_spent_nothing(world, models, shop, issue, tmp_path):
    first, second = (commented(world, shop, issue, tmp_path / name) for name in ("one", "two"))
    second.run = "78"
    assert second.act("gate").state == "routing", "heard first, though given later"
    assert first.act("gate").state == "routing", "its run has not begun for GitHub yet"
    at_work(shop, 78)
    ended = first.act()
    assert ended.state == "refused", ended
    assert models.requests == []
    assert settled(shop) == [0], "what its gate has set aside is free again"
    seen(world, shop, issue)


def test_the_same_command_delivered_twice_is_answered_by_one_job(world, models, shop, issue, tmp_path):
    job = commented(world, shop, issue, tmp_path / "one")
    assert job.act("gate").state == "routing"
    at_work(shop, 77)
    twin = commented(world, shop, issue, tmp_path / "two")
    twin.payload, twin.run = job.payload, "78"
    assert twin.act().state is None
    assert "another job is answering" in twin.act().why
    assert [read(body).state for body in seen(world, shop, issue)] == ["routing"]  # type: ignore[union-attr]  # ours


def test_a_stop_that_is_quicker_than_the_fix_before_it_ends_it(world, models, shop, issue, tmp_path):
    fix = commented(world, shop, issue, tmp_path / "fix")
    assert commented(world, shop, issue, tmp_path / "stop", "/agent stop").act("gate").state == "explained"
    ended = fix.act()
    assert (ended.state, models.requests) == ("refused", [])
    assert "`/agent stop` was quicker" in seen(world, shop, issue)[-1]
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    assert commented(world, shop, issue, tmp_path / "later").act().state == "accepted", "what is given after it is done"
    seen(world, shop, issue)


def test_a_hundred_comments_of_strangers_mute_no_stop(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = lambda *_: None  # CI never gets to its end

    def crowd() -> None:
        for number in range(120):
            world.comment(shop, issue, f"stranger{number}", "look here")
            issue.comments[-1].at = "2100-01-01T00:00:00Z"  # while the run is at work, and before the answer to the stop
        commented(world, shop, issue, tmp_path / "stop", "/agent stop").act("gate")

    job = commented(world, shop, issue, tmp_path / "job")
    job.clock = Meanwhile(crowd)
    assert job.act().state == "stopped"
    world.read.update(f"comment {comment.id}" for comment in issue.comments)
    seen(world, shop, issue)
