"""Where the host action runs checks: the runner that it is on, behind walls, on trees that were fetched for it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.core.clean import line
from bot.core.keys import Shown, shown
from bot.edge.sandbox import box
from bot.ports import Denied

OURS = "github-hosted"
"""What `RUNNER_ENVIRONMENT` says of a machine that is thrown away after the job."""
INSTEAD = "take the docker action (`uses: route-agent/route-agent@v0`): it executes nothing of the repository, your CI does"


@dataclass(frozen=True, slots=True)
class Ground:
    """What checks may use of the runner."""

    kind: str
    """As the runner says it: `github-hosted` or `self-hosted`."""
    scratch: Path
    """A folder that is emptied with the job."""
    search: tuple[str, ...]
    home: Path
    setup: Shown


@dataclass(frozen=True, slots=True)
class Host:
    sandbox: box.Box
    kind: str
    lacking: str
    """What set-up commands are not shown of the runner's environment, in words; empty where that is nothing."""

    def ready(self) -> str:
        """What the walls are. Raises `Denied`, with the remedy, where there can be none, or where they must not be relied on."""
        if self.kind != OURS:
            said = line(self.kind, 40) or "not named"
            raise Denied(
                f"the host action runs the repository's code, and this runner is {said}, not {OURS}: it may outlive the job, and "
                f"hold what is not the job's; use `runs-on: ubuntu-latest`, or {INSTEAD}"
            )
        self.sandbox.probe()
        return f"{self.sandbox.describe()}: its walls stand, and checks run behind them"


def ground(env: Mapping[str, str]) -> Ground:
    """From the environment of a runner's step, without its secrets."""
    temporary = env.get("RUNNER_TEMP", "").strip()
    if not temporary or not Path(temporary).is_dir():
        raise Denied("RUNNER_TEMP names no folder: the host action runs as a step of a GitHub workflow")
    return Ground(
        kind=env.get("RUNNER_ENVIRONMENT", "").strip(),
        scratch=Path(temporary),
        search=tuple(part for part in env.get("PATH", os.defpath).split(":") if part),
        home=Path(env.get("HOME", "/root")),
        setup=shown(env),
    )


def hosting(at: Ground, folder: Path, repository: str) -> Host:
    """Checks find the tree at a path that holds nothing else: not the workspace, which earlier steps may have filled.

    `repository`: its full name; the last part of the path is the one that a clone would have.
    """
    root = folder / "tree" / repository.rpartition("/")[2]
    scratch = folder / "checks"
    for each in (root, scratch):
        each.mkdir(parents=True)
    home = box.Home(root, at.search, at.home, scratch, at.setup.values, INSTEAD)
    return Host(box.find(home), at.kind, at.setup.lacking)
