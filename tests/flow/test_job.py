"""The main job, end to end: real git, real sandbox, real tests of the repository; only the model is scripted."""

from pathlib import Path

import pytest

from bot import local, tell
from bot.core import ledger
from bot.core.cost import Cost, Tokens
from bot.core.ledger import Record
from bot.core.spend import Charge
from bot.core.verdict import Accept, Escalate, Stop
from bot.demo.scripted import Scripted
from bot.ports import Denied, Reply, Said, Unavailable
from bot.shop import Wall
from tests.fakes import repos
from tests.fakes.jobs import Job
from tests.fakes.repos import BAD, DONE, GOOD


@pytest.fixture
def job(tmp_path: Path) -> Job:
    repos.make(tmp_path / "shop", repos.SHOP)
    return Job(tmp_path / "shop")


def names(record: Record) -> list[tuple[str, str]]:
    return [(item.name, item.state) for item in record.attempts[-1].evidence]


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


def test_a_module_that_ends_the_process_is_red_though_the_exit_code_is_0(job):
    cheat = {
        "action": "write",
        "path": "shop/add.py",
        "content": "import os\ngetattr(os, ''.join(map(chr, (95, 101, 120, 105, 116))))(0)\n",
    }

    record, _ = job.run(Scripted({"fast": [cheat, DONE], "strong": [cheat, DONE]}))

    assert record.result == "not_fixed"
    assert "did not close its report (exit code 0)" in record.detail


def test_a_patch_that_deletes_a_test_is_red(job):
    fewer = {
        "action": "edit",
        "path": "tests/test_add.py",
        "old": "    def test_kind(self):\n        self.assertIsInstance(add(1, 1), int)\n",
        "new": "    pass\n",
    }

    record, _ = job.run(Scripted({"fast": [GOOD, fewer, DONE], "strong": [GOOD, DONE]}))

    assert "the test `AddTest.test_kind` was deleted or renamed" in getattr(record.attempts[0].decision, "detail", "")
    assert record.attempts[-1].lane == "strong"


def test_a_change_that_no_test_runs_is_not_enough(job):
    repos.make(job.repo, {"shop/add.py": "def add(a, b):\n    return a + b\n", "shop/unused.py": "X = 1\n"})
    job.task = "refactor shop/unused.py: X becomes 2"
    aside = {"action": "edit", "path": "shop/unused.py", "old": "1", "new": "2"}

    record, _ = job.run(Scripted({"fast": [aside, DONE], "strong": [aside, DONE]}))

    assert record.result == "not_fixed"
    assert ("tests reaches the change", "failed") in names(record)
    assert record.attempts[0].decision == Escalate(
        "strong",
        "low_confidence_summary",
        "tests reaches the change: stays green with the changed files broken on purpose: it never runs them",
    )


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


def test_what_a_reply_costs_is_booked_whatever_it_says(job):
    garbled = Reply(Said("", (), "no JSON"), Tokens(10, output=5), Cost(7, "provider"), "m")

    record, _ = job.run(Scripted({"fast": [garbled, garbled, garbled], "strong": [GOOD, DONE]}))

    assert record.attempts[0].ended == "malformed"
    assert [c.micros for c in job.charges()][:3] == [7, 7, 7]
    assert record.cost_micros == sum(c.micros or 0 for c in job.charges())


def test_a_call_that_could_pass_the_budget_is_not_made(job):
    job.policy += "budget: {per_run_usd: 0.001}\n"
    model = Scripted({"fast": [GOOD, DONE], "strong": [GOOD, DONE]})

    record, _ = job.run(model)

    assert record.result == "budget"
    assert "the next call could cost" in record.detail
    assert model.heard == []


def test_a_day_that_is_spent_refuses_before_anything_runs(job):
    job.policy += "budget: {per_run_usd: 0.05, per_day_usd: 0.05}\n"
    job.ledger.append(Charge("other", Wall().now(), "ann", "fast", 50_000, "policy"))

    record, _ = job.run(Scripted({"fast": [GOOD, DONE]}))

    assert record.result == "budget"
    assert record.detail == "budget.per_day_usd is spent: $0.05 of $0.05, with what runs at work have set aside"


def test_a_lane_whose_cost_nobody_knows_is_refused_with_the_key_to_add(job):
    job.policy = job.policy.replace(", price: {input: 10, output: 20}", "")

    record, _ = job.run(Scripted({"fast": [GOOD, DONE]}))

    assert record.result == "refused"
    assert "models.strong.price" in record.detail


def test_a_provider_that_is_out_of_reach_is_no_verdict_on_the_patch(job):
    record, _ = job.run(Scripted({"fast": [Unavailable("cut off", paid=True), Unavailable("refused")], "strong": [GOOD, DONE]}))

    assert record.result == "unavailable"
    assert [c.source for c in job.charges()] == ["worst_case", "unanswered"], "what may have been charged is booked at its worst"
    assert [bool(c.micros) for c in job.charges()] == [True, False]


def test_a_bad_key_ends_the_run_with_the_remedy(job):
    record, _ = job.run(Scripted({"fast": [Denied("status 401: check the key")]}))

    assert (record.result, record.detail) == ("quota", "status 401: check the key")


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


def test_checks_that_do_not_run_on_the_base_are_said_before_a_model_is_paid(job):
    job.policy = job.policy.replace("python3 -m unittest discover -v -t . -s tests", "python3 -m no_such_runner")
    model = Scripted({"fast": [GOOD, DONE]})

    record, _ = job.run(model)

    assert record.result == "refused"
    assert "does not run on the base" in record.detail
    assert "verification.setup" in record.detail
    assert model.heard == []


