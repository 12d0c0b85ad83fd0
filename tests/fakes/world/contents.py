"""Files by the Contents API: read, and swapped by their hash, one commit each."""

import base64
import re
from typing import TYPE_CHECKING

from tests.fakes.world.http import Answer, Asked, Refused
from tests.fakes.world.objects import add_commit, add_tree
from tests.fakes.world.things import Repo
from tests.fakes.world.threads import found

if TYPE_CHECKING:
    from tests.fakes.world.state import World

MOST_INLINE = 1_000_000


def _blob(repo: Repo, branch: str, path: str) -> str | None:
    tip = branch if re.fullmatch(r"[0-9a-f]{40}", branch) else repo.tip(branch)
    if tip is None:
        return None
    row = repo.git("ls-tree", tip, "--", path)
    return row.split()[2] if row else None


def read(world: "World", asked: Asked) -> Answer:
    repo, path = found(world, asked, "contents:read"), asked.parts[1]
    sha = _blob(repo, asked.query.get("ref", repo.default), path)
    if sha is None:
        raise Refused(404, "Not Found")
    data = repo.git("cat-file", "blob", sha).encode() + b"\n"
    if "raw" in asked.accept:
        return Answer(200, raw=data)
    inline = len(data) <= MOST_INLINE
    return Answer(
        200,
        {
            "type": "file",
            "path": path,
            "name": path.rpartition("/")[2],
            "sha": sha,
            "size": len(data),
            "encoding": "base64" if inline else "none",
            "content": base64.b64encode(data).decode() if inline else "",
            "url": f"{world.api}/repos/{repo.name}/contents/{path}",
        },
    )


def by_graph(world: "World", asked: Asked) -> Answer:
    """A file of a branch by GraphQL: nothing where there is none."""
    told = asked.body["variables"]
    asked.parts = (f"{told['owner']}/{told['name']}",)
    repo = found(world, asked, "contents:read")
    branch, _, path = told["file"].partition(":")
    sha = _blob(repo, branch, path)
    text = None if sha is None else repo.git("cat-file", "blob", sha) + "\n"
    return Answer(200, {"data": {"repository": {"object": None if text is None else {"text": text}}}})


def blob(world: "World", asked: Asked) -> Answer:
    repo = found(world, asked, "contents:read")
    data = repo.git("cat-file", "blob", asked.parts[1]).encode() + b"\n"
    return Answer(200, {"sha": asked.parts[1], "encoding": "base64", "content": base64.b64encode(data).decode(), "url": ""})


def swap(world: "World", asked: Asked) -> Answer:
    """Refused, as GitHub does, where the hash is not that of the file as it is now, or there is no such branch."""
    repo, path = found(world, asked, "contents:write"), asked.parts[1]
    branch, given = str(asked.body["branch"]), asked.body.get("sha")
    tip, there = repo.tip(branch), _blob(repo, branch, path)
    if tip is None:
        raise Refused(404, f"Branch {branch} not found")
    if there is not None and given is None:
        raise Refused(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if world.contended and world.chance.random() < world.contended:
        raise Refused(409, f"{branch} is at another commit than expected")  # whichever file it was that somebody wrote
    if given != there:
        raise Refused(409, f"{path} does not match {given}")
    text = base64.b64decode(asked.body["content"]).decode()
    message = str(asked.body["message"])
    asked.body = {"base_tree": tip, "tree": [{"path": path, "mode": "100644", "type": "blob", "content": text}]}
    tree = add_tree(world, asked).body["sha"]
    asked.body = {"message": message, "tree": tree, "parents": [tip]}
    commit = add_commit(world, asked).body
    repo.git("update-ref", f"refs/heads/{branch}", commit["sha"], tip)
    if not path.startswith(("spend/", "records/", "outcomes/", "standing.json")):  # of the ledger, which has stories of its own
        world.happened.append(f"file {path} on {branch}")
    fresh = _blob(repo, branch, path)
    return Answer(200 if given else 201, {"content": {"path": path, "sha": fresh}, "commit": commit})
