"""Where a repository is hosted, read from the address of its remote; nobody's address is assumed."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class GitHub:
    """GitHub, or what may well be a GitHub Enterprise Server. `sure` is False where only the address could tell."""

    host: str
    name: str
    """OWNER/NAME."""
    sure: bool

    @property
    def gh(self) -> str:
        """As `gh --repo` wants it."""
        return self.name if self.host == "github.com" else f"{self.host}/{self.name}"

    @property
    def settings(self) -> str:
        return f"https://{self.host}/{self.name}/settings"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A host that is not GitHub; a folder has no host."""

    host: str


@dataclass(frozen=True, slots=True)
class NoRemote:
    """The repository is on this machine only."""


Remote = GitHub | Elsewhere | NoRemote
_SCP = re.compile(r"(?:[^@/:\s]+@)?([\w.-]+):(?!//)(.+)")
_NAME = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::\d{1,5})?")
_OTHERS = ("gitlab", "bitbucket", "codeberg", "gitea", "forgejo", "sr.ht", "azure", "visualstudio", "amazonaws")


def parse(url: str) -> Remote:
    """From what git says; a user's name and password in it are left out."""
    if not url.strip():
        return NoRemote()
    host, path = _parts(url.strip())
    name = path.strip("/").removesuffix(".git")
    if not _HOST.fullmatch(host):
        return Elsewhere("a folder")
    host = {"ssh.github.com": "github.com", "www.github.com": "github.com"}.get(host, host)
    if any(word in host for word in _OTHERS) or not _NAME.fullmatch(name) or name.startswith((".", "-")):
        return Elsewhere(host)
    return GitHub(host, name, host == "github.com" or host.endswith(".ghe.com") or "github" in host)


def _parts(url: str) -> tuple[str, str]:
    if "://" not in url:
        found = _SCP.fullmatch(url)
        return (found[1].lower(), found[2]) if found else ("", "")
    try:
        parts = urlsplit(url)
        port = parts.port if parts.scheme in ("http", "https") else None
    except ValueError:
        return "", ""
    return (parts.hostname or "") + (f":{port}" if port else ""), parts.path
