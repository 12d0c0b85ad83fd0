"""What people who run such a bot complain of, 20 to 25: verdicts without sense, last words, second commands, bots, attacks."""

from collections.abc import Callable

import pytest

from bot.core.words import CRITIC
from bot.hosted import outputs
from tests.fakes.hosted import ME, Job
from tests.fakes.repos import BAD, DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.shops import TEST
from tests.fakes.world import Issue, Repo, World
from tests.fakes.world.runs import Scripted
from tests.flow.review.verdicts import FINE
from tests.flow.test_commands import Meanwhile
from tests.flow.test_complaints_work import retold
from tests.flow.test_day import capped
from tests.flow.test_door import PROVED, RED, Happened, commented, happened, last, of

UNREADABLE = ({"content": "Looks fine to me."}, {"raw": "{"}, {"status": 400, "body": {"error": {"message": "no such tool"}}})


def judged(world: World, models: Server, shop: Repo) -> None:
    """With a verifier; and no test fails that a patch could turn green, so it is asked."""
    judge = f'verifier: {{provider: openai_compatible, model: m-judge, base_url: "{models.url}", price: {{input: 1, output: 2}}}}'
    retold(world, shop, "routing:", f"  {judge}\nrouting:")
    world.check(shop, str(shop.tip("main")), "unit", "success")


@pytest.mark.parametrize("answer", UNREADABLE)
@pytest.mark.parametrize("shown", [True, False])
def test_a_verdict_that_cannot_be_read_accepts_nothing_and_rejects_nothing(world, models, shop, issue, tmp_path, answer, shown):
    """Complaint 20: every answer of the second model that could not be parsed was counted as a failure, or as an all-clear."""
    judged(world, models, shop)
    for lane in ("m-fast", "m-strong"):
        models.script(lane, [GOOD, *([TEST] if shown else []), DONE])
    models.script("m-judge", [answer] * 9)
    world.runner = Scripted(PROVED, PROVED)
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert ended.state == ("accepted" if shown else "not_fixed"), "as without a second model"
    item = next(item for item in of(ended).attempts[-1].evidence if item.name == CRITIC)
    assert item.state == "not_run"
    assert f"| ○ | `{CRITIC}` | " in last(world, issue), "and the thread says that there was no verdict"
    assert happened(world, shop, issue) == Happened(branches=1, runs=1 if shown else 2, pulls=int(shown))


def test_lanes_that_speak_different_tongues_are_one_run_with_one_record(world, models, shop, issue, tmp_path):
    """Complaint 21: the routed model spoke another API than the rest, its check broke, and the patch was taken without one."""
    judged(world, models, shop)
    retold(world, shop, "model: m-strong,", "model: m-strong, api: messages,")
    retold(world, shop, "model: m-judge,", "model: m-judge, api: responses,")
    models.script("m-fast", [BAD, DONE])
    models.script("m-strong", [GOOD, TEST, DONE])
    models.script("m-judge", [FINE, FINE])
    world.runner = Scripted(RED, RED, PROVED)
    ended = commented(world, shop, issue, tmp_path / "job").act()
    assert ended.state == "accepted", last(world, issue)
    spoken = {str(body["model"]): path.rpartition("/")[2] for body, path in zip(models.requests, models.paths, strict=True)}
    assert spoken == {"m-fast": "completions", "m-judge": "responses", "m-strong": "messages"}
    assert [attempt.lane for attempt in of(ended).attempts] == ["fast", "strong"]
    assert all(any(item.name == CRITIC for item in attempt.evidence) for attempt in of(ended).attempts)
    assert happened(world, shop, issue) == Happened(branches=1, runs=2, pulls=1)


def _never(world: World, models: Server, shop: Repo, *_: object) -> None:
    world.runner = lambda *_: None


def _spent(world: World, models: Server, shop: Repo, *_: object) -> None:
    capped(world, shop, "{per_run_usd: 0.001}")


def _refusing(world: World, models: Server, shop: Repo, *_: object) -> None:
    models.script("m-fast", [{"status": 401, "body": {"error": {"message": "bad key"}}}])


