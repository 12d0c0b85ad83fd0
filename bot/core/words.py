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
State = Running | Final
"""Where a command stands, as its comment says it."""

FINAL: tuple[Final, ...] = get_args(Final)
STATES: tuple[State, ...] = (*get_args(Running), *FINAL)