def test_a_repository_without_any_check_is_refused_with_the_remedy(tmp_path):
    repos.make(tmp_path / "bare", {"a.txt": "a\n"})
    job = Job(tmp_path / "bare", policy=repos.POLICY.split("verification:")[0])

    record, _ = job.run(Scripted({"fast": [GOOD]}))

    assert record.result == "refused"
    assert "verification.checks" in record.detail


def test_a_task_about_protected_files_is_refused_before_a_model_is_paid(job):
    repos.make(job.repo, {".github/workflows/ci.yml": "on: push\n"})
    job.task = "bump the runner in .github/workflows/ci.yml"
    model = Scripted({"fast": [GOOD]})

    record, _ = job.run(model)

    assert record.result == "refused"
    assert "`.github/`" in record.detail
    assert model.heard == []


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


RETELL = {
    "action": "edit",
    "path": "tests/test_add.py",
    "old": "self.assertEqual(add(2, 2), 4)",
    "new": "self.assertEqual(add(2, 2), 5)",
}
NOTE = {"action": "edit", "path": "shop/add.py", "old": "    return", "new": "    # looked at\n    return"}
HOOK = {
    "action": "write",
    "path": "tests/conftest.py",
    "content": "import pytest\n\n\n@pytest.hookimpl(hookwrapper=True)\ndef pytest_runtest_makereport():\n"
    "    (yield).get_result().outcome = 'passed'\n",
}


@pytest.mark.parametrize(
    ("patch", "says"),
    [
        ([RETELL], "only tests are changed"),
        ([RETELL, NOTE], "not shown: green tests that run the change"),
        ([HOOK, NOTE], "tests/conftest.py:5: the file now has `pytest_runtest_makereport`"),
        ([HOOK, GOOD], "tests/conftest.py:5: the file now has `pytest_runtest_makereport`"),
    ],
)
def test_a_patch_that_tells_the_tests_what_to_say_is_not_proved(job, patch, says):
    record, _ = job.run(Scripted({lane: [*patch, DONE] for lane in ("fast", "strong")}))
    assert record.result == "not_fixed"
    assert says in getattr(record.attempts[0].decision, "detail", "")


def test_a_failing_test_in_a_file_to_which_the_patch_only_adds_still_shows_that_it_works(job):
    more = {
        "action": "edit",
        "path": "tests/test_add.py",
        "old": "    def test_kind",
        "new": "    def test_more(self):\n        self.assertEqual(add(3, 4), 7)\n\n    def test_kind",
    }
    record, _ = job.run(Scripted({"fast": [GOOD, more, DONE]}))
    assert record.result == "pass"
    assert ("fixes failing tests", "passed") in names(record)


def test_a_call_that_may_have_been_billed_is_booked_each_time_it_is_made(job):
    lost = Unavailable("no answer in time", paid=True)
    record, _ = job.run(Scripted({"fast": [lost, lost, lost, GOOD, DONE]}))
    assert record.result == "unavailable"
    assert [charge.source for charge in job.charges()] == ["worst_case"] * 3
    assert record.cost_micros == sum(charge.micros or 0 for charge in job.charges())


def test_a_call_that_was_lost_in_passing_is_booked_and_made_again(job):
    record, _ = job.run(Scripted({"fast": [Unavailable("no answer in time", paid=True), GOOD, DONE]}))
    assert record.result == "pass"
    assert [charge.source for charge in job.charges()] == ["worst_case", "policy", "policy"]


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


SHADOW = {"action": "write", "path": "unittest/__init__.py", "content": "x = 1\n"}
FORGE = {
    "action": "write",
    "path": "shop/add.py",
    "content": "import os\nwhere = os.environ.get('PYTEST_ADDOPTS')\n\n\ndef add(a, b):\n    return a + b\n",
}


@pytest.mark.parametrize(("patch", "path"), [([SHADOW, GOOD], "unittest/__init__.py"), ([FORGE], "shop/add.py")])
def test_a_patch_that_stands_in_for_its_runner_or_reaches_for_its_report_is_not_judged_by_it(job, patch, path):
    record, _ = job.run(Scripted({lane: [*patch, DONE] for lane in ("fast", "strong")}))
    assert record.result == "not_fixed"
    assert path in record.detail


def test_one_more_name_in_a_task_hides_nothing_that_it_is_about(job):
    repos.make(job.repo, {"shop/login/token.py": "def parse_token(text):\n    return text\n", "README.md": "a shop\n"})
    lanes = {}
    for task in ("parse_token rejects good tokens", "parse_token rejects good tokens, see README.md"):
        job.task = task
        lanes[task] = local.explained(job.wanted(), job.outside(), Scripted({})).route
    assert [getattr(route, "lane", "") for route in lanes.values()] == ["strong", "strong"]


def test_a_word_in_a_task_does_not_lower_the_bar_for_code_that_no_test_runs(job):
    repos.make(job.repo, {"shop/unseen.py": "def f():\n    return 1\n"})
    job.task = "fix a typo in the documentation, shop/unseen.py"
    change = {"action": "edit", "path": "shop/unseen.py", "old": "return 1", "new": "return 2"}
    record, _ = job.run(Scripted({lane: [change, DONE] for lane in ("fast", "strong")}))
    assert record.result == "not_fixed"


def test_a_model_that_says_a_token_is_not_repeated(job):
    token = "ghp_" + "a1B2" * 10
    record, trail = job.run(Scripted({"fast": [GOOD, {**DONE, "summary": f"used {token}", "risks": token}]}))
    assert token not in tell.comment(record, trail.opened.policy, job.outside().render)
    assert token not in ledger.encode(record)
