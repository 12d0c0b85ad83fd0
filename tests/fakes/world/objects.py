"""Commits, trees and references: the truth lies in a real git repository."""

import base64
import os
import re
from typing import TYPE_CHECKING, Any

from tests.fakes import repos
from tests.fakes.world.http import Answer, Asked, Refused, paged
from tests.fakes.world.things import Repo
from tests.fakes.world.threads import found

if TYPE_CHECKING:
    from tests.fakes.world.state import World


def ref(world: "World", asked: Asked) -> Answer:
    repo = found(world, asked, "contents:read")
    sha = repo.tip(asked.parts[1])
    if sha is None:
        raise Refused(404, "Not Found")
    return Answer(200, {"ref": f"refs/heads/{asked.parts[1]}", "object": {"sha": sha, "type": "commit"}})


def activity(world: "World", asked: Asked) -> Answer:
    """Pushes, newest first."""
    repo = found(world, asked, "contents:read")
    return paged(world, asked, [one for one in repo.pushes if one["ref"] == asked.query["ref"]])


def compare(world: "World", asked: Asked) -> Answer:
    repo = found(world, asked, "contents:read")
    base = repo.git("merge-base", asked.parts[1], asked.parts[2])
    return Answer(200, {"merge_base_commit": {"sha": base}, "files": changed(repo, base, asked.parts[2]), "total_commits": 1})


def changed(repo: Repo, base: str, head: str) -> list[dict[str, Any]]:
    """The files that differ, each with its part of the diff from the first hunk on."""
    rows = [row.split("\t") for row in repo.git("diff", "--numstat", base, head).splitlines()]
    parts = re.split(r"^diff --git ", repo.git("diff", base, head), flags=re.MULTILINE)[1:]
    patches = {part.partition("\n")[0].rpartition(" b/")[2]: part.partition("\n@@")[2].rstrip("\n") for part in parts}
    return [
        {
            "filename": name,
            "additions": int(more),
            "deletions": int(less),
            "changes": int(more) + int(less),
            "status": "modified",
            "patch": patches.get(name, ""),
        }
        for more, less, name in rows
    ]


def _commit_json(world: "World", repo: Repo, sha: str) -> dict[str, Any]:
    rows = repo.git("cat-file", "-p", sha).split("\n\n")[0].split("\n")
    fields = [row.split(" ", 1) for row in rows]
    parents = [
        {"sha": value, "url": f"{world.api}/repos/{repo.name}/git/commits/{value}"} for name, value in fields if name == "parent"
    ]
    tree = next(value for name, value in fields if name == "tree")
    url = f"{world.api}/repos/{repo.name}/git/commits/{sha}"
    return {
        "sha": sha,
        "url": url,
        "tree": {"sha": tree, "url": ""},
        "parents": parents,
        "message": repo.git("log", "-1", "--format=%B", sha),
    }


def commit(world: "World", asked: Asked) -> Answer:
    repo = found(world, asked, "contents:read")
    return Answer(200, _commit_json(world, repo, asked.parts[1]))


def add_blob(world: "World", asked: Asked) -> Answer:
    repo = found(world, asked, "contents:write")
    data = base64.b64decode(asked.body["content"]) if asked.body["encoding"] == "base64" else asked.body["content"].encode()
    return Answer(201, {"sha": repo.git("hash-object", "-w", "--stdin", stdin=data), "url": ""})


def add_tree(world: "World", asked: Asked) -> Answer:
    repo = found(world, asked, "contents:write")
    if any(entry["path"].startswith(".github/workflows/") for entry in asked.body["tree"]) and asked.login.endswith("[bot]"):
        raise Refused(403, "refusing to allow a GitHub App to create or update workflow without `workflows` permission")
    rows = b""
    for entry in asked.body["tree"]:
        name = os.fsencode(entry["path"])
        sha = entry.get(
            "sha", repo.git("hash-object", "-w", "--stdin", stdin=entry["content"].encode()) if "content" in entry else None
        )
        rows += (b"0 " + b"0" * 40 if sha is None else entry["mode"].encode() + b" " + sha.encode()) + b"\t" + name + b"\0"
    index = world.folder / f"index-{next(world.ids)}"
    _indexed(repo, index, "read-tree", asked.body.get("base_tree") or "--empty")
    _indexed(repo, index, "update-index", "-z", "--index-info", stdin=rows)
    return Answer(201, {"sha": _indexed(repo, index, "write-tree"), "url": "", "tree": []})


def _indexed(repo: Repo, index: Any, *words: str, stdin: bytes | None = None) -> str:
    import subprocess  # noqa: PLC0415

    env = {"PATH": repos.PATH, "HOME": "/nonexistent", "GIT_INDEX_FILE": str(index)}
    done = subprocess.run(["git", *words], cwd=repo.path, env=env, input=stdin, capture_output=True, check=True)
    return done.stdout.decode().strip()


def add_commit(world: "World", asked: Asked) -> Answer:
    """Signed by GitHub only where nobody names an author, and dated by it: the same commit is never made twice."""
    repo = found(world, asked, "contents:write")
    assert "author" not in asked.body
    assert "committer" not in asked.body
    words = [word for parent in asked.body["parents"] for word in ("-p", parent)]
    stamp = f"{1_800_000_000 + next(world.ids)} +0000"
    who = ("-c", f"user.name={asked.login}", "-c", "user.email=bot@noreply.invalid")
    message = asked.body["message"].encode()
    made = _dated(repo, stamp, *who, "commit-tree", asked.body["tree"], *words, "-F", "-", stdin=message)
    return Answer(201, _commit_json(world, repo, made))


def _dated(repo: Repo, stamp: str, *words: str, stdin: bytes) -> str:
    import subprocess  # noqa: PLC0415

    env = {"PATH": repos.PATH, "HOME": "/nonexistent", "GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp}
    return (
        subprocess.run(["git", *words], cwd=repo.path, env=env, input=stdin, capture_output=True, check=True)
        .stdout.decode()
        .strip()
    )


def add_ref(world: "World", asked: Asked) -> Answer:
    repo = found(world, asked, "contents:write")
    name = str(asked.body["ref"])
    assert name.startswith("refs/heads/")
    if repo.tip(name.removeprefix("refs/heads/")) is not None:
        raise Refused(422, "Reference already exists")
    repo.git("update-ref", name, str(asked.body["sha"]))
    if repo.git("ls-tree", "--name-only", str(asked.body["sha"])) != "spend":  # money is counted in every story
        world.happened.append(f"branch {repo.name} {name.removeprefix('refs/heads/')}")
    return Answer(201, {"ref": name, "object": {"sha": asked.body["sha"], "type": "commit"}})


def delete_ref(world: "World", asked: Asked) -> Answer:
    repo = found(world, asked, "contents:write")
    if repo.tip(asked.parts[1]) is None:
        raise Refused(422, "Reference does not exist")
    repo.git("update-ref", "-d", f"refs/heads/{asked.parts[1]}")
    made = f"branch {repo.name} {asked.parts[1]}"
    if made in world.happened:
        world.happened.remove(made)
    else:
        world.happened.append(f"deleted {asked.parts[1]}")  # somebody else's: no story may leave it at that
    return Answer(204)
