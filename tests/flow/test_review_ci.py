"""The verifier where CI is the proof: in one job both work at once, and what it finds ends CI; in several it is first."""

from dataclasses import replace

import pytest

from bot.core.entries import Reviewed
from bot.core.evidence import Item
from bot.core.handover import pack, unpack
from bot.core.verdict import Accept, Escalate
from bot.core.words import CRITIC, SUMMARY
from tests.fakes import shops
from tests.fakes.hosted import GATE, PROPOSE, Hurried, Job
from tests.fakes.repos import BAD, DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.shops import TEST
from tests.fakes.world import Repo, Run, World
from tests.fakes.world.runs import Scripted
from tests.flow.review.verdicts import BUG, FINE
from tests.flow.test_door import PROVED, Happened, commented, happened, last, of

FOUND = {**BUG, "bug": "add(1, 2) gives '4', a text", "lines": [{"path": "shop/add.py", "line": 2, "quote": "return '4'"}]}


@pytest.fixture
def shop(world: World, models: Server) -> Repo:
    judge = f'  verifier: {{provider: openai_compatible, model: m-judge, base_url: "{models.url}", price: {{input: 1, output: 2}}}}'
    policy = shops.POLICY.format(url=models.url).replace("routing:", f"{judge}\nrouting:", 1)
    made = world.repo("octo/shop", shops.files(models.url, more={".github/route-agent.yml": policy}), ann="write")
    world.check(made, str(made.tip("main")), "unit", "success")  # no test fails that a patch could turn green
    return made


def asked(models: Server, model: str) -> int:
    return sum(body["model"] == model for body in models.requests)


def test_a_bug_that_ci_could_not_outweigh_goes_up_before_ci_has_spoken_and_ends_its_run(world, models, shop, issue, tmp_path):
    models.script("m-fast", [BAD, DONE])
    models.script("m-strong", [GOOD, TEST, DONE])
    models.script("m-judge", [FOUND, FINE])
    world.runner = Scripted(None, PROVED)

    ended = commented(world, shop, issue, tmp_path / "job").act()

    assert ended.state == "accepted", ended
    record = of(ended)
    assert [type(attempt.decision) for attempt in record.attempts] == [Escalate, Accept]
    assert record.verification_micros
    told = next(body for body in models.requests if body["model"] == "m-strong")
    assert "add(1, 2) gives '4', a text" in str(told)
    first = next(body for body in models.requests if body["model"] == "m-judge")
    assert "the checks run after you" in str(first)
    assert [run.conclusion for run in world.runs(shop)] == ["cancelled", "success"]
    assert happened(world, shop, issue) == Happened(branches=1, runs=2, pulls=1)


