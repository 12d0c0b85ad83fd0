"""The release workflow, and a step of it run as the runner starts it."""

import os
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
RELEASE = ROOT / ".github" / "workflows" / "release.yml"
DIGEST = "ghcr.io/octo/agent@sha256:" + "a" * 64
VERSION = str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


def jobs() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(RELEASE.read_text())["jobs"]
    return found


def step(job: str, name: str) -> str:
    return next(str(each["run"]) for each in jobs()[job]["steps"] if each.get("name") == name)


def bash(script: str, folder: Path, tools: dict[str, str] | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """A step as the runner starts it; `tools` are what stands on PATH before everything else."""
    place = folder.parent / f"{folder.name}-tools"
    place.mkdir(exist_ok=True)
    for name, body in (tools or {}).items():
        (place / name).write_text(f"#!/bin/bash\n{body}\n")
        (place / name).chmod(0o755)
    given = {"PATH": f"{place}:{os.environ['PATH']}", "HOME": str(folder.parent), "GH_TOKEN": "t", **env}
    given |= {"GITHUB_OUTPUT": str(folder.parent / "output"), "GITHUB_STEP_SUMMARY": str(folder.parent / "summary")}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True, check=False)
