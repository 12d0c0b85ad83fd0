"""People, issues, pull requests and what is said there."""

from typing import TYPE_CHECKING, Any

from tests.fakes.world.http import Answer, Asked, Refused, paged
from tests.fakes.world.shown import comment_json, issue_json
from tests.fakes.world.things import Comment, Issue, Repo, now

if TYPE_CHECKING:
    from tests.fakes.world.state import World

MOST_BODY = 65_536


def found(world: "World", asked: Asked, scope: str = "") -> Repo:
    """The repository of a request, if the token may do this there."""
    if scope and not world.tokens[asked.token].may(scope):
        raise Refused(403, "Resource not accessible by integration")
    return world.repos[asked.parts[0]]


def talk(world: "World", asked: Asked, number: int, can: str) -> tuple[Repo, Issue]:
    """A thread's comments: of a pull request the right to pull requests is as good as that to issues."""
    repo = found(world, asked)
    one, token = repo.issues[number], world.tokens[asked.token]
    if not token.may(f"issues:{can}") and not (one.head and token.may(f"pull-requests:{can}")):
        raise Refused(403, "Resource not accessible by integration")
    return repo, one


def thread(world: "World", asked: Asked, scope: str = "") -> tuple[Repo, Issue]:
    repo = found(world, asked, scope)
    return repo, repo.issues[int(asked.parts[1])]


def repository(world: "World", asked: Asked) -> Answer:
    repo = found(world, asked)
    return Answer(200, {"full_name": repo.name, "default_branch": repo.default, "private": repo.private})


def permission(world: "World", asked: Asked) -> Answer:
    repo = found(world, asked)
    login = asked.parts[1]
    user = world.users.get(login.lower())
    if user is None or user.kind != "User":
        raise Refused(404, f"{login} is not a user")
    role = repo.collaborators.get(login, "none" if repo.private else "read")
    role, _, made_up = role.partition(":")  # `NAME:write` is a role of the organisation's own, based on another
    coarse = made_up or {"maintain": "write", "triage": "read"}.get(role, role)
    return Answer(200, {"permission": coarse, "role_name": role, "user": user.json})


def issue(world: "World", asked: Asked) -> Answer:
    repo, one = thread(world, asked, "issues:read")
    return Answer(200, issue_json(world, repo, one))


def add_issue(world: "World", asked: Asked) -> Answer:
    repo = found(world, asked, "issues:write")
    made = world.issue(repo, str(asked.body["title"]), _body(asked), asked.login, tuple(asked.body.get("labels", ())))
    world.happened.append(f"issue {repo.name} {made.number}")
    return Answer(201, issue_json(world, repo, made))


def edit_issue(world: "World", asked: Asked) -> Answer:
    repo, one = thread(world, asked, "issues:write")
    assert set(asked.body) == {"body"}, "nothing else of an issue is ever changed"
    one.body = _body(asked)
    world.read.discard(f"issue {repo.name} {one.number}")
    return Answer(200, issue_json(world, repo, one))


def events(world: "World", asked: Asked) -> Answer:
    _, one = thread(world, asked, "issues:read")
    return paged(world, asked, one.events)


def comments(world: "World", asked: Asked) -> Answer:
    repo, one = talk(world, asked, int(asked.parts[1]), "read")
    since = asked.query.get("since", "")
    return paged(world, asked, [comment_json(world, repo, one, each) for each in one.comments if (each.edited or each.at) >= since])


def _body(asked: Asked) -> str:
    body = str(asked.body["body"])
    if len(body) > MOST_BODY:
        raise Refused(422, "Validation Failed: body is too long (maximum is 65536 characters)")
    return body


def add_comment(world: "World", asked: Asked) -> Answer:
    repo, one = talk(world, asked, int(asked.parts[1]), "write")
    made = Comment(next(world.ids), world.user(asked.login), _body(asked), now())
    one.comments.append(made)
    return Answer(201, comment_json(world, repo, one, made))


def _comment(repo: Repo, number: int) -> tuple[Issue, Comment]:
    return next((one, comment) for one in repo.issues.values() for comment in one.comments if comment.id == number)


def edit_comment(world: "World", asked: Asked) -> Answer:
    one, comment = _comment(found(world, asked), int(asked.parts[1]))
    repo, one = talk(world, asked, one.number, "write")
    if comment.user.login != asked.login:
        raise Refused(403, "Resource not accessible by integration")
    comment.body, comment.edited = _body(asked), now()
    world.read.discard(f"comment {comment.id}")
    return Answer(200, comment_json(world, repo, one, comment))


def delete_comment(world: "World", asked: Asked) -> Answer:
    one, comment = _comment(found(world, asked), int(asked.parts[1]))
    talk(world, asked, one.number, "write")
    assert comment.user.login == asked.login, "nobody else's comment is ever deleted"
    one.comments.remove(comment)
    return Answer(204)


