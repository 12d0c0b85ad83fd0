"""What GitHub lets a token and a repository do, as far as it can be seen without changing anything."""

from dataclasses import dataclass
from typing import Any, Literal

import yaml

from bot.core.areas import WORKFLOWS
from bot.core.clean import line
from bot.core.health import Item, Ok, Problem, Unknown
from bot.core.jobs import VERIFY

Area = Literal["contents", "issues", "pull-requests", "actions", "checks", "statuses"]
NEEDED: dict[Area, Literal["read", "write"]] = {
    "contents": "write",
    "issues": "write",
    "pull-requests": "write",
    "actions": "write",
    "checks": "read",
    "statuses": "read",
}
"""What the job that does a whole fix needs: the `permissions:` of templates/workflows/route-agent.yml."""
CLICK = "Settings > Actions > General > Allow GitHub Actions to create and approve pull requests"
OWN_LOGIN = "github-actions[bot]"
"""Under which a workflow's own token speaks."""
MOST_SHOWN = 6
MOST_WORKFLOW = 100_000
"""Characters of a workflow file; a longer one is not read."""

KINDS = {
    "ghs_": "an installation's token: the workflow's own, or a GitHub App's",
    "github_pat_": "a person's fine-grained token",
    "ghp_": "a person's classic token",
    "gho_": "an OAuth app's token",
    "ghu_": "a GitHub App's token for a person",
}


@dataclass(frozen=True, slots=True)
class About:
    """The repository as GitHub knows it."""

    default_branch: str
    private: bool


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow file of the default branch. `text` is None where it was not read."""

    path: str
    active: bool
    text: str | None


@dataclass(frozen=True, slots=True)
class Protection:
    """Of the default branch. `required` are the checks that GitHub wants to see before it merges."""

    protected: bool
    required: tuple[str, ...]


def kind(token: str) -> str | None:
    """By what it begins with; None for what is no kind that can be worked with, or none that is known."""
    return next((what for prefix, what in KINDS.items() if token.startswith(prefix)), None)


def token(found: str, login: str) -> Item:
    what = kind(found)
    if found.startswith("ghr_"):
        return Problem("github.token", "a refresh token, which opens nothing", "pass the workflow's own token")
    if what is None:
        return Unknown("github.token", f"a token of no kind that is known here; it speaks as {login}")
    return Ok("github.token", f"{what}; it speaks as {login}")


def permission(area: Area, refused: str | None) -> Item:
    """`refused` is what GitHub said to a harmless read; None where it answered. That something may be written, no read shows."""
    name, wanted = f"github.{area}", NEEDED[area]
    if refused is not None:
        return Problem(name, f"cannot be read: {refused}", f"give the job `permissions: {area}: {wanted}`")
    if wanted == "write":
        return Unknown(name, f"can be read; whether it may be written shows only in a write; the job needs `{area}: write`")
    return Ok(name, "can be read, which is all that is needed")


def workflows(found: tuple[Workflow, ...], wanted: tuple[str, ...]) -> tuple[Item, ...]:
    """Which can be started by hand, and whether those that are to prove a patch are among them. `wanted`: files, by the policy."""
    startable = [w for w in found if w.active and w.text is not None and dispatchable(w.text)]
    names = [line(w.path.rpartition("/")[2], 60) for w in startable]
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    listed = f": {', '.join(names[:MOST_SHOWN])}{more}" if names else ""
    said = f"{len(names)} of {len(found)} can be started by hand{listed}"
    return (Ok("github.workflows", said), *(proving(file, found) for file in wanted or (VERIFY,)))


def proving(file: str, found: tuple[Workflow, ...], name: str = "github.proof", where: str = "on the default branch") -> Item:
    """Whether a workflow can be started to prove a patch. `file` is its name, or its path; `where` says where it was looked for."""
    path = file if "/" in file else f"{WORKFLOWS}/{file}"
    there = next((w for w in found if w.path == path), None)
    if there is None:
        remedy = f"`route-agent init` writes it; commit it as {path}" if file == VERIFY else f"put it to {path}, or name another"
        return Problem(name, f"{path} is not {where}, so nothing proves a patch", remedy)
    if not there.active:
        return Problem(name, f"{path} is switched off", "enable it under Actions")
    if there.text is None:
        return Unknown(name, f"{path} could not be read, so it is not known whether it can be started by hand")
    if dispatchable(there.text):
        return Ok(name, f"{path} can be started by hand")
    return Problem(name, f"{path} cannot be started by hand", "give it `on: workflow_dispatch`, as `route-agent init` shows")


def dispatchable(text: str) -> bool:
    """Whether a workflow has `on: workflow_dispatch`. What cannot be read has not."""
    return "workflow_dispatch" in (events(text) or {})


def events(text: str) -> dict[str, Any] | None:
    """What a workflow is `on`, with what it says of each event; None where that cannot be read."""
    if len(text) > MOST_WORKFLOW:
        return None
    try:
        value: Any = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    on = value.get("on", value.get(True)) if isinstance(value, dict) else None  # YAML 1.1 reads `on` as true
    named = [on] if isinstance(on, str) else on
    return dict.fromkeys(map(str, named)) if isinstance(named, list) else named if isinstance(named, dict) else None


def pulls(login: str, *, allowed: bool | None) -> Item:
    """Whether a pull request can be opened. `allowed` is the repository's setting; None where it may not be seen."""
    name = "github.pulls"
    if login != OWN_LOGIN:
        return Ok(name, f"{line(login, 60)} is not the workflow's own token, so the setting for those does not bind it")
    if allowed is None:
        return Unknown(name, f"a workflow's token may not see whether it may open pull requests; tick {CLICK}")
    if allowed:
        return Ok(name, "the workflow's token may open pull requests")
    return Problem(name, "the workflow's token may not open pull requests: the comment will hold a link instead", f"tick {CLICK}")


def protection(branch: str, found: Protection) -> Item:
    name, branch = "github.protection", line(branch, 80)
    if found.required:
        checks = ", ".join(line(check, 40) for check in found.required[:MOST_SHOWN])
        more = f" and {len(found.required) - MOST_SHOWN} more" if len(found.required) > MOST_SHOWN else ""
        means = "checks that were started by hand do not satisfy them, so a person approves the pull request's own run"
        return Ok(name, f"{branch} requires {checks}{more}: {means}")
    if found.protected:
        return Ok(name, f"{branch} is protected and requires no check")
    return Ok(name, f"{branch} is not protected: whoever may write may merge what no check has seen")