def _down(world: World, models: Server, shop: Repo, *_: object) -> None:
    models.script("m-fast", [{"status": 503, "body": {}}] * 9)


def _red(world: World, models: Server, shop: Repo, *_: object) -> None:
    world.runner = Scripted(RED, RED, RED, RED)


def _skipped(world: World, models: Server, shop: Repo, *_: object) -> None:
    world.runner = Scripted({"base": "skipped", "tests-only": "skipped", "patched": "skipped"})


def _protected(world: World, models: Server, shop: Repo, issue: Issue, job: Job) -> None:
    job.payload["issue"]["title"] = "mend .github/workflows/ci.yml"
    job.payload["issue"]["body"] = ""


def _ended(world: World, models: Server, shop: Repo, issue: Issue, job: Job) -> None:
    world.runner = lambda *_: None
    job.clock = Meanwhile(lambda: commented(world, shop, issue, job.folder / "stop", "/agent stop", by="cid").act("gate"))


Story = Callable[[World, Server, Repo, Issue, Job], None]
ENDS: dict[str, Story] = {
    "not_fixed": _red,
    "budget": _spent,
    "quota": _refusing,
    "error": _down,
    "no_ci": _skipped,
    "ci_timeout": _never,
    "refused": _protected,
    "stopped": _ended,
}


@pytest.mark.parametrize("state", ENDS)
def test_no_failure_is_left_without_reason_evidence_patch_and_next_command(world, models, shop, issue, tmp_path, state):
    """Complaint 22: it said that something went wrong, or that all was well, and neither why nor what to do."""
    for lane in ("m-fast", "m-strong"):
        models.script(lane, [GOOD, TEST, DONE])
    job = commented(world, shop, issue, tmp_path / "job")
    ENDS[state](world, models, shop, issue, job)

    ended = job.act()

    assert (ended.state, outputs(ended, "")["result"]) == (state, state)
    said, made = world.said(issue, ME)[0], of(ended)
    assert ended.why == made.detail != ""
    assert "| commit judged | `" in said
    assert "| cost | $" in said
    assert "`/agent " in said.partition("- **Next:** ")[2].partition("\n")[0], said
    pushed = state in ("not_fixed", "no_ci", "ci_timeout", "stopped")
    assert (f"| branch | `{made.branch}` |" in said) is pushed
    assert [name for name in world.branches(shop) if name.startswith("route-agent/")] == ([made.branch] if pushed else [])
    if made.attempts:
        assert "#### Evidence for the last patch" in said
    happened(world, shop, issue)


def test_a_second_command_on_a_pull_request_begins_anew_from_its_new_head(world, models, shop, tmp_path):
    """Complaint 23: the second request on one pull request did nothing, or could not push over the first."""
    pull = world.pull(shop, "topic", {"shop/extra.py": "x = 1\n"}, "add(2, 2) gives 5", "see shop/add.py")
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted(PROVED, PROVED)
    first = commented(world, shop, pull, tmp_path / "one").act()
    assert first.state == "accepted"
    (offered,) = world.pulls(shop)
    shop.git("update-ref", "refs/heads/topic", str(shop.tip(str(of(first).branch))))
    offered.state = "closed"  # merged into the topic
    again = {"action": "edit", "path": "shop/extra.py", "old": "x = 1", "new": "x = 2"}
    more = {
        **TEST,
        "old": "    def test_more",
        "new": "    def test_two(self):\n        self.assertEqual(2, 2)\n\n    def test_more",
    }
    models.script("m-fast", [again, more, DONE])
    second = commented(world, shop, pull, tmp_path / "two").act()
    assert second.state == "accepted", world.said(pull, ME)[-1]
    assert of(second).base == shop.tip("topic") != of(first).base
    assert shop.git("merge-base", str(of(second).branch), "topic") == shop.tip("topic")
    assert happened(world, shop, pull) == Happened(comments=2, branches=2, runs=2, pulls=2)
