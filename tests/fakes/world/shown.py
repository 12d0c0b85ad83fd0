"""What this GitHub has, as it is shown: in payloads, by the API, in logs, and to who asks what happened."""

from typing import TYPE_CHECKING, Any

from tests.fakes.world.things import Comment, Issue, Repo, now

if TYPE_CHECKING:
    from tests.fakes.world.state import World


def issue_json(world: "World", repo: Repo, issue: Issue) -> dict[str, Any]:
    url = f"{world.api}/repos/{repo.name}/issues/{issue.number}"
    page = f"{world.url}/{repo.name}/{'pull' if issue.pull else 'issues'}/{issue.number}"
    found: dict[str, Any] = {
        "id": issue.number,
        "url": url,
        "html_url": page,
        "number": issue.number,
        "title": issue.title,
        "body": issue.body or None,
        "state": issue.state,
        "locked": issue.locked,
        "user": issue.user.json,
        "labels": [{"name": name} for name in issue.labels],
    }
    return found | ({"pull_request": {"url": url.replace("/issues/", "/pulls/")}} if issue.pull else {})


def comment_json(world: "World", repo: Repo, issue: Issue, comment: Comment) -> dict[str, Any]:
    url = f"{world.api}/repos/{repo.name}/issues/comments/{comment.id}"
    return {
        "id": comment.id,
        "url": url,
        "user": comment.user.json,
        "body": comment.body,
        "created_at": comment.at,
        "updated_at": comment.edited or comment.at,
        "html_url": f"{world.url}/{repo.name}/issues/{issue.number}#{comment.id}",
    }


def common(world: "World", repo: Repo, by: str) -> dict[str, Any]:
    about = {"full_name": repo.name, "name": repo.name.split("/")[1], "default_branch": repo.default, "private": repo.private}
    about["owner"] = {"login": repo.name.split("/")[0]}
    return {"repository": about, "sender": world.user(by).json}


def judged(world: "World", repo: Repo, pull: Issue) -> dict[str, Any]:
    assert pull.head is not None
    where, branch = pull.head
    head = {"ref": branch, "sha": pull.fork_sha or repo.tip(branch), "repo": {"full_name": where}}
    at = now()
    return {"number": pull.number, "head": head, "created_at": at, "closed_at": at}


def log(world: "World", job: int) -> bytes:
    for repo in world.repos.values():
        for run in repo.runs.values():
            for made in run.jobs:
                if made["id"] == job:
                    return str(made["log"]).encode()
        for checks in repo.checks.values():
            for check in checks:
                if check["id"] == job:
                    return str(check["log"]).encode()
    return b""


def made(world: "World") -> list[str]:
    """Everything that happened, as a story marks what it has looked at."""
    found = list(world.happened)
    for repo in world.repos.values():
        found += [f"run {run.id}" for run in repo.runs.values()]
        for issue in repo.issues.values():
            found += [f"comment {comment.id}" for comment in issue.comments]
            found += [f"reactions {repo.name} {issue.number}"] if issue.reactions else []
    return found
