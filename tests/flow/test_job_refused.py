"""The main job, end to end: what is refused before a model is paid, and what a task is about."""

from bot import local
from bot.demo.scripted import Scripted
from tests.fakes import repos
from tests.fakes.jobs import Job
from tests.fakes.repos import DONE, GOOD


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


def test_one_more_name_in_a_task_hides_nothing_that_it_is_about(job):
    repos.make(job.repo, {"shop/login/token.py": "def parse_token(text):\n    return text\n", "README.md": "a shop\n"})
    lanes = {}
    for task in ("parse_token rejects good tokens", "parse_token rejects good tokens, see README.md"):
        job.task = task
        lanes[task] = local.explained(job.wanted(), job.outside(), Scripted({})).route
    assert [getattr(route, "lane", "") for route in lanes.values()] == ["strong", "strong"]
