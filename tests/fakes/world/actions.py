"""Workflows, their runs and logs, and the checks of commits."""

from typing import TYPE_CHECKING, Any

import yaml

from tests.fakes.world.http import Answer, Asked, Refused, paged
from tests.fakes.world.things import Repo, Run
from tests.fakes.world.threads import found

if TYPE_CHECKING:
    from tests.fakes.world.state import World

FOLDER = ".github/workflows"
APPS = {"github-actions": 15368, "other-ci": 42}
START = "2026-11-25T20:00:00Z"


def check_runs(world: "World", asked: Asked) -> Answer:
    repo = found(world, asked, "checks:read")
    return paged(world, asked, [_check_json(world, repo, check) for check in repo.checks.get(asked.parts[1], [])], "check_runs")


def _check_json(world: "World", repo: Repo, check: dict[str, Any]) -> dict[str, Any]:
    url = f"{world.api}/repos/{repo.name}/check-runs/{check['id']}"
    ended = check["conclusion"] is not None
    return {
        "id": check["id"],
        "url": url,
        "html_url": f"{world.url}/{repo.name}/runs/{check['id']}",
        "name": check["name"],
        "status": "completed" if ended else check.get("status", "in_progress"),
        "conclusion": check["conclusion"],
        "app": {"slug": check["app"], "id": APPS.get(check["app"], 99)},
        "output": {"annotations_count": len(check["annotations"]), "annotations_url": f"{url}/annotations"},
    }


def annotations(world: "World", asked: Asked) -> Answer:
    repo = found(world, asked, "checks:read")
    check = next(check for checks in repo.checks.values() for check in checks if check["id"] == int(asked.parts[1]))
    notes = [{"path": path, "start_line": row, "end_line": row, "message": said} for path, row, said in check["annotations"]]
    return paged(world, asked, notes)


def statuses(world: "World", asked: Asked) -> Answer:
    """Newest first, with what a context said before."""
    repo = found(world, asked, "statuses:read")
    return paged(world, asked, list(reversed(repo.statuses.get(asked.parts[1], []))))


# ---- runs --------------------------------------------------------------------------------------------------------


def workflow(world: "World", asked: Asked) -> Answer:
    repo, name = found(world, asked, "actions:read"), asked.parts[1]
    if repo.file(repo.default, f"{FOLDER}/{name}") is None:
        raise Refused(404, "Not Found")
    state = "disabled_manually" if name in repo.disabled else "active"
    url = f"{world.api}/repos/{repo.name}/actions/workflows/{name}"
    return Answer(200, {"id": 1, "path": f"{FOLDER}/{name}", "state": state, "name": name, "url": url})


def dispatch(world: "World", asked: Asked) -> Answer:
    """The file must be on the default branch and on the branch, and allow it in both."""
    repo, name = found(world, asked, "actions:write"), asked.parts[1]
    if "return_run_details" in asked.body and world.run_details == "refused":
        raise Refused(422, 'Invalid request.\n\n"return_run_details" is not a permitted key.')
    branch = str(asked.body["ref"]).removeprefix("refs/heads/")
    text, sha = repo.file(f"refs/heads/{branch}", f"{FOLDER}/{name}"), repo.tip(branch)
    if repo.file(repo.default, f"{FOLDER}/{name}") is None:
        raise Refused(404, "Not Found")
    if text is None or sha is None:
        raise Refused(422, f"No ref found for: {branch}")
    given = _inputs(text)
    if given is None:
        raise Refused(422, "Workflow does not have 'workflow_dispatch' trigger")
    sent = {str(key): str(value) for key, value in asked.body.get("inputs", {}).items()}
    if strange := set(sent) - set(given):
        raise Refused(422, f"Unexpected inputs provided: {sorted(strange)}")
    run = _start(world, repo, f"{FOLDER}/{name}", branch, sha, sent)
    if not asked.body.get("return_run_details") or world.run_details == "left out":
        return Answer(204)
    url = f"{world.api}/repos/{repo.name}/actions/runs/{run.id}"
    return Answer(200, {"workflow_run_id": run.id, "run_url": url, "html_url": f"{world.url}/{repo.name}/actions/runs/{run.id}"})


