"""The main job, end to end: real git, real sandbox, real tests of the repository; only the model is scripted."""

import pytest

from bot import tell
from bot.core import ledger
from bot.core.verdict import Accept, Escalate, Stop
from bot.demo.scripted import Scripted
from tests.fakes import repos
from tests.fakes.jobs import names
from tests.fakes.repos import BAD, DONE, GOOD


def test_a_right_patch_of_the_first_lane_is_accepted_and_lies_on_a_branch(job):
    before = repos.snapshot(job.repo)

    record, _ = job.run(Scripted({"fast": [GOOD, DONE]}))

    assert record.result == "pass"
    assert isinstance(record.attempts[-1].decision, Accept)
    assert record.branch in job.branches()
    assert repos.git(job.repo, "show", f"{record.branch}:shop/add.py") == "def add(a, b):\n    return a + b"
    assert repos.git(job.repo, "rev-parse", f"{record.branch}^") == record.base
    assert repos.snapshot(job.repo) == before, "index, work tree and configuration are as they were"
    assert names(record) == [
        ("patch rules", "passed"),
        ("well-formed", "passed"),
        ("tampering", "passed"),
        ("doubtful changes", "passed"),
        ("check tests", "passed"),
        ("fixes failing tests", "passed"),
        ("reproduction", "not_run"),
        ("changed lines executed", "passed"),
    ]


def test_a_patch_that_breaks_a_test_escalates_and_the_next_lane_sees_why(job):
    model = Scripted({"fast": [BAD, DONE], "strong": [GOOD, DONE]})

    record, _ = job.run(model)

    assert [(a.lane, type(a.decision)) for a in record.attempts] == [("fast", Escalate), ("strong", Accept)]
    first = record.attempts[0].decision
    assert isinstance(first, Escalate)
    assert (first.lane, first.reason) == ("strong", "failed_tests")
    told = next(prompt for lane, prompt in model.heard if lane == "strong").turns[0].text
    assert "+    return '4'" in told, "the failed patch"
    assert "test_kind" in told, "the failing output"


def test_a_reason_that_the_policy_takes_out_stops_the_run_there(job):
    job.policy = job.policy.replace("strong_min_score: 7", "strong_min_score: 7\n  escalate_on: [patch_rejected]")

    record, _ = job.run(Scripted({"fast": [BAD, DONE], "strong": [GOOD, DONE]}))

    assert record.result == "not_fixed"
    assert "`failed_tests` is not in routing.escalate_on" in record.detail
    assert record.branch in job.branches(), "the patch is left to be looked at"


def test_at_the_top_lane_it_stops_and_leaves_the_branch(job):
    record, _ = job.run(Scripted({"fast": [BAD, DONE], "strong": [BAD | {"new": "None"}, DONE]}))

    assert record.result == "not_fixed"
    assert "there is no lane above `strong`" in record.detail
    assert "NOT proved" in repos.git(job.repo, "log", "-1", "--format=%B", str(record.branch))


@pytest.mark.parametrize(
    ("path", "rule"),
    [(".github/workflows/ci.yml", "`.github/`"), ("CLAUDE.md", "`CLAUDE.md`"), (".gitattributes", "`.gitattributes`")],
)
def test_a_patch_on_a_protected_path_is_never_run_and_never_on_a_branch(job, path, rule):
    write = {"action": "write", "path": path, "content": "x: 1\n"}

    record, _ = job.run(Scripted({"fast": [GOOD, write, DONE], "strong": [GOOD, write, DONE]}))

    assert record.result == "not_fixed"
    assert rule in record.detail
    assert names(record) == [("patch rules", "failed")]
    assert job.branches() == []


def test_a_fast_patch_that_touches_what_only_strong_may_escalates_though_everything_is_green(job):
    repos.make(job.repo, {"shop/login.py": "from shop.add import add\n", "shop/__init__.py": "import shop.login\n"})
    aside = {"action": "edit", "path": "shop/login.py", "old": "import add\n", "new": "import add  # noqa\n"}

    record, _ = job.run(Scripted({"fast": [GOOD, aside, DONE], "strong": [GOOD, aside, DONE]}))

    first = record.attempts[0].decision
    assert isinstance(first, Escalate)
    assert first.reason == "patch_rejected"
    assert "auth_code (shop/login.py)" in first.detail
    assert record.result == "pass", "strong may carry it"


