"""Every address that this GitHub serves, written out."""

from typing import TYPE_CHECKING

from tests.fakes.world import actions, contents, objects, settings, threads
from tests.fakes.world.http import Answer, Asked, Refused, Route

if TYPE_CHECKING:
    from tests.fakes.world.state import World

_R = r"/repos/([^/]+/[^/]+)"
_SHA = r"([0-9a-f]{40})"


def _viewer(world: "World", asked: Asked) -> Answer:
    if not world.graphql:
        raise Refused(404, "Not Found")
    if "markPullRequestReadyForReview" in asked.body["query"]:
        return threads.ready(world, asked)
    if "object(expression" in asked.body["query"]:
        return contents.by_graph(world, asked)
    assert "viewer" in asked.body["query"]
    return Answer(200, {"data": {"viewer": {"login": asked.login}}})


def _app(world: "World", asked: Asked) -> Answer:
    return Answer(200, {"id": actions.APPS[asked.parts[0]], "slug": asked.parts[0]})


def _user(world: "World", asked: Asked) -> Answer:
    """As a person's token may ask; a workflow's own may not."""
    if world.users[asked.login.lower()].kind == "Bot":
        raise Refused(403, "Resource not accessible by integration")
    return Answer(200, world.users[asked.login.lower()].json)


ROUTES: tuple[tuple[str, str, Route], ...] = (
    ("POST", "/api/graphql", _viewer),
    ("GET", "/user", _user),
    ("GET", r"/apps/([^/]+)", _app),
    ("GET", _R, threads.repository),
    ("GET", _R + r"/collaborators/([^/]+)/permission", threads.permission),
    ("GET", _R + r"/issues", settings.issues),
    ("POST", _R + r"/issues", threads.add_issue),
    ("GET", _R + r"/issues/(\d+)", threads.issue),
    ("PATCH", _R + r"/issues/(\d+)", threads.edit_issue),
    ("GET", _R + r"/issues/(\d+)/events", threads.events),
    ("GET", _R + r"/issues/(\d+)/comments", threads.comments),
    ("POST", _R + r"/issues/(\d+)/comments", threads.add_comment),
    ("PATCH", _R + r"/issues/comments/(\d+)", threads.edit_comment),
    ("DELETE", _R + r"/issues/comments/(\d+)", threads.delete_comment),
    ("POST", _R + r"/issues/comments/(\d+)/reactions", threads.react_to_comment),
    ("POST", _R + r"/issues/(\d+)/reactions", threads.react),
    ("GET", _R + r"/pulls", threads.pulls),
    ("POST", _R + r"/pulls", threads.open_pull),
    ("GET", _R + r"/pulls/(\d+)", threads.pull),
    ("PATCH", _R + r"/pulls/(\d+)", threads.edit_pull),
    ("GET", _R + r"/pulls/(\d+)/reviews", threads.reviews),
    ("GET", _R + r"/pulls/(\d+)/files", threads.pull_files),
    ("GET", _R + r"/pulls/(\d+)/comments", threads.remarks),
    ("GET", _R + r"/git/ref/heads/(.+)", objects.ref),
    ("GET", _R + r"/activity", objects.activity),
    ("GET", _R + r"/compare/" + _SHA + r"\.\.\." + _SHA, objects.compare),
    ("GET", _R + r"/git/commits/" + _SHA, objects.commit),
    ("GET", _R + r"/contents/(.+)", contents.read),
    ("PUT", _R + r"/contents/(.+)", contents.swap),
    ("GET", _R + r"/git/blobs/" + _SHA, contents.blob),
    ("POST", _R + r"/git/blobs", objects.add_blob),
    ("POST", _R + r"/git/trees", objects.add_tree),
    ("POST", _R + r"/git/commits", objects.add_commit),
    ("POST", _R + r"/git/refs", objects.add_ref),
    ("DELETE", _R + r"/git/refs/heads/(.+)", objects.delete_ref),
    ("GET", _R + r"/commits/" + _SHA + r"/check-runs", actions.check_runs),
    ("GET", _R + r"/check-runs/(\d+)/annotations", actions.annotations),
    ("GET", _R + r"/statuses/" + _SHA, actions.statuses),
    ("GET", _R + r"/actions/workflows", settings.workflows),
    ("GET", _R + r"/contents/(.+)", settings.contents),
    ("GET", _R + r"/actions/permissions/workflow", settings.workflow_rights),
    ("GET", _R + r"/branches/([^/]+)", settings.branch),
    ("GET", _R + r"/rules/branches/([^/]+)", settings.rules),
    ("GET", _R + r"/actions/workflows/([^/]+)", actions.workflow),
    ("POST", _R + r"/actions/workflows/([^/]+)/dispatches", actions.dispatch),
    ("GET", _R + r"/actions/runs", actions.runs),
    ("GET", _R + r"/actions/runs/(\d+)", actions.run),
    ("GET", _R + r"/actions/runs/(\d+)/jobs", actions.jobs),
    ("POST", _R + r"/actions/runs/(\d+)/cancel", actions.cancel),
    ("POST", _R + r"/actions/runs/(\d+)/rerun", actions.rerun),
    ("GET", _R + r"/actions/jobs/(\d+)/logs", actions.logs),
)
