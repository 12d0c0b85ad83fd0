"""Runs a real workflow file with a real workflow engine (`act`), against a server on this machine that it takes for GitHub.

Jobs run on this host. A docker action is really built and run, on the host's network, so that it reaches 127.0.0.1.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from tests.e2e.results import Job, Outcome, read

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / ".e2e"
"""What outlives a run: the engine itself, the action's files, what pip fetched."""
ACT = KEPT / "venv" / "bin" / "act"
ACTION = "route-agent/route-agent@v0"


@dataclass(frozen=True)
class Place:
    """The GitHub that a run believes to be on: its API is at `url`/api/v3, GraphQL at `url`/api/graphql, git at `url`/OWNER/NAME"""

    url: str
    repository: str = "octo/shop"
    token: str = "ghs_test"
    default_branch: str = "main"


def execute(
    workflow: str,
    event: str,
    payload: Mapping[str, Any],
    place: Place,
    *,
    file: str = "workflow.yml",
    inputs: Mapping[str, str] | None = None,
    actor: str = "octocat",
    branch: str = "main",
    sha: str | None = None,
    secrets: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
    action: Path | None = None,
    timeout: float = 600,
) -> Outcome:
    """Run the text of a workflow file for one event, to its end.

    `inputs` are those of a dispatch; `branch` and `sha` are what GITHUB_REF and GITHUB_SHA say. `env` adds to what a run is told
    (GITHUB_RUN_ID, …). `action` is a folder that stands for `route-agent/route-agent@v0`; without one it is this checkout.
    """
    given = {**payload, **({"inputs": dict(inputs)} if inputs is not None else {})}
    with TemporaryDirectory(prefix="route-agent-e2e-") as folder, _alone(workflow):
        home = Path(folder)
        _lay(home, workflow, file, given)
        _head(home / "repo", branch, sha)
        words = _words(home, event, actor, place, secrets or {}, action or checkout())
        told = _told(place, actor) | dict(env or {})
        words += [f"--env={name}={value}" for name, value in told.items()]
        cells = _cells(workflow)
        began = time.monotonic()
        with ThreadPoolExecutor(len(cells)) as engines:
            ran = list(engines.map(lambda cell: _run([*words, *cell], home, timeout), cells))
        jobs = tuple(job for engine in ran for job in _heard(engine, workflow))
        lines = [line for engine in ran for line in (engine.stdout + engine.stderr).splitlines()]
        return Outcome(jobs, "\n".join(line for line in lines if '"jobID"' not in line), time.monotonic() - began)


def _cells(workflow: str) -> list[list[str]]:
    """The words that pick one job of a matrix: each has an engine of its own, as on GitHub a machine.

    The jobs of one engine write into a map without a lock (act 0.2.89, LocalRepositoryCache.Fetch): now and then it dies of that,
    and all its jobs with it. For the same reason one engine runs its other jobs one after the other (`--concurrent-jobs`).
    """
    jobs = yaml.safe_load(workflow)["jobs"]
    matrices = [job["strategy"]["matrix"] for job in jobs.values() if "matrix" in job.get("strategy", {})]
    assert not matrices or (len(jobs) == 1 and set(matrices[0]) == {"include"}), (
        "a matrix is one `include` in a workflow of one job"
    )
    cells = [cell for matrix in matrices for cell in matrix["include"]]
    picked = [[f"--matrix={key}:{value}" for key, value in cell.items() if "${{" not in str(value)] for cell in cells]
    return picked or [[]]


TIMED_OUT = -9


def _heard(engine: subprocess.CompletedProcess[str], workflow: str) -> tuple[Job, ...]:
    """What ended before its jobs did, and not for the time limit, has reported nothing: that is no outcome."""
    if engine.returncode in (0, 1, TIMED_OUT):
        # A last line without an end was cut off with the engine.
        jobs = read(engine.stdout.split("\n")[:-1], workflow)
        if engine.returncode == TIMED_OUT or all(job.conclusion != "cancelled" for job in jobs):
            return jobs
    last = "\n".join((*engine.stdout.splitlines()[-10:], *engine.stderr.splitlines()[:40]))
    raise RuntimeError(f"the workflow engine ended before its jobs did, with exit code {engine.returncode}:\n{last}")


@contextmanager
def _alone(workflow: str) -> Iterator[None]:
    """The engine names an action's container by workflow, job and step only: two runs of one would take each other's away.

    A run of host steps, as a dispatched one, needs no container and may overlap with any.
    """
    KEPT.mkdir(exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        if ACTION.partition("@")[0] in workflow:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _lay(home: Path, workflow: str, file: str, payload: Mapping[str, Any]) -> None:
    """The repository as the engine wants it: a folder with a commit. No step sees its files; checking out is a step of its own."""
    place = home / "repo" / ".github" / "workflows"
    place.mkdir(parents=True)
    (home / "home").mkdir()
    (place / file).write_text(workflow)
    (home / "event.json").write_text(json.dumps(payload))
    git = ("git", "-c", "user.name=e2e", "-c", "user.email=e2e@example.invalid", "-c", "core.hooksPath=/dev/null")
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "workflow")):
        subprocess.run([*git, *words], cwd=home / "repo", check=True, capture_output=True)