def test_old_red_is_not_the_patch_s_fault(job):
    old = "import unittest\n\n\nclass Old(unittest.TestCase):\n    def test_old(self):\n        self.fail('since years')\n"
    repos.make(job.repo, {"tests/test_old.py": old})

    record, _ = job.run(Scripted({"fast": [GOOD, DONE]}))

    assert record.result == "pass"
    assert any("still failing, as on the base" in item.reason for item in record.attempts[0].evidence)


def test_shadow_logs_the_route_and_spends_nothing(job):
    job.policy = job.policy.replace("strong_min_score: 7", "strong_min_score: 7\n  shadow: true")
    model = Scripted({"fast": [GOOD, DONE]})

    record, _ = job.run(model)

    assert record.result == "explained"
    assert model.heard == []
    assert job.ledger.records() == (record,)


def test_the_same_failure_twice_stops(job):
    job.policy = job.policy.replace(
        "models:",
        "models:\n  middle: {provider: vllm, model: mid, base_url: 'http://127.0.0.1:9/v1', price: {input: 1, output: 2}}",
    )
    job.policy = job.policy.replace("strong_min_score: 7", "strong_min_score: 7\n  max_attempts: 3")
    model = Scripted({"fast": [BAD, DONE], "middle": [BAD, DONE], "strong": [GOOD, DONE]})

    record, _ = job.run(model)

    assert [a.lane for a in record.attempts] == ["fast", "middle"]
    last = record.attempts[-1].decision
    assert isinstance(last, Stop)
    assert "the same as the attempt before" in last.detail


def test_setup_runs_once_and_its_environment_is_seen_read_only(job):
    job.policy += (
        "  setup:\n    - mkdir -p .venv/bin && printf '#!/bin/sh\\necho from-venv' > .venv/bin/greet && chmod +x .venv/bin/greet\n"
    )
    job.policy = job.policy.replace(
        "{name: tests, run: python3 -m unittest discover -v -t . -s tests, kind: tests}",
        "{name: tests, run: greet && ! touch .venv/new && python3 -m unittest discover -v -t . -s tests, kind: tests}",
    )

    record, trail = job.run(Scripted({"fast": [GOOD, DONE]}))

    assert record.result == "pass"
    assert "from-venv" in trail.opened.baseline[0].tail
    assert not (job.repo / ".venv").exists()


def test_a_file_that_is_no_utf8_can_be_read_and_edited_by_a_model(job):
    repos.make(job.repo, {"shop/latin.py": b"NAME = 'caf\xe9'\n"})
    look = {"action": "read", "path": "shop/latin.py"}
    change = {"action": "edit", "path": "shop/latin.py", "old": "NAME", "new": "TITLE"}
    model = Scripted({"fast": [look, change, GOOD, DONE]})

    record, _ = job.run(model)

    assert record.result == "pass"
    sent = "".join(turn.text for _, prompt in model.heard for turn in prompt.turns)
    assert "caf\ufffd" in sent
    assert sent.encode(), "it can be sent"
    assert repos.blob(job.repo, f"{record.branch}:shop/latin.py") == b"TITLE = 'caf\xe9'\n"


@pytest.mark.parametrize(
    ("task", "refused"),
    [
        ("the nightly sum is wrong", False),
        ("edit .github/workflows/new.yml so that CI runs", True),
        ("shop/add.py is wrong, see .github/route-agent.yml", False),
    ],
)
def test_only_a_path_that_a_person_names_makes_a_task_one_about_protected_files(job, task, refused):
    repos.make(job.repo, {".github/route-agent.yml": f"# nightly\n{job.policy}"})
    job.task = task
    record, _ = job.run(Scripted({"fast": [GOOD, DONE]}))
    assert (record.result == "refused") is refused


def test_a_model_that_says_a_token_is_not_repeated(job):
    token = "ghp_" + "a1B2" * 10
    record, trail = job.run(Scripted({"fast": [GOOD, {**DONE, "summary": f"used {token}", "risks": token}]}))
    assert token not in tell.comment(record, trail.opened.policy, job.outside().render)
    assert token not in ledger.encode(record)
