"""What a check is told of the probe, and what it leaves: notes and reports that judged code may have written."""

import json
import os
import re
import stat
from importlib.util import find_spec
from pathlib import Path

from bot.core import reports, trace
from bot.core.checks import Check, Probe, Report
from bot.edge.sandbox import walls
from bot.edge.sandbox.process import Ended

MOST_NOTES = 64


def shown() -> dict[str, Path]:
    """What a probed run sees besides: our two small modules, and coverage.py for an environment that has none."""
    found = {f"{walls.PROBE}/start": Path(__file__).parent / "probe"}
    coverage = find_spec("coverage")
    if coverage is not None and coverage.origin is not None:
        found[f"{walls.PROBE}/coverage"] = Path(coverage.origin).parent
    return found


def noted(probe: Probe) -> bool:
    """Whether judged code has to be told of the probe."""
    return bool(probe.files or probe.only)


def probing(probe: Probe, root: str, out: str, start: str, coverage: str) -> dict[str, str]:
    """The environment that has every Python of a check note what is asked for; empty where nothing is."""
    if not noted(probe):
        return {}
    files = [f"{root}/{path}" for path in probe.files]
    wanted = {"root": root, "files": files, "only": list(probe.only), "out": out, "coverage": coverage}
    return {"ROUTE_AGENT_PROBE": json.dumps(wanted), "PYTHONPATH": start}


def notes(folder: Path) -> tuple[bytes, ...]:
    found = sorted(folder.glob("trace-*.json"))[:MOST_NOTES]
    return tuple(content for path in found if (content := _read(path, trace.MOST_BYTES)) is not None)


def addopts(check: Check, report: str) -> dict[str, str]:
    """Has pytest, wherever in the command it is started, leave a report that says what it executed."""
    return {"PYTEST_ADDOPTS": f"--junitxml={report}"} if check.kind == "tests" else {}


_PYTEST = re.compile(r"\bpy\.?test\b")


def reported(check: Check, ended: Ended, path: Path) -> Report | None:
    """What the runner closed with. Where pytest ran, only its own report file counts, not what was printed."""
    if check.kind != "tests" or ended.timed_out:
        return None
    written = _read(path)
    if written is not None:
        return reports.junit(written)
    return None if _PYTEST.search(check.run) else reports.closing(ended.output)


def _read(path: Path, most: int = reports.MOST_XML) -> bytes | None:
    """A regular file of bounded size that judged code may have put there; no link, pipe or device is followed."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(most + 1)
        return content if len(content) <= most else None
