"""Jobs of the host action, on a runner that says of itself what a hosted one says, as functions and as processes."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.host import Ground, ground
from tests.fakes import repos, shops
from tests.fakes.hosted import ME, Job
from tests.fakes.server import Server
from tests.fakes.typed import ROOT
from tests.fakes.world import Issue, Repo, World

SCOPES = "contents:write issues:write pull-requests:write actions:read"
"""What the workflow that people copy gives: nothing of CI may be started."""
TESTS = "python3 -m unittest discover -v -t . -s tests"
HOST = "from bot.__main__ import host; raise SystemExit(host())"
CLOSE = "from bot.__main__ import close; raise SystemExit(close())"


def policy(url: str, run: str = TESTS, setup: str = "") -> str:
    models = shops.POLICY.format(url=url).partition("verification:")[0]
    check = json.dumps({"name": "tests", "run": run, "kind": "tests"})
    return f"{models}verification:\n  checks: [{check}]\n  setup: {json.dumps([setup] if setup else [])}\n"


def stocked(world: World, text: str) -> Repo:
    return world.repo("octo/shop", {**repos.SHOP, ".github/route-agent.yml": text}, ann="write", bob="read")


def runner(folder: Path, **more: str) -> dict[str, str]:
    """What a hosted runner says of itself."""
    folder.mkdir(parents=True, exist_ok=True)
    home = str(folder / "home")
    return {"RUNNER_ENVIRONMENT": "github-hosted", "RUNNER_TEMP": str(folder), "PATH": os.environ["PATH"], "HOME": home, **more}


def on(folder: Path, **more: str) -> Ground:
    return ground(runner(folder / "temp", **more))


def commented(world: World, shop: Repo, issue: Issue, folder: Path, body: str = "/agent fix", **more: Any) -> Job:
    job = Job(world, folder, "issue_comment", world.comment(shop, issue, "ann", body), scopes=SCOPES)
    return replace(job, host=on(folder), **more)


def ours(world: World, shop: Repo) -> list[str]:
    world.reacted(shop, shop.issues[1])
    world.said(shop.issues[1], ME)
    return [name for name in world.branches(shop) if name.startswith("route-agent/")]


def unpaid(world: World, models: Server, shop: Repo) -> None:
    """No model was asked and no money set aside."""
    assert models.requests == []
    assert ours(world, shop) == []
    assert world.branches(shop) == ["main"], "no ledger was begun"


def process(job: Job, program: str = HOST, **more: str) -> subprocess.CompletedProcess[str]:
    env = {**runner(job.folder / "temp"), "PYTHONPATH": str(ROOT), **job.env(), **more}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=job.folder, env=env, capture_output=True, text=True, check=False, timeout=240)


def trail(folder: Path) -> Mapping[str, Any]:
    (found,) = (path for path in (folder / "workspace" / "route-agent").glob("*.json") if path.name != "open.json")
    made: Mapping[str, Any] = json.loads(found.read_text())
    return made
