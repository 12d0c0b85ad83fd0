"""The command in a process of its own, as a person types it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENV = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONPATH": str(ROOT), "USER": "ann"}


def typed(*words: str, cwd: Path = ROOT, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot", *words]
    return subprocess.run(command, cwd=cwd, env=ENV, input=stdin, capture_output=True, text=True, check=False)


def started(*words: str, cwd: Path, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
    """In a process group of its own, as a shell does it: what a terminal's ^C reaches."""
    command = [sys.executable, "-m", "bot", *words]
    return subprocess.Popen(command, cwd=cwd, env=ENV, stdout=subprocess.PIPE, stderr=stderr, text=True, start_new_session=True)