def test_a_false_summary_goes_up_before_ci_too(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    models.script("m-strong", [GOOD, TEST, DONE])
    models.script("m-judge", [{**FINE, "summary_matches": False, "summary_why": "it adds nothing"}, FINE])
    world.runner = Scripted(None, PROVED)
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "accepted", ended
    assert [item.state for item in of(ended).attempts[0].evidence if item.name == SUMMARY] == ["failed"]
    assert happened(world, shop, issue) == Happened(branches=1, runs=2, pulls=1)


def test_a_bug_that_only_the_patchs_own_test_speaks_against_goes_up(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    models.script("m-strong", [GOOD, TEST, DONE])
    models.script("m-judge", [{**BUG, "bug": "add('a', 1) raises"}, {**BUG, "bug": "add('b', 1) raises"}])
    world.runner = Scripted(None, PROVED)
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "accepted", ended
    attempts = of(ended).attempts
    assert [type(attempt.decision) for attempt in attempts] == [Escalate, Accept]
    assert [item.state for attempt in attempts for item in attempt.evidence if item.name == CRITIC] == ["failed", "failed"]
    assert happened(world, shop, issue) == Happened(branches=1, runs=2, pulls=1)


def test_in_the_last_lane_ci_is_asked_whatever_the_critic_finds_and_the_patch_is_left_to_look_at(
    world, models, shop, issue, tmp_path
):
    models.script("m-fast", [BAD, DONE])
    models.script("m-strong", [GOOD, DONE])
    models.script("m-judge", [FOUND, {**BUG, "bug": "add('a', 1) raises"}])
    world.runner = Scripted(None, PROVED)
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "not_fixed", ended
    assert of(ended).branch
    assert happened(world, shop, issue) == Happened(branches=1, runs=2)


# ---- in several jobs ----------------------------------------------------------------------------------------------


def test_the_split_workflow_carries_the_review_across_and_buys_nothing_twice(world, models, shop, issue, tmp_path):
    models.script("m-fast", [BAD, DONE])
    models.script("m-strong", [GOOD, TEST, DONE])
    models.script("m-judge", [FOUND, FINE])
    world.runner = Scripted(PROVED)
    payload = world.comment(shop, issue, "ann", "/agent fix")

    def job(name: str, scopes: str | None = None) -> Job:
        made = Job(world, tmp_path / name, "issue_comment", payload)
        made.scopes = scopes or made.scopes
        return made

    gate = job("gate", GATE).packed("gate")
    first = job("propose", PROPOSE).packed("propose", handover=gate["handover"])
    assert [asked(models, name) for name in ("m-fast", "m-judge", "m-strong")] == [2, 1, 0], "one attempt a job, and its review"
    applied = job("apply").packed("apply", handover=first["handover"], before=gate["handover"])
    assert applied["result"] == "attempting", "the critic's word sends it up"
    assert world.runs(shop) == []
    second = job("propose-again", PROPOSE).packed("propose", handover=applied["handover"])
    ended = job("apply-again").packed("apply", handover=second["handover"], before=applied["handover"])

    assert (ended["result"], ended["attempts"]) == ("accepted", "2")
    assert [asked(models, name) for name in ("m-fast", "m-judge", "m-strong")] == [2, 2, 3]
    spent = sum(entry.usage.micros for entry in unpack(second["handover"]).entries if isinstance(entry, Reviewed))
    assert spent > 0
    assert "verification $0.00 " not in last(world, issue), "what the other jobs paid for it is counted"
    assert happened(world, shop, issue) == Happened(branches=1, runs=1, pulls=1)


@pytest.mark.parametrize(
    "forged",
    [
        Item("check ci", "passed", "strong", "green"),
        Item(CRITIC, "passed", "strong", "none found"),
        Item(CRITIC, "not_applicable", "term", ""),
    ],
)
def test_a_review_that_says_what_none_can_is_refused_and_nothing_is_pushed(world, models, shop, issue, tmp_path, forged):
    models.script("m-fast", [GOOD, TEST, DONE])
    models.script("m-judge", [FINE])
    payload = world.comment(shop, issue, "ann", "/agent fix")
    gate = Job(world, tmp_path / "gate", "issue_comment", payload, scopes=GATE).packed("gate")
    made = Job(world, tmp_path / "propose", "issue_comment", payload, scopes=PROPOSE).packed("propose", handover=gate["handover"])
    trail = unpack(made["handover"])
    said = trail.entries[-1]
    assert isinstance(said, Reviewed)
    lie = replace(trail, entries=(*trail.entries[:-1], replace(said, evidence=replace(said.evidence, items=(forged,)))))
    ended = Job(world, tmp_path / "apply", "issue_comment", payload).packed("apply", handover=pack(lie), before=gate["handover"])
    assert ended["result"] == "error"
    assert happened(world, shop, issue) == Happened()


class Asked(Scripted):
    """Notes whether the verifier had been asked when CI was started."""

    def __init__(self, models: Server) -> None:
        super().__init__(PROVED)
        self.models, self.before = models, -1

    def __call__(self, world: World, repo: Repo, run: Run) -> None:
        self.before = asked(self.models, "m-judge")
        super().__call__(world, repo, run)


def test_ci_is_at_work_while_the_verifier_reads_and_is_started_once(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    models.script("m-judge", [FINE])
    world.runner = ci = Asked(models)
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "accepted", ended
    assert (ci.before, asked(models, "m-judge")) == (0, 1)
    assert len(world.sent("POST", "/dispatches")) == 1
    assert len(world.sent("POST", "/git/refs")) == 2, "the branch, and the ledger's"
    assert happened(world, shop, issue) == Happened(branches=1, runs=1, pulls=1)


def test_a_stop_while_the_verifier_reads_leaves_no_branch_and_no_run_at_work(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    models.script("m-judge", [{"content": "hm"}, FINE])
    job = commented(world, shop, issue, tmp_path / "job")
    clock = Hurried()
    job.clock = clock

    def stop(model: str) -> None:
        if model == "m-judge":
            assert commented(world, shop, issue, tmp_path / "stop", "/agent stop").act("gate").state == "explained"
            clock.slept += 60  # it is time to listen again

    models.meanwhile = stop
    ended = job.act()
    assert ended.state == "stopped", ended
    assert asked(models, "m-judge") == 1
    assert [run.conclusion for run in world.runs(shop)] == ["cancelled"]
    assert happened(world, shop, issue) == Happened(comments=2, runs=1)


def test_a_stop_while_a_lane_says_its_last_word_keeps_its_patch_from_being_pushed(world, models, shop, issue, tmp_path):
    models.script("m-fast", [GOOD, TEST, DONE])
    job = commented(world, shop, issue, tmp_path / "job")
    clock = Hurried()
    job.clock = clock

    def stop(_model: str) -> None:
        if asked(models, "m-fast") == 3:
            assert commented(world, shop, issue, tmp_path / "stop", "/agent stop").act("gate").state == "explained"
            clock.slept += 60  # it is time to listen again

    models.meanwhile = stop
    ended = job.act()
    assert ended.state == "stopped", ended
    assert world.sent("POST", "/dispatches") == []
    assert happened(world, shop, issue) == Happened(comments=2)
