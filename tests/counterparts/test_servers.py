"""Servers that tests start are gone afterwards, whatever ends the test."""

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.counterparts.servers import WARDEN

STARTS = """
import subprocess, sys, time
subprocess.Popen([sys.executable, sys.argv[1], sys.executable, "-c", sys.argv[2], sys.argv[3]], stdin=subprocess.PIPE)
time.sleep(60)
"""
STUBBORN = """
import os, pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
time.sleep(60)
"""


def test_a_server_that_will_not_end_is_ended_when_the_test_run_is_killed(tmp_path: Path):
    note = tmp_path / "server"
    run = subprocess.Popen([sys.executable, "-c", STARTS, str(WARDEN), STUBBORN, str(note)])
    until(lambda: note.exists() and note.read_text() != "")
    server = int(note.read_text())
    assert alive(server)
    run.kill()
    run.wait()
    until(lambda: not alive(server))


def test_the_warden_ends_with_its_server_and_its_code():
    words = [sys.executable, str(WARDEN), sys.executable, "-c", "raise SystemExit(7)"]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as warden:
        assert warden.wait(20) == 7


def until(true) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{process}/stat").read_text().split(")")[1].split()[0] != "Z" if Path("/proc").exists() else True
