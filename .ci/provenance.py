"""Prints who built what is released, and from what, as a predicate of SLSA's provenance v1: from what the runner says of its job.

The same fields as GitHub's own attest action writes, so that `gh attestation verify` has what it looks for.
"""

import json
import os
import sys
from collections.abc import Mapping
from typing import Any


def predicate(env: Mapping[str, str]) -> dict[str, Any]:
    """Of a job's environment. Raises `KeyError` where this is no job of GitHub's."""
    server, repo, ref = env["GITHUB_SERVER_URL"], env["GITHUB_REPOSITORY"], env["GITHUB_REF"]
    workflow = env["GITHUB_WORKFLOW_REF"]
    return {
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": {
                "workflow": {
                    "ref": ref,
                    "repository": f"{server}/{repo}",
                    "path": workflow.partition("@")[0].removeprefix(f"{repo}/"),
                }
            },
            "internalParameters": {
                "github": {
                    "event_name": env["GITHUB_EVENT_NAME"],
                    "repository_id": env["GITHUB_REPOSITORY_ID"],
                    "repository_owner_id": env["GITHUB_REPOSITORY_OWNER_ID"],
                    "runner_environment": env["RUNNER_ENVIRONMENT"],
                }
            },
            "resolvedDependencies": [{"uri": f"git+{server}/{repo}@{ref}", "digest": {"gitCommit": env["GITHUB_SHA"]}}],
        },
        "runDetails": {
            "builder": {"id": f"{server}/{workflow}"},
            "metadata": {
                "invocationId": f"{server}/{repo}/actions/runs/{env['GITHUB_RUN_ID']}/attempts/{env['GITHUB_RUN_ATTEMPT']}"
            },
        },
    }


if __name__ == "__main__":
    json.dump(predicate(os.environ), sys.stdout, indent=1)
