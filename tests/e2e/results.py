"""What a run of a workflow came to, read from what the workflow engine says: jobs and steps as GitHub's API would list them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

Conclusion = Literal["success", "failure", "skipped", "cancelled"]


@dataclass
class Step:
    """`outcome` is what happened; `conclusion` is success too where a failure was to be gone over."""

    name: str
    outcome: Conclusion = "skipped"
    conclusion: Conclusion = "skipped"
    log: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""


@dataclass
class Job:
    """`log` is the text of the whole job, each line with its instant, as GitHub keeps it."""

    id: str
    name: str
    conclusion: Conclusion = "cancelled"
    steps: list[Step] = field(default_factory=list)
    log: str = ""

    def step(self, name: str) -> Step:
        return next(step for step in self.steps if step.name == name)

    @property
    def states(self) -> dict[str, str]:
        return {step.name: step.conclusion for step in self.steps}


@dataclass(frozen=True)
class Outcome:
    """`said` is what the engine itself said outside of any job: where a workflow could not be run at all, the reason."""

    jobs: tuple[Job, ...]
    said: str
    seconds: float

    def job(self, name: str) -> Job:
        found = [job for job in self.jobs if job.name == name]
        assert found, f"no job {name} among {[job.name for job in self.jobs]}; {self.said}"
        return found[0]

    def __str__(self) -> str:
        """For a failed assertion: what the engine said, and the logs of red jobs."""
        return "\n".join((self.said, *(f"--- {job.name}\n{job.log}" for job in self.jobs if job.conclusion == "failure")))

    @property
    def conclusions(self) -> dict[str, str]:
        return {job.name: job.conclusion for job in self.jobs}

    @property
    def conclusion(self) -> Conclusion:
        """Of the run: red by any red job, skipped where nothing ran."""
        states = {job.conclusion for job in self.jobs}
        return next((state for state in ("cancelled", "failure", "success") if state in states), "skipped")


def read(lines: Iterable[str], workflow: str) -> tuple[Job, ...]:
    """The jobs in the order they began, then those that never did."""
    asked: dict[str, Any] = yaml.safe_load(workflow)["jobs"]
    running: dict[str, _Running] = {}
    for line in lines:
        said = json.loads(line) if line.startswith("{") else {}
        if "jobID" in said:
            job = running.setdefault(said["job"].strip(), _Running(said, asked[said["jobID"]]["steps"]))
            job.hear(said)
    began = {run.job.id for run in running.values()}
    never = (
        Job(name, str(job.get("name", name)), "skipped", [Step(_label(step)) for step in job["steps"]])
        for name, job in asked.items()
        if name not in began
    )
    return (*(run.end() for run in running.values()), *never)


def _label(step: Mapping[str, Any]) -> str:
    """How GitHub lists a step that has no name of its own."""
    return str(step.get("name") or f"Run {step.get('uses') or str(step['run']).splitlines()[0]}")


class _Running:
    """One job while its lines are read."""

    def __init__(self, said: Mapping[str, Any], asked: list[Mapping[str, Any]]) -> None:
        self.job = Job(said["jobID"], said["job"].strip().partition("/")[2])
        self.keys = [str(step.get("id", place)) for place, step in enumerate(asked)]
        self.main = [Step(_label(step)) for step in asked]
        self.first, self.last = Step("Set up job"), Step("Complete job")
        self.post: list[Step] = []

    def hear(self, said: Mapping[str, Any]) -> None:
        if "jobResult" in said:
            self.job.conclusion = said["jobResult"]
            return
        step = self._step(said)
        outer = len(said.get("stepID", [""])) == 1
        if said["msg"].startswith("⭐ Run "):
            if outer and said.get("stage") != "Pre":
                self._log(said, f"##[group]{step.name}\n##[endgroup]")
        elif (
            "raw_output" in said
            or said["level"] == "error"
            or said.get("command") in ("error", "warning", "notice", "debug", "group")
        ):
            step.log += said.get("raw", said["msg"])
            self._log(said, _kept(said))
        elif said.get("command") == "set-output":
            step.outputs[said["name"]] = said["arg"]
        elif said.get("command") == "summary":
            step.summary += said["content"]
        elif said["msg"] == "Failed but continue next step":
            step.conclusion = "success"
        elif "stepResult" in said and outer:
            self._ended(said, step)

    def _step(self, said: Mapping[str, Any]) -> Step:
        key = said.get("stepID", said.get("stepid", ["--complete-job"]))[0]
        if key.startswith("--"):
            return self.first if key == "--setup-job" else self.last
        step = self.main[self.keys.index(key)]
        if said.get("stage") != "Post":
            return step if said.get("stage") == "Main" else Step(f"Pre {step.name}")
        name = f"Post {step.name}"
        if name not in [post.name for post in self.post]:
            self.post.append(Step(name))
        return next(post for post in self.post if post.name == name)

    def _ended(self, said: Mapping[str, Any], step: Step) -> None:
        step.outcome = said["stepResult"]
        gone_over = step.outcome == "failure" and step.conclusion == "success"
        step.conclusion = "success" if gone_over else step.outcome
        if step.outcome == "failure":
            self._log(said, "##[error]Process completed with exit code 1.")

    def _log(self, said: Mapping[str, Any], text: str) -> None:
        at = said["time"].replace("Z", ".0000000Z")
        self.job.log += "".join(f"{at} {line}\n" for line in text.rstrip("\n").split("\n"))

    def end(self) -> Job:
        self.job.steps = [self.first, *self.main, *self.post, self.last]
        return self.job


def _kept(said: Mapping[str, Any]) -> str:
    """A command in the log: GitHub keeps an error as a mark and its text."""
    return f"##[{said['command']}]{said['arg']}" if "command" in said else said["msg"]
