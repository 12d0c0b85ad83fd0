"""The GitHub Actions runner: what it passes in, and the files through which a step speaks to it.

Untrusted text never reaches its log as it is: the runner obeys commands that it finds there.
"""

import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.core import lane
from bot.core.clean import printable, redact, secret_name
from bot.core.keys import SEND_KEY, Said, said
from bot.core.words import SDKS, TELEMETRY
from bot.ports import Denied

OWN = "route-agent"
"""The folder in the job's workspace that holds Trail and ledger, for later steps to read."""

MOST_SUMMARY = 900_000
"""Bytes; the runner throws a summary above 1 MiB away."""
KEYS = tuple(lane.KEYS)
"""Providers whose key has an input of its own, `openai-api-key` and so on."""
OURS_ALONE = ("INPUT_", "ACTIONS_", TELEMETRY, *SDKS)
"""How variables begin that no library and no child is to find."""
_COMMAND = re.compile(r"::|##\[")


@dataclass(frozen=True, slots=True)
class Step:
    """One run of the action, as the runner starts it."""

    event: str
    event_file: Path
    run: str
    """The id of the workflow run."""
    attempt: str
    """Which attempt at that run this is; a re-run does not know what the attempt before it spent."""
    workspace: Path
    api: str
    server: str
    token: str = field(repr=False)
    keys: Mapping[str, str] = field(repr=False)
    """Environment variables that hold models' keys."""
    inputs: Mapping[str, str] = field(repr=False)
    url: str
    """Where a person reads the log of this workflow run."""
    files: Mapping[str, Path] = field(default_factory=dict)
    """`GITHUB_OUTPUT` and `GITHUB_STEP_SUMMARY`, where the runner gave them."""
    path: str = os.defpath
    """PATH: where git is found."""
    said: tuple[Said, ...] = ()
    """Where keys may go, as the workflow says it."""
    hidden: tuple[str, ...] = field(default=(), repr=False)
    """Secrets that are no model's: those of a collector of telemetry."""

    def input(self, name: str) -> str:
        return self.inputs.get(name, "").strip()

    @property
    def policy(self) -> str:
        """The path of the policy file on the default branch."""
        return self.input("policy") or ".github/route-agent.yml"

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.token, *self.keys.values(), *self.hidden)


def step(env: Mapping[str, str]) -> Step:
    """Raises `Denied` for what a runner always sets and this caller did not."""
    inputs = {name.removeprefix("INPUT_").lower(): value for name, value in env.items() if name.startswith("INPUT_")}
    token = inputs.get("github-token", "").strip()
    if not token:
        raise Denied("the input `github-token` is empty; leave it out for the workflow's own token")
    return Step(
        event=_wanted(env, "GITHUB_EVENT_NAME"),
        event_file=Path(_wanted(env, "GITHUB_EVENT_PATH")),
        run=_wanted(env, "GITHUB_RUN_ID"),
        attempt=env.get("GITHUB_RUN_ATTEMPT", "").strip() or "1",
        workspace=Path(_wanted(env, "GITHUB_WORKSPACE")),
        api=_wanted(env, "GITHUB_API_URL"),
        server=_wanted(env, "GITHUB_SERVER_URL"),
        token=token,
        keys=_keys(env, inputs),
        inputs=inputs,
        url=f"{_wanted(env, 'GITHUB_SERVER_URL')}/{_wanted(env, 'GITHUB_REPOSITORY')}/actions/runs/{_wanted(env, 'GITHUB_RUN_ID')}",
        path=env.get("PATH", os.defpath),
        said=_said(env),
        files={name: Path(env[name]) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY") if env.get(name, "").strip()},
    )


def _wanted(env: Mapping[str, str], name: str) -> str:
    found = env.get(name, "").strip()
    if not found:
        raise Denied(f"{name} is not set, which a runner of GitHub's always sets; run this as a step of a workflow")
    return found


def _keys(env: Mapping[str, str], inputs: Mapping[str, str]) -> dict[str, str]:
    """From the inputs named after providers, and from the variables that `api-key-env` names: as they are sent, without the end
    of a line that a secret was stored with. What is looked for in all that is said is that, too."""
    given = {f"{name.upper()}_API_KEY": inputs.get(f"{name}-api-key", "").strip() for name in KEYS}
    found = {name: key for name, key in given.items() if key}
    for name in inputs.get("api-key-env", "").replace(",", " ").split():
        if not re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
            raise Denied(f"the input `api-key-env` names `{name[:40]}`, which is no name of a variable like MY_API_KEY")
        if not (key := env.get(name, "").strip()):
            raise Denied(f"the input `api-key-env` names {name}, which is not set; give it under `env:` of the step")
        found[name] = key
    return found


def _said(env: Mapping[str, str]) -> tuple[Said, ...]:
    try:
        return said(env.get(SEND_KEY, ""))
    except ValueError as error:
        raise Denied(str(error)) from None


def strip(names: Mapping[str, str]) -> None:
    """Take every secret out of this process's environment: no library and no child needs to find it there."""
    for name in list(os.environ):
        if name in names or name.startswith(OURS_ALONE) or secret_name(name):
            del os.environ[name]


def put_out(step_: Step, **values: str) -> None:
    """What later steps and jobs get."""
    path = step_.files.get("GITHUB_OUTPUT")
    if path is None:
        return
    with path.open("a", encoding="utf-8") as file:
        for key, value in values.items():
            bar = secrets.token_hex(16)  # no value can hold what nobody knows beforehand
            file.write(f"{key}<<{bar}\n{value}\n{bar}\n")


@dataclass(frozen=True, slots=True)
class Left:
    """A comment that this job answers for, or a blind audit, as its last phase has to find it, in a container of its own."""

    run: str
    number: int
    command: str
    me: str


def leave_open(step_: Step, left: Left) -> None:
    """In the workspace: not every runner hands a container's state to its last phase."""
    path = step_.workspace / OWN / "open.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([left.run, left.number, left.command, left.me]), encoding="utf-8")


def settled(step_: Step) -> None:
    """The job did what it was for; its last phase has nothing to close."""
    (step_.workspace / OWN / "open.json").unlink(missing_ok=True)


def left_open(step_: Step) -> Left | None:
    """What this very run left; a file of an earlier one, or of somebody else's making, is none."""
    try:
        run, number, command, me = json.loads((step_.workspace / OWN / "open.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return None
    sound = isinstance(number, int) and isinstance(me, str) and re.fullmatch(r"[a-z]\d{1,20}(-again)?", str(command))
    return Left(step_.run, number, command, me) if sound and run == step_.run else None


def summarise(step_: Step, text: str) -> None:
    """The job's summary page; cut at its limit, between lines."""
    path = step_.files.get("GITHUB_STEP_SUMMARY")
    if path is None:
        return
    data = text.encode(errors="replace")
    if len(data) > MOST_SUMMARY:
        data = data[:MOST_SUMMARY].rpartition(b"\n")[0] + b"\n\n(cut: a summary holds no more)\n"
    with path.open("ab") as file:
        file.write(data)


def harmless(text: str, secrets_: tuple[str, ...]) -> str:
    """Fit for the runner's log: no command that it would obey, no secret, no escape sequence."""
    return _COMMAND.sub(lambda found: "\u200b".join(found[0]), redact(printable(text), secrets_))