def _react(world: "World", repo: Repo, one: Issue, key: str, asked: Asked) -> Answer:
    reaction = (asked.login, str(asked.body["content"]))
    known = reaction in one.reactions.setdefault(key, set())
    one.reactions[key].add(reaction)
    if not known:
        world.read.discard(f"reactions {repo.name} {one.number}")
    return Answer(200 if known else 201, {"id": 1, "content": reaction[1]})


def react_to_comment(world: "World", asked: Asked) -> Answer:
    repo = found(world, asked, "issues:write")
    one, comment = _comment(repo, int(asked.parts[1]))
    return _react(world, repo, one, str(comment.id), asked)


def react(world: "World", asked: Asked) -> Answer:
    repo, one = thread(world, asked, "issues:write")
    return _react(world, repo, one, "issue", asked)


# ---- pull requests -----------------------------------------------------------------------------------------------


def _pull_json(world: "World", repo: Repo, one: Issue) -> dict[str, Any]:
    assert one.head is not None
    where, branch = one.head
    sha = one.fork_sha or repo.tip(branch)
    common = issue_json(world, repo, one) | {"url": f"{world.api}/repos/{repo.name}/pulls/{one.number}"}
    common |= {"merged": one.merged, "draft": one.draft, "node_id": f"PR_{one.number}"}
    common["head"] = {"ref": branch, "sha": sha, "repo": {"full_name": where} if where else None}
    common["base"] = {"ref": one.base, "sha": repo.tip(one.base), "repo": {"full_name": repo.name}}
    return common


def pull(world: "World", asked: Asked) -> Answer:
    repo, one = thread(world, asked, "pull-requests:read")
    if not one.pull:
        raise Refused(404, "Not Found")
    return Answer(200, _pull_json(world, repo, one))


def reviews(world: "World", asked: Asked) -> Answer:
    _, one = thread(world, asked, "pull-requests:read")
    return paged(world, asked, one.reviews)


def remarks(world: "World", asked: Asked) -> Answer:
    _, one = thread(world, asked, "pull-requests:read")
    return paged(world, asked, one.remarks)


def pulls(world: "World", asked: Asked) -> Answer:
    repo = found(world, asked, "pull-requests:read")
    owner, _, branch = asked.query.get("head", "").partition(":")
    state = asked.query.get("state", "open")
    mine = [
        one for one in repo.issues.values() if one.head and (not branch or one.head[1] == branch) and state in ("all", one.state)
    ]
    assert not owner or owner == repo.name.split("/")[0]
    return paged(world, asked, [_pull_json(world, repo, one) for one in mine])


def pull_files(world: "World", asked: Asked) -> Answer:
    from tests.fakes.world.objects import changed  # noqa: PLC0415 - it imports this module

    repo, one = thread(world, asked, "pull-requests:read")
    assert one.head is not None
    head = one.fork_sha or str(repo.tip(one.head[1]))
    return paged(world, asked, changed(repo, repo.git("merge-base", str(repo.tip(one.base)), head), head))


def ready(world: "World", asked: Asked) -> Answer:
    number = int(str(asked.body["variables"]["input"]["pullRequestId"]).removeprefix("PR_"))
    next(repo for repo in world.repos.values() if number in repo.issues).issues[number].draft = False
    return Answer(200, {"data": {"markPullRequestReadyForReview": {"pullRequest": {"isDraft": False}}}})


def edit_pull(world: "World", asked: Asked) -> Answer:
    repo, one = thread(world, asked, "pull-requests:write")
    one.state = str(asked.body.get("state", one.state))
    one.title, one.body = str(asked.body.get("title", one.title)), str(asked.body.get("body", one.body))
    world.read.discard(f"pull {repo.name} {one.number}")
    return Answer(200, _pull_json(world, repo, one))


def open_pull(world: "World", asked: Asked) -> Answer:
    repo = found(world, asked, "pull-requests:write")
    if not world.tokens[asked.token].may_open_pulls:
        raise Refused(403, "GitHub Actions is not permitted to create or approve pull requests.")
    branch, base = str(asked.body["head"]), str(asked.body["base"])
    if repo.tip(branch) is None or repo.tip(base) is None:
        raise Refused(422, "Validation Failed: head or base is invalid")
    if any(one.head == (repo.name, branch) and one.state == "open" for one in repo.issues.values()):
        raise Refused(422, "Validation Failed", f"A pull request already exists for {branch}.")
    if asked.body.get("draft") and not world.drafts:
        raise Refused(422, "Draft pull requests are not supported in this repository.")
    made = world.issue(repo, str(asked.body["title"]), _body(asked), asked.login)
    made.head, made.base, made.draft = (repo.name, branch), base, bool(asked.body.get("draft"))
    world.happened.append(f"pull {repo.name} {made.number}")
    if asked.login != "github-actions[bot]":  # of that one's, each run waits for a person
        world.on_pull(world, repo, made)
    return Answer(201, _pull_json(world, repo, made))
