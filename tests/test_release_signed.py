"""What is signed of a release: the statement, and the manifest that an image's digest is of."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.releases import ROOT, bash, step

JOB = {
    "GITHUB_SERVER_URL": "https://github.example",
    "GITHUB_REPOSITORY": "octo/agent",
    "GITHUB_REPOSITORY_ID": "7",
    "GITHUB_REPOSITORY_OWNER_ID": "8",
    "GITHUB_REF": "refs/tags/source/v0.3.1",
    "GITHUB_WORKFLOW_REF": "octo/agent/.github/workflows/release.yml@refs/tags/source/v0.3.1",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_SHA": "b" * 40,
    "GITHUB_RUN_ID": "11",
    "GITHUB_RUN_ATTEMPT": "2",
    "RUNNER_ENVIRONMENT": "github-hosted",
}


def test_the_statement_says_which_workflow_made_it_in_which_run_from_which_commit():
    done = subprocess.run(
        [sys.executable, "-I", ROOT / ".ci" / "provenance.py"], env=JOB, capture_output=True, text=True, check=True
    )
    said = json.loads(done.stdout)
    built, run = said["buildDefinition"], said["runDetails"]
    workflow = {
        "ref": JOB["GITHUB_REF"],
        "repository": "https://github.example/octo/agent",
        "path": ".github/workflows/release.yml",
    }
    assert built["externalParameters"] == {"workflow": workflow}
    source = {"uri": "git+https://github.example/octo/agent@refs/tags/source/v0.3.1", "digest": {"gitCommit": "b" * 40}}
    assert built["resolvedDependencies"] == [source]
    assert run["builder"]["id"] == "https://github.example/" + JOB["GITHUB_WORKFLOW_REF"]
    assert run["metadata"]["invocationId"] == "https://github.example/octo/agent/actions/runs/11/attempts/2"


SIGNED = "--signer-workflow octo/agent/.github/workflows/release.yml --source-ref refs/tags/source/v0.3.1"


def test_a_statement_that_github_s_own_tool_does_not_believe_ends_the_job(tmp_path: Path):
    """Everything but the signature is real: the tools that sign, and GitHub, are recorded."""
    signs = 'while [[ $# -gt 1 ]]; do [[ $1 == --bundle ]] && echo "{}" > "$2"; shift; done'
    tools = tmp_path / "attest"
    (tools / "bin").mkdir(parents=True)
    (tools / "installed").touch()
    (tools / "bin" / "python3").write_text(f"#!/bin/bash\n{signs}\n")
    (tools / "bin" / "python3").chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    (work / "it.whl").write_text("a wheel\n")
    for refused in (False, True):
        asked = f'echo "$@" >> "{tmp_path}/asked"; [[ $1 != api ]] || cat >> "{tmp_path}/given"'
        gh = f"{asked}; [[ $1 != attestation ]] || exit {int(refused)}"
        done = bash(f"{ROOT}/.ci/attest it.whl", work, {"gh": gh}, RUNNER_TEMP=str(tmp_path), **JOB)
        assert (done.returncode != 0) == refused, done.stderr
    first = (tmp_path / "asked").read_text().splitlines()[:2]
    assert first == [
        "api --method POST repos/octo/agent/attestations --input -",
        f"attestation verify it.whl --repo octo/agent {SIGNED}",
    ]
    assert json.loads((tmp_path / "given").read_text().split("\n}\n")[0] + "}") == {"bundle": {}}
    assert (work / "it.whl.sigstore.json").exists()


def test_what_signs_is_pinned_by_hash():
    pins = (ROOT / "constraints-release.txt").read_text()
    assert re.search(r"^sigstore==", pins, re.MULTILINE)
    assert pins.count("==") == len(re.findall(r"==\S+(?: ; .+)? \\\n    --hash=", pins))


def pushed(folder: Path, image: str, raw: str) -> subprocess.CompletedProcess[str]:
    """The step that pushes; what docker says of the image, and what the registry holds, is given."""
    folder.mkdir(parents=True, exist_ok=True)
    docker = f'[[ "$1 $2" != "image inspect" ]] || echo {image}; [[ "$1 $2" != "buildx imagetools" ]] || printf %s "{raw}"'
    return bash(step("push", "push"), folder, {"docker": docker}, VERSION="v0.3.1", IMAGE="ghcr.io/octo/agent", GITHUB_ACTOR="ann")


def test_what_is_signed_for_an_image_is_the_manifest_that_its_digest_is_of(tmp_path: Path):
    of_a = "ghcr.io/octo/agent@sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"  # of the letter a
    done = pushed(tmp_path / "work", of_a, "a")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "output").read_text() == f"image={of_a}\n"
    assert pushed(tmp_path / "work", of_a, "b").returncode != 0


@pytest.mark.parametrize("said", ["ghcr.io/octo/agent:latest", "ghcr.io/other/agent@sha256:" + "a" * 64, ""])
def test_an_image_without_a_digest_of_its_own_is_not_signed(tmp_path: Path, said: str):
    done = pushed(tmp_path / "work", said, "a")
    assert done.returncode == 1
    assert "has no digest" in done.stdout
    assert not (tmp_path / "output").exists()
