"""What this GitHub knows, and the side of it that a story is written on."""

import itertools
import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from tests.fakes import canaries, repos
from tests.fakes.canaries import Emitted
from tests.fakes.world.http import Fault, Http, Seen
from tests.fakes.world.shown import common, issue_json, judged, made
from tests.fakes.world.things import EPOCH, Comment, Issue, Repo, Run, Token, User, now

START = 1_000
Runner = Callable[["World", Repo, Run], None]
"""What a dispatched run does: fills in jobs and conclusion, at once or from a thread of its own."""


class World:
    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        self.users: dict[str, User] = {}
        self.tokens: dict[str, Token] = {}
        self.repos: dict[str, Repo] = {}
        self.ids = itertools.count(START)
        self.journal: list[Seen] = []
        self.faults: list[Fault] = []
        self.read: set[str] = set()
        """What the story has looked at."""
        self.runner: Runner = lambda world, repo, run: None
        self.on_pull: Callable[[World, Repo, Issue], None] = lambda world, repo, pull: None
        """What starts when somebody opens a pull request whose CI waits for nobody."""
        self.limit_left = 1_000
        self.happened: list[str] = []
        """Branches, pull requests and issues that were made or deleted through the API."""
        self.drafts = True
        self.lists_late = 0
        """How many looks at the list of runs a new run stays out of."""
        self.run_details: Literal["told", "left out", "refused"] = "told"
        """What comes of the wish to be told which run was started: a GitHub Enterprise Server may not know it."""
        self.graphql = True
        self.reruns = True
        """Whether a finished run may be run once more."""
        self.unlisted: dict[int, int] = {}
        self.repeats = False
        """Whether its errors repeat what they were sent to be let in."""
        self.contended = 0.0
        """How likely it is that somebody has written to a branch between a look at it and a swap."""
        self.chance = random.Random(7)  # noqa: S311 - the same every time
        self.turn: Callable[[str, str], Fault | None] = lambda token, line: None
        """Asked before anything is done for a request of this token, what happens to it; who asks may be made to wait."""
        self.victim: int | None = None
        """The process group that is killed when `left` more of its requests have been done."""
        self.left = 0
        self.server = Http(self, port)
        self.url = self.server.url
        self.api = f"{self.url}/api/v3"

    def __enter__(self) -> Self:
        self.server.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.server.stop()

    # ---- what there is -----------------------------------------------------------------------------------------------

    def user(self, login: str, kind: str = "User") -> User:
        return self.users.setdefault(login.lower(), User(login, next(self.ids), kind))

    def token(self, name: str, login: str, scopes: str | None = None, *, may_open_pulls: bool = True) -> str:
        """`scopes`: `contents:write issues:write …`; None for everything."""
        self.user(login, "Bot" if login.endswith("[bot]") else "User")
        self.tokens[name] = Token(login, None if scopes is None else frozenset(scopes.split()), may_open_pulls)
        return name

    def repo(self, name: str, files: Mapping[str, bytes | str], **permissions: str) -> Repo:
        work = self.folder / "work" / name
        repos.make(work, files)
        bare = self.folder / "git" / f"{name}.git"
        bare.parent.mkdir(parents=True, exist_ok=True)
        repos.git(self.folder, "clone", "--quiet", "--bare", str(work), str(bare))
        for key, value in (("uploadpack.allowAnySHA1InWant", "true"), ("http.receivepack", "false")):
            repos.git(bare, "config", key, value)
        made = Repo(name, bare)
        self.repos[name] = made
        for login, permission in permissions.items():
            self.user(login)
            made.collaborators[login] = permission
        return made

    def commit(self, repo: Repo, branch: str, files: Mapping[str, bytes | str], message: str = "more") -> str:
        """A commit on a branch, made there where it is not yet."""
        work = self.folder / "work" / repo.name
        there = repo.tip(branch)
        start = there or repo.tip(repo.default)
        repos.git(work, "fetch", "--quiet", str(repo.path), str(start))
        repos.git(work, "checkout", "--quiet", "--force", "--detach", str(start))
        sha = repos.make(work, files, message)
        repos.git(work, "push", "--quiet", str(repo.path), f"{sha}:refs/heads/{branch}")
        return sha

    def issue(self, repo: Repo, title: str, body: str = "", by: str = "zoe", labels: tuple[str, ...] = ()) -> Issue:
        number = len(repo.issues) + 1
        repo.issues[number] = Issue(number, title, body, self.user(by), list(labels))
        return repo.issues[number]

    def pull(self, repo: Repo, branch: str, files: Mapping[str, bytes | str], title: str, body: str = "", by: str = "zoe") -> Issue:
        self.commit(repo, branch, files, title)
        made = self.issue(repo, title, body, by)
        made.head, made.base = (repo.name, branch), repo.default
        return made

    def fork_pull(self, repo: Repo, fork: str, files: Mapping[str, bytes | str], title: str, by: str) -> Issue:
        """As GitHub has it: the fork's commit can be fetched from the repository itself."""
        made = self.pull(repo, "from-a-fork", files, title, by=by)
        made.fork_sha = str(repo.tip("from-a-fork"))
        repo.git("update-ref", f"refs/pull/{made.number}/head", made.fork_sha)
        repo.git("update-ref", "-d", "refs/heads/from-a-fork")
        made.head = (fork, "topic")
        return made

    def check(
        self, repo: Repo, sha: str, name: str, conclusion: str | None, log: str = "", app: str = "github-actions", **more: Any
    ) -> int:
        made = {"id": next(self.ids), "name": name, "conclusion": conclusion, "log": log, "app": app, "annotations": (), **more}
        repo.checks.setdefault(sha, []).append(made)
        return int(made["id"])

    # ---- what happens ------------------------------------------------------------------------------------------------

    def comment(self, repo: Repo, issue: Issue, by: str, body: str) -> dict[str, Any]:
        """The payload that GitHub sends for it."""
        made = Comment(next(self.ids), self.user(by), body)
        issue.comments.append(made)
        self.read.add(f"comment {made.id}")
        said = {"id": made.id, "user": made.user.json, "body": body, "created_at": made.at, "author_association": "NONE"}
        return {"action": "created", "issue": issue_json(self, repo, issue), "comment": said, **common(self, repo, by)}

    def remark(self, repo: Repo, pull: Issue, by: str, body: str) -> dict[str, Any]:
        """The payload for a comment beside a line of the change."""
        made = self.comment(repo, pull, by, body)
        pull.comments.pop()
        about = {**made.pop("issue"), "head": {"repo": {"full_name": repo.name}}}
        return {**made, "pull_request": about}

    def closed(self, repo: Repo, pull: Issue, by: str, *, merged: bool) -> dict[str, Any]:
        """The payload for a pull request that is merged, or closed without."""
        pull.state = "closed"
        return {"action": "closed", "pull_request": judged(self, repo, pull) | {"merged": merged}, **common(self, repo, by)}

    def proposed(self, repo: Repo, pull: Issue, by: str, action: str = "opened") -> dict[str, Any]:
        """The payload for a pull request that is opened, or pushed to."""
        return {"action": action, "pull_request": judged(self, repo, pull), **common(self, repo, by)}

    def reviewed(self, repo: Repo, pull: Issue, by: str, state: str) -> dict[str, Any]:
        said = {"state": state, "body": "", "submitted_at": now(), "user": self.user(by).json}
        return {"action": "submitted", "review": said, "pull_request": judged(self, repo, pull), **common(self, repo, by)}

    def review(self, pull: Issue, by: str, state: str, body: str, **places: str) -> None:
        """`places` are files, `_` for `/` and for `.`, with what is said of their first line."""
        made = {"id": next(self.ids), "user": self.user(by).json, "state": state, "body": body, "submitted_at": EPOCH}
        pull.reviews.append(made)
        for path, said in places.items():
            about = {"path": path.replace("__", "/") + ".py", "line": 1, "diff_hunk": "@@ -1 +1 @@\n-old\n+new"}
            pull.remarks.append(
                about | {"id": next(self.ids), "pull_request_review_id": made["id"], "user": made["user"], "body": said}
            )

    def label(self, repo: Repo, issue: Issue, by: str, name: str) -> dict[str, Any]:
        issue.labels.append(name)
        issue.events.append({"id": next(self.ids), "event": "labeled", "label": {"name": name}, "actor": self.user(by).json})
        return {"action": "labeled", "label": {"name": name}, "issue": issue_json(self, repo, issue), **common(self, repo, by)}

    def dispatched(self, repo: Repo, by: str, **inputs: str) -> dict[str, Any]:
        return {"inputs": inputs, "ref": f"refs/heads/{repo.default}", **common(self, repo, by)}

    def fail(self, method: str, path: str, status: int = 502, times: int = 1, *, after: bool = False, drop: bool = False) -> None:
        """The next requests that match end in an error; `after` the thing was done all the same; `drop` without any answer."""
        self.faults.append(Fault(method, path, status, times, after=after, drop=drop))

    # ---- what a story looks at ---------------------------------------------------------------------------------------

    def said(self, issue: Issue, login: str) -> list[str]:
        """What somebody's comments say now."""
        mine = [comment for comment in issue.comments if comment.user.login == login]
        self.read.update(f"comment {comment.id}" for comment in mine)
        return [comment.body for comment in mine]

    def reacted(self, repo: Repo, issue: Issue) -> set[str]:
        self.read.add(f"reactions {repo.name} {issue.number}")
        return {content for found in issue.reactions.values() for _, content in found}

    def branches(self, repo: Repo) -> list[str]:
        found = repo.branches()
        self.read.update(f"branch {repo.name} {name}" for name in found)
        return found

    def pulls(self, repo: Repo) -> list[Issue]:
        """Those that the bot opened, by the branch they come from."""
        found = [issue for issue in repo.issues.values() if f"pull {repo.name} {issue.number}" in self.happened]
        self.read.update(f"pull {repo.name} {issue.number}" for issue in found)
        return found

    def opened(self, repo: Repo) -> list[Issue]:
        """Issues that the bot made."""
        found = [issue for issue in repo.issues.values() if f"issue {repo.name} {issue.number}" in self.happened]
        self.read.update(f"issue {repo.name} {issue.number}" for issue in found)
        return found

    def runs(self, repo: Repo) -> list[Run]:
        self.read.update(f"run {run.id}" for run in repo.runs.values())
        return list(repo.runs.values())

    def finish(self) -> None:
        """Raises where something happened that the story did not look at, or was asked for that this GitHub does not serve.

        Or where a key or a token stands in anything that was written, sent or pushed, whichever story it is.
        """
        missed = [seen.line for seen in self.journal if seen.status in (501, 599)]
        assert not missed, f"asked for, and not served here: {missed}"
        unread = [each for each in made(self) if each not in self.read]
        assert not unread, f"happened, and the story did not look: {unread}"
        assert not self.faults, f"faults that never struck: {self.faults}"
        told = canaries.leaks(self.emitted())
        assert not told, f"a key or a token is told: {told}"

    def emitted(self) -> Iterator[Emitted]:
        """What was sent to this GitHub, what it keeps, and every file that lies beside it: logs, summaries, outputs, Trails."""
        for seen in self.journal:
            yield Emitted(
                f"{seen.method} {seen.path}", f"{seen.path}\n{json.dumps(seen.body, ensure_ascii=False)}".encode(errors="replace")
            )
        for repo in self.repos.values():
            yield from canaries.objects(repo.path)
            threads = [asdict(issue) | {"reactions": None} for issue in repo.issues.values()]
            yield Emitted(f"threads of {repo.name}", json.dumps(threads, ensure_ascii=False).encode(errors="replace"))
        yield from canaries.files(self.folder.parent)

    def sent(self, method: str, path: str = "") -> list[Seen]:
        """The requests of a kind, in order."""
        return [seen for seen in self.journal if seen.method == method and path in seen.path]
