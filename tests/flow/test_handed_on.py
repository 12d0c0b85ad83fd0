"""What the gate has found, on its way to the job that works. Real PyGithub, git and HTTP."""

from dataclasses import replace

from bot.core.handover import pack, unpack
from tests.fakes.repos import DONE, GOOD
from tests.fakes.shops import TEST
from tests.fakes.world.runs import Scripted
from tests.flow.test_commands import seen
from tests.flow.test_door import PROVED, commented


def test_what_the_gate_has_found_is_not_asked_for_again_and_is_of_this_command_alone(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    one, two = (commented(world, shop, issue, tmp_path / name) for name in ("one", "two"))
    gate = one.packed("gate")["handover"]
    asked = [each.path for each in world.journal]
    wrong = two.act("auto", handover=gate)
    assert (wrong.state, wrong.broken) == ("error", True)
    assert "is not the Trail of this command" in wrong.why
    del world.journal[:]
    ended = one.act("auto", handover=gate)
    assert ended.state == "accepted", ended
    again = {each.path for each in world.sent("GET")}
    facts = [path for path in asked if path.endswith(("/check-runs", "/permission")) or "/statuses/" in path]
    assert len(facts) == 3
    assert again.isdisjoint(facts)
    seen(world, shop, issue)


def test_a_permission_that_was_asked_for_long_ago_or_of_another_person_is_asked_for_again(world, models, shop, issue, tmp_path):
    job = commented(world, shop, issue, tmp_path / "job")
    found = unpack(job.packed("gate")["handover"])
    old = replace(found, opened=replace(found.opened, at="2026-01-01T00:00:00Z"))
    shop.collaborators["ann"] = "read"
    assert job.act("auto", handover=pack(old)).state is None
    bob = commented(world, shop, issue, tmp_path / "bob", by="bob")
    assert bob.act("auto", handover=pack(found)).state is None
    assert models.requests == []
    seen(world, shop, issue)
