"""The image is built from this checkout, starts, and lets nothing of a workspace or of an earlier step into its Python."""

import json
import subprocess
import sys
import zlib

import pytest

from tests.e2e.engine import checkout
from tests.e2e.machine import base_image

pytestmark = pytest.mark.engine

NAME = "route-agent-e2e"


@pytest.fixture(scope="module", autouse=True)
def image() -> str:
    docker("build", "-q", "-t", NAME, str(checkout()))
    return NAME


def docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_image_starts_and_holds_git_and_our_environment_alone(capsys):
    begins = ("run", "--rm", "--network=none", "--entrypoint")
    assert "usage: route-agent" in docker(*begins, "/opt/route-agent/bin/route-agent", NAME, "--help")
    assert docker(*begins, "git", NAME, "--version").startswith("git version")
    installed = docker(*begins, "/bin/ls", NAME, "/opt/route-agent/bin").split()
    assert {"route-agent", "route-agent-action", "route-agent-close"} < set(installed)
    assert "pip" not in installed

    base = docker("image", "inspect", "--format", "{{.Size}}", base_image())
    whole = docker("image", "inspect", "--format", "{{.Size}}", NAME)
    ours = (int(whole) - int(base)) / 1e6
    packed = compressed() / 1e6
    with capsys.disabled():
        sys.stdout.write(f" [the image: {int(whole) / 1e6:.0f} MB, {ours:.0f} MB of them ours; {packed:.0f} MB to pull] ")
    assert ours < 120
    assert packed <= 150


def compressed() -> int:
    """Bytes of all layers as a registry keeps them; the base is this machine's stand-in."""
    with subprocess.Popen(["docker", "save", NAME], stdout=subprocess.PIPE) as saved:
        assert saved.stdout is not None
        packer, size = zlib.compressobj(6, wbits=31), 0
        while data := saved.stdout.read(1 << 20):
            size += len(packer.compress(data))
        size += len(packer.flush())
    assert saved.returncode == 0
    return size


def test_the_image_has_no_user_no_working_directory_and_a_plain_entry_point():
    (about,) = json.loads(docker("image", "inspect", NAME))
    config = about["Config"]
    assert (config["User"], config["WorkingDir"]) == ("", "")
    assert config["Entrypoint"] == ["/opt/route-agent/bin/route-agent-action"]


def test_nothing_of_the_workspace_or_of_an_earlier_step_is_imported(tmp_path):
    for name in ("sitecustomize", "usercustomize", "bot", "json", "argparse"):
        (tmp_path / f"{name}.py").write_text(f"print('hostile {name}')\nraise SystemExit(9)\n")
    told = ("PYTHONPATH=/github/workspace", "PYTHONSTARTUP=/github/workspace/json.py", "HOME=/github/workspace")
    said = docker(
        *("run", "--rm", "--network=none", f"--volume={tmp_path}:/github/workspace", "--workdir=/github/workspace"),
        *(f"--env={value}" for value in told),
        *("--entrypoint=/opt/route-agent/bin/route-agent", NAME, "--help"),
    )
    assert "usage: route-agent" in said
    assert "hostile" not in said
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"{name}.py" for name in ("argparse", "bot", "json", "sitecustomize", "usercustomize")
    ]
