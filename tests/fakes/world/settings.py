"""What a repository's owner has set: its workflows' files and rights, and how its branches are protected."""

import base64
from typing import TYPE_CHECKING, Any

from tests.fakes.world.actions import FOLDER
from tests.fakes.world.http import Answer, Asked, Refused, paged
from tests.fakes.world.shown import issue_json
from tests.fakes.world.things import Repo
from tests.fakes.world.threads import found

if TYPE_CHECKING:
    from tests.fakes.world.state import World


def issues(world: "World", asked: Asked) -> Answer:
    """Open ones, the newest first, unless asked otherwise; pull requests are among them."""
    repo, query = found(world, asked, "issues:read"), asked.query
    rows = [
        issue_json(world, repo, one)
        for one in reversed(repo.issues.values())
        if query.get("state", "open") in ("all", one.state)
        and set(filter(None, query.get("labels", "").split(","))) <= set(one.labels)
        and query.get("creator", one.user.login) == one.user.login
    ]
    return paged(world, asked, rows)


def workflows(world: "World", asked: Asked) -> Answer:
    """Every file of the default branch's folder, and one that GitHub made up itself."""
    repo = found(world, asked, "actions:read")
    names = repo.git("ls-tree", "--name-only", f"{repo.default}:{FOLDER}").split() if repo.file(repo.default, FOLDER) else []
    made = [_workflow(repo, f"{FOLDER}/{name}", number) for number, name in enumerate(names, 1)]
    return paged(world, asked, [*made, _workflow(repo, "dynamic/github-code-scanning/codeql", 99)], "workflows")


def _workflow(repo: Repo, path: str, number: int) -> dict[str, Any]:
    name = path.rpartition("/")[2]
    return {"id": number, "path": path, "name": name, "state": "disabled_manually" if name in repo.disabled else "active"}


def contents(world: "World", asked: Asked) -> Answer:
    repo, path = found(world, asked, "contents:read"), asked.parts[1]
    text = repo.file(asked.query.get("ref", repo.default), path)
    if text is None:
        raise Refused(404, "Not Found")
    return Answer(200, {"path": path, "encoding": "base64", "content": base64.encodebytes(text.encode()).decode()})


def workflow_rights(world: "World", asked: Asked) -> Answer:
    """For administrators alone; a workflow's own token can never be one."""
    repo = found(world, asked, "administration:read")
    return Answer(200, {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": repo.opens_pulls})


def branch(world: "World", asked: Asked) -> Answer:
    repo, name = found(world, asked, "contents:read"), asked.parts[1]
    if repo.tip(name) is None:
        raise Refused(404, "Branch not found")
    guard = {"enabled": bool(repo.required), "required_status_checks": {"contexts": list(repo.required)}}
    return Answer(200, {"name": name, "protected": bool(repo.required), "protection": guard})


def rules(world: "World", asked: Asked) -> Answer:
    return paged(world, asked, found(world, asked).rules)
