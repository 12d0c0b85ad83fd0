"""The closed sets of names that policy, trail and ledger share. A name that is not here does not exist."""

from typing import Literal, get_args

SignalName = Literal[
    "files_touched",
    "schema_change",
    "auth_code",
    "test_failures",
    "needs_new_code",
    "production_incident",
    "ci_config",
    "secrets_handling",
    "deploy_config",
    "dependency_change",
]
TaskClass = Literal[
    "docs",
    "tests",
    "dependency",
    "refactor",
    "bugfix",
    "feature",
    "migration",
    "auth",
    "ci",
    "deploy",
    "incident",
    "flaky",
]
Reason = Literal["failed_tests", "patch_rejected", "low_confidence_summary"]
"""Why a patch may be escalated. Everything that speaks against a patch falls under one of the three."""

CheckKind = Literal["tests", "types", "lint", "build", "docs", "snapshot"]

Running = Literal["routing", "attempting", "verifying", "waiting_for_ci"]
Final = Literal[
    "accepted",
    "explained",
    "not_fixed",
    "refused",
    "budget",
    "quota",
    "needs_approval",
    "no_ci",
    "ci_timeout",
    "superseded",
    "stopped",
    "error",
]
Result = Literal[
    "pass",
    "not_fixed",
    "refused",
    "budget",
    "quota",
    "unavailable",
    "explained",
    "stopped",
    "no_ci",
    "needs_approval",
    "ci_timeout",
    "superseded",
]
"""How a run ended. Only `pass` is a proved patch."""
What = Literal["merged", "closed", "changes_requested", "reverted"]
"""What people did with a patch."""
Found = Literal["resolved", "not_resolved"]
"""What others have published of a model on a task."""
CRITIC, SUMMARY, INDEPENDENT = "critic", "summary check", "independent reproduction"
"""Items of evidence that the verifier model answers."""
Provider = Literal["openrouter", "openai", "anthropic", "litellm", "vllm", "openai_compatible"]
Format = Literal["csv", "jsonl", "parquet"]
"""Of an exported table."""
Rows = Literal["runs", "attempts", "evidence", "outcomes"]
"""What has a row each in one."""

State = Running | Final
"""Where a command stands, as its comment says it."""

FINAL: tuple[Final, ...] = get_args(Final)
STATES: tuple[State, ...] = (*get_args(Running), *FINAL)

TELEMETRY = "OTEL_"
"""How the environment's variables begin that are OpenTelemetry's own."""
SDKS = ("ANTHROPIC_", "OPENAI_")
"""How those begin that the models' libraries read by themselves, and send to whatever address a policy names."""
