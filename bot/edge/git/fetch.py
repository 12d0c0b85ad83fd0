"""Commits fetched by hash into a bare directory of our own: no history, no work tree, no configuration but ours."""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bot.core.clean import line, redact
from bot.edge.git.plumbing import Git, environment
from bot.edge.git.trees import Overlay, Trees
from bot.ports import Denied, Unavailable

SECONDS = 600.0
_HASH = re.compile(r"^(?:[0-9a-f]{40}|[0-9a-f]{64})$")


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository on a server, and where what is fetched of it lies."""

    url: str
    token: str
    store: Git
    seconds: float = SECONDS
    """The most that one fetch may take."""

    @property
    def objects(self) -> Path:
        return self.store.folder / "objects"

    def fetch(self, *hashes: str) -> None:
        """Have these commits with everything in their trees. Raises `Unavailable`, or `Denied` for a commit that is not there."""
        missing = tuple(dict.fromkeys(sha for sha in hashes if not self._there(sha)))
        if not missing:
            return
        words = ("fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--", self.url)
        try:
            done = self.store.run(*words, *missing, env=self._credentials(), seconds=self.seconds)
        except TimeoutError:
            raise Unavailable(f"git fetch from {self._host} did not end within {self.seconds:.0f} s") from None
        if done.code:
            self._say(done.err)

    def _there(self, sha: str) -> bool:
        if not _HASH.match(sha):
            raise Denied(f"`{line(sha, 60)}` is no commit's hash")
        return self.store.run("cat-file", "-e", f"{sha}^{{tree}}").code == 0

    def _credentials(self) -> dict[str, str]:
        """By environment and for this address alone: not in an argument, a file or a URL, where others could read it."""
        basic = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
        settings = {
            f"http.{self.url}.extraHeader": f"Authorization: Basic {basic}",
            "http.followRedirects": "false",
            "protocol.allow": "never",
            f"protocol.{urlsplit(self.url).scheme}.allow": "always",
        }
        numbered = list(enumerate(settings.items()))
        env = {"GIT_CONFIG_COUNT": str(len(numbered))}
        env |= {f"GIT_CONFIG_KEY_{number}": name for number, (name, _) in numbered}
        env |= {f"GIT_CONFIG_VALUE_{number}": value for number, (_, value) in numbered}
        return env

    @property
    def _host(self) -> str:
        return urlsplit(self.url).netloc

    def _say(self, error: str) -> None:
        last = line(redact(error.splitlines()[-1] if error else "it failed", (self.token,)), 200)
        if any(word in error for word in ("not our ref", "no such remote ref", "couldn't find remote ref")):
            raise Denied(f"a commit that was asked for is not on {self._host} any more: {last}")
        if any(word in error for word in ("Authentication failed", "could not read Username", " 403", " 401")):
            raise Denied(f"{self._host} does not let this token read the repository; the job needs `permissions: contents: read`")
        raise Unavailable(f"git fetch from {self._host}: {last}")


def remote(folder: Path, url: str, token: str, path: str) -> Remote:
    """An empty store for one repository's commits."""
    done = Git(folder, environment(path)).run("init", "--bare", "--quiet", "--template=", str(folder))
    if done.code:
        raise Denied(f"git init: {done.err}")
    return Remote(url, token, Git(folder, environment(path)))


@dataclass(frozen=True, slots=True)
class Fetched:
    """The trees of a server's commits: each is fetched when it is first asked for."""

    remote: Remote
    trees: Trees

    def open(self, sha: str, diff: str = "") -> Overlay:
        self.remote.fetch(sha)
        return self.trees.open(sha, diff)

    def tree(self, sha: str) -> Overlay:
        return self.open(sha)

    def change(self, old: str, new: str) -> str:
        self.remote.fetch(old, new)
        return self.trees.change(old, new)


@contextmanager
def fetched(folder: Path, url: str, token: str, path: str) -> Iterator[Fetched]:
    """A store for one repository's commits below a folder."""
    store = remote(folder / "store", url, token, path)
    trees = Trees(folder / "own", store.objects, path)
    try:
        yield Fetched(store, trees)
    finally:
        trees.close()