def _inputs(text: str) -> dict[str, Any] | None:
    """The inputs that a workflow takes by hand; None where it takes no dispatch."""
    on = yaml.safe_load(text).get(True)  # YAML 1.1 reads `on` as true
    if on == "workflow_dispatch" or (isinstance(on, list) and "workflow_dispatch" in on):
        return {}
    if not isinstance(on, dict) or "workflow_dispatch" not in on:
        return None
    return dict((on["workflow_dispatch"] or {}).get("inputs") or {})


def _start(world: "World", repo: Repo, path: str, branch: str, sha: str, inputs: dict[str, str]) -> Run:
    run = Run(next(world.ids), path, branch, sha, inputs)
    if world.lists_late:
        world.unlisted[run.id] = world.lists_late
    repo.runs[run.id] = run
    world.runner(world, repo, run)
    return run


def _run_json(world: "World", repo: Repo, run: Run) -> dict[str, Any]:
    url = f"{world.api}/repos/{repo.name}/actions/runs/{run.id}"
    minutes, seconds = divmod(run.seconds, 60)
    return {
        "id": run.id,
        "url": url,
        "html_url": f"{world.url}/{repo.name}/actions/runs/{run.id}",
        "jobs_url": f"{url}/jobs",
        "rerun_url": f"{url}/rerun",
        "cancel_url": f"{url}/cancel",
        "path": f"{run.path}@refs/heads/{run.branch}",
        "event": "workflow_dispatch",
        "head_branch": run.branch,
        "head_sha": run.sha,
        "status": run.status,
        "conclusion": run.conclusion,
        "run_attempt": run.attempt,
        "run_started_at": START,
        "updated_at": f"2026-11-25T20:{minutes:02}:{seconds:02}Z",
    }


def runs(world: "World", asked: Asked) -> Answer:
    repo = found(world, asked, "actions:read")
    world.unlisted = {id_: looks - 1 for id_, looks in world.unlisted.items() if looks > 1}
    wanted = [
        run
        for run in repo.runs.values()
        if asked.query.get("head_sha", run.sha) == run.sha
        and asked.query.get("branch", run.branch) == run.branch
        and asked.query.get("event", "workflow_dispatch") == "workflow_dispatch"
        and run.id not in world.unlisted
    ]
    return paged(world, asked, [_run_json(world, repo, run) for run in wanted], "workflow_runs")


def run(world: "World", asked: Asked) -> Answer:
    repo = found(world, asked, "actions:read")
    one = repo.runs[int(asked.parts[1])]
    one.looks += 1
    return Answer(200, _run_json(world, repo, one))


def rerun(world: "World", asked: Asked) -> Answer:
    """Every job once more, under the same id."""
    repo = found(world, asked, "actions:write")
    one = repo.runs[int(asked.parts[1])]
    if one.status != "completed" or not world.reruns:
        raise Refused(403, "This workflow is already running")
    one.attempt, one.status, one.conclusion, one.jobs = one.attempt + 1, "queued", None, []
    world.runner(world, repo, one)
    return Answer(201, {})


def cancel(world: "World", asked: Asked) -> Answer:
    repo = found(world, asked, "actions:write")
    one = repo.runs[int(asked.parts[1])]
    if one.status == "completed":
        raise Refused(409, "Cannot cancel a workflow run that is completed.")
    one.status, one.conclusion = "completed", "cancelled"
    return Answer(202, {})


def jobs(world: "World", asked: Asked) -> Answer:
    repo = found(world, asked, "actions:read")
    shown = [{key: value for key, value in job.items() if key != "log"} for job in repo.runs[int(asked.parts[1])].jobs]
    return paged(world, asked, shown, "jobs")


def logs(world: "World", asked: Asked) -> Answer:
    """GitHub answers with an address that is open to whoever knows it."""
    found(world, asked, "actions:read")
    return Answer(302, {}, {"Location": f"{world.url}/logs/{asked.parts[1]}"})