def _head(repo: Path, branch: str, sha: str | None) -> None:
    """The engine believes what the branch says, and never looks for the commit."""
    made = (repo / ".git" / "refs" / "heads" / "main").read_text()
    (repo / ".git" / "HEAD").write_text(f"ref: refs/heads/{branch}\n")
    (repo / ".git" / "refs" / "heads" / branch).parent.mkdir(parents=True, exist_ok=True)
    (repo / ".git" / "refs" / "heads" / branch).write_text(f"{sha}\n" if sha else made)


def _words(home: Path, event: str, actor: str, place: Place, secrets: Mapping[str, str], action: Path) -> list[str]:
    uses = {ACTION: action, f"actions/checkout@{_pinned()}": ROOT / "tests" / "e2e" / "checkout"}
    return [
        *(str(ACT), event, "--json", f"--actor={actor}", f"--directory={home / 'repo'}", f"--eventpath={home / 'event.json'}"),
        *(
            "--platform=ubuntu-latest=-self-hosted",
            "--pull=false",
            "--no-cache-server",
            "--no-skip-checkout",
            "--concurrent-jobs=1",
        ),
        f"--action-cache-path={home / 'act'}",
        # The files by which an action hears and answers lie there, under this very path.
        f"--container-options=--network=host --volume={home}:{home}",
        f"--defaultbranch={place.default_branch}",
        *(f"--local-repository={name}={folder}" for name, folder in uses.items()),
        *(f"--secret={name}={value}" for name, value in {"GITHUB_TOKEN": place.token, **secrets}.items()),
    ]


@cache
def _pinned() -> str:
    """The commit that the shipped workflow names for the checkout."""
    text = (ROOT / "templates" / "workflows" / "route-agent-verify.yml").read_text()
    steps = yaml.safe_load(text)["jobs"]["verify"]["steps"]
    return next(str(step["uses"]).partition("@")[2] for step in steps if step.get("uses", "").startswith("actions/checkout@"))


def _told(place: Place, actor: str) -> dict[str, str]:
    return {
        "GITHUB_SERVER_URL": place.url,
        "GITHUB_API_URL": f"{place.url}/api/v3",
        "GITHUB_GRAPHQL_URL": f"{place.url}/api/graphql",
        "GITHUB_REPOSITORY": place.repository,
        "GITHUB_ACTOR": actor,
        "GITHUB_TRIGGERING_ACTOR": actor,
    }


def _run(words: list[str], home: Path, timeout: float) -> subprocess.CompletedProcess[str]:
    quiet = {"NO_COLOR": "1", "TERM": "dumb", "GIT_PAGER": "cat", "PIP_PROGRESS_BAR": "off", "PIP_NO_COLOR": "1"}
    own = {"HOME": str(home / "home"), "XDG_CACHE_HOME": str(home / "cache"), "PIP_CACHE_DIR": str(KEPT / "pip")}
    # No `with`: leaving it would wait for the grandchildren that a time-out is about.
    process = subprocess.Popen(
        words,
        env={**os.environ, **quiet, **own},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, -TIMED_OUT)
        out, err = process.communicate()
        return subprocess.CompletedProcess(words, TIMED_OUT, out, f"{err}\nnot ended within {timeout:.0f} s")
    return subprocess.CompletedProcess(words, process.returncode, out, err)


PARTS = (
    "bot",
    "templates",
    "constraints*.txt",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "Dockerfile",
    ".dockerignore",
    "action.yml",
    "host",
)


@cache
def checkout() -> Path:
    """This checkout as `uses:` would fetch it: the action's own files, committed or not, and nothing that git ignores."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *PARTS]
    listed = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    names = sorted(name for name in listed.split("\0") if (ROOT / name).is_file())
    digest = hashlib.sha256(b"".join(name.encode() + (ROOT / name).read_bytes() for name in names)).hexdigest()
    folder = KEPT / f"action-{digest[:12]}"
    if not folder.exists():
        with TemporaryDirectory(dir=KEPT) as half:
            for name in names:
                (Path(half) / "whole" / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, Path(half) / "whole" / name)
            try:
                (Path(half) / "whole").rename(folder)
            except OSError:  # another process has put the same files there meanwhile
                if not folder.exists():
                    raise
    return folder
