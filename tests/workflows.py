"""The actions and the workflows that we hand out, as YAML, and what the contract calls their inputs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((ROOT / "templates" / "workflows").glob("*.yml"))
WORKFLOWS = [*TEMPLATES, *sorted((ROOT / ".github" / "workflows").glob("*.yml"))]
OURS = "route-agent/route-agent@v0"
HOST = "route-agent/route-agent/host@v0"


def load(path: Path) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(path.read_text())
    return found


def jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = load(path)["jobs"]
    return found


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in jobs(path).values():
        yield from job.get("steps", ())  # a job that calls a workflow has none


INPUTS = {
    "github-token": "${{ github.token }}",
    "policy": ".github/route-agent.yml",
    "phase": "auto",
    "issue": None,
    "instructions": None,
    "lane": None,
    "dry-run": "false",
    "openrouter-api-key": None,
    "openai-api-key": None,
    "anthropic-api-key": None,
    "litellm-api-key": None,
    "vllm-api-key": None,
    "api-key-env": None,
    "handover": None,
    "before": None,
}
OUTPUTS = ["result", "lane", "attempts", "score", "confidence", "cost_usd", "branch", "pull_request", "trail", "handover"]
SPLIT = {"phase", "handover", "before"}
"""Of the inputs, what makes sense only where several jobs work on a run."""
