"""A GitHub whose dispatched workflows are really run: its answers of jobs, steps and logs are what the workflow engine saw."""

from threading import Thread
from typing import Any

from tests.e2e.engine import Place, execute
from tests.e2e.results import Job, Outcome
from tests.fakes.world import Repo, Run, World

TOKEN = "ghs_verify"


class Executed:
    """A runner for the world: each run has a thread of its own, as on GitHub, and is `in_progress` until it has ended."""

    def __init__(self) -> None:
        self.threads: list[Thread] = []
        self.outcomes: list[Outcome] = []
        self.errors: list[BaseException] = []

    def __call__(self, world: World, repo: Repo, run: Run) -> None:
        world.token(TOKEN, "github-actions[bot]", "contents:read")
        run.status = "in_progress"
        thread = Thread(target=self._execute, args=(world, repo, run), daemon=True)
        self.threads.append(thread)
        thread.start()

    def _execute(self, world: World, repo: Repo, run: Run) -> None:
        """Whatever goes wrong here, the run ends: nobody waits for one that never does."""
        try:
            self._really(world, repo, run)
        except BaseException as error:
            self.errors.append(error)
            run.conclusion, run.status = "startup_failure", "completed"
            raise

    def _really(self, world: World, repo: Repo, run: Run) -> None:
        text = repo.file(run.sha, run.path)
        assert text is not None
        place = Place(world.url, repo.name, TOKEN, repo.default)
        outcome = execute(text, "workflow_dispatch", {}, place, inputs=run.inputs, branch=run.branch, sha=run.sha)
        self.outcomes.append(outcome)
        run.jobs = [_shown(world, job) for job in outcome.jobs]
        run.seconds = max(1, round(outcome.seconds))
        run.conclusion, run.status = outcome.conclusion, "completed"

    def wait(self) -> None:
        for thread in self.threads:
            thread.join(timeout=300)
            assert not thread.is_alive()
        assert not self.errors, self.errors


def _shown(world: World, job: Job) -> dict[str, Any]:
    """A job as GitHub's API shows it."""
    steps = [
        {"name": step.name, "status": "completed", "conclusion": step.conclusion, "number": n}
        for n, step in enumerate(job.steps, 1)
    ]
    return {
        "id": next(world.ids),
        "name": job.name,
        "status": "completed",
        "conclusion": job.conclusion,
        "steps": steps,
        "log": job.log,
    }
