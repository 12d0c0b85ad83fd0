"""A repository on emulate: the same commits in a real git repository, people with their tokens, events as emulate sends them."""

import base64
import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.counterparts.front import HOOK, Front, Passed
from tests.counterparts.servers import Served
from tests.fakes import repos

OWNER, BOT = "octo", "robot"
PEOPLE = {OWNER: "admin", BOT: "push", "ann": "push", "bob": "pull", "eve": ""}
"""Logins, and what each may do; who may nothing is no collaborator. A token is the login and `-token`."""


def token(login: str) -> str:
    return f"{login}-token"


def seed(*names: str) -> str:
    """What emulate starts with: people, and empty repositories."""
    made = {
        "tokens": {token(login): {"login": login, "scopes": ["repo", "admin:repo_hook"]} for login in PEOPLE},
        "github": {
            "users": [{"login": login} for login in PEOPLE],
            "repos": [{"owner": OWNER, "name": name, "auto_init": False} for name in names],
        },
    }
    return json.dumps(made)


@dataclass
class Emulated:
    """One repository of it, as a job finds it. What a test does itself goes to emulate alone, and is in no journal."""

    served: Served
    front: Front
    name: str
    work: Path
    """A clone in which a test makes commits."""
    known: set[str] = field(default_factory=set)
    """Commits that emulate has."""
    pulls: set[int] = field(default_factory=set)

    @property
    def url(self) -> str:
        return self.front.url

    @property
    def api(self) -> str:
        return self.front.url

    @property
    def repo(self) -> str:
        return f"{OWNER}/{self.name}"

    def token(self, name: str, login: str, scopes: str | None = None, *, may_open_pulls: bool = True) -> str:
        """emulate's tokens know no scopes of a job: it is the bot's, whatever the job asks for."""
        return token(BOT)

    def ask(self, method: str, path: str, body: Any = None, by: str = OWNER) -> Any:
        """Below the repository. Raises `AssertionError` where emulate says no."""
        line = http.client.HTTPConnection("127.0.0.1", self.served.port, timeout=10)
        headers = {"Authorization": f"Bearer {token(by)}", "Content-Type": "application/json"}
        try:
            line.request(method, f"/repos/{self.repo}{path}", None if body is None else json.dumps(body), headers)
            answer = line.getresponse()
            data = answer.read()
        finally:
            line.close()
        assert answer.status < 400, f"{method} {path}: {answer.status} {data[:400]!r}"
        return json.loads(data) if data else None

    # ---- what there is -----------------------------------------------------------------------------------------------

    def begin(self, files: Mapping[str, bytes | str]) -> None:
        for login, permission in PEOPLE.items():
            if permission and login != OWNER:
                self.ask("PUT", f"/collaborators/{login}", {"permission": permission})
        self.ask("POST", "/hooks", {"config": {"url": f"{self.front.url}{HOOK}"}, "events": ["*"]})
        self.commit("main", files)

    def commit(self, branch: str, files: Mapping[str, bytes | str], message: str = "start") -> str:
        """The same commit in both: emulate has to come to git's own hashes."""
        sha = repos.make(self.work, files, message)
        bare = self.front.git / f"{self.repo}.git"
        if not bare.exists():
            bare.mkdir(parents=True)
            repos.git(bare, "init", "--quiet", "--bare")
            repos.git(bare, "config", "uploadpack.allowAnySHA1InWant", "true")
        repos.git(self.work, "push", "--quiet", str(bare), f"{sha}:refs/heads/{branch}")
        for each in repos.git(self.work, "rev-list", "--reverse", sha).split():
            self._tell(each)
        self.ask("POST", "/git/refs", {"ref": f"refs/heads/{branch}", "sha": sha})
        return sha

    def _tell(self, sha: str) -> None:
        if sha in self.known:
            return
        rows = [row.split("\t") for row in repos.git(self.work, "ls-tree", "-r", sha).splitlines()]
        entries = [
            {"path": path, "mode": about.split()[0], "type": "blob", "content": repos.blob(self.work, about.split()[2]).decode()}
            for about, path in rows
        ]
        tree = self.ask("POST", "/git/trees", {"tree": entries})["sha"]
        name, email, date, *parents = repos.git(self.work, "log", "-1", "--format=%an%n%ae%n%aI%n%P", sha).split("\n")
        who = {"name": name, "email": email, "date": date}
        message = repos.git(self.work, "log", "-1", "--format=%B", sha)
        made = {"message": message, "tree": tree, "parents": " ".join(parents).split(), "author": who, "committer": who}
        assert self.ask("POST", "/git/commits", made)["sha"] == sha
        self.known.add(sha)

    def issue(self, title: str, body: str) -> int:
        return int(self.ask("POST", "/issues", {"title": title, "body": body})["number"])

    def pull(self, branch: str, files: Mapping[str, bytes | str], title: str) -> int:
        self.commit(branch, files, title)
        number = int(self.ask("POST", "/pulls", {"title": title, "head": branch, "base": "main"}, by="ann")["number"])
        self.pulls.add(number)
        return number

    # ---- what happens ------------------------------------------------------------------------------------------------

    def comment(self, number: int, by: str, body: str) -> dict[str, Any]:
        """The payload that emulate's hook delivers for it, with the one field of a pull request's that it leaves out."""
        made = self.ask("POST", f"/issues/{number}/comments", {"body": body}, by)["id"]
        letter = self._delivered("issue_comment", lambda letter: bool(letter["comment"]["id"] == made))
        pull = {"pull_request": {"url": f"{self.api}/repos/{self.repo}/pulls/{number}"}} if number in self.pulls else {}
        return letter | {"issue": letter["issue"] | pull}

    def label(self, number: int, by: str, name: str) -> dict[str, Any]:
        """The same for a label. The label is made as emulate makes it, when it is first set."""
        self.ask("POST", f"/issues/{number}/labels", {"labels": [name]}, by)
        return self._delivered("issues", lambda letter: letter.get("action") == "labeled" and letter["issue"]["number"] == number)

    def dispatched(self, by: str, **inputs: str) -> dict[str, Any]:
        """emulate starts no workflow that it does not know: this one event is written here, around emulate's own answers."""
        repository = self.ask("GET", "", by=by)
        sender = {"login": by, "id": repository["id"] + 1_000, "type": "User"}
        return {"inputs": inputs, "ref": "refs/heads/main", "repository": repository, "sender": sender}

    def _delivered(self, event: str, this: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            for name, letter in self.front.letters:
                if name == event and letter["repository"]["full_name"] == self.repo and this(letter):
                    return letter
            time.sleep(0.02)
        raise AssertionError(f"no `{event}` was delivered: {[name for name, _ in self.front.letters]}")

    # ---- what a story looks at ---------------------------------------------------------------------------------------

    def said(self, number: int) -> list[str]:
        """What the bot's comments on a thread say now."""
        found = self.ask("GET", f"/issues/{number}/comments?per_page=100")
        return [each["body"] for each in found if each["user"]["login"] == BOT]

    def branches(self) -> list[str]:
        return sorted(each["name"] for each in self.ask("GET", "/branches?per_page=100"))

    def tip(self, branch: str) -> str:
        return str(self.ask("GET", f"/git/ref/heads/{branch}")["object"]["sha"])

    def file(self, branch: str, path: str) -> str:
        found = self.ask("GET", f"/contents/{path}?ref={branch}")
        return base64.b64decode(found["content"]).decode()

    def refused(self) -> set[str]:
        """What was asked of emulate and answered with an error, without numbers."""
        return {_plain(each) for each in self.front.journal if each.status >= 400 and each.status != 401}


def _plain(passed: Passed) -> str:
    path = passed.path.partition("?")[0]
    parts = ["…" if part.isdigit() or len(part) == 40 else part for part in path.split("/")]
    return f"{passed.method} {'/'.join(parts)} {passed.status}"
