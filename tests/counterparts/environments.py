"""An environment for each server of others: made once, with exactly the pinned and hashed packages, kept in the checkout."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
KEPT = HERE.parents[1] / ".counterparts"


@dataclass(frozen=True, slots=True)
class Environment:
    """`name` is also the dependency group in pyproject.toml and the end of the constraints file's name."""

    name: str
    package: str

    @property
    def pins(self) -> Path:
        return HERE / f"constraints-{self.name}.txt"

    @property
    def version(self) -> str:
        found = re.search(rf"^{re.escape(self.package)}==(\S+)", self.pins.read_text(), re.MULTILINE)
        assert found is not None, f"{self.pins.name} does not pin {self.package}"
        return found[1]

    def command(self, name: str) -> str:
        return str(KEPT / self.name / "bin" / name)

    def make(self) -> None:
        """Nothing where it stands already. The stamp comes last, so that half an environment is never taken for one."""
        folder = KEPT / self.name
        stamp = folder / "stamp"
        wanted = hashlib.sha256(sys.version.encode() + self.pins.read_bytes()).hexdigest()
        if stamp.exists() and stamp.read_text() == wanted:
            return
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=False)
        self._install()
        stamp.write_text(wanted)

    def _install(self) -> None:
        """By the pip of the Python that ours was made from. Not compiled: that takes as long again, and a start does it once."""
        pip = (str(Path(sys.base_prefix) / "bin" / "python3"), "-m", "pip", "--python", self.command("python"))
        how = ("--disable-pip-version-check", "-q", "install", "--no-compile", "--no-deps", "--require-hashes", "-r")
        done = subprocess.run((*pip, *how, str(self.pins)), capture_output=True, text=True, check=False, timeout=900)
        assert done.returncode == 0, f"{self.pins.name} could not be installed:\n{done.stderr[-4_000:]}"


@dataclass(frozen=True, slots=True)
class Modules:
    """The same for what npm installs: the lock file pins every package by its hash, and holds no address. No script of it runs."""

    name: str
    package: str

    @property
    def pins(self) -> Path:
        return HERE / self.name / "package-lock.json"

    @property
    def version(self) -> str:
        return str(json.loads(self.pins.read_text())["packages"][f"node_modules/{self.package}"]["version"])

    @property
    def folder(self) -> Path:
        return KEPT / self.name / "node_modules"

    @property
    def node(self) -> str:
        """Node comes as a package, too: the machine's own may be too old."""
        found = next(self.folder.glob("node-linux-*/bin/node"), None)
        assert found is not None, "there is a Node for Linux on x64 and arm64 only"
        return str(found)

    def make(self) -> None:
        """Skips where there is no npm: who has none misses these tests alone."""
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip(f"npm was not found on PATH: it installs {self.package} {self.version} and the Node that runs it")
        folder = KEPT / self.name
        stamp = folder / "stamp"
        wanted = hashlib.sha256(self.pins.read_bytes()).hexdigest()
        if stamp.exists() and stamp.read_text() == wanted:
            return
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(self.pins.with_name(name), folder)
        how = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        done = subprocess.run((npm, *how), cwd=folder, capture_output=True, text=True, check=False, timeout=900)
        assert done.returncode == 0, f"{self.pins} could not be installed:\n{done.stderr[-4_000:]}"
        stamp.write_text(wanted)


LITELLM = Environment("litellm", "litellm")
LLMOCK = Environment("llmock", "llmock")
LLAMACPP = Environment("llamacpp", "xllamacpp")
EMULATE = Modules("emulate", "emulate")
