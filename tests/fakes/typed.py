"""The command in a process of its own, as a person types it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENV = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONPATH": str(ROOT), "USER": "ann"}


NOTHING: Mapping[str, str] = {}


def typed(
    *words: str, cwd: Path = ROOT, stdin: str | None = None, more: Mapping[str, str] = NOTHING
) -> subprocess.CompletedProcess[str]:
    """`more` of the environment."""
    command, env = [sys.executable, "-m", "bot", *words], {**ENV, **more}
    return subprocess.run(command, cwd=cwd, env=env, input=stdin, capture_output=True, text=True, check=False)


def started(*words: str, cwd: Path, stderr: int = subprocess.PIPE, more: Mapping[str, str] = NOTHING) -> subprocess.Popen[str]:
    """In a process group of its own, as a shell does it: what a terminal's ^C reaches."""
    command, env = [sys.executable, "-m", "bot", *words], {**ENV, **more}
    return subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=stderr, text=True, start_new_session=True)
