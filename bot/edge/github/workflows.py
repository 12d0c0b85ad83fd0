"""The repository's workflows, started by hand on a branch of ours, and watched."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from github.GithubException import GithubException
from github.WorkflowJob import WorkflowJob
from github.WorkflowRun import WorkflowRun

from bot.core.ci import CiRun, Job, Step
from bot.core.contexts import Seen, Wanted
from bot.edge.github.client import Ambiguous, Hub, Polled, sorted_out
from bot.edge.github.contexts import Contexts
from bot.edge.github.logs import tail
from bot.edge.github.reader import tip
from bot.ports import Denied, Unavailable

LOOKS = 4


@dataclass(frozen=True, slots=True)
class Workflows:
    hub: Hub
    polled: Polled
    _started: dict[tuple[str, str], int] = field(default_factory=dict, repr=False)
    """The runs of this process, by workflow and commit: to be asked for one again takes no call."""

    def start(self, workflow: str, branch: str, sha: str, inputs: Mapping[str, str]) -> int:
        key = (workflow, sha)
        if key not in self._started:
            self._started[key] = self._start(workflow, branch, sha, inputs)
        return self._started[key]

    def _start(self, workflow: str, branch: str, sha: str, inputs: Mapping[str, str]) -> int:
        """The branch is ours alone and points at this commit, so a run on it that we find is the one we would start."""
        name = workflow.rpartition("/")[2]
        if sha not in self.hub.made and (there := self._there(workflow, sha)) is not None:
            return there
        try:
            made = self._dispatch(name, branch, inputs)
        except Ambiguous:
            made = self._later(workflow, sha) or self._dispatch(name, branch, inputs)
        found = made or self._later(workflow, sha)
        if found is None:
            raise Unavailable(f"GitHub took the word to start {name} on {branch}, and lists no run of it")
        return found

    def _later(self, workflow: str, sha: str) -> int | None:
        """A run that was made is listed some moments later."""
        for _ in range(LOOKS):
            time.sleep(self.hub.lag)
            if (there := self._there(workflow, sha)) is not None:
                return there
        return None

    def _dispatch(self, name: str, branch: str, inputs: Mapping[str, str]) -> int | None:
        with sorted_out(f"starting the workflow {name}", "actions: write"):
            try:
                return self._begun(name, branch, inputs)
            except GithubException as error:
                if error.status == 422:
                    why = f"GitHub will not start {name} by hand on {branch} ({error.message})"
                    raise Denied(f"{why}; it must have `on: workflow_dispatch` with the inputs of the shipped workflow") from None
                raise

    def _begun(self, name: str, branch: str, inputs: Mapping[str, str]) -> int | None:
        """The run's id; None from a server that does not say it: GitHub Enterprise Server 3.19 will not even be asked for it."""
        file = self.hub.repo.get_workflow(name)
        try:
            run = file.create_dispatch(branch, dict(inputs), throw=True, return_run_details=True)
        except GithubException as error:
            if error.status != 422 or "return_run_details" not in f"{error.message} {error.data}":
                raise
            file.create_dispatch(branch, dict(inputs), throw=True)
            return None
        return int(run.id) if isinstance(run, WorkflowRun) else None

    def _there(self, workflow: str, sha: str) -> int | None:
        with sorted_out("looking for a run on the commit", "actions: read"):
            found = self.hub.repo.get_workflow_runs(head_sha=sha, event="workflow_dispatch")
            mine = (run for run in found if run.head_sha == sha and str(run.path).partition("@")[0] == workflow)
            return next((int(run.id) for run in mine), None)

    def stop(self, run: int) -> None:
        with sorted_out(f"ending the run {run}", "actions: write"):
            try:
                self._tell(run, "cancel")
            except GithubException as error:
                if error.status != 409:  # it has ended by itself
                    raise

    def again(self, run: int) -> None:
        with sorted_out(f"running {run} once more", "actions: write"):
            self._tell(run, "rerun")

    def _tell(self, run: int, what: Literal["cancel", "rerun"]) -> None:
        """The library would ask for the run first, for an address that is known."""
        self.hub.github.requester.requestJsonAndCheck("POST", f"{self.hub.repo.url}/actions/runs/{run}/{what}")

    def look(self, run: int) -> CiRun:
        with sorted_out(f"reading run {run}", "actions: read"):
            said = self.polled.get(f"{self.hub.repo.url}/actions/runs/{run}")
            found = WorkflowRun(self.hub.github.requester, {}, said)
            jobs = tuple(map(_job, found.jobs("latest"))) if found.status == "completed" else ()
            return CiRun(
                id=run,
                sha=found.head_sha,
                status=found.status or "",
                conclusion=found.conclusion,
                url=found.html_url,
                jobs=jobs,
                seconds=_between(found.run_started_at, found.updated_at),
                attempt=found.run_attempt,
            )

    def moved(self, branch: str, sha: str) -> bool:
        return tip(self.hub, branch) != sha

    def tail(self, job: int) -> str:
        return tail(self.hub, job)

    def required(self, branch: str) -> tuple[Wanted, ...]:
        return Contexts(self.hub, self.polled).required(branch)

    def on(self, sha: str) -> tuple[Seen, ...]:
        return Contexts(self.hub, self.polled).on(sha)

    def gated(self, sha: str) -> bool:
        return Contexts(self.hub, self.polled).gated(sha)


def _job(job: WorkflowJob) -> Job:
    steps = tuple(Step(step.name, step.conclusion) for step in job.steps)
    return Job(int(job.id), job.name, job.conclusion, steps)


def _between(start: datetime | None, end: datetime | None) -> float | None:
    return (end - start).total_seconds() if start and end else None
